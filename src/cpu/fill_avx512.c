/* For x86-64 CPUs with AVX-512 F, DQ, BW and VL; compiled with these on. */
#include "vector_avx512.h"

#include "vector_philox.h"
#include "words_vector.h"
#include "vector_fill.h"

#include "fill_kernels.h"

void cpu_kernels_add_avx512(struct cpu_kernels *kernels)
{
    *kernels = body_kernels;
}
