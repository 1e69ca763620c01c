/* LAPACK as the host backend uses it: libfanin_lapack.so, which lies beside libfanin.so and is opened on the first orthogonal
 * fill. A BLAS with threads starts them when it is loaded, and loading takes milliseconds; a process without such a fill does
 * neither. */
#ifndef FANIN_SRC_LAPACK_LAPACK_H
#define FANIN_SRC_LAPACK_LAPACK_H

#include "module.h"

/* The routines of LAPACK, in one precision: all matrices column-major, their elements float or double; `void` is either. Each
 * returns LAPACK's info: 0, or what went wrong. No number may be larger than `largest` below. The two directions of larft and
 * larfb that LAPACK has are reduced to one: reflectors H(0)·H(1)⋯ in columns, applied from the left. */
struct lapack_routines {
    /* The first n columns of the product of k reflectors, in place. */
    int64_t (*orgqr)(int64_t m, int64_t n, int64_t k, void *a, int64_t lda, const void *tau, void *work, int64_t work_size);
    /* The triangular factor of a block of k reflectors of m elements. */
    int64_t (*larft)(int64_t m, int64_t k, const void *v, int64_t ldv, const void *tau, void *t, int64_t ldt);
    /* Applies that block to the m × n matrix c; `work` has n × k elements. */
    int64_t (*larfb)(int64_t m, int64_t n, int64_t k, const void *v, int64_t ldv, const void *t, int64_t ldt, void *c,
                     int64_t ldc, void *work);
    /* The singular values s, the first min(m, n) left vectors u, and as many right vectors vᵀ, by divide and conquer; a is
     * lost. `integers` has room for 8·min(m, n) integers of 64 bits. work_size -1 asks how many elements `work` should have:
     * work[0]. */
    int64_t (*gesdd)(int64_t m, int64_t n, void *a, int64_t lda, void *s, void *u, int64_t ldu, void *vt, int64_t ldvt,
                     void *work, int64_t work_size, void *integers);
};

struct lapack {
    struct lapack_routines float32, float64;
    int64_t largest; /* number that LAPACK's integers hold */

    /* Sets the number of threads that BLAS uses in this process, 1 or more, and returns the number before. 0, and nothing is
     * set, for a BLAS whose number cannot be set (OpenBLAS's can). */
    int (*set_threads)(int threads);
};

/* Raised when the structs above change between versions of the library (module.h). */
#define LAPACK_MODULE_REVISION 1
#define LAPACK_MODULE_ABI      MODULE_ABI(LAPACK_MODULE_REVISION)

/* The one symbol of the module. Returns the number that it was built with; where that is not `abi`, it did nothing else. */
typedef uint32_t (*lapack_open_fn)(uint32_t abi, struct lapack *out);
#define LAPACK_OPEN_SYMBOL "fanin_lapack_open"
FANIN_API uint32_t fanin_lapack_open(uint32_t abi, struct lapack *out);

#endif
