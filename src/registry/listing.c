/* The registry as JSON. */
#include "float_environment.h"
#include "param_type.h"
#include "registry.h"

#include "json/print.h"
#include "json/tree.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* A bound as it would be written: an integer where it is one. */
static cJSON *new_bound(double bound)
{
    return bound == trunc(bound) && fabs(bound) <= 0x1p53 ? json_new_int64((int64_t)bound) : json_new_double(bound);
}

static cJSON *new_strings(const char *const *strings)
{
    cJSON *const array = cJSON_CreateArray();
    for (size_t i = 0; array && strings && strings[i]; i++) {
        if (!json_append(array, cJSON_CreateString(strings[i]))) {
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

static bool add_default(cJSON *object, const fanin_param *param)
{
    cJSON *value = NULL;
    return json_parse(param->name, param->default_json, strlen(param->default_json), &value) == FANIN_OK &&
           json_add(object, "default", value);
}

static bool describe_param(cJSON *list, const fanin_param *param)
{
    cJSON *const object = cJSON_CreateObject();
    if (!json_append(list, object)) {
        return false;
    }
    const bool is_number = param->type == FANIN_PARAM_NUMBER || param->type == FANIN_PARAM_INTEGER;
    return json_add(object, "name", cJSON_CreateString(param->name)) &&
           json_add(object, "type", cJSON_CreateString(param_type_table[param->type].name)) &&
           (!param->default_json || add_default(object, param)) &&
           (!is_number || param->min == -INFINITY || json_add(object, "min", new_bound(param->min))) &&
           (!is_number || param->max == INFINITY || json_add(object, "max", new_bound(param->max))) &&
           (param->type != FANIN_PARAM_CHOICE || json_add(object, "choices", new_strings(param->choices))) &&
           json_add(object, "help", cJSON_CreateString(param->help ? param->help : ""));
}

static bool describe_row(cJSON *list, const fanin_row *row)
{
    cJSON *const object = cJSON_CreateObject();
    if (!json_append(list, object)) {
        return false;
    }
    if (!json_add(object, "name", cJSON_CreateString(row->name)) || !json_add(object, "aliases", new_strings(row->aliases)) ||
        !json_add(object, "help", cJSON_CreateString(row->help))) {
        return false;
    }
    cJSON *const params = cJSON_CreateArray();
    if (!json_add(object, "parameters", params)) {
        return false;
    }
    for (size_t i = 0; i < row->n_params; i++) {
        if (!describe_param(params, &row->params[i])) {
            return false;
        }
    }
    return true;
}

/* One row, or all of them for NULL. The text, or NULL without memory. */
static char *describe(const fanin_row *only)
{
    cJSON *const list = cJSON_CreateArray();
    bool whole = list != NULL;
    const fanin_row *row;
    for (size_t i = 0; whole && !only && (row = fanin_row_at(i)) != NULL; i++) {
        whole = describe_row(list, row);
    }
    if (whole && only) {
        whole = describe_row(list, only);
    }
    char *const text = whole ? json_print(list) : NULL;
    cJSON_Delete(list);
    return text;
}

fanin_status fanin_registry_dumps(const char *name, char **out)
{
    if (!out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_registry_dumps: out is NULL");
    }
    const int saved_errno = errno;
    const struct registry_entry *const entry = name ? registry_find(name, strlen(name)) : NULL;
    if (name && !entry) {
        return registry_unknown(name, strlen(name));
    }
    const struct float_environment caller = float_environment_enter();
    char *const text = describe(entry ? &entry->row : NULL);
    float_environment_leave(&caller);
    errno = saved_errno;
    if (!text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the list of initializers");
    }
    *out = text;
    return FANIN_OK;
}
