/* libcusolver.so for tests; see mock_cusolver.h. */
#include "mock_cusolver.h"

#include "mock_factor.h"

#include <stdint.h>

struct mock_cusolver mock_cusolver;

static char handle, params;

static bool fails(void)
{
    if (mock_cusolver.fail_call > 1) {
        mock_cusolver.fail_call--;
        return false;
    }
    if (mock_cusolver.fail_call == 1 && mock_cusolver.when_failed != NULL) {
        mock_cusolver.when_failed();
    }
    return mock_cusolver.fail_call == 1;
}

static cusolverStatus_t refuse(void)
{
    mock_cusolver.refused++;
    return CUSOLVER_STATUS_INVALID_VALUE;
}

/* ------------------------------------------------ handles ---------------------------------------------------------------- */

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t *out)
{
    if (fails()) {
        return mock_cusolver.failure;
    }
    mock_cusolver.handles++;
    mock_cusolver.made++;
    *out = (cusolverDnHandle_t)&handle;
    return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t it)
{
    mock_cusolver.handles--;
    mock_cusolver.destroyed++;
    return (void *)it == &handle ? CUSOLVER_STATUS_SUCCESS : refuse();
}

cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t it, cudaStream_t stream)
{
    (void)it;
    mock_cusolver.stream = stream;
    return fails() ? mock_cusolver.failure : CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnSetDeterministicMode(cusolverDnHandle_t it, cusolverDeterministicMode_t mode)
{
    (void)it;
    mock_cusolver.deterministic = (int)mode;
    return fails() ? mock_cusolver.failure : CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t *out)
{
    if (fails()) {
        return mock_cusolver.failure;
    }
    mock_cusolver.params++;
    *out = (cusolverDnParams_t)&params;
    return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnDestroyParams(cusolverDnParams_t it)
{
    mock_cusolver.params--;
    return (void *)it == &params ? CUSOLVER_STATUS_SUCCESS : refuse();
}

static void note(char what, cudaDataType type, const void *a, int64_t m, int64_t n)
{
    if (mock_cusolver.note != NULL) {
        mock_cusolver.note(what);
    }
    mock_cusolver.rows = m;
    mock_cusolver.columns = n;
    mock_cusolver.first = n > 1 ? mock_get(type, a, m) : 0.0;
}

/* ------------------------------------------------ singular value decompositions ------------------------------------------ */

static bool is_wrong(const void *it, const void *its_params, int64_t m, int64_t n, cudaDataType type, int64_t lda, int64_t ldu,
                     int64_t ldv)
{
    return it != &handle || its_params != &params || m < n || n < 1 || (type != CUDA_R_32F && type != CUDA_R_64F) || lda < m ||
           ldu < m || ldv < n;
}

static cusolverStatus_t size(size_t *device, size_t *host, int polar)
{
    *device = MOCK_CUSOLVER_DEVICE_BYTES * (size_t)(1 + polar);
    *host = MOCK_CUSOLVER_HOST_BYTES * (size_t)(1 + polar);
    return fails() ? mock_cusolver.failure : CUSOLVER_STATUS_SUCCESS;
}

/* The work spaces must be there: their ends are written to. */
static bool use_work(void *device, size_t device_bytes, void *host, size_t host_bytes, int polar)
{
    if (device_bytes < MOCK_CUSOLVER_DEVICE_BYTES * (size_t)(1 + polar) ||
        host_bytes < MOCK_CUSOLVER_HOST_BYTES * (size_t)(1 + polar)) {
        return false;
    }
    ((char *)device)[0] = ((char *)device)[device_bytes - 1] = 1;
    ((char *)host)[0] = ((char *)host)[host_bytes - 1] = 1;
    return true;
}

cusolverStatus_t cusolverDnXgesvd_bufferSize(cusolverDnHandle_t it, cusolverDnParams_t its_params, signed char jobu,
                                             signed char jobvt, int64_t m, int64_t n, cudaDataType type, const void *a,
                                             int64_t lda, cudaDataType type_s, const void *s, cudaDataType type_u,
                                             const void *u, int64_t ldu, cudaDataType type_vt, const void *vt, int64_t ldvt,
                                             cudaDataType compute, size_t *device, size_t *host)
{
    (void)a, (void)s, (void)u, (void)vt;
    const bool wrong = is_wrong(it, its_params, m, n, type, lda, ldu, ldvt) || jobu != 'S' || jobvt != 'S' || type_s != type ||
                       type_u != type || type_vt != type || compute != type;
    return wrong ? refuse() : size(device, host, 0);
}

cusolverStatus_t cusolverDnXgesvd(cusolverDnHandle_t it, cusolverDnParams_t its_params, signed char jobu, signed char jobvt,
                                  int64_t m, int64_t n, cudaDataType type, void *a, int64_t lda, cudaDataType type_s, void *s,
                                  cudaDataType type_u, void *u, int64_t ldu, cudaDataType type_vt, void *vt, int64_t ldvt,
                                  cudaDataType compute, void *device, size_t device_bytes, void *host, size_t host_bytes,
                                  int *info)
{
    if (is_wrong(it, its_params, m, n, type, lda, ldu, ldvt) || jobu != 'S' || jobvt != 'S' || type_s != type ||
        type_u != type || type_vt != type || compute != type || lda != m || ldu != m || ldvt != n ||
        (uintptr_t)info % sizeof *info != 0 || !use_work(device, device_bytes, host, host_bytes, 0)) {
        return refuse();
    }
    if (fails()) {
        return mock_cusolver.failure;
    }
    mock_cusolver.gesvd++;
    note('G', type, a, m, n);
    if (mock_cusolver.is_shallow) {
        mock_unit_vectors(type, a, m, n, u);
    } else {
        mock_svd(type, a, m, n, s, u, vt, true);
    }
    *info = mock_cusolver.info;
    return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnXgesvdp_bufferSize(cusolverDnHandle_t it, cusolverDnParams_t its_params, cusolverEigMode_t jobz,
                                              int econ, int64_t m, int64_t n, cudaDataType type, const void *a, int64_t lda,
                                              cudaDataType type_s, const void *s, cudaDataType type_u, const void *u,
                                              int64_t ldu, cudaDataType type_v, const void *v, int64_t ldv,
                                              cudaDataType compute, size_t *device, size_t *host)
{
    (void)a, (void)s, (void)u, (void)v;
    const bool wrong = is_wrong(it, its_params, m, n, type, lda, ldu, ldv) || jobz != CUSOLVER_EIG_MODE_VECTOR || econ != 1 ||
                       type_s != type || type_u != type || type_v != type || compute != type;
    return wrong ? refuse() : size(device, host, 1);
}

cusolverStatus_t cusolverDnXgesvdp(cusolverDnHandle_t it, cusolverDnParams_t its_params, cusolverEigMode_t jobz, int econ,
                                   int64_t m, int64_t n, cudaDataType type, void *a, int64_t lda, cudaDataType type_s, void *s,
                                   cudaDataType type_u, void *u, int64_t ldu, cudaDataType type_v, void *v, int64_t ldv,
                                   cudaDataType compute, void *device, size_t device_bytes, void *host, size_t host_bytes,
                                   int *info, double *moved)
{
    if (is_wrong(it, its_params, m, n, type, lda, ldu, ldv) || jobz != CUSOLVER_EIG_MODE_VECTOR || econ != 1 ||
        type_s != type || type_u != type || type_v != type || compute != type || lda != m || ldu != m || ldv != n ||
        (uintptr_t)info % sizeof *info != 0 || !use_work(device, device_bytes, host, host_bytes, 1)) {
        return refuse();
    }
    if (fails()) {
        return mock_cusolver.failure;
    }
    mock_cusolver.gesvdp++;
    note('P', type, a, m, n);
    if (mock_cusolver.is_shallow) {
        mock_unit_vectors(type, a, m, n, u);
    } else {
        mock_svd(type, a, m, n, s, u, v, false);
    }
    *info = mock_cusolver.info;
    mock_cusolver.moved_to = moved;
    if (!mock_cusolver.is_late) {
        *moved = mock_cusolver.moved;
    }
    return CUSOLVER_STATUS_SUCCESS;
}

/* ------------------------------------------------ orgqr ------------------------------------------------------------------ */

static cusolverStatus_t size_orgqr(const void *it, int m, int n, int k, int lda, int *elements)
{
    if (it != &handle || m < n || n < k || k < 1 || lda < m) {
        return refuse();
    }
    *elements = MOCK_CUSOLVER_ORGQR;
    return fails() ? mock_cusolver.failure : CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnSorgqr_bufferSize(cusolverDnHandle_t it, int m, int n, int k, const float *a, int lda,
                                             const float *tau, int *elements)
{
    (void)a, (void)tau;
    return size_orgqr(it, m, n, k, lda, elements);
}

cusolverStatus_t cusolverDnDorgqr_bufferSize(cusolverDnHandle_t it, int m, int n, int k, const double *a, int lda,
                                             const double *tau, int *elements)
{
    (void)a, (void)tau;
    return size_orgqr(it, m, n, k, lda, elements);
}

static cusolverStatus_t orgqr(cudaDataType type, const void *it, int m, int n, int k, void *a, int lda, const void *tau,
                              void *work, int elements, int *info)
{
    if (it != &handle || m < n || n != k || lda != m || elements < MOCK_CUSOLVER_ORGQR || (uintptr_t)info % sizeof *info != 0) {
        return refuse();
    }
    if (fails()) {
        return mock_cusolver.failure;
    }
    mock_cusolver.orgqr++;
    note('Q', type, a, m, n);
    mock_set(type, work, elements - 1, 0.0);
    mock_orgqr(type, a, m, n, tau);
    *info = mock_cusolver.info;
    return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnSorgqr(cusolverDnHandle_t it, int m, int n, int k, float *a, int lda, const float *tau, float *work,
                                  int elements, int *info)
{
    return orgqr(CUDA_R_32F, it, m, n, k, a, lda, tau, work, elements, info);
}

cusolverStatus_t cusolverDnDorgqr(cusolverDnHandle_t it, int m, int n, int k, double *a, int lda, const double *tau,
                                  double *work, int elements, int *info)
{
    return orgqr(CUDA_R_64F, it, m, n, k, a, lda, tau, work, elements, info);
}
