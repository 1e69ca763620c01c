/* For x86-64 CPUs with AVX-512 F, DQ, BW and VL; compiled with these on. */
#include "vector_avx512.h"

#include "vector_philox.h"
#include "words_vector.h"
#include "vector_fill.h"

#define VARIANT_KERNELS cpu_kernels_avx512
#include "fill_kernels.h"
