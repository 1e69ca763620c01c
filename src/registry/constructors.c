/* The typed constructors. They make the built-in initializers even where a row was registered in place of one. */
#include "initializer.h"
#include "initializers/builtin.h"

#include "float_environment.h"
#include "json/print.h"

#include <errno.h>

/* The choice as a string; a number that is none becomes one that the schema refuses. */
static cJSON *new_choice(const fanin_param *param, int index)
{
    int count = 0;
    while (param->choices[count]) {
        count++;
    }
    return index >= 0 && index < count ? cJSON_CreateString(param->choices[index]) : json_new_int64(index);
}

static cJSON *new_value(const fanin_param *param, double value)
{
    switch (param->type) {
    case FANIN_PARAM_CHOICE:
        return new_choice(param, (int)value);
    case FANIN_PARAM_BOOLEAN:
        return cJSON_CreateBool(value != 0.0);
    default:
        return json_new_double(value);
    }
}

/* Makes the initializer from numbers, one for each parameter of its schema: a choice's index, 0 or not for a boolean. */
static fanin_status construct(const struct registry_entry *entry, const double *values, fanin_initializer **out)
{
    if (!out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_%s: out is NULL", entry->row.name);
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    fanin_args args;
    fanin_status status = args_open(&entry->row, &args);
    if (status == FANIN_OK) {
        for (size_t i = 0; i < entry->row.n_params && status == FANIN_OK; i++) {
            status = args_take(&args, i, new_value(&entry->row.params[i], values[i]));
        }
        status = initializer_new(entry, &args, status, out);
    }
    float_environment_leave(&caller);
    errno = saved_errno;
    return status;
}

fanin_status fanin_zero(fanin_initializer **out)
{
    return construct(&initializer_zero, NULL, out);
}

fanin_status fanin_one(fanin_initializer **out)
{
    return construct(&initializer_one, NULL, out);
}

fanin_status fanin_constant(double value, fanin_initializer **out)
{
    return construct(&initializer_constant, &value, out);
}

fanin_status fanin_uniform(double scale, fanin_initializer **out)
{
    return construct(&initializer_uniform, &scale, out);
}

fanin_status fanin_normal(double sigma, fanin_initializer **out)
{
    return construct(&initializer_normal, &sigma, out);
}

fanin_status fanin_xavier(fanin_distribution rnd_type, fanin_factor factor_type, double magnitude, fanin_initializer **out)
{
    return construct(&initializer_xavier, (double[]){(double)rnd_type, (double)factor_type, magnitude}, out);
}

fanin_status fanin_msraprelu(fanin_factor factor_type, double slope, fanin_initializer **out)
{
    return construct(&initializer_msraprelu, (double[]){(double)factor_type, slope}, out);
}

fanin_status fanin_bilinear(int centred, fanin_initializer **out)
{
    return construct(&initializer_bilinear, (double[]){centred}, out);
}

fanin_status fanin_lstmbias(double forget_bias, fanin_initializer **out)
{
    return construct(&initializer_lstmbias, &forget_bias, out);
}

fanin_status fanin_orthogonal(double scale, fanin_distribution rand_type, fanin_orthogonal_method method,
                              fanin_initializer **out)
{
    return construct(&initializer_orthogonal, (double[]){scale, (double)rand_type, (double)method}, out);
}

static fanin_status set_fusedrnn(fanin_args *args, const fanin_initializer *init, int64_t num_hidden, int64_t num_layers,
                                 fanin_rnn mode, int bidirectional, double forget_bias)
{
    const fanin_param *const schema = args->row->params;
    fanin_status status = init ? args_set_initializers(args, &schema[0], &init, 1) : args_take(args, 0, cJSON_CreateNull());
    status = status == FANIN_OK ? args_take(args, 1, json_new_int64(num_hidden)) : status;
    status = status == FANIN_OK ? args_take(args, 2, json_new_int64(num_layers)) : status;
    status = status == FANIN_OK ? args_take(args, 3, new_choice(&schema[3], (int)mode)) : status;
    status = status == FANIN_OK ? args_take(args, 4, cJSON_CreateBool(bidirectional != 0)) : status;
    return status == FANIN_OK ? args_take(args, 5, json_new_double(forget_bias)) : status;
}

fanin_status fanin_fusedrnn(const fanin_initializer *init, int64_t num_hidden, int64_t num_layers, fanin_rnn mode,
                            int bidirectional, double forget_bias, fanin_initializer **out)
{
    if (!out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_fusedrnn: out is NULL");
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    fanin_args args;
    fanin_status status = args_open(&initializer_fusedrnn.row, &args);
    if (status == FANIN_OK) {
        status = set_fusedrnn(&args, init, num_hidden, num_layers, mode, bidirectional, forget_bias);
        status = initializer_new(&initializer_fusedrnn, &args, status, out);
    }
    float_environment_leave(&caller);
    errno = saved_errno;
    return status;
}

static fanin_status set_mixed(fanin_args *args, const char *const *patterns, const fanin_initializer *const *initializers,
                              size_t count)
{
    cJSON *const list = cJSON_CreateArray();
    bool whole = list != NULL;
    for (size_t i = 0; i < count && whole; i++) {
        whole = json_append(list, cJSON_CreateString(patterns[i]));
    }
    const fanin_param *const schema = args->row->params;
    fanin_status status =
        whole ? args_set(args, &schema[0], list, 0) : fanin_fail(FANIN_ERROR_MEMORY, "out of memory for %zu patterns", count);
    cJSON_Delete(list);
    return status == FANIN_OK ? args_set_initializers(args, &schema[1], initializers, count) : status;
}

fanin_status fanin_mixed(const char *const *patterns, const fanin_initializer *const *initializers, size_t count,
                         fanin_initializer **out)
{
    if (!out || (count > 0 && (!patterns || !initializers))) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_mixed: %s is NULL",
                          !out        ? "out"
                          : !patterns ? "patterns"
                                      : "initializers");
    }
    for (size_t i = 0; i < count; i++) {
        if (!patterns[i] || !initializers[i]) {
            return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_mixed: %s %zu is NULL", patterns[i] ? "initializer" : "pattern",
                              i + 1);
        }
    }
    const int saved_errno = errno;
    fanin_args args;
    fanin_status status = args_open(&initializer_mixed.row, &args);
    if (status == FANIN_OK) {
        status = set_mixed(&args, patterns, initializers, count);
        status = initializer_new(&initializer_mixed, &args, status, out);
    }
    errno = saved_errno;
    return status;
}
