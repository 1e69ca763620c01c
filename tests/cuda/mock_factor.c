#include "mock_factor.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Sweeps of Jacobi's method; a dozen are plenty for what the tests ask. */
#define SWEEPS 60

double mock_get(cudaDataType type, const void *array, int64_t i)
{
    return type == CUDA_R_64F ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

void mock_set(cudaDataType type, void *array, int64_t i, double value)
{
    if (type == CUDA_R_64F) {
        ((double *)array)[i] = value;
    } else {
        ((float *)array)[i] = (float)value;
    }
}

/* One rotation that makes columns i and j of u orthogonal; false if they are. */
static bool rotate(double *u, double *v, int64_t m, int64_t n, int64_t i, int64_t j)
{
    double aii = 0.0, ajj = 0.0, aij = 0.0;
    for (int64_t k = 0; k < m; k++) {
        aii += u[i * m + k] * u[i * m + k];
        ajj += u[j * m + k] * u[j * m + k];
        aij += u[i * m + k] * u[j * m + k];
    }
    if (fabs(aij) <= 1e-16 * sqrt(aii * ajj)) {
        return false;
    }
    const double zeta = (ajj - aii) / (2.0 * aij);
    const double t = copysign(1.0, zeta) / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
    const double c = 1.0 / sqrt(1.0 + t * t), s = c * t;
    for (int64_t k = 0; k < m; k++) {
        const double x = u[i * m + k], y = u[j * m + k];
        u[i * m + k] = c * x - s * y;
        u[j * m + k] = s * x + c * y;
    }
    for (int64_t k = 0; k < n; k++) {
        const double x = v[i * n + k], y = v[j * n + k];
        v[i * n + k] = c * x - s * y;
        v[j * n + k] = s * x + c * y;
    }
    return true;
}

/* The column of the k-th largest singular value. */
static int64_t find_rank(const double *sigma, int64_t n, int64_t k)
{
    for (int64_t i = 0;; i++) {
        int64_t larger = 0;
        for (int64_t j = 0; j < n; j++) {
            larger += sigma[j] > sigma[i] || (sigma[j] == sigma[i] && j < i);
        }
        if (larger == k) {
            return i;
        }
    }
}

/* The columns of u become U·Σ. */
void mock_svd(cudaDataType type, void *a, int64_t m, int64_t n, void *s, void *u_out, void *v_out, bool transposed)
{
    double *const u = malloc((size_t)(m * n) * sizeof *u), *const v = calloc((size_t)(n * n), sizeof *v);
    double *const sigma = malloc((size_t)n * sizeof *sigma);
    for (int64_t i = 0; i < m * n; i++) {
        u[i] = mock_get(type, a, i);
        mock_set(type, a, i, NAN);
    }
    for (int64_t i = 0; i < n; i++) {
        v[i * n + i] = 1.0;
    }
    bool goes_on = true;
    for (int sweep = 0; goes_on && sweep < SWEEPS; sweep++) {
        goes_on = false;
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = i + 1; j < n; j++) {
                goes_on |= rotate(u, v, m, n, i, j);
            }
        }
    }
    for (int64_t k = 0; k < n; k++) {
        double sum = 0.0;
        for (int64_t i = 0; i < m; i++) {
            sum += u[k * m + i] * u[k * m + i];
        }
        sigma[k] = sqrt(sum);
    }
    for (int64_t k = 0; k < n; k++) {
        const int64_t from = find_rank(sigma, n, k);
        mock_set(type, s, k, sigma[from]);
        for (int64_t i = 0; i < m; i++) {
            mock_set(type, u_out, k * m + i, u[from * m + i] / sigma[from]);
        }
        for (int64_t i = 0; i < n; i++) {
            mock_set(type, v_out, transposed ? i * n + k : k * n + i, v[from * n + i]);
        }
    }
    free(u);
    free(v);
    free(sigma);
}

void mock_unit_vectors(cudaDataType type, void *a, int64_t m, int64_t n, void *u)
{
    for (int64_t i = 0; i < m * n; i++) {
        mock_set(type, a, i, NAN);
        mock_set(type, u, i, i % m == i / m ? 1.0 : 0.0);
    }
}

void mock_orgqr(cudaDataType type, void *a, int m, int n, const void *tau)
{
    double *const q = calloc((size_t)m * (size_t)n, sizeof *q);
    for (int i = 0; i < n; i++) {
        q[(int64_t)i * m + i] = 1.0;
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = 0; j < n; j++) {
            double *const column = &q[(int64_t)j * m];
            double sum = column[i];
            for (int r = i + 1; r < m; r++) {
                sum += mock_get(type, a, (int64_t)i * m + r) * column[r];
            }
            sum *= mock_get(type, tau, i);
            column[i] -= sum;
            for (int r = i + 1; r < m; r++) {
                column[r] -= sum * mock_get(type, a, (int64_t)i * m + r);
            }
        }
    }
    for (int64_t i = 0; i < (int64_t)m * n; i++) {
        mock_set(type, a, i, q[i]);
    }
    free(q);
}
