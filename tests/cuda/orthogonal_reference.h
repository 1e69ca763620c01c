/* What orthogonal fills should be, from textbook formulas in float64, and what their results are. */
#ifndef FANIN_TESTS_CUDA_ORTHOGONAL_REFERENCE_H
#define FANIN_TESTS_CUDA_ORTHOGONAL_REFERENCE_H

#include "item.h"
#include "orthogonal.h"

/* A fill of the parameter "weight" with a domain of two axes. */
struct fill reference_fill(enum orthogonal_method method, enum orthogonal_random random, int64_t rows, int64_t columns);

/* All of the fill's domain, row-major, at `data` on CUDA device `device`. */
struct item reference_item(const struct fill *fill, enum dtype dtype, void *data, int device);

/* Element `i` of an array, floats only. */
double reference_get(enum dtype dtype, const void *array, int64_t i);

/* A value rounded to float16, as bits. */
uint16_t reference_float16(float value);

/* The matrix that a fill starts from, by the host's backend: random.domain elements, row-major. The caller frees it. */
double *reference_random(const struct fill *fill, enum dtype dtype, uint64_t seed);

/* HAAR's result over its scale, row-major, for the random matrix. The caller frees it. */
double *reference_haar(const struct orthogonal *shape, const double *random);

/* The largest |⟨a, b⟩/scale² - δ| over pairs of kept vectors of a result. */
double reference_error(const struct orthogonal *shape, enum dtype dtype, const void *result);

/* SVD's residual: the largest cosine between Rᵀ·a and Rᵀ·b (R·a and R·b of a wide R) for two kept vectors a ≠ b, times the ratio
 * of their norms to the largest: 0 for singular vectors. 2 where those norms do not come in falling order. */
double reference_residual(const struct orthogonal *shape, enum dtype dtype, const double *random, const void *result);

/* SVD: the kept vectors whose largest element, the first on ties, does not have the sign that is wanted. */
int reference_wrong_signs(const struct orthogonal *shape, enum dtype dtype, const void *result, uint64_t seed);

#endif
