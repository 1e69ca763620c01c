/* From JSON values to arguments, by the schema. */
#include "args.h"
#include "initializer.h"
#include "param_type.h"

#include "ascii.h"
#include "json/number.h"
#include "json/print.h"
#include "json/tree.h"
#include "json/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct param_type_info param_type_table[PARAM_TYPE_COUNT] = {
    [FANIN_PARAM_NUMBER] = {"number", "a number"},
    [FANIN_PARAM_INTEGER] = {"integer", "an integer within ±2^53"},
    [FANIN_PARAM_BOOLEAN] = {"boolean", "true or false"},
    [FANIN_PARAM_CHOICE] = {"choice", "a string"},
    [FANIN_PARAM_TEXT] = {"text", "a string"},
    [FANIN_PARAM_INITIALIZER] = {"initializer", "an initializer's spec or null"},
    [FANIN_PARAM_TEXTS] = {"texts", "an array of strings"},
    [FANIN_PARAM_INITIALIZERS] = {"initializers", "an array of initializers' specs"},
};

/* What a value is set for. */
struct target {
    const char *row; /* the initializer's name */
    const fanin_param *param;
    int depth; /* of the initializer */
};

static fanin_status fail_memory(const struct target *target)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameter '%s' of '%s'", target->param->name, target->row);
}

fanin_status args_fail_value(const char *row, const char *param, const char *verb, const cJSON *value, const char *expected)
{
    char *const text = json_print(value);
    if (!text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameter '%s' of '%s'", param, row);
    }
    char excerpt[JSON_EXCERPT_SIZE];
    json_excerpt(text, strlen(text), excerpt);
    free(text);
    return fanin_fail(FANIN_ERROR_PARAMETER, "'%s': the parameter '%s' %s %s, expected %s", row, param, verb, excerpt,
                      expected);
}

const char *args_expected_number(const cJSON *value)
{
    int64_t integer;
    if (json_is_integer(value) && !json_integer(value, &integer)) {
        return "a number, where integers lie within ±2^53";
    }
    return isfinite(value->valuedouble) ? NULL : "a finite number";
}

static fanin_status fail_value(const struct target *target, const cJSON *value, const char *expected)
{
    return args_fail_value(target->row, target->param->name, "is", value, expected);
}

static fanin_status fail_type(const struct target *target, const cJSON *value)
{
    return fail_value(target, value, param_type_table[target->param->type].expected);
}

static fanin_status check_bounds(const struct target *target, const cJSON *value, double number)
{
    const fanin_param *const param = target->param;
    if (number >= param->min && number <= param->max) {
        return FANIN_OK;
    }
    char low[JSON_DOUBLE_SIZE], high[JSON_DOUBLE_SIZE], expected[2 * JSON_DOUBLE_SIZE + 64];
    if (param->type == FANIN_PARAM_INTEGER) {
        snprintf(low, sizeof low, "%.0f", param->min);
        snprintf(high, sizeof high, "%.0f", param->max);
    } else {
        json_format_double(param->min, low);
        json_format_double(param->max, high);
    }
    if (param->max == INFINITY) {
        snprintf(expected, sizeof expected, "a number of at least %s", low);
    } else if (param->min == -INFINITY) {
        snprintf(expected, sizeof expected, "a number of at most %s", high);
    } else {
        snprintf(expected, sizeof expected, "a number from %s to %s", low, high);
    }
    return fail_value(target, value, expected);
}

/* Digits of a number that is written as a string; more are no number. */
#define NUMBER_LENGTH 400

/* The text of a number as Python's float() takes it: blanks around it, single underscores between digits. */
static bool parse_python_float(const char *text, double *out)
{
    static const char blanks[] = " \t\n\v\f\r";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1])) {
        length--;
    }
    char digits[NUMBER_LENGTH + 1];
    size_t kept = 0;
    bool valid = length <= NUMBER_LENGTH;
    for (size_t i = 0; i < length && valid; i++) {
        if (text[i] != '_') {
            digits[kept++] = text[i];
            continue;
        }
        valid = i > 0 && ascii_is_digit(text[i - 1]) && ascii_is_digit(text[i + 1]);
    }
    digits[kept] = '\0';
    return valid && json_parse_double(digits, out) && isfinite(*out);
}

static fanin_status set_number(const struct target *target, const cJSON *value, struct argument *out)
{
    double number;
    if (cJSON_IsBool(value)) {
        number = cJSON_IsTrue(value) ? 1.0 : 0.0;
    } else if (cJSON_IsNumber(value)) {
        const char *const expected = args_expected_number(value);
        if (expected) {
            return fail_value(target, value, expected);
        }
        number = value->valuedouble;
    } else if (!cJSON_IsString(value) || !(target->param->flags & FANIN_PARAM_NUMERIC_TEXT)) {
        return fail_type(target, value);
    } else if (!parse_python_float(value->valuestring, &number)) {
        return fail_value(target, value, "a finite number, or a string that holds one");
    }
    out->number = number;
    return check_bounds(target, value, number);
}

static fanin_status set_integer(const struct target *target, const cJSON *value, struct argument *out)
{
    if (!json_integer(value, &out->integer)) {
        return fail_type(target, value);
    }
    out->number = (double)out->integer;
    return check_bounds(target, value, out->number);
}

static fanin_status set_boolean(const struct target *target, const cJSON *value, struct argument *out)
{
    if (!cJSON_IsBool(value)) {
        return fail_type(target, value);
    }
    out->integer = cJSON_IsTrue(value) ? 1 : 0;
    out->number = (double)out->integer;
    return FANIN_OK;
}

