/* A stand-in for cuSOLVER, with its name: it computes on the host, in float64, notes how it was called, and fails when a test
 * asks for it. A call that the real one does not allow is refused as there. */
#ifndef FANIN_TESTS_CUDA_MOCK_CUSOLVER_H
#define FANIN_TESTS_CUDA_MOCK_CUSOLVER_H

#include <cusolverDn.h>
#include <stdbool.h>

struct mock_cusolver {
    /* Functions return this instead of doing their work, from call number `fail_call` (1: the next) on; 0: never. */
    int fail_call;
    cusolverStatus_t failure;
    void (*when_failed)(void); /* called by them then; NULL: nothing is */

    int info;     /* what the next factorisations say */
    double moved; /* by which gesvdp says that it moved singular values */
    bool is_late; /* gesvdp says so later: who waits writes it to `moved_to` */
    double *moved_to;
    bool is_shallow; /* singular vectors are unit vectors; large matrices would take minutes */

    /* What happened. */
    int handles, params;      /* alive */
    int made, destroyed;      /* handles, ever */
    int gesvd, gesvdp, orgqr; /* calls */
    int deterministic;        /* the mode, last set */
    cudaStream_t stream;      /* last set */
    int refused;              /* calls that are not allowed */
    int64_t rows, columns;    /* of the last factorisation */
    double first;             /* the element (0, 1) of the last matrix, or 0 */
    void (*note)(char what);  /* told of each factorisation: G, P, Q; NULL: not */
};

extern struct mock_cusolver mock_cusolver;

/* Bytes that factorisations ask for. */
#define MOCK_CUSOLVER_DEVICE_BYTES 1001 /* odd: what comes after it has to be aligned */
#define MOCK_CUSOLVER_HOST_BYTES   300
#define MOCK_CUSOLVER_ORGQR        77 /* elements */

#endif
