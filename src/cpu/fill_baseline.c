/* The portable reference: runs on any CPU of the target. Its fma may be a call of the mathematical library. */
#include "words_portable.h"

#include "fill_kernels.h"

void cpu_kernels_add_baseline(struct cpu_kernels *kernels)
{
    *kernels = body_kernels;
}
