#include "stat_report.h"

#include "command.h"
#include "text.h"

#include "json/number.h"
#include "json/print.h"

#include <inttypes.h>
#include <stdlib.h>

#define DTYPE_WIDTH  8
#define NUMBER_WIDTH 12

/* Columns of the names and shapes; they are known before the first tensor is read. */
static int name_width, shape_width;

static void print_cell(const char *text, int width)
{
    command_print_name(text);
    text_blanks(width - text_width(text) + 2);
}

/* What the file says of itself, and the start of its tensors. */
static fanin_status begin_json(const struct header *header)
{
    cJSON *const object = cJSON_CreateObject();
    bool done = object != NULL;
    for (size_t i = 0; i < header->n_metadata && done; i++) {
        done = json_add(object, header->metadata[i].key, cJSON_CreateString(header->metadata[i].value));
    }
    char *const text = done ? json_print(object) : NULL;
    cJSON_Delete(object);
    if (!text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the metadata as JSON");
    }
    printf("{\"metadata\": %s, \"tensors\": [", text);
    free(text);
    return FANIN_OK;
}

fanin_status report_begin(const struct header *header, const struct header_tensor *const *tensors, size_t count, bool json)
{
    if (json) {
        return begin_json(header);
    }
    char shape[HEADER_SHAPE_SIZE];
    name_width = 4;
    shape_width = 5;
    for (size_t i = 0; i < count; i++) {
        const int name = text_width(tensors[i]->name);
        const int columns = text_width(header_shape_text(tensors[i]->shape, tensors[i]->ndim, shape));
        name_width = name > name_width ? name : name_width;
        shape_width = columns > shape_width ? columns : shape_width;
    }
    name_width = name_width > TEXT_MOST_COLUMNS ? TEXT_MOST_COLUMNS : name_width;
    shape_width = shape_width > TEXT_MOST_COLUMNS ? TEXT_MOST_COLUMNS : shape_width;
    print_cell("name", name_width);
    print_cell("dtype", DTYPE_WIDTH);
    print_cell("shape", shape_width);
    static const char *const numbers[] = {"min", "max", "mean", "std", "rms"};
    for (int i = 0; i < 5; i++) {
        print_cell(numbers[i], NUMBER_WIDTH);
    }
    printf("%6s %6s  histogram\n", "nan", "inf");
    return FANIN_OK;
}

static void print_number(double value)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.6g", value);
    print_cell(text, NUMBER_WIDTH);
}

/* A character for each bin: nothing for an empty one, else by its share of the fullest. */
static void print_bars(const int64_t bins[STATISTICS_BINS])
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
    const char *const *const bars = text_is_utf8() ? blocks : ascii;
    int64_t most = 1;
    for (int i = 0; i < STATISTICS_BINS; i++) {
        most = bins[i] > most ? bins[i] : most;
    }
    for (int i = 0; i < STATISTICS_BINS; i++) {
        const int height = 1 + (int)((double)bins[i] / (double)most * 7.0);
        fputs(bars[bins[i] == 0 ? 0 : height], stdout);
    }
}

/* 64-bit integers have digits that a double does not hold. */
static char *exact_text(const struct measured *measured, bool high, char text[TEXT_SIZE])
{
    const struct statistics_range *const range = &measured->range;
    if (measured->tensor->dtype == DTYPE_UINT64) {
        snprintf(text, TEXT_SIZE, "%" PRIu64, high ? range->high_uint : range->low_uint);
    } else {
        snprintf(text, TEXT_SIZE, "%" PRId64, high ? range->high_int : range->low_int);
    }
    return text;
}

static bool is_exact(const struct measured *measured)
{
    return measured->tensor->dtype == DTYPE_INT64 || measured->tensor->dtype == DTYPE_UINT64;
}

static void print_line(const struct measured *measured)
{
    const struct header_tensor *const tensor = measured->tensor;
    char shape[HEADER_SHAPE_SIZE], text[TEXT_SIZE];
    print_cell(tensor->name, name_width);
    print_cell(tensor->dtype_name, DTYPE_WIDTH);
    print_cell(header_shape_text(tensor->shape, tensor->ndim, shape), shape_width);
    if (!tensor->known) {
        printf("not read: fanin does not have this dtype\n");
        return;
    }
    if (measured->range.finite == 0) {
        for (int i = 0; i < 5; i++) {
            print_cell("-", NUMBER_WIDTH);
        }
        printf("%6" PRId64 " %6" PRId64 "\n", measured->range.nan, measured->range.inf);
        return;
    }
    if (is_exact(measured)) {
        print_cell(exact_text(measured, false, text), NUMBER_WIDTH);
        print_cell(exact_text(measured, true, text), NUMBER_WIDTH);
    } else {
        print_number(measured->range.low);
        print_number(measured->range.high);
    }
    print_number(measured->result.mean);
    print_number(measured->result.std);
    print_number(measured->result.rms);
    printf("%6" PRId64 " %6" PRId64 "  ", measured->range.nan, measured->range.inf);
    print_bars(measured->moments.bins);
    putchar('\n');
}

