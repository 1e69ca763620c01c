#include "rules.h"
#include "pattern/pattern.h"
#include "registry/initializer.h"
#include "private.h"

#include "float_environment.h"
#include "json/print.h"
#include "json/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_pair(struct rules_pair *pair)
{
    pattern_free(pair->pattern);
    fanin_release(pair->initializer);
    free(pair->label);
    free(pair->spec);
}

static fanin_status fill_pair(const cJSON *pattern, const cJSON *spec, struct rules_pair *pair)
{
    fanin_status status = pattern_compile(pattern->valuestring, &pair->pattern);
    if (status == FANIN_OK) {
        status = initializer_from_spec(spec, 0, &pair->initializer);
    }
    if (status != FANIN_OK) {
        return status;
    }
    pair->spec = cJSON_IsString(spec) ? strdup(spec->valuestring) : json_print(spec);
    if (asprintf(&pair->label, "pattern %s", pattern->valuestring) < 0) {
        pair->label = NULL;
    }
    return pair->spec && pair->label ? FANIN_OK : fanin_fail(FANIN_ERROR_MEMORY, "out of memory");
}

/* On an error the pair is closed. */
static fanin_status open_pair(const cJSON *source, struct rules_pair *pair)
{
    const cJSON *const pattern = cJSON_IsArray(source) ? source->child : NULL;
    if (!cJSON_IsString(pattern) || cJSON_GetArraySize(source) != 2) {
        return fanin_fail(FANIN_ERROR_SPEC, "expected [pattern, initializer] with a string for the pattern");
    }
    *pair = (struct rules_pair){.pattern = NULL};
    const fanin_status status = fill_pair(pattern, pattern->next, pair);
    if (status != FANIN_OK) {
        close_pair(pair);
    }
    return status;
}

static fanin_status from_tree(const cJSON *tree, fanin_rules **out)
{
    if (!cJSON_IsArray(tree)) {
        return fanin_fail(FANIN_ERROR_SPEC, "rules: expected an array of pairs [pattern, initializer]");
    }
    const size_t count = (size_t)cJSON_GetArraySize(tree);
    fanin_rules *const rules = malloc(sizeof *rules + count * sizeof *rules->pairs);
    if (!rules) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for %zu rules", count);
    }
    rules->count = 0;
    for (const cJSON *pair = tree->child; pair; pair = pair->next) {
        const fanin_status status = open_pair(pair, &rules->pairs[rules->count]);
        if (status != FANIN_OK) {
            const size_t number = rules->count + 1;
            fanin_rules_free(rules);
            return fanin_fail(status, "rules: pair %zu: %s", number, fanin_last_error());
        }
        rules->count++;
    }
    *out = rules;
    return FANIN_OK;
}

fanin_status fanin_rules_create(const char *json, fanin_rules **out)
{
    if (!json || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_rules_create: %s is NULL", json ? "out" : "json");
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    cJSON *tree = NULL;
    fanin_status status = json_parse("rules", json, strlen(json), &tree);
    if (status == FANIN_OK) {
        status = from_tree(tree, out);
    }
    cJSON_Delete(tree);
    float_environment_leave(&caller);
    errno = saved_errno;
    return status;
}

void fanin_rules_free(fanin_rules *rules)
{
    if (!rules) {
        return;
    }
    const int saved_errno = errno;
    for (size_t i = 0; i < rules->count; i++) {
        close_pair(&rules->pairs[i]);
    }
    free(rules);
    errno = saved_errno;
}

fanin_status rules_match(const fanin_rules *rules, const char *name, const struct rules_pair **out)
{
    *out = NULL;
    for (size_t i = 0; i < rules->count; i++) {
        bool matches = false;
        const fanin_status status = pattern_match(rules->pairs[i].pattern, name, &matches);
        if (status != FANIN_OK) {
            return fanin_fail(status, "parameter '%s': rules: pair %zu: %s", name, i + 1, fanin_last_error());
        }
        if (matches) {
            *out = &rules->pairs[i];
            return FANIN_OK;
        }
    }
    return FANIN_OK;
}

fanin_status fanin_private_rules_find(const fanin_rules *rules, const char *name, size_t *number)
{
    const struct rules_pair *pair = NULL;
    const fanin_status status = rules ? rules_match(rules, name, &pair) : FANIN_OK;
    if (status == FANIN_OK) {
        *number = pair ? (size_t)(pair - rules->pairs) + 1 : 0;
    }
    return status;
}

size_t fanin_private_rules_count(const fanin_rules *rules)
{
    return rules ? rules->count : 0;
}

const char *fanin_private_rules_pattern(const fanin_rules *rules, size_t number)
{
    return pattern_text(rules->pairs[number - 1].pattern);
}
