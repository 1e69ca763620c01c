/* The kernels of the orthogonal fill, as the module's C code calls them. Nothing here waits or allocates. */
#ifndef FANIN_SRC_CUDA_ORTHOGONAL_LAUNCH_H
#define FANIN_SRC_CUDA_ORTHOGONAL_LAUNCH_H

#include "cuda/columns.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Loads the kernels into the current context. */
cudaError_t orthogonal_launch_load(void);

/* Turns the columns of a normal matrix, below the diagonal, into the vectors of their reflectors; sets tau and factors. */
cudaError_t orthogonal_launch_reflectors(const struct columns *columns, cudaStream_t stream);

/* Turns the first `count` normal matrices of a table into Q; sets tau and factors. */
cudaError_t orthogonal_launch_small(const struct small_table *table, unsigned count, cudaStream_t stream);

/* Sets the factors of singular vectors. */
cudaError_t orthogonal_launch_signs(const struct columns *columns, cudaStream_t stream);

/* Writes an item. */
cudaError_t orthogonal_launch_cut(const struct cut *cut, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
