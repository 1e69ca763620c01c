/* Blocks of a packed parameter: arrays of their own, with their own streams, fans and name rule. */
#include "dispatch.h"
#include "emitter.h"
#include "shape.h"

#include <string.h>

static fanin_status count_elements(const fanin_emitter *emitter, const char *name, int ndim, const int64_t *shape, int64_t *out)
{
    if (ndim < 0 || ndim > FANIN_MAX_NDIM || (ndim > 0 && !shape)) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': block '%s' has %d dimensions, expected 0 to %d with a shape",
                          emitter->name, name, ndim, FANIN_MAX_NDIM);
    }
    for (int d = 0; d < ndim; d++) {
        if (shape[d] < 0) {
            return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': extent %d of block '%s' is %lld, expected 0 or more",
                              emitter->name, d, name, (long long)shape[d]);
        }
    }
    return shape_elements(ndim, shape, out)
               ? FANIN_OK
               : fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': block '%s' has 2^63 elements or more", emitter->name, name);
}

static fanin_status fail_block_memory(const fanin_emitter *emitter, const char *name)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its block '%s'", emitter->name, name);
}

/* Two blocks of one name would get the same random numbers. */
static fanin_status take_stream(const struct fanin_emitter *block)
{
    bool added = false;
    if (!stream_set_add(&block->sink->streams, block->stream, &added)) {
        return fail_block_memory(block->parent, block->name);
    }
    if (added && block->stream != block->parent->stream) {
        return FANIN_OK;
    }
    const struct lowering *const lowering = block->sink->lowering;
    const char *other = block->parent->name;
    for (size_t i = 0; i < lowering->count; i++) {
        if (lowering->fills[i].fill.stream == block->stream && lowering->fills[i].block) {
            other = lowering->fills[i].block;
        }
    }
    return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': its block '%s' has the random stream of '%s'", block->parent->name,
                      block->name, other);
}

/* "parent/block". */
static char *make_name(const fanin_emitter *emitter, const char *name)
{
    const size_t parent_length = strlen(emitter->name), size = strlen(name) + 1;
    char *const full_name = arena_alloc(emitter->sink->arena, parent_length + 1 + size);
    if (full_name) {
        memcpy(full_name, emitter->name, parent_length);
        full_name[parent_length] = '/';
        memcpy(full_name + parent_length + 1, name, size);
    }
    return full_name;
}

/* Sets up the emitter of a block of the next rows. */
static fanin_status open_block(fanin_emitter *emitter, int64_t rows, const char *name, int ndim, const int64_t *shape,
                               struct fanin_emitter *block)
{
    if (!name || name[0] == '\0') {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': a block needs a name", emitter->name);
    }
    if (emitter->depth == EMITTER_MAX_DEPTH) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': block '%s' is nested more than %d deep", emitter->name, name,
                          EMITTER_MAX_DEPTH);
    }
    int64_t elements = 0;
    fanin_status status = count_elements(emitter, name, ndim, shape, &elements);
    if (status != FANIN_OK) {
        return status;
    }
    const int64_t first = emitter->next;
    status = emitter_take_rows(emitter, &rows);
    if (status != FANIN_OK) {
        return status;
    }
    if (elements != rows * emitter->row_size) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': block '%s' has %lld elements, its %lld rows have %lld",
                          emitter->name, name, (long long)elements, (long long)rows, (long long)(rows * emitter->row_size));
    }
    const char *const full_name = make_name(emitter, name);
    int64_t *const kept_shape = arena_array(emitter->sink->arena, (size_t)ndim, sizeof *shape);
    if (!full_name || !kept_shape) {
        return fail_block_memory(emitter, name);
    }
    for (int d = 0; d < ndim; d++) {
        kept_shape[d] = shape[d];
    }
    emitter_open(block, emitter->sink, full_name, fanin_stream(full_name), emitter->dtype, ndim, kept_shape);
    block->origin = emitter->origin + first * emitter->row_size;
    block->global = emitter->global;
    block->parent = emitter;
    block->depth = emitter->depth + 1;
    return take_stream(block);
}

/* Notes that the block is logged, before the parameter and after blocks of its own. */
static fanin_status append_log(const struct fanin_emitter *block, const char *rule, const struct log_notes *notes)
{
    struct emitter_sink *const sink = block->sink;
    struct lowering *const lowering = sink->lowering;
    const char *const name = emitter_own_name(block);
    struct lowered_log *const logs =
        arena_grow(sink->arena, lowering->logs, lowering->log_count, &sink->log_capacity, sizeof *logs);
    if (!logs) {
        return fail_block_memory(block->parent, name);
    }
    lowering->logs = logs;
    lowering->logs[lowering->log_count++] =
        (struct lowered_log){name, rule, *notes, block->origin, block->rows * block->row_size, block->ndim, block->shape};
    lowering->noted = lowering->noted || notes->loading || notes->defaults > 0;
    return FANIN_OK;
}

static fanin_status emit_block(fanin_emitter *emitter, int64_t rows, const fanin_initializer *initializer, const char *name,
                               int ndim, const int64_t *shape)
{
    struct fanin_emitter block;
    fanin_status status = open_block(emitter, rows, name, ndim, shape, &block);
    if (status != FANIN_OK) {
        return status;
    }
    const char *rule = NULL;
    struct log_notes notes = {.loading = false};
    status = dispatch_block(&block, initializer, name, &rule, &notes);
    return status == FANIN_OK ? append_log(&block, rule, &notes) : status;
}

static fanin_status emit_constant_block(fanin_emitter *emitter, int64_t rows, const char *name, double value)
{
    const int64_t elements = rows * emitter->row_size;
    struct fanin_emitter block;
    fanin_status status = open_block(emitter, rows, name, 1, &elements, &block);
    return status != FANIN_OK ? status : fanin_emit_constant(&block, FANIN_ALL_ROWS, value);
}

fanin_status emitter_emit_constant_block(struct fanin_emitter *emitter, int64_t rows, const char *name, double value)
{
    return emitter->status != FANIN_OK ? emitter->status
                                       : emitter_settle(emitter, emit_constant_block(emitter, rows, name, value));
}

fanin_status fanin_emit_sub_parameter(fanin_emitter *emitter, int64_t rows, const fanin_initializer *initializer,
                                      const char *name, int ndim, const int64_t *shape)
{
    if (!emitter) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "a block was emitted to an emitter that is NULL");
    }
    if (emitter->status != FANIN_OK) {
        return emitter->status;
    }
    return emitter_settle(emitter, emit_block(emitter, rows, initializer ? initializer : emitter->global, name, ndim, shape));
}
