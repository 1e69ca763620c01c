/* One orthogonal matrix on the device: how much memory it needs there, and how it is made. */
#ifndef FANIN_SRC_CUDA_MATRIX_H
#define FANIN_SRC_CUDA_MATRIX_H

#include "cuda/columns.h"
#include "cuda/handles.h"
#include "item.h"

/* Where its parts lie in the device's memory, in bytes from the start. */
struct matrix {
    struct orthogonal shape;
    const char *name; /* of the parameter */
    uint64_t random;  /* what is drawn; HAAR: Q in the end */
    uint64_t result;  /* Q, or U */
    uint64_t tau, factors;
    uint64_t singular, right;  /* SVD: singular values, and the right vectors, which are not used */
    uint64_t work, work_bytes; /* cuSOLVER's */
    uint64_t bytes;            /* of all */
    size_t host_bytes;         /* cuSOLVER's, in the host's memory */
    int elements;              /* orgqr: of `work` */
};

/* Describes the matrix of an item, and asks cuSOLVER what it needs. Errors: SHAPE where it is too large for cuSOLVER, MEMORY
 * where the bytes are more than 64 bits hold, SOLVER. */
fanin_status matrix_measure(const struct handle *handle, const struct item *item, struct matrix *out);

/* Puts the making of the matrix into the handle's stream. `device` has `bytes`, aligned as cudaMalloc does; `host` has
 * `host_bytes`, and is in use until the stream has come here. `info`, of the device, is then what LAPACK calls so. May wait
 * for the stream. Runs in the floating-point environment of the contract. */
fanin_status matrix_make(const struct handle *handle, const struct matrix *matrix, uint64_t seed, int ordinal, char *device,
                         void *host, int *info, cudaStream_t stream);

/* The item's view of the matrix, with `device` as above. */
void matrix_cut(const struct matrix *matrix, const struct item *item, const char *device, struct cut *out);

#endif
