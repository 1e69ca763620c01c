/* For all AArch64 CPUs: Advanced SIMD is part of the architecture. */
#include "vector_neon.h"

#include "vector_philox_neon.h"
#include "words_portable.h"
#include "vector_fill.h"

#define VARIANT_KERNELS cpu_kernels_neon
#include "fill_kernels.h"
