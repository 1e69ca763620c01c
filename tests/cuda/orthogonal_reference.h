/* What orthogonal fills should be, from textbook formulas in float64. */
#ifndef FANIN_TESTS_CUDA_ORTHOGONAL_REFERENCE_H
#define FANIN_TESTS_CUDA_ORTHOGONAL_REFERENCE_H

#include "item.h"
#include "orthogonal_check.h"

/* A fill of the parameter "weight" with a domain of two axes. */
struct fill reference_fill(fanin_orthogonal_method method, fanin_distribution random, int64_t rows, int64_t columns);

/* All of the fill's domain, row-major, at `data` on CUDA device `device`. */
struct item reference_item(const struct fill *fill, enum dtype dtype, void *data, int device);

/* The matrix that a fill starts from, by the host's backend: random.domain elements, row-major. The caller frees it. */
double *reference_random(const struct fill *fill, enum dtype dtype, uint64_t seed);

/* HAAR's result over its scale, row-major, for the random matrix. The caller frees it. */
double *reference_haar(const struct orthogonal *shape, const double *random);

#endif
