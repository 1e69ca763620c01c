/* The kernels, as the module's C code calls them. Nothing here waits or allocates. */
#ifndef FANIN_SRC_CUDA_LAUNCH_H
#define FANIN_SRC_CUDA_LAUNCH_H

#include "cuda/norm.h"
#include "cuda/scatter.h"
#include "cuda/table.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Loads all kernels into the current context, of the fills those of the variant; and `count` kernels. */
cudaError_t cuda_launch_load(enum cuda_variant variant);
cudaError_t cuda_load_kernels(const void *const *kernels, size_t count);

/* Fills what a finished table says: `slots` of it are in use, `tiles` blocks of threads do it. */
cudaError_t cuda_launch_fill(const struct cuda_table *table, size_t slots, uint32_t tiles, enum cuda_variant variant,
                             cudaStream_t stream);

/* Sums `count` tiles of a view from tile `first` on; `partials` is device memory. */
cudaError_t cuda_launch_norm(const struct cuda_view *view, int64_t first, int64_t count, struct norm_partial *partials,
                             cudaStream_t stream);

/* Moves elements of 2^size_log2 bytes that lie one after another at `from`, device memory, to where a view of at most 2^39
 * elements has them. */
cudaError_t cuda_launch_scatter(const struct cuda_view *view, int size_log2, const void *from, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
