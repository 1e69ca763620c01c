/* The orthogonal matrices that the items of a run are parts of. */
#ifndef FANIN_SRC_CPU_ORTHOGONAL_SET_H
#define FANIN_SRC_CPU_ORTHOGONAL_SET_H

#include "cpu/orthogonal_matrix.h"

struct cpu_orthogonal_set;

/* Makes ready to compute: opens LAPACK, allocates all memory. Matrices that several items are parts of are computed once.
 * `*out` is NULL where no item is orthogonal. Errors: SOLVER, SHAPE, MEMORY. */
fanin_status cpu_orthogonal_open(const struct item *items, size_t count, const fanin_options *options,
                                 struct cpu_orthogonal_set **out);

/* NULL is fine. */
void cpu_orthogonal_close(struct cpu_orthogonal_set *set);

/* Computes the next matrices: all, where they need not more than some memory. The ones before are lost. */
fanin_status cpu_orthogonal_next(struct cpu_orthogonal_set *set);

/* Whether all were computed. */
bool cpu_orthogonal_done(const struct cpu_orthogonal_set *set);

/* The item's matrix; NULL where it is not there: not yet, or no longer. */
const struct cpu_orthogonal *cpu_orthogonal_find(const struct cpu_orthogonal_set *set, size_t item);

#endif
