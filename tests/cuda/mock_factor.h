/* Factorisations on the host, in float64, of matrices that lie column by column; A has m rows and n ≤ m columns. */
#ifndef FANIN_TESTS_CUDA_MOCK_FACTOR_H
#define FANIN_TESTS_CUDA_MOCK_FACTOR_H

#include <library_types.h>
#include <stdbool.h>
#include <stdint.h>

double mock_get(cudaDataType type, const void *array, int64_t i);
void mock_set(cudaDataType type, void *array, int64_t i, double value);

/* A = U·Σ·Vᵀ, by one-sided Jacobi (Hestenes 1958); `v` gets V or, `transposed`, Vᵀ. A is destroyed, as by LAPACK. */
void mock_svd(cudaDataType type, void *a, int64_t m, int64_t n, void *s, void *u, void *v, bool transposed);

/* U = the first unit vectors; A is destroyed. */
void mock_unit_vectors(cudaDataType type, void *a, int64_t m, int64_t n, void *u);

/* H(0)·H(1)⋯ applied to the first n unit vectors, backwards, as LAPACK's org2r. */
void mock_orgqr(cudaDataType type, void *a, int m, int n, const void *tau);

#endif
