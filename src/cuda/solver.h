/* What the module calls of cuSOLVER, as a table. The library is opened on the first orthogonal fill, for it and cuBLAS are
 * nearly a gigabyte that no other fill needs; tests put a table of their own in its place. */
#ifndef FANIN_SRC_CUDA_SOLVER_H
#define FANIN_SRC_CUDA_SOLVER_H

#include <fanin/fanin.h>

#include <cusolverDn.h>

/* X(member, symbol). All are there since CUDA 11.1. */
#define SOLVER_FUNCTIONS(X)                                                                                                    \
    X(create, cusolverDnCreate)                                                                                                \
    X(destroy, cusolverDnDestroy)                                                                                              \
    X(set_stream, cusolverDnSetStream)                                                                                         \
    X(create_params, cusolverDnCreateParams)                                                                                   \
    X(destroy_params, cusolverDnDestroyParams)                                                                                 \
    X(gesvd_size, cusolverDnXgesvd_bufferSize)                                                                                 \
    X(gesvd, cusolverDnXgesvd)                                                                                                 \
    X(gesvdp_size, cusolverDnXgesvdp_bufferSize)                                                                               \
    X(gesvdp, cusolverDnXgesvdp)                                                                                               \
    X(orgqr_float_size, cusolverDnSorgqr_bufferSize)                                                                           \
    X(orgqr_float, cusolverDnSorgqr)                                                                                           \
    X(orgqr_double_size, cusolverDnDorgqr_bufferSize)                                                                          \
    X(orgqr_double, cusolverDnDorgqr)

struct solver {
#define X(member, symbol) __typeof__(symbol) *member;
    SOLVER_FUNCTIONS(X)
#undef X
    /* Since CUDA 12.2, and not in older headers; NULL before, when there was no other mode. */
    cusolverStatus_t (*set_deterministic_mode)(cusolverDnHandle_t handle, int mode);
};

/* CUSOLVER_DETERMINISTIC_RESULTS */
#define SOLVER_DETERMINISTIC 1

/* Opens a cuSOLVER by its soname, as the loader finds it, with RTLD_NOW | RTLD_LOCAL; one that the process has loaded
 * already is taken. It stays open. SOLVER with the reason where it, or a function of it, is missing; the message names the
 * parameter. */
fanin_status solver_open(const char *name, const char *soname, struct solver *out);

/* The table: that of the cuSOLVER of the toolkit that the module was built with, opened by the first call that succeeds. Safe
 * to call from any thread. Errors as above. */
fanin_status solver_find(const char *name, const struct solver **out);

/* Fails with what cuSOLVER's `call` returned: MEMORY where it could not allocate, else SOLVER. */
fanin_status solver_fail(const char *name, const char *call, cusolverStatus_t error);

#endif
