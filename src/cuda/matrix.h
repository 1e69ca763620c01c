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
    bool is_small;    /* made by small.h, in memory of its own */
    uint64_t random;  /* what is drawn; HAAR: Q in the end */
    uint64_t result;  /* Q, or U */
    uint64_t tau, factors;
    uint64_t singular, right;  /* SVD: singular values, and the right vectors, which are not used */
    uint64_t work, work_bytes; /* cuSOLVER's */
    uint64_t bytes;            /* of all */
    size_t host_bytes;         /* cuSOLVER's, in the host's memory */
    int elements;              /* orgqr: of `work` */
};

/* Describes the matrix of an item. */
void matrix_describe(const struct item *item, struct matrix *out);

/* Where the parts of a small matrix lie, from `place` on. */
void matrix_place_small(struct matrix *matrix, uint64_t place);

/* Asks cuSOLVER what a matrix that is not small needs, and lays it out. Errors: SHAPE where it is too large for cuSOLVER,
 * MEMORY where the bytes are more than 63 bits hold, SOLVER. */
fanin_status matrix_measure(const struct handle *handle, struct matrix *matrix);

/* The random matrix as an item, whose numbers are in the struct: not so in a copy of it. */
struct matrix_draw {
    struct item item;
    int64_t extent[2], stride[2], step[2];
};
void matrix_draw(const struct matrix *matrix, int ordinal, char *device, struct matrix_draw *out);

/* The matrix as kernels see it. */
struct columns matrix_columns(const struct matrix *matrix, uint64_t seed, char *device);

/* Puts the making of the matrix into the handle's stream. `device` has `bytes`, aligned as cudaMalloc does; `host` has
 * `host_bytes`, and is in use until the stream has come here. `info`, of the device, is then what LAPACK calls so. May wait
 * for the stream. Runs in the floating-point environment of the contract. */
fanin_status matrix_make(const struct handle *handle, const struct matrix *matrix, uint64_t seed, int ordinal, char *device,
                         void *host, int *info, cudaStream_t stream);

/* The item's view of the matrix, with `device` as above. */
void matrix_cut(const struct matrix *matrix, const struct item *item, const char *device, const int *info, struct cut *out);

#endif