/* A bound as JSON: integers as such, those of 64 bits as strings. */
static cJSON *new_bound(const struct measured *measured, bool high)
{
    const enum dtype dtype = measured->tensor->dtype;
    const double value = high ? measured->range.high : measured->range.low;
    char text[TEXT_SIZE];
    if (is_exact(measured)) {
        return cJSON_CreateString(exact_text(measured, high, text));
    }
    return dtype_table[dtype].is_float ? json_new_double(value) : json_new_int64((int64_t)value);
}

static cJSON *new_histogram(const struct measured *measured)
{
    cJSON *const histogram = cJSON_CreateObject(), *const counts = cJSON_CreateArray();
    bool done = histogram && counts;
    for (int i = 0; i < STATISTICS_BINS && done; i++) {
        done = json_append(counts, json_new_int64(measured->moments.bins[i]));
    }
    done = done && json_add(histogram, "low", new_bound(measured, false)) &&
           json_add(histogram, "high", new_bound(measured, true));
    if (!done) {
        cJSON_Delete(counts);
        cJSON_Delete(histogram);
        return NULL;
    }
    if (!json_add(histogram, "counts", counts)) {
        cJSON_Delete(histogram);
        return NULL;
    }
    return histogram;
}

static cJSON *new_shape(const struct header_tensor *tensor)
{
    cJSON *const shape = cJSON_CreateArray();
    for (int d = 0; shape && d < tensor->ndim; d++) {
        if (!json_append(shape, json_new_int64(tensor->shape[d]))) {
            cJSON_Delete(shape);
            return NULL;
        }
    }
    return shape;
}

static bool add_measured(cJSON *object, const struct measured *measured)
{
    const bool known = measured->tensor->known, any = measured->range.finite > 0;
    if (!known && !json_add(object, "note", cJSON_CreateString("not read: fanin does not have this dtype"))) {
        return false;
    }
    return json_add(object, "min", any ? new_bound(measured, false) : cJSON_CreateNull()) &&
           json_add(object, "max", any ? new_bound(measured, true) : cJSON_CreateNull()) &&
           json_add(object, "mean", any ? json_new_double(measured->result.mean) : cJSON_CreateNull()) &&
           json_add(object, "std", any ? json_new_double(measured->result.std) : cJSON_CreateNull()) &&
           json_add(object, "rms", any ? json_new_double(measured->result.rms) : cJSON_CreateNull()) &&
           json_add(object, "nan", known ? json_new_int64(measured->range.nan) : cJSON_CreateNull()) &&
           json_add(object, "inf", known ? json_new_int64(measured->range.inf) : cJSON_CreateNull()) &&
           json_add(object, "histogram", any ? new_histogram(measured) : cJSON_CreateNull());
}

static fanin_status print_json(const struct measured *measured, size_t number)
{
    const struct header_tensor *const tensor = measured->tensor;
    cJSON *const object = cJSON_CreateObject();
    char *text = NULL;
    if (object && json_add(object, "name", cJSON_CreateString(tensor->name)) &&
        json_add(object, "dtype", cJSON_CreateString(tensor->dtype_name)) && json_add(object, "shape", new_shape(tensor)) &&
        json_add(object, "count", json_new_int64(tensor->count)) && add_measured(object, measured)) {
        text = json_print(object);
    }
    cJSON_Delete(object);
    if (!text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the statistics as JSON");
    }
    printf("%s\n%s", number == 0 ? "" : ",", text);
    free(text);
    return FANIN_OK;
}

fanin_status report_tensor(const struct measured *measured, size_t number, bool json)
{
    if (json) {
        return print_json(measured, number);
    }
    print_line(measured);
    /* Lines appear as they are known; a large file takes minutes. */
    fflush(stdout);
    return FANIN_OK;
}

/* "made by fanin 0.1.0, seed 42, contract 1", of a file that init wrote. */
static void print_maker(const struct header *header)
{
    static const struct {
        const char *key, *before;
    } parts[] = {{"fanin.version", "made by fanin "},
                 {"fanin.seed", ", seed "},
                 {"fanin.contract", ", contract "},
                 {"fanin.shard", ", shard "}};
    if (!header_metadata(header, parts[0].key)) {
        return;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *const value = header_metadata(header, parts[i].key);
        if (value) {
            fputs(parts[i].before, stdout);
            command_print_name(value);
        }
    }
    putchar('\n');
}

void report_end(const struct header *header, const struct header_tensor *const *tensors, size_t count, bool json)
{
    char counted[TEXT_SIZE], elements[TEXT_SIZE];
    int64_t sum = 0;
    if (json) {
        fputs("\n]}\n", stdout);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        /* Files with holes can say more than fits. */
        sum = sum > INT64_MAX - tensors[i]->count ? INT64_MAX : sum + tensors[i]->count;
    }
    printf("%s, %s\n", text_counted((int64_t)count, "tensor", counted), text_counted(sum, "element", elements));
    print_maker(header);
}
