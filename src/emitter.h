/* The emitter: collects the fills that a lower function gives to a parameter, or to a block of one. */
#ifndef FANIN_SRC_EMITTER_H
#define FANIN_SRC_EMITTER_H

#include "copy.h"
#include "lower.h"
#include "stream_set.h"

#include <stdbool.h>

/* Blocks in blocks, or initializers that pick initializers, go at most so deep. */
#define EMITTER_MAX_DEPTH 16

/* Where all fills of a parameter go, those of its blocks too. */
struct emitter_sink {
    struct arena *arena;
    struct lowering *lowering;
    size_t capacity, log_capacity;
    int64_t row_size;          /* elements of a row of the whole parameter: fills must not cut one */
    struct stream_set streams; /* of the blocks */
};

struct fanin_emitter {
    struct emitter_sink *sink;
    /* The parameter's name; "parent/block" in a block, kept in the sink's arena, so that the lowering can point to it. */
    const char *name;
    enum dtype dtype;
    int ndim;
    const int64_t *shape;               /* of the domain; outlives the lowering */
    int64_t rows, next;                 /* extent of axis 0 and how many of its indices are covered */
    int64_t row_size;                   /* elements of one index of axis 0 */
    int64_t origin;                     /* of the domain's element 0 in the whole parameter */
    uint64_t stream;                    /* of the name */
    const fanin_initializer *global;    /* for blocks without an initializer of their own; may be NULL */
    void *user;                         /* of the row whose lower function runs */
    const struct fanin_emitter *parent; /* of a block; NULL for the parameter */
    const fanin_initializer *running;   /* whose lower function runs; NULL: one of the name rule's own */
    int depth;
    fanin_status status; /* the first error that an emit returned */
};

/* Sets up an emitter for a domain; shape's product is within int64. */
void emitter_open(struct fanin_emitter *emitter, struct emitter_sink *sink, const char *name, uint64_t stream, enum dtype dtype,
                  int ndim, const int64_t *shape);

/* A block's name without "parent/"; the parameter's as it is. */
const char *emitter_own_name(const struct fanin_emitter *emitter);

/* Runs a lower function, with args NULL for the name rule's own, and checks that it covered every row. An error's message names
 * the parameter. */
fanin_status emitter_run(struct fanin_emitter *emitter, fanin_lower_fn lower, const fanin_args *args);

/* For functions that emit. Records the first error, which the lower function may drop; returns its argument. */
fanin_status emitter_settle(struct fanin_emitter *emitter, fanin_status status);

/* Advances over the next rows; FANIN_ALL_ROWS becomes their number. Errors: ARGUMENT, SHAPE. */
fanin_status emitter_take_rows(struct fanin_emitter *emitter, int64_t *rows);

/* Emits a block of one dimension, with its own stream as all have, whose elements are `value` whatever its name ends with.
 * It is not logged: no initializer is called for it. */
fanin_status emitter_emit_constant_block(struct fanin_emitter *emitter, int64_t rows, const char *name, double value);

/* Emits a COPY of an array, which is retained, broadcast to the emitter's domain. Errors: SHAPE, VALUE, MEMORY. */
fanin_status emitter_emit_copy(struct fanin_emitter *emitter, int64_t rows, struct copy_array *array);

/* Emits a LOAD of a stored tensor of the emitter's shape; its store is retained. Errors: MEMORY, SHAPE of rows. */
fanin_status emitter_emit_load(struct fanin_emitter *emitter, const struct store *store, const struct stored *stored);

/* Emits an orthogonal matrix times `scale`. Errors: SHAPE, DTYPE, VALUE, MEMORY. */
fanin_status emitter_emit_orthogonal(struct fanin_emitter *emitter, int64_t rows, double scale,
                                     struct fill_orthogonal orthogonal);

/* Emits a fill of any kind that is its numbers; `rows` as in the public functions. */
fanin_status emitter_emit(struct fanin_emitter *emitter, int64_t rows, enum fill_kind kind, double a, double b);

#endif
