#include "emitter.h"
#include "callback.h"
#include "growing.h"
#include "load/store.h"
#include "registry/initializer.h"
#include "status.h"

#include <string.h>

void emitter_open(struct fanin_emitter *emitter, struct emitter_sink *sink, const char *name, uint64_t stream, enum dtype dtype,
                  int ndim, const int64_t *shape)
{
    *emitter = (struct fanin_emitter){
        .sink = sink,
        .name = name,
        .dtype = dtype,
        .ndim = ndim,
        .shape = shape,
        .rows = ndim == 0 ? 1 : shape[0],
        .row_size = 1,
        .stream = stream,
    };
    for (int d = 1; d < ndim; d++) {
        /* The extents may overflow only where the parameter is empty. */
        if (__builtin_mul_overflow(emitter->row_size, shape[d], &emitter->row_size)) {
            emitter->row_size = 0;
        }
    }
}

const char *emitter_own_name(const struct fanin_emitter *emitter)
{
    return emitter->parent ? emitter->name + strlen(emitter->parent->name) + 1 : emitter->name;
}

fanin_status emitter_settle(struct fanin_emitter *emitter, fanin_status status)
{
    if (emitter->status == FANIN_OK) {
        emitter->status = status;
    }
    return status;
}

fanin_status emitter_take_rows(struct fanin_emitter *emitter, int64_t *rows)
{
    const int64_t left = emitter->rows - emitter->next;
    if (*rows == FANIN_ALL_ROWS) {
        *rows = left;
    }
    if (*rows < 0) {
        return fanin_fail(FANIN_ERROR_ARGUMENT,
                          "parameter '%s': a fill covers %lld rows, expected 0 or more, or FANIN_ALL_ROWS", emitter->name,
                          (long long)*rows);
    }
    if (*rows > left) {
        return fanin_fail(FANIN_ERROR_SHAPE,
                          "parameter '%s': a fill covers %lld rows of axis 0, but only %lld of %lld are left", emitter->name,
                          (long long)*rows, (long long)left, (long long)emitter->rows);
    }
    emitter->next += *rows;
    return FANIN_OK;
}

static fanin_status emit_fill(struct fanin_emitter *emitter, int64_t rows, struct fill *fill)
{
    const int64_t first = emitter->next;
    fanin_status status = emitter_take_rows(emitter, &rows);
    if (status != FANIN_OK) {
        return status;
    }
    fill->stream = emitter->stream;
    fill->ndim = emitter->ndim;
    fill->domain = emitter->shape;
    status = fill_check(emitter->name, fill, emitter->dtype);
    if (status != FANIN_OK) {
        return status;
    }
    struct emitter_sink *const sink = emitter->sink;
    struct lowering *const lowering = sink->lowering;
    struct lowered *const fills = arena_grow(sink->arena, lowering->fills, lowering->count, &sink->capacity, sizeof *fills);
    if (!fills) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its fills", emitter->name);
    }
    lowering->fills = fills;
    struct lowered *const lowered = &fills[lowering->count++];
    *lowered = (struct lowered){
        .fill = *fill,
        .begin = emitter->origin + first * emitter->row_size,
        .count = rows * emitter->row_size,
        .first = first * emitter->row_size,
        .block = emitter->parent ? emitter->name : NULL,
    };
    /* Backends take whole rows of the parameter; a block's rows may be shorter than those. */
    const int64_t row_size = sink->row_size;
    if (row_size > 0 && (lowered->begin % row_size != 0 || lowered->count % row_size != 0)) {
        return fanin_fail(
            FANIN_ERROR_SHAPE,
            "parameter '%s': a fill of elements %lld to %lld cuts a row of the parameter, which has %lld elements",
            emitter->name, (long long)lowered->begin, (long long)(lowered->begin + lowered->count), (long long)row_size);
    }
    return FANIN_OK;
}

fanin_status emitter_emit(struct fanin_emitter *emitter, int64_t rows, enum fill_kind kind, double a, double b)
{
    if (!emitter) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "a fill was emitted to an emitter that is NULL");
    }
    if (emitter->status != FANIN_OK) {
        return emitter->status;
    }
    return emitter_settle(emitter, emit_fill(emitter, rows, &(struct fill){.kind = kind, .a = a, .b = b}));
}

static fanin_status emit_copy(struct fanin_emitter *emitter, int64_t rows, struct copy_array *array)
{
    struct fill fill = {.kind = FILL_COPY};
    fanin_status status = copy_new(emitter->name, array, emitter->ndim, emitter->shape, &fill.copy);
    if (status != FANIN_OK) {
        return status;
    }
    const size_t before = emitter->sink->lowering->count;
    status = emit_fill(emitter, rows, &fill);
    /* The lowering owns it once the fill is there, which an error may follow. */
    if (emitter->sink->lowering->count == before) {
        copy_free(fill.copy);
    }
    return status;
}

fanin_status emitter_emit_copy(struct fanin_emitter *emitter, int64_t rows, struct copy_array *array)
{
    return emitter->status != FANIN_OK ? emitter->status : emitter_settle(emitter, emit_copy(emitter, rows, array));
}

