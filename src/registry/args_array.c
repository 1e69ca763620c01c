/* Arrays as parameters: nested lists of numbers, from JSON and back. */
#include "args.h"

#include "json/number.h"
#include "json/print.h"

struct lists {
    const char *row, *param;
    int ndim;
    int64_t shape[FANIN_MAX_NDIM];
    double *next; /* the value to set; NULL while the shape is checked */
};

static fanin_status fail_ragged(const struct lists *lists, int level, int64_t found)
{
    return fanin_fail(FANIN_ERROR_PARAMETER,
                      "'%s': the parameter '%s' is ragged: found a list of %lld at level %d, expected %lld as in the first one",
                      lists->row, lists->param, (long long)found, level + 1, (long long)lists->shape[level]);
}

static fanin_status fail_element(const struct lists *lists, const cJSON *value, const char *expected)
{
    return args_fail_value(lists->row, lists->param, "has an element", value, expected);
}

/* The shape of the first list of each level. */
static fanin_status find_shape(const cJSON *value, struct lists *lists)
{
    for (; cJSON_IsArray(value); value = value->child) {
        if (lists->ndim == FANIN_MAX_NDIM) {
            return fanin_fail(FANIN_ERROR_PARAMETER, "'%s': the parameter '%s' has lists nested more than %d deep", lists->row,
                              lists->param, FANIN_MAX_NDIM);
        }
        lists->shape[lists->ndim++] = cJSON_GetArraySize(value);
    }
    return FANIN_OK;
}

static fanin_status check_number(const struct lists *lists, const cJSON *value)
{
    const char *const expected = args_expected_number(value);
    return expected ? fail_element(lists, value, expected) : FANIN_OK;
}

static void set(struct lists *lists, double value)
{
    if (lists->next) {
        *lists->next++ = value;
    }
}

/* Goes through a list of this level; the depth is that of the shape. */
static fanin_status walk(struct lists *lists, const cJSON *list, int level)
{
    fanin_status status = FANIN_OK;
    for (const cJSON *value = list->child; value && status == FANIN_OK; value = value->next) {
        const bool is_list = cJSON_IsArray(value);
        if (level + 1 < lists->ndim) {
            const int64_t size = is_list ? cJSON_GetArraySize(value) : 0;
            if (!is_list) {
                status = fail_element(lists, value, "a list, as the first one of its level");
            } else if (size != lists->shape[level + 1]) {
                status = fail_ragged(lists, level + 1, size);
            } else {
                status = walk(lists, value, level + 1);
            }
        } else if (cJSON_IsBool(value)) {
            set(lists, cJSON_IsTrue(value) ? 1.0 : 0.0);
        } else if (cJSON_IsNumber(value)) {
            status = check_number(lists, value);
            set(lists, value->valuedouble);
        } else {
            status = fail_element(lists, value, "a number, as the first one of its level");
        }
    }
    return status;
}

fanin_status args_set_array(fanin_args *args, const fanin_param *param, const cJSON *value)
{
    struct lists lists = {.row = args->row->name, .param = param->name};
    fanin_status status = find_shape(value, &lists);
    if (status == FANIN_OK) {
        /* Before memory is asked for: ragged lists have fewer elements than their first ones promise. */
        status = walk(&lists, value, 0);
    }
    if (status != FANIN_OK) {
        return status;
    }
    struct argument *const argument = &args->values[param - args->row->params];
    *argument = (struct argument){.given = true};
    argument->array = copy_array_new(lists.ndim, lists.shape);
    argument->text = argument->array ? json_print(value) : NULL;
    if (!argument->text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameter '%s' of '%s'", param->name, args->row->name);
    }
    lists.next = argument->array->values;
    status = walk(&lists, value, 0);
    copy_array_measure(argument->array);
    return status;
}

static void write_element(FILE *stream, enum dtype dtype, double value)
{
    char text[JSON_DOUBLE_SIZE];
    if (dtype_table[dtype].is_float) {
        fputs(json_format_double(value, text), stream);
    } else if (dtype == DTYPE_BOOL) {
        fputs(value != 0.0 ? "true" : "false", stream);
    } else {
        fprintf(stream, "%lld", (long long)value);
    }
}

/* The list of one level whose first element is `*next`. */
static void write_list(FILE *stream, const struct copy_array *array, int level, int64_t *next)
{
    if (level == array->ndim) {
        write_element(stream, array->printed, array->values[(*next)++]);
        return;
    }
    putc('[', stream);
    for (int64_t i = 0; i < array->shape[level]; i++) {
        fputs(i == 0 ? "" : ", ", stream);
        write_list(stream, array, level + 1, next);
    }
    putc(']', stream);
}

void args_write_array(const struct copy_array *array, FILE *stream)
{
    int64_t next = 0;
    write_list(stream, array, 0, &next);
}
