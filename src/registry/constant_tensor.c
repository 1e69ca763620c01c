/* fanin_constant_tensor: a constant from a caller's tensor. */
#include "initializer.h"
#include "initializers/builtin.h"

#include "elements.h"
#include "float_environment.h"
#include "json/number.h"
#include "json/print.h"
#include "json/tree.h"
#include "shape.h"
#include "tensor.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Of empty lists, which are all that dumps can write of an array without elements. */
#define MOST_LISTS (INT64_C(1) << 20)

/* false: an integer that no double holds, or that create would not read back. */
static bool read_element(enum dtype dtype, const char *data, double *out)
{
    elements_convert(dtype, data, DTYPE_FLOAT64, out, 1);
    uint64_t bits = 0;
    if (dtype == DTYPE_INT64 || dtype == DTYPE_UINT64) {
        memcpy(&bits, data, sizeof bits);
        bits = dtype == DTYPE_INT64 && *out < 0.0 ? -bits : bits;
    }
    return bits <= (uint64_t)JSON_LARGEST_INTEGER;
}

/* Copies the elements in row-major order. */
static fanin_status read_tensor(const struct tensor *tensor, double *values)
{
    const int64_t size = dtype_table[tensor->dtype].size;
    int64_t coordinate[FANIN_MAX_NDIM] = {0};
    const char *data = tensor->data;
    for (int64_t i = 0; i < tensor->size; i++) {
        const bool exact = read_element(tensor->dtype, data, &values[i]);
        if (!exact || !isfinite(values[i])) {
            char text[JSON_DOUBLE_SIZE];
            return fanin_fail(
                FANIN_ERROR_PARAMETER,
                "fanin_constant_tensor: element %lld is %s, expected a finite number, where integers lie within ±2^53",
                (long long)i, json_format_double(values[i], text));
        }
        for (int d = tensor->ndim - 1; d >= 0; d--) {
            data += tensor->stride[d] * size;
            if (++coordinate[d] < tensor->shape[d]) {
                break;
            }
            data -= tensor->shape[d] * tensor->stride[d] * size;
            coordinate[d] = 0;
        }
    }
    return FANIN_OK;
}

/* Of no dimensions: as the number is written. */
static cJSON *new_scalar(enum dtype dtype, double value)
{
    if (dtype_table[dtype].is_float) {
        return json_new_double(value);
    }
    return dtype == DTYPE_BOOL ? cJSON_CreateBool(value != 0.0) : json_new_int64((int64_t)value);
}

static fanin_status set_scalar(const struct tensor *tensor, fanin_args *args)
{
    double value;
    const fanin_status status = read_tensor(tensor, &value);
    return status == FANIN_OK ? args_take(args, 0, new_scalar(tensor->dtype, value)) : status;
}

/* (1 << 40, 0) has no elements, and as many lists of none. */
static bool has_too_many_lists(const struct tensor *tensor)
{
    int64_t lists = 1;
    for (int d = 0; tensor->size == 0 && tensor->shape[d] != 0 && lists <= MOST_LISTS; d++) {
        lists = tensor->shape[d] <= MOST_LISTS ? lists * tensor->shape[d] : MOST_LISTS + 1;
    }
    return lists > MOST_LISTS;
}

static fanin_status set_array(const struct tensor *tensor, fanin_args *args)
{
    if (has_too_many_lists(tensor)) {
        char text[SHAPE_TEXT_SIZE];
        return fanin_fail(FANIN_ERROR_PARAMETER,
                          "fanin_constant_tensor: found shape %s, expected elements, or fewer empty lists of them",
                          shape_text(tensor->ndim, tensor->shape, text));
    }
    struct copy_array *const array = copy_array_new(tensor->ndim, tensor->shape);
    if (!array) {
        return fanin_fail(FANIN_ERROR_MEMORY, "fanin_constant_tensor: out of memory for %lld elements",
                          (long long)tensor->size);
    }
    args->values[0] = (struct argument){.given = true, .array = array};
    array->printed = tensor->dtype;
    const fanin_status status = read_tensor(tensor, array->values);
    if (status == FANIN_OK) {
        copy_array_measure(array);
    }
    return status;
}

static fanin_status make(const DLTensor *value, fanin_initializer **out)
{
    struct tensor tensor;
    fanin_status status = tensor_check_on_host("value", value, &tensor);
    if (status != FANIN_OK) {
        return fanin_fail(status, "fanin_constant_tensor: %s", fanin_last_error());
    }
    fanin_args args;
    status = args_open(&initializer_constant.row, &args);
    if (status != FANIN_OK) {
        return status;
    }
    status = tensor.ndim == 0 ? set_scalar(&tensor, &args) : set_array(&tensor, &args);
    return initializer_new(&initializer_constant, &args, status, out);
}

fanin_status fanin_constant_tensor(const DLTensor *value, fanin_initializer **out)
{
    if (!value || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_constant_tensor: %s is NULL", value ? "out" : "value");
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    const fanin_status status = make(value, out);
    float_environment_leave(&caller);
    errno = saved_errno;
    return status;
}
