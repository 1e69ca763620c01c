/* Handles of cuSOLVER, kept between fills: making one allocates memory of the device, outside of any pool, and so waits for all
 * of its streams. A handle belongs to the context that it was made in and serves one fill at a time. So each fill takes one
 * that is free, and no fill waits for another one's. */
#ifndef FANIN_SRC_CUDA_HANDLES_H
#define FANIN_SRC_CUDA_HANDLES_H

#include "cuda/solver.h"

#include <stdbool.h>
#include <stdint.h>

struct handle {
    const struct solver *solver;
    cusolverDnHandle_t cusolver;
    cusolverDnParams_t params;
    uint64_t context; /* its number */
};

/* A handle of the current context, whose work goes to the stream; opens cuSOLVER if need be. Errors: SOLVER, MEMORY; the
 * message names the parameter. Then there is nothing to put back. */
fanin_status handles_take(const char *name, cudaStream_t stream, struct handle *out);

/* Gives it back, in the context that it was taken in, when its work is done. One that failed is not kept. */
void handles_put(const struct handle *handle, bool is_good);

#endif
