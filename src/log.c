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

/* Lines with a rule and a statistic, the parameter's and its blocks'. */
static bool takes_lines(const fanin_options *options, const struct lowering *lowering)
{
    return options->log != NULL && options->verbose != 0 && lowering->log_rule != NULL;
}

bool log_wanted(const fanin_options *options, const struct lowering *lowering)
{
    return takes_lines(options, lowering) || (options->log != NULL && lowering->noted);
}

bool log_takes_norm(const struct lowering *lowering, const fanin_options *options)
{
    return takes_lines(options, lowering) && options->statistic == NULL;
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

/* What is logged: `name` stands in the line, `parameter` in messages. */
struct subject {
    const char *parameter, *name, *rule;
};

static fanin_status callers_statistic(const struct subject *subject, const struct tensor *tensor, const fanin_options *options,
                                      char *text)
{
    struct callback_view view;
    callback_view_open(&view, tensor->data, tensor->device, tensor->dtype, tensor->ndim, tensor->shape, tensor->stride);
    const struct callback_mark before = callback_mark_error();
    const fanin_status status = options->statistic(options->context, subject->name, &view.tensor, text, STATISTIC_SIZE);
    text[STATISTIC_SIZE - 1] = '\0';
    return callback_result(status, &before, subject->parameter, "the caller's statistic");
}

/* `rule` may be NULL: lines of notes are no longer than one with an empty rule. */
static size_t line_size(const char *name, const char *rule)
{
    return sizeof "Initialized  as : " + strlen(name) + (rule ? strlen(rule) : 0) + STATISTIC_SIZE;
}

size_t log_line_size(const char *name, const struct lowering *lowering)
{
    size_t most = line_size(name, lowering->log_rule);
    for (size_t i = 0; i < lowering->log_count; i++) {
        const size_t size = line_size(lowering->logs[i].name, lowering->logs[i].rule);
        most = size > most ? size : most;
    }
    return most;
}

static fanin_status log_line(const struct subject *subject, const struct tensor *tensor, const struct backend *backend,
                             const fanin_options *options, char *line)
{
    char statistic[STATISTIC_SIZE];
    statistic[0] = '\0';
    const fanin_status status = options->statistic ? callers_statistic(subject, tensor, options, statistic)
                                                   : default_statistic(tensor, backend, options, statistic);
    if (status == FANIN_OK) {
        snprintf(line, line_size(subject->name, subject->rule), "Initialized %s as %s: %s", subject->name, subject->rule,
                 statistic);
        options->log(options->context, line);
    }
    return status;
}

static void log_notes(const char *name, const struct log_notes *notes, const fanin_options *options, char *line)
{
    if (notes->loading) {
        snprintf(line, line_size(name, NULL), "Initialized %s by loading", name);
        options->log(options->context, line);
    }
    for (int i = 0; i < notes->defaults; i++) {
        snprintf(line, line_size(name, NULL), "Initialized %s by default", name);
        options->log(options->context, line);
    }
}

/* The part of a block that lies in this tensor, in the block's own shape where it is the whole block and one line of memory;
 * false where there is none. */
static bool make_view(const struct tensor *tensor, const struct lowered_log *block, struct tensor *out)
{
    int64_t numbers[3 * FANIN_MAX_NDIM];
    struct item item;
    if (!item_make(tensor, NULL, NULL, block->begin, block->count, 0, numbers, &item)) {
        return false;
    }
    *out = *tensor;
    out->data = item.data;
    out->size = item.size;
    out->ndim = item.ndim;
    for (int d = 0; d < item.ndim; d++) {
        out->shape[d] = item.extent[d];
        out->stride[d] = item.stride[d];
    }
    if (item.ndim <= 1 && item.size == block->count) {
        int64_t stride = item.ndim == 1 ? item.stride[0] : 1;
        out->ndim = block->ndim;
        for (int d = block->ndim - 1; d >= 0; d--) {
            out->shape[d] = block->shape[d];
            out->stride[d] = stride;
            stride *= block->shape[d];
        }
    }
    return true;
}

fanin_status log_parameter(const char *name, const struct lowering *lowering, const struct tensor *tensor,
                           const struct backend *backend, const fanin_options *options, char *line)
{
    const bool ruled = takes_lines(options, lowering);
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < lowering->log_count && status == FANIN_OK; i++) {
        const struct lowered_log *const block = &lowering->logs[i];
        struct tensor view;
        if (!make_view(tensor, block, &view)) {
            continue;
        }
        if (ruled && block->rule) {
            status = log_line(&(struct subject){name, block->name, block->rule}, &view, backend, options, line);
        }
        if (status == FANIN_OK) {
            log_notes(block->name, &block->notes, options, line);
        }
    }
    if (status == FANIN_OK && ruled) {
        status = log_line(&(struct subject){name, name, lowering->log_rule}, tensor, backend, options, line);
    }
    if (status == FANIN_OK) {
        log_notes(name, &lowering->notes, options, line);
    }
    return status;
}
