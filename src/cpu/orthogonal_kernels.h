/* The kernels of orthogonal fills: they copy from a matrix that was computed. */
#ifndef FANIN_SRC_CPU_ORTHOGONAL_KERNELS_H
#define FANIN_SRC_CPU_ORTHOGONAL_KERNELS_H

#include "cpu/kernel.h"

void cpu_orthogonal_add(struct cpu_kernels *kernels);

#endif
