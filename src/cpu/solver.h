/* The host's LAPACK, opened by the first call of any thread, for good. */
#ifndef FANIN_SRC_CPU_SOLVER_H
#define FANIN_SRC_CPU_SOLVER_H

#include "lapack/lapack.h"

/* SOLVER with the reason, in the name of the parameter, where it cannot be opened. */
fanin_status cpu_solver(const char *name, const struct lapack **out);

/* From here on BLAS uses one thread in this process, until the last of those who entered leaves, which puts its number back.
 * The library's own threads call it side by side: how BLAS cuts its work would change the bits with the number of threads. */
void cpu_solver_enter(const struct lapack *lapack);
void cpu_solver_leave(const struct lapack *lapack);

#endif
