/* For x86-64 CPUs with AVX2, FMA and F16C; compiled with these on. */
#include "vector_avx2.h"

#include "vector_philox.h"
#include "words_vector.h"
#include "vector_fill.h"

#define VARIANT_KERNELS cpu_kernels_avx2
#include "fill_kernels.h"
