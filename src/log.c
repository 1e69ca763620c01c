#include "log.h"

#include "callback.h"
#include "float_environment.h"
#include "json/number.h"
#include "stream/round.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes that a caller's statistic may write. */
#define STATISTIC_SIZE 1024

bool log_wanted(const fanin_options *options)
{
    return options->verbose != 0 && options->log != NULL;
}

/* The norm is no larger than the largest element, so it fits the dtype; but of the smallest int64 and the largest uint64, whose
 * neighbours in double do not. */
static void format_integer(double norm, char *text)
{
    const uint64_t whole = norm < 0x1p64 ? (uint64_t)norm : UINT64_MAX;
    snprintf(text, JSON_DOUBLE_SIZE, "%" PRIu64, whole);
}

/* As NumPy prints a scalar of the dtype. */
static void format_norm(enum dtype dtype, double norm, char *text)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        json_format_float16(round_to_float16((float)norm), text);
        break;
    case DTYPE_BFLOAT16:
        json_format_bfloat16(round_to_bfloat16((float)norm), text);
        break;
    case DTYPE_FLOAT32:
        json_format_float32((float)norm, text);
        break;
    case DTYPE_FLOAT64:
        json_format_double(norm, text);
        break;
    default:
        format_integer(norm, text);
    }
}

static fanin_status default_statistic(const struct tensor *tensor, const struct backend *backend, const fanin_options *options,
                                      char *text)
{
    double norm = 0.0;
    const fanin_status status = backend->norm(tensor, options, &norm);
    if (status == FANIN_OK) {
        const struct float_environment caller = float_environment_enter();
        format_norm(tensor->dtype, norm, text);
        float_environment_leave(&caller);
    }
    return status;
}

static fanin_status callers_statistic(const char *name, const struct tensor *tensor, const fanin_options *options, char *text)
{
    int64_t shape[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM];
    for (int d = 0; d < tensor->ndim; d++) {
        shape[d] = tensor->shape[d];
        stride[d] = tensor->stride[d];
    }
    const DLTensor view = {.data = tensor->data,
                           .device = tensor->device,
                           .ndim = tensor->ndim,
                           .dtype = dtype_to_dlpack(tensor->dtype),
                           .shape = shape,
                           .strides = stride,
                           .byte_offset = 0};
    const struct callback_mark before = callback_mark_error();
    const fanin_status status = options->statistic(options->context, name, &view, text, STATISTIC_SIZE);
    text[STATISTIC_SIZE - 1] = '\0';
    return callback_result(status, &before, name, "the caller's statistic");
}

size_t log_line_size(const char *name, const char *rule)
{
    return sizeof "Initialized  as : " + strlen(name) + strlen(rule) + STATISTIC_SIZE;
}

fanin_status log_parameter(const char *name, const char *rule, const struct tensor *tensor, const struct backend *backend,
                           const fanin_options *options, char *line)
{
    char statistic[STATISTIC_SIZE];
    statistic[0] = '\0';
    const fanin_status status = options->statistic ? callers_statistic(name, tensor, options, statistic)
                                                   : default_statistic(tensor, backend, options, statistic);
    if (status == FANIN_OK) {
        snprintf(line, log_line_size(name, rule), "Initialized %s as %s: %s", name, rule, statistic);
        options->log(options->context, line);
    }
    return status;
}
