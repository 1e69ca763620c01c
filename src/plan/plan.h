/* The plan's own data: copies of what was added, as small as they can be, for models of a million parameters. */
#ifndef FANIN_SRC_PLAN_H
#define FANIN_SRC_PLAN_H

#include "backend.h"
#include "items.h"
#include "lower.h"

#include <stdatomic.h>

/* A parameter's tensor as struct tensor, without room for dimensions that it does not have. */
struct plan_tensor {
    char *data;
    DLDevice device;
    enum dtype dtype;
    int ndim;
    int64_t *numbers; /* ndim each: shape, stride, global shape, offset */
    int64_t size, global_size;
    intptr_t low, high;
};

/* Pointers, but that to the backend, lead into the plan's arena. */
struct plan_parameter {
    const char *name;
    uint64_t stream;
    struct plan_tensor tensor;
    fanin_status status; /* what the rules, the initializer or the backend refused */
    const char *problem; /* its text; NULL where status is FANIN_OK, and the next two are set */
    struct lowering lowering;
    const struct backend *backend;
};

/* Parameters that lie one after another. */
#define PLAN_BLOCK 16

struct fanin_plan {
    struct arena arena; /* all that grows with the plan is in it */
    struct plan_parameter **blocks;
    size_t block_count, block_capacity;
    size_t count;                     /* of parameters */
    size_t fill_count;                /* of all parameters */
    int pattern_problems;             /* PATTERN errors that were recorded, and those that were one too many */
    struct plan_items device, on_cpu; /* there is one kind of device beside the CPU */
    struct source source;             /* what is open while it runs */
    atomic_size_t checked;            /* the count when a check found no problem; nothing was added since if it is still that */
};

static inline struct plan_parameter *plan_parameter(const fanin_plan *plan, size_t index)
{
    return &plan->blocks[index / PLAN_BLOCK][index % PLAN_BLOCK];
}

/* ndim numbers each. */
static inline int64_t *plan_shape(const struct plan_tensor *tensor)
{
    return tensor->numbers;
}

static inline int64_t *plan_stride(const struct plan_tensor *tensor)
{
    return tensor->numbers + tensor->ndim;
}

static inline int64_t *plan_global(const struct plan_tensor *tensor)
{
    return tensor->numbers + 2 * tensor->ndim;
}

static inline int64_t *plan_offset(const struct plan_tensor *tensor)
{
    return tensor->numbers + 3 * tensor->ndim;
}

void plan_get_tensor(const struct plan_tensor *tensor, struct tensor *out);

#endif
