/* What the orthogonal fill's kernels are told. A matrix lies column by column, `longer` elements each, in the dtype that it is
 * computed in; its columns are, or become, the kept vectors. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_COLUMNS_H
#define FANIN_SRC_CUDA_COLUMNS_H

#include "cuda/table.h"
#include "orthogonal.h"

/* Threads of a block of threads, which does a column. */
#define COLUMN_THREADS 128

/* A small matrix of Haar's is made by one block of threads, SMALL_LANES of them a column: so a launch makes hundreds. */
#define SMALL_SHORTER 64
#define SMALL_LONGER  512
#define SMALL_LANES   8
#define SMALL_THREADS (SMALL_SHORTER * SMALL_LANES)

/* Matrices that a launch makes at most: a kernel's parameters have room for 450. */
#define SMALL_MOST 400

/* Elements of a cut item that a block of threads does, one a thread. */
#define CUT_THREADS 256

/* A matrix on the device, and what is found out about its columns. */
struct columns {
    void *matrix, *tau, *factors; /* of `is_double`; factors are the scale with a sign */
    int64_t longer, shorter;
    double scale;
    uint64_t seed, sign_stream; /* SVD */
    int32_t is_double;
};

struct small_table {
    struct columns matrix[SMALL_MOST];
};

/* An item, and the matrix that it is cut from. */
struct cut {
    const int *info; /* of the factorisation: nothing is cut where it is not 0 */
    const void *matrix, *factors;
    int64_t longer, shorter;
    uint64_t data; /* address of the element at coordinates 0 */
    int64_t start, size;
    int32_t wide, is_double; /* whether the columns are the item's rows; the matrix's dtype */
    int32_t dtype, size_log2;
    int32_t axes;
    struct cuda_axis axis[FANIN_MAX_NDIM]; /* the fastest first */
};

#endif
