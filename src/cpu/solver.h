/* The host's LAPACK, opened by the first call of any thread, for good. */
#ifndef FANIN_SRC_CPU_SOLVER_H
#define FANIN_SRC_CPU_SOLVER_H

#include "lapack/lapack.h"

/* SOLVER with the reason, in the name of the parameter, where it cannot be opened; MEMORY where a limit of the process's address
 * space has no room for what BLAS takes when it is loaded. */
fanin_status cpu_solver(const char *name, const struct lapack **out);

/* Whether so many threads can call BLAS under a limit of the process's address space. Errors: MEMORY. */
fanin_status cpu_solver_check_room(const char *name, int threads);

/* From here on BLAS uses one thread in this process, where its number can be set, until the last of those who entered leaves:
 * then it has the number that it had before. The library's own threads call BLAS side by side; if BLAS cut its work itself, the
 * bits would change with the number of threads. */
void cpu_solver_enter(const struct lapack *lapack);
void cpu_solver_leave(const struct lapack *lapack);

#endif
