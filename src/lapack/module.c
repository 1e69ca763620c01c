#include "lapack/lapack.h"

#include <lapacke.h>

/* Of OpenBLAS; NULL with another BLAS. */
extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

static int set_threads(int threads)
{
    if (!openblas_get_num_threads || !openblas_set_num_threads) {
        return 0;
    }
    const int before = openblas_get_num_threads();
    if (threads != before) {
        openblas_set_num_threads(threads);
    }
    return before;
}

/* The `_work` functions of LAPACKE check no NaNs and allocate nothing where matrices are column-major. */
#define COLUMNS LAPACK_COL_MAJOR

static int64_t sorgqr(int64_t m, int64_t n, int64_t k, void *a, int64_t lda, const void *tau, void *work, int64_t work_size)
{
    return LAPACKE_sorgqr_work(COLUMNS, (lapack_int)m, (lapack_int)n, (lapack_int)k, a, (lapack_int)lda, tau, work,
                               (lapack_int)work_size);
}

static int64_t dorgqr(int64_t m, int64_t n, int64_t k, void *a, int64_t lda, const void *tau, void *work, int64_t work_size)
{
    return LAPACKE_dorgqr_work(COLUMNS, (lapack_int)m, (lapack_int)n, (lapack_int)k, a, (lapack_int)lda, tau, work,
                               (lapack_int)work_size);
}

static int64_t slarft(int64_t m, int64_t k, const void *v, int64_t ldv, const void *tau, void *t, int64_t ldt)
{
    return LAPACKE_slarft_work(COLUMNS, 'F', 'C', (lapack_int)m, (lapack_int)k, v, (lapack_int)ldv, tau, t, (lapack_int)ldt);
}

static int64_t dlarft(int64_t m, int64_t k, const void *v, int64_t ldv, const void *tau, void *t, int64_t ldt)
{
    return LAPACKE_dlarft_work(COLUMNS, 'F', 'C', (lapack_int)m, (lapack_int)k, v, (lapack_int)ldv, tau, t, (lapack_int)ldt);
}

static int64_t slarfb(int64_t m, int64_t n, int64_t k, const void *v, int64_t ldv, const void *t, int64_t ldt, void *c,
                      int64_t ldc, void *work)
{
    return LAPACKE_slarfb_work(COLUMNS, 'L', 'N', 'F', 'C', (lapack_int)m, (lapack_int)n, (lapack_int)k, v, (lapack_int)ldv, t,
                               (lapack_int)ldt, c, (lapack_int)ldc, work, (lapack_int)n);
}

static int64_t dlarfb(int64_t m, int64_t n, int64_t k, const void *v, int64_t ldv, const void *t, int64_t ldt, void *c,
                      int64_t ldc, void *work)
{
    return LAPACKE_dlarfb_work(COLUMNS, 'L', 'N', 'F', 'C', (lapack_int)m, (lapack_int)n, (lapack_int)k, v, (lapack_int)ldv, t,
                               (lapack_int)ldt, c, (lapack_int)ldc, work, (lapack_int)n);
}

static int64_t sgesdd(int64_t m, int64_t n, void *a, int64_t lda, void *s, void *u, int64_t ldu, void *vt, int64_t ldvt,
                      void *work, int64_t work_size, void *integers)
{
    return LAPACKE_sgesdd_work(COLUMNS, 'S', (lapack_int)m, (lapack_int)n, a, (lapack_int)lda, s, u, (lapack_int)ldu, vt,
                               (lapack_int)ldvt, work, (lapack_int)work_size, integers);
}

static int64_t dgesdd(int64_t m, int64_t n, void *a, int64_t lda, void *s, void *u, int64_t ldu, void *vt, int64_t ldvt,
                      void *work, int64_t work_size, void *integers)
{
    return LAPACKE_dgesdd_work(COLUMNS, 'S', (lapack_int)m, (lapack_int)n, a, (lapack_int)lda, s, u, (lapack_int)ldu, vt,
                               (lapack_int)ldvt, work, (lapack_int)work_size, integers);
}

uint32_t fanin_lapack_open(uint32_t abi, struct lapack *out)
{
    if (abi == LAPACK_MODULE_ABI) {
        *out = (struct lapack){
            .float32 = {sorgqr, slarft, slarfb, sgesdd},
            .float64 = {dorgqr, dlarft, dlarfb, dgesdd},
            .largest = sizeof(lapack_int) == sizeof(int64_t) ? INT64_MAX : INT32_MAX,
            .set_threads = set_threads,
        };
    }
    return LAPACK_MODULE_ABI;
}
