/* Two runs side by side. */
#include "report.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static cJSON *read_results(const char *path, cJSON **results)
{
    char *const text = text_read(path);
    cJSON *const root = cJSON_Parse(text);
    free(text);
    *results = cJSON_GetObjectItemCaseSensitive(root, "results");
    if (!cJSON_IsArray(*results)) {
        bench_stop("%s: found no results, expected what --json writes", path);
    }
    return root;
}

static const char *name_of(const cJSON *result)
{
    const char *const name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "name"));
    return name == NULL ? "?" : name;
}

static double seconds(const cJSON *result, const char *which)
{
    const cJSON *const times = cJSON_GetObjectItemCaseSensitive(result, "seconds");
    const cJSON *const time = cJSON_GetObjectItemCaseSensitive(times, which);
    if (!cJSON_IsNumber(time) || time->valuedouble <= 0) {
        bench_stop("%s: found no seconds.%s", name_of(result), which);
    }
    return time->valuedouble;
}

static const cJSON *find(const cJSON *results, const char *name)
{
    const cJSON *result;
    cJSON_ArrayForEach(result, results)
    {
        if (strcmp(name_of(result), name) == 0) {
            return result;
        }
    }
    return NULL;
}

int report_compare(const char *before_path, const char *after_path)
{
    cJSON *before, *after;
    cJSON *const before_root = read_results(before_path, &before), *const after_root = read_results(after_path, &after);
    const cJSON *result;
    int slower = 0, missing = 0;
    printf("%-48s %12s %12s %8s\n", "case", "ns before", "ns after", "speed");
    cJSON_ArrayForEach(result, after)
    {
        const cJSON *const old = find(before, name_of(result));
        if (old == NULL) {
            printf("%-48s %12s %12.0f\n", name_of(result), "-", seconds(result, "median") * 1e9);
            continue;
        }
        const double was = seconds(old, "median"), is = seconds(result, "median");
        /* Slower if even the fastest repeat of now is slower than the median of before, and the fastest ones by 5 %. */
        const bool bad = seconds(result, "best") > was && seconds(result, "best") > 1.05 * seconds(old, "best");
        slower += bad;
        printf("%-48s %12.0f %12.0f %7.2fx%s\n", name_of(result), was * 1e9, is * 1e9, was / is, bad ? "  slower" : "");
    }
    cJSON_ArrayForEach(result, before)
    {
        missing += find(after, name_of(result)) == NULL;
    }
    printf("\n%d slower by more than the spread; %d of the first file are not in the second\n", slower, missing);
    cJSON_Delete(before_root);
    cJSON_Delete(after_root);
    return slower;
}
