#include "args.h"

#include "load/store.h"

#include <stdlib.h>
#include <string.h>

fanin_status args_open(const fanin_row *row, fanin_args *args)
{
    struct argument *const values = calloc(row->n_params ? row->n_params : 1, sizeof *values);
    if (!values) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameters of '%s'", row->name);
    }
    *args = (fanin_args){.row = row, .values = values};
    return FANIN_OK;
}

static void close_value(struct argument *value)
{
    free(value->text);
    for (size_t i = 0; value->texts && i < value->count; i++) {
        free(value->texts[i]);
    }
    free(value->texts);
    for (size_t i = 0; value->initializers && i < value->count; i++) {
        fanin_release(value->initializers[i]);
    }
    free(value->initializers);
    copy_array_release(value->array);
    store_release(value->store);
}

void args_close(fanin_args *args)
{
    for (size_t i = 0; i < args->row->n_params; i++) {
        close_value(&args->values[i]);
    }
    free(args->values);
    args->values = NULL;
}

const fanin_param *args_param(const fanin_row *row, const char *name)
{
    for (size_t i = 0; i < row->n_params; i++) {
        if (strcmp(row->params[i].name, name) == 0) {
            return &row->params[i];
        }
    }
    return NULL;
}

fanin_status args_set_initializers(fanin_args *args, const fanin_param *param, const fanin_initializer *const *initializers,
                                   size_t count)
{
    fanin_initializer **const list = calloc(count ? count : 1, sizeof *list);
    if (!list) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the parameter '%s' of '%s'", param->name, args->row->name);
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = fanin_retain(initializers[i]);
    }
    args->values[param - args->row->params] = (struct argument){.given = true, .count = count, .initializers = list};
    return FANIN_OK;
}

/* The value of a parameter by name, all 0 before it is given; NULL where the schema has none. */
static const struct argument *find_value(const fanin_args *args, const char *name, fanin_param_type *type)
{
    const fanin_param *const param = args && name ? args_param(args->row, name) : NULL;
    if (!param) {
        return NULL;
    }
    *type = param->type;
    return &args->values[param - args->row->params];
}

const struct argument *args_value(const fanin_args *args, const char *name, fanin_param_type type)
{
    fanin_param_type found;
    const struct argument *const value = find_value(args, name, &found);
    return value && found == type ? value : NULL;
}

/* Values of types that a getter does not serve have 0 and NULL in its member, but for the exceptions here. */

double fanin_args_number(const fanin_args *args, const char *name)
{
    fanin_param_type type;
    const struct argument *const value = find_value(args, name, &type);
    return value ? value->number : 0.0;
}

int64_t fanin_args_integer(const fanin_args *args, const char *name)
{
    fanin_param_type type;
    const struct argument *const value = find_value(args, name, &type);
    return value ? value->integer : 0;
}

const char *fanin_args_text(const fanin_args *args, const char *name)
{
    fanin_param_type type;
    const struct argument *const value = find_value(args, name, &type);
    return value && (type == FANIN_PARAM_TEXT || type == FANIN_PARAM_CHOICE) && value->texts ? value->texts[0] : NULL;
}

const fanin_initializer *fanin_args_initializer(const fanin_args *args, const char *name)
{
    const struct argument *const value = args_value(args, name, FANIN_PARAM_INITIALIZER);
    return value && value->count > 0 ? value->initializers[0] : NULL;
}

size_t fanin_args_count(const fanin_args *args, const char *name)
{
    fanin_param_type type;
    const struct argument *const value = find_value(args, name, &type);
    return value && (type == FANIN_PARAM_TEXTS || type == FANIN_PARAM_INITIALIZERS) ? value->count : 0;
}

const char *fanin_args_text_at(const fanin_args *args, const char *name, size_t place)
{
    const struct argument *const value = args_value(args, name, FANIN_PARAM_TEXTS);
    return value && place < value->count ? value->texts[place] : NULL;
}

const fanin_initializer *fanin_args_initializer_at(const fanin_args *args, const char *name, size_t place)
{
    const struct argument *const value = args_value(args, name, FANIN_PARAM_INITIALIZERS);
    return value && place < value->count ? value->initializers[place] : NULL;
}
