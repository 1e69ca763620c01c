/* What results of orthogonal fills are. They lie row-major, without gaps. */
#ifndef FANIN_TESTS_CUDA_ORTHOGONAL_CHECK_H
#define FANIN_TESTS_CUDA_ORTHOGONAL_CHECK_H

#include "orthogonal.h"

/* Element `i` of an array, floats only. */
double reference_get(enum dtype dtype, const void *array, int64_t i);

/* The largest |⟨a, b⟩/scale² - δ| over pairs of kept vectors of a result. */
double reference_error(const struct orthogonal *shape, enum dtype dtype, const void *result);

/* SVD's residual: the largest cosine between Rᵀ·a and Rᵀ·b (R·a and R·b of a wide R) for two kept vectors a ≠ b, times the
 * ratio of their norms to the largest: 0 for singular vectors. 2 where those norms do not come in falling order. */
double reference_residual(const struct orthogonal *shape, enum dtype dtype, const double *random, const void *result);

/* SVD: the kept vectors whose largest element, the first on ties, does not have the sign that is wanted. */
int reference_wrong_signs(const struct orthogonal *shape, enum dtype dtype, const void *result, uint64_t seed);

/* The largest difference of two results; `up_to_signs`: of whole kept vectors, which may differ in their signs. */
double reference_difference(const struct orthogonal *shape, enum dtype dtype, const void *a, const void *b, bool up_to_signs);

#endif
