/* The plan's own data: copies of what was added, as small as they can be, for models of a million parameters. */
#ifndef FANIN_SRC_PLAN_H
#define FANIN_SRC_PLAN_H

#include "backend.h"
#include "lower.h"

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

struct plan_parameter {
    char *name; /* in one piece of memory behind tensor.numbers */
    uint64_t stream;
    struct plan_tensor tensor;
    fanin_status status; /* what the rules, the initializer or the backend refused */
    char *problem;       /* its text; NULL where status is FANIN_OK, and the next two are set */
    struct lowering lowering;
    const struct backend *backend;
};

struct fanin_plan {
    struct plan_parameter *parameters;
    size_t count, capacity;
    size_t fill_count; /* of all parameters */
};

void plan_get_tensor(const struct plan_tensor *tensor, struct tensor *out);

#endif
