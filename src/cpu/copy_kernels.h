/* The kernels of COPY fills. */
#ifndef FANIN_SRC_CPU_COPY_KERNELS_H
#define FANIN_SRC_CPU_COPY_KERNELS_H

#include "kernel.h"

/* Sets the COPY entries of a table; they are the same for all variants. */
void cpu_copy_add(struct cpu_kernels *kernels);

#endif