/* `value` is an array of `count` strings, or one string. */
static fanin_status set_texts(const struct target *target, const cJSON *value, size_t count, struct argument *out)
{
    out->texts = calloc(count ? count : 1, sizeof *out->texts);
    if (!out->texts) {
        return fail_memory(target);
    }
    const cJSON *string = cJSON_IsArray(value) ? value->child : value;
    for (; out->count < count; string = string->next) {
        if (!cJSON_IsString(string)) {
            return fail_type(target, value);
        }
        char *const copy = strdup(string->valuestring);
        if (!copy) {
            return fail_memory(target);
        }
        out->texts[out->count++] = copy;
    }
    return FANIN_OK;
}

static fanin_status fail_choice(const struct target *target, const cJSON *value)
{
    char expected[256] = "one of";
    size_t used = strlen(expected);
    for (const char *const *choice = target->param->choices; *choice; choice++) {
        const int length = snprintf(expected + used, sizeof expected - used, "%s \"%s\"",
                                    choice == target->param->choices ? "" : ",", *choice);
        if ((size_t)length >= sizeof expected - used - sizeof ", ...") {
            strcpy(expected + used, ", ...");
            break;
        }
        used += (size_t)length;
    }
    return fail_value(target, value, expected);
}

static fanin_status set_choice(const struct target *target, const cJSON *value, struct argument *out)
{
    if (!cJSON_IsString(value)) {
        return fail_choice(target, value);
    }
    const char *const *choice = target->param->choices;
    while (*choice && strcmp(*choice, value->valuestring) != 0) {
        choice++;
    }
    if (!*choice) {
        return fail_choice(target, value);
    }
    out->integer = choice - target->param->choices;
    return set_texts(target, value, 1, out);
}

static fanin_status set_initializer(const struct target *target, const cJSON *spec, struct argument *out)
{
    const fanin_status status = initializer_from_spec(spec, target->depth + 1, &out->initializers[out->count]);
    if (status != FANIN_OK) {
        return fanin_fail(status, "'%s': the parameter '%s': %s", target->row, target->param->name, fanin_last_error());
    }
    out->count++;
    return FANIN_OK;
}

static fanin_status set_initializers(const struct target *target, const cJSON *value, struct argument *out)
{
    const size_t count = cJSON_IsArray(value) ? (size_t)cJSON_GetArraySize(value) : 0;
    out->initializers = calloc(count ? count : 1, sizeof(fanin_initializer *));
    if (!out->initializers) {
        return fail_memory(target);
    }
    if (target->param->type == FANIN_PARAM_INITIALIZER) {
        return cJSON_IsNull(value) ? FANIN_OK : set_initializer(target, value, out);
    }
    if (!cJSON_IsArray(value)) {
        return fail_type(target, value);
    }
    for (const cJSON *spec = value->child; spec; spec = spec->next) {
        const fanin_status status = set_initializer(target, spec, out);
        if (status != FANIN_OK) {
            return status;
        }
    }
    return FANIN_OK;
}

static fanin_status set_value(const struct target *target, const cJSON *value, struct argument *out)
{
    switch (target->param->type) {
    case FANIN_PARAM_NUMBER:
        return set_number(target, value, out);
    case FANIN_PARAM_INTEGER:
        return set_integer(target, value, out);
    case FANIN_PARAM_BOOLEAN:
        return set_boolean(target, value, out);
    case FANIN_PARAM_CHOICE:
        return set_choice(target, value, out);
    case FANIN_PARAM_TEXT:
        return cJSON_IsString(value) ? set_texts(target, value, 1, out) : fail_type(target, value);
    case FANIN_PARAM_TEXTS:
        return cJSON_IsArray(value) ? set_texts(target, value, (size_t)cJSON_GetArraySize(value), out)
                                    : fail_type(target, value);
    default:
        return set_initializers(target, value, out);
    }
}

fanin_status args_set(fanin_args *args, const fanin_param *param, const cJSON *value, int depth)
{
    const struct target target = {args->row->name, param, depth};
    struct argument *const argument = &args->values[param - args->row->params];
    *argument = (struct argument){.given = true};
    const fanin_status status = set_value(&target, value, argument);
    /* Initializers print themselves, so that what dumps writes follows their own schemas. */
    const bool prints_itself = argument->initializers && !(param->type == FANIN_PARAM_INITIALIZER && argument->count == 0);
    if (status != FANIN_OK || prints_itself) {
        return status;
    }
    argument->text = json_print(value);
    return argument->text ? FANIN_OK : fail_memory(&target);
}

fanin_status args_take(fanin_args *args, size_t place, cJSON *value)
{
    const fanin_status status =
        value ? args_set(args, &args->row->params[place], value, 0)
              : fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameters of '%s'", args->row->name);
    cJSON_Delete(value);
    return status;
}

fanin_status args_complete(fanin_args *args, int depth)
{
    for (size_t i = 0; i < args->row->n_params; i++) {
        const fanin_param *const param = &args->row->params[i];
        if (args->values[i].given) {
            continue;
        }
        if (!param->default_json) {
            return fanin_fail(FANIN_ERROR_PARAMETER, "'%s' needs the parameter '%s': %s", args->row->name, param->name,
                              param->help ? param->help : param_type_table[param->type].expected);
        }
        cJSON *value = NULL;
        fanin_status status = json_parse(param->name, param->default_json, strlen(param->default_json), &value);
        if (status == FANIN_OK) {
            status = args_set(args, param, value, depth);
        }
        cJSON_Delete(value);
        if (status != FANIN_OK) {
            return status;
        }
        args->values[i].defaulted = true;
    }
    return FANIN_OK;
}
