/* For x86-64 CPUs with AVX2, FMA and F16C; compiled with these on. */
#include "vector_avx2.h"

#include "vector_philox.h"
#include "words_vector.h"
#include "vector_fill.h"

#include "fill_kernels.h"

void cpu_kernels_add_avx2(struct cpu_kernels *kernels)
{
    *kernels = body_kernels;
}
