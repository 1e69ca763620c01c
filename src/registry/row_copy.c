/* Deep copies of rows: the registry keeps nothing of the caller's but function and user pointers. */
#include "registry.h"

#include "ascii.h"

#include <stdlib.h>
#include <string.h>

static void lower_case(char *name)
{
    for (; *name != '\0'; name++) {
        *name = ascii_lower(*name);
    }
}

/* Copies a string, NULL as NULL; false without memory. */
static bool copy_string(const char *source, const char **out)
{
    *out = source ? strdup(source) : NULL;
    return !source || *out;
}

/* Copies a list that ends with NULL, NULL as NULL. */
static bool copy_list(const char *const *source, const char *const **out)
{
    *out = NULL;
    if (!source) {
        return true;
    }
    size_t count = 0;
    while (source[count]) {
        count++;
    }
    const char **const list = calloc(count + 1, sizeof *list);
    *out = list;
    bool whole = list != NULL;
    for (size_t i = 0; i < count && whole; i++) {
        whole = copy_string(source[i], &list[i]);
    }
    return whole;
}

static void free_list(const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++) {
        free((void *)list[i]);
    }
    free((void *)list);
}

static bool copy_params(const fanin_row *source, fanin_row *row)
{
    fanin_param *const params = calloc(source->n_params ? source->n_params : 1, sizeof *params);
    row->params = params;
    if (!params) {
        return false;
    }
    for (; row->n_params < source->n_params; row->n_params++) {
        const fanin_param *const from = &source->params[row->n_params];
        fanin_param *const to = &params[row->n_params];
        *to = (fanin_param){.type = from->type, .min = from->min, .max = from->max, .flags = from->flags};
        bool whole = copy_string(from->name, &to->name) && copy_string(from->default_json, &to->default_json) &&
                     copy_string(from->help, &to->help);
        whole = whole && (from->type != FANIN_PARAM_CHOICE || copy_list(from->choices, &to->choices));
        if (!whole) {
            row->n_params++;
            return false;
        }
    }
    return true;
}

static bool copy_overrides(const fanin_row *source, fanin_row *row)
{
    if (source->n_overrides == 0) {
        return true;
    }
    fanin_override *const overrides = reallocarray(NULL, source->n_overrides, sizeof *overrides);
    row->overrides = overrides;
    if (!overrides) {
        return false;
    }
    memcpy(overrides, source->overrides, source->n_overrides * sizeof *overrides);
    row->n_overrides = source->n_overrides;
    return true;
}

struct registry_entry *row_copy(const fanin_row *source)
{
    struct registry_entry *const entry = calloc(1, sizeof *entry);
    if (!entry) {
        return NULL;
    }
    fanin_row *const row = &entry->row;
    row->size = sizeof *row;
    row->lower = source->lower;
    row->user = source->user;
    if (!copy_string(source->name, &row->name) || !copy_list(source->aliases, &row->aliases) ||
        !copy_string(source->help ? source->help : "", &row->help) || !copy_params(source, row) ||
        !copy_overrides(source, row)) {
        row_free(entry);
        return NULL;
    }
    lower_case((char *)row->name);
    for (size_t i = 0; row->aliases && row->aliases[i]; i++) {
        lower_case((char *)row->aliases[i]);
    }
    return entry;
}

void row_free(struct registry_entry *entry)
{
    const fanin_row *const row = &entry->row;
    free((void *)row->name);
    free_list(row->aliases);
    free((void *)row->help);
    for (size_t i = 0; i < row->n_params; i++) {
        free((void *)row->params[i].name);
        free((void *)row->params[i].default_json);
        free((void *)row->params[i].help);
        free_list(row->params[i].choices);
    }
    free((void *)row->params);
    free((void *)row->overrides);
    free(entry);
}
