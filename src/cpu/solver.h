/* The host's LAPACK, opened by the first call of any thread, for good. */
#ifndef FANIN_SRC_CPU_SOLVER_H
#define FANIN_SRC_CPU_SOLVER_H

#include "lapack/lapack.h"

/* SOLVER with the reason, in the name of the parameter, where it cannot be opened. */
fanin_status cpu_solver(const char *name, const struct lapack **out);

/* From here on BLAS uses `threads` threads in this process, until the matching leave, which puts its number back. Callers of
 * one number may overlap; those of others wait, for the bits of a matrix depend on the number. */
void cpu_solver_enter(const struct lapack *lapack, int threads);
void cpu_solver_leave(const struct lapack *lapack);

#endif
