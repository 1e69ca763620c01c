/* For all AArch64 CPUs: Advanced SIMD is part of the architecture. */
#include "vector_neon.h"

#include "vector_philox_neon.h"
#include "words_portable.h"
#include "vector_fill.h"

#include "fill_kernels.h"

void cpu_kernels_add_neon(struct cpu_kernels *kernels)
{
    *kernels = body_kernels;
}