fanin_status emitter_emit_orthogonal(struct fanin_emitter *emitter, int64_t rows, double scale,
                                     struct fill_orthogonal orthogonal)
{
    if (emitter->status != FANIN_OK) {
        return emitter->status;
    }
    struct fill fill = {.kind = FILL_ORTHOGONAL, .a = scale, .orthogonal = orthogonal};
    return emitter_settle(emitter, emit_fill(emitter, rows, &fill));
}

static fanin_status emit_load(struct fanin_emitter *emitter, const struct store *store, const struct stored *stored)
{
    struct fill fill = {.kind = FILL_LOAD, .store = store_retain(store), .stored = stored};
    const size_t before = emitter->sink->lowering->count;
    const fanin_status status = emit_fill(emitter, FANIN_ALL_ROWS, &fill);
    /* As of a copy. */
    if (emitter->sink->lowering->count == before) {
        store_release(fill.store);
    }
    return status;
}

fanin_status emitter_emit_load(struct fanin_emitter *emitter, const struct store *store, const struct stored *stored)
{
    return emitter->status != FANIN_OK ? emitter->status : emitter_settle(emitter, emit_load(emitter, store, stored));
}

fanin_status fanin_emit_constant(fanin_emitter *emitter, int64_t rows, double value)
{
    return emitter_emit(emitter, rows, FILL_CONSTANT, value, 0.0);
}

fanin_status fanin_emit_uniform(fanin_emitter *emitter, int64_t rows, double low, double high)
{
    return emitter_emit(emitter, rows, FILL_UNIFORM, low, high);
}

fanin_status fanin_emit_normal(fanin_emitter *emitter, int64_t rows, double mean, double sigma)
{
    return emitter_emit(emitter, rows, FILL_NORMAL, mean, sigma);
}

fanin_status fanin_emit_custom(fanin_emitter *emitter, int64_t rows, const fanin_custom *custom)
{
    if (!emitter) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "a custom fill was emitted to an emitter that is NULL");
    }
    if (emitter->status != FANIN_OK) {
        return emitter->status;
    }
    struct fill fill = {.kind = FILL_CUSTOM};
    if (custom &&
        growing_copy("fanin_custom", custom, offsetof(fanin_custom, cuda), &fill.custom, sizeof fill.custom) != FANIN_OK) {
        return emitter_settle(
            emitter, fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': a custom fill: %s", emitter->name, fanin_last_error()));
    }
    if (!fill.custom.kind || fill.custom.kind[0] == '\0' || (!fill.custom.cpu && !fill.custom.cuda)) {
        return emitter_settle(emitter,
                              fanin_fail(FANIN_ERROR_ARGUMENT,
                                         "parameter '%s': a custom fill needs a kind and a function for the CPU or for CUDA",
                                         emitter->name));
    }
    return emitter_settle(emitter, emit_fill(emitter, rows, &fill));
}

/* Does the message begin with the parameter's name, or that of a block in it? */
static bool names_parameter(const char *message, const char *name)
{
    static const char begin[] = "parameter '";
    const size_t length = strlen(name);
    const char *const found = message + sizeof begin - 1;
    return strncmp(message, begin, sizeof begin - 1) == 0 && strncmp(found, name, length) == 0 &&
           (found[length] == '\'' || found[length] == '/');
}

/* What a lower function leaves unsaid, a message or the parameter's name in it, is said here. */
static fanin_status complete_message(const struct fanin_emitter *emitter, fanin_status status,
                                     const struct callback_mark *before)
{
    const bool silent = emitter->status == FANIN_OK && callback_was_silent(before);
    if (silent || !status_is_known(status)) {
        return callback_result(status, before, emitter->name, "its initializer");
    }
    const char *const message = fanin_last_error();
    return names_parameter(message, emitter->name) ? status : fanin_fail(status, "parameter '%s': %s", emitter->name, message);
}

fanin_status emitter_run(struct fanin_emitter *emitter, fanin_lower_fn lower, const fanin_args *args)
{
    const struct callback_mark before = callback_mark_error();
    emitter->user = args ? args->row->user : NULL;
    const fanin_status returned = lower(args, emitter);
    const fanin_status status = returned != FANIN_OK ? returned : emitter->status;
    if (status != FANIN_OK) {
        return complete_message(emitter, status, &before);
    }
    if (emitter->next != emitter->rows) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': its initializer covered %lld of %lld rows", emitter->name,
                          (long long)emitter->next, (long long)emitter->rows);
    }
    return FANIN_OK;
}

const char *fanin_emitter_name(const fanin_emitter *emitter)
{
    return emitter ? emitter->name : NULL;
}

int fanin_emitter_ndim(const fanin_emitter *emitter)
{
    return emitter ? emitter->ndim : 0;
}

const int64_t *fanin_emitter_shape(const fanin_emitter *emitter)
{
    return emitter ? emitter->shape : NULL;
}

DLDataType fanin_emitter_dtype(const fanin_emitter *emitter)
{
    return emitter ? dtype_to_dlpack(emitter->dtype) : (DLDataType){0, 0, 0};
}

void *fanin_emitter_user(const fanin_emitter *emitter)
{
    return emitter ? emitter->user : NULL;
}
