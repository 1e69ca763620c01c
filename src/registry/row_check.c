/* Is a user's row well-formed? */
#include "args.h"
#include "param_type.h"
#include "registry.h"

#include "json/tree.h"
#include "json/utf8.h"

#include <math.h>
#include <string.h>

#define KNOWN_FLAGS (FANIN_PARAM_QUIET | FANIN_PARAM_NUMERIC_TEXT)

static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return name && name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static fanin_status fail_name(const char *what, const char *name)
{
    char excerpt[JSON_EXCERPT_SIZE];
    json_excerpt(name ? name : "NULL", name ? strlen(name) : 4, excerpt);
    return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: the %s '%s' is not made of letters, digits, '_', '-' and '.'",
                      what, excerpt);
}

static fanin_status check_names(const fanin_row *row)
{
    if (!is_name(row->name)) {
        return fail_name("name", row->name);
    }
    for (size_t i = 0; row->aliases && row->aliases[i]; i++) {
        const char *const alias = row->aliases[i];
        if (!is_name(alias)) {
            return fail_name("alias", alias);
        }
        bool repeated = registry_same_name(row->name, alias, strlen(alias));
        for (size_t j = 0; j < i; j++) {
            repeated = repeated || registry_same_name(row->aliases[j], alias, strlen(alias));
        }
        if (repeated) {
            return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s' has the name '%s' twice", row->name,
                              alias);
        }
    }
    return FANIN_OK;
}

static fanin_status fail_param(const fanin_row *row, const fanin_param *param, const char *problem)
{
    return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s', parameter '%s': %s", row->name, param->name,
                      problem);
}

static fanin_status check_choices(const fanin_row *row, const fanin_param *param)
{
    if (!param->choices || !param->choices[0]) {
        return fail_param(row, param, "a CHOICE needs choices");
    }
    for (size_t i = 0; param->choices[i]; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(param->choices[i], param->choices[j]) == 0) {
                return fail_param(row, param, "a choice is listed twice");
            }
        }
    }
    return FANIN_OK;
}

/* The default must be what the schema takes, written as dumps writes it. */
static fanin_status check_default(const fanin_row *row, const fanin_param *param)
{
    cJSON *value = NULL;
    fanin_args args;
    fanin_status status = args_open(row, &args);
    if (status != FANIN_OK) {
        return status;
    }
    status = json_parse("its JSON", param->default_json, strlen(param->default_json), &value);
    if (status == FANIN_OK) {
        status = args_set(&args, param, value, 0);
    }
    const char *const text = args.values[param - row->params].text;
    if (status == FANIN_ERROR_MEMORY) {
        /* Says so already. */
    } else if (status != FANIN_OK) {
        status = fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s', default of parameter '%s': %s", row->name,
                            param->name, fanin_last_error());
    } else if (text && strcmp(text, param->default_json) != 0) {
        status =
            fanin_fail(FANIN_ERROR_ARGUMENT,
                       "fanin_register: initializer '%s': the default of parameter '%s' is written %s, but dumps prints %s",
                       row->name, param->name, param->default_json, text);
    }
    cJSON_Delete(value);
    args_close(&args);
    return status;
}

static fanin_status check_param(const fanin_row *row, const fanin_param *param)
{
    if (!is_name(param->name)) {
        return fail_name("parameter name", param->name);
    }
    if (args_param(row, param->name) != param) {
        return fail_param(row, param, "the name is used twice");
    }
    if (strcmp(param->name, "initializer") == 0) {
        return fail_param(row, param, "the name is that of the key which names the initializer itself");
    }
    if ((unsigned)param->type >= PARAM_TYPE_COUNT) {
        return fail_param(row, param, "the type is none of FANIN_PARAM_*");
    }
    const bool is_number = param->type == FANIN_PARAM_NUMBER || param->type == FANIN_PARAM_INTEGER;
    if (is_number && (isnan(param->min) || isnan(param->max) || param->min > param->max)) {
        return fail_param(row, param, "the bounds are reversed or NaN; expected min ≤ max");
    }
    if (param->flags & ~KNOWN_FLAGS) {
        return fail_param(row, param, "a flag is unknown");
    }
    if ((param->flags & FANIN_PARAM_NUMERIC_TEXT) && param->type != FANIN_PARAM_NUMBER) {
        return fail_param(row, param, "FANIN_PARAM_NUMERIC_TEXT is for a NUMBER alone");
    }
    if ((param->flags & FANIN_PARAM_QUIET) && !param->default_json) {
        return fail_param(row, param, "FANIN_PARAM_QUIET needs a default");
    }
    const fanin_status status = param->type == FANIN_PARAM_CHOICE ? check_choices(row, param) : FANIN_OK;
    return status == FANIN_OK && param->default_json ? check_default(row, param) : status;
}

static fanin_status check_overrides(const fanin_row *row)
{
    if (row->n_overrides > 0 && !row->overrides) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s': overrides is NULL", row->name);
    }
    for (size_t i = 0; i < row->n_overrides; i++) {
        const fanin_override *const override = &row->overrides[i];
        if ((unsigned) override->ending > FANIN_ENDING_DEFAULT || !override->lower) {
            return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s': override %zu has no %s", row->name,
                              i + 1, override->lower ? "ending of FANIN_ENDING_*" : "lower function");
        }
        for (size_t j = 0; j < i; j++) {
            if (row->overrides[j].ending == override->ending) {
                return fanin_fail(FANIN_ERROR_ARGUMENT,
                                  "fanin_register: initializer '%s': overrides %zu and %zu are for one ending", row->name,
                                  j + 1, i + 1);
            }
        }
    }
    return FANIN_OK;
}

fanin_status row_check(const fanin_row *row)
{
    fanin_status status = check_names(row);
    if (status == FANIN_OK && row->n_params > 0 && !row->params) {
        status = fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s': params is NULL", row->name);
    }
    for (size_t i = 0; status == FANIN_OK && i < row->n_params; i++) {
        status = check_param(row, &row->params[i]);
    }
    if (status == FANIN_OK && !row->lower) {
        status = fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: initializer '%s': lower is NULL", row->name);
    }
    return status == FANIN_OK ? check_overrides(row) : status;
}
