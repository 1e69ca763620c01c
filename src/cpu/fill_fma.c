/* For x86-64 CPUs with AVX2 and FMA; compiled with these two on. */
#include "words_avx2.h"

#include "fill_kernels.h"

void cpu_kernels_add_fma(struct cpu_kernels *kernels)
{
    *kernels = body_kernels;
}
