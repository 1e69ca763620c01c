/* Orthogonal matrices on the host. They are computed whole, in memory of their own; a kernel then copies the elements of items
 * out of them, times a factor for each kept vector, as any other kernel. */
#ifndef FANIN_SRC_CPU_ORTHOGONAL_MATRIX_H
#define FANIN_SRC_CPU_ORTHOGONAL_MATRIX_H

#include "cpu/kernel.h"
#include "cpu/solver.h"
#include "orthogonal.h"

/* A matrix that was computed, as its kernel reads it. Elements are float, or double in float64; strides are in elements. */
struct cpu_orthogonal {
    const void *values, *factors; /* an element is values[…] · factors[its vector] */
    int64_t columns;              /* of the domain as a matrix */
    int64_t row_stride, column_stride;
    bool wide; /* the vectors are the rows */
};

/* What a matrix is computed from, and where: `memory` begins a line of the cache and is as large as the method's function
 * says. */
struct cpu_orthogonal_task {
    const struct lapack *lapack;
    const struct cpu_kernels *kernels;
    const char *name; /* of the parameter */
    struct orthogonal what;
    uint64_t seed;
    char *memory;
    int threads;       /* for haar, 1 or more; svd has one */
    int64_t work_size; /* elements for LAPACK's work, of svd alone */
};

/* The bytes that a task needs; `memory` and `threads` need not be set. For svd it also sets `work_size`. Errors: SHAPE for what
 * LAPACK's integers do not hold, MEMORY where not even 64 bits hold the number, SOLVER. */
fanin_status cpu_svd_bytes(struct cpu_orthogonal_task *task, uint64_t *bytes);
fanin_status cpu_haar_bytes(const struct cpu_orthogonal_task *task, uint64_t *bytes);

/* Computes the matrix, which stays in the task's memory. Errors: SOLVER. */
fanin_status cpu_svd(const struct cpu_orthogonal_task *task, struct cpu_orthogonal *out);
fanin_status cpu_haar(const struct cpu_orthogonal_task *task, struct cpu_orthogonal *out);

/* The second half of cpu_svd, for a random matrix that lies at the beginning of the memory, row-major. */
fanin_status cpu_svd_solve(const struct cpu_orthogonal_task *task, struct cpu_orthogonal *out);

/* The random matrix's kernel and its numbers. */
void cpu_orthogonal_random(const struct cpu_orthogonal_task *task, cpu_kernel *kernel, struct cpu_fill *fill);

/* Lays arrays out one after another, each on a line of the cache: where `base` is NULL only their size is found. */
#define CPU_LAYOUT_ALIGNMENT 64
struct cpu_layout {
    char *base;
    uint64_t bytes;
    bool overflows;
};
void *cpu_layout_add(struct cpu_layout *layout, int64_t count, int64_t size);

/* The bytes that were laid out; errors as above, where a `largest` number among those that LAPACK is given is too large. */
fanin_status cpu_layout_finish(const struct cpu_layout *layout, const struct cpu_orthogonal_task *task, int64_t largest,
                               uint64_t *bytes);

/* SOLVER for LAPACK's info. */
fanin_status cpu_orthogonal_fail(const struct cpu_orthogonal_task *task, const char *routine, int64_t info);

#endif
