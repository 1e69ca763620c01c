/* The kernels and their launchers. */
#include "cuda/launch.h"
#include "cuda/orthogonal_launch.h"
#include "cuda/thread.h"

/* ------------------------------------------------ fills ------------------------------------------------------------------ */

#define FILL_KERNEL(name, table_type, variant)                                                                                \
    __global__ void __launch_bounds__(CUDA_THREADS, CUDA_BLOCKS) name(const __grid_constant__ struct table_type table)          \
    {                                                                                                                          \
        cuda_fill_thread(variant, &table.header, table.slot, blockIdx.x, threadIdx.x);                                        \
    }

FILL_KERNEL(fill_kernel, cuda_table, CUDA_VARIANT_PLAIN)
FILL_KERNEL(fill_small_kernel, cuda_small_table, CUDA_VARIANT_PLAIN)
FILL_KERNEL(fill_mixed_kernel, cuda_table, CUDA_VARIANT_MIXED)
FILL_KERNEL(fill_mixed_small_kernel, cuda_small_table, CUDA_VARIANT_MIXED)

/* By enum cuda_variant, and by whether the smaller parameter is enough, which is the start of the larger one. */
static const void *const fill_kernels[][2] = {{(const void *)fill_kernel, (const void *)fill_small_kernel},
                                              {(const void *)fill_mixed_kernel, (const void *)fill_mixed_small_kernel}};

cudaError_t cuda_launch_fill(const struct cuda_table *table, size_t slots, uint32_t tiles, enum cuda_variant variant,
                             cudaStream_t stream)
{
    void *arguments[] = {(void *)table};
    return cudaLaunchKernel(fill_kernels[variant][slots <= CUDA_SLOTS_SMALL], dim3(tiles), dim3(CUDA_THREADS), arguments, 0, stream);
}

/* ------------------------------------------------ statistic -------------------------------------------------------------- */

__global__ void __launch_bounds__(NORM_THREADS)
    norm_kernel(const __grid_constant__ struct cuda_view view, int64_t first, int64_t count, struct norm_partial *partials)
{
    const int64_t tile = (int64_t)blockIdx.x * NORM_THREADS + threadIdx.x;
    if (tile < count) {
        partials[tile] = norm_tile(&view, first + tile);
    }
}

cudaError_t cuda_launch_norm(const struct cuda_view *view, int64_t first, int64_t count, struct norm_partial *partials,
                             cudaStream_t stream)
{
    const unsigned blocks = (unsigned)((count + NORM_THREADS - 1) / NORM_THREADS);
    void *arguments[] = {(void *)view, &first, &count, &partials};
    return cudaLaunchKernel((const void *)norm_kernel, dim3(blocks), dim3(NORM_THREADS), arguments, 0, stream);
}

/* ------------------------------------------------ elements from the host ------------------------------------------------- */

__global__ void __launch_bounds__(SCATTER_THREADS)
    scatter_kernel(const __grid_constant__ struct cuda_view view, int size_log2, uint64_t from)
{
    const int64_t number = (int64_t)blockIdx.x * SCATTER_THREADS + threadIdx.x;
    if (number < view.size) {
        scatter_element(&view, size_log2, from, number);
    }
}

cudaError_t cuda_launch_scatter(const struct cuda_view *view, int size_log2, const void *from, cudaStream_t stream)
{
    const unsigned blocks = (unsigned)((view->size + SCATTER_THREADS - 1) / SCATTER_THREADS);
    uint64_t address = (uint64_t)(uintptr_t)from;
    void *arguments[] = {(void *)view, &size_log2, &address};
    return cudaLaunchKernel((const void *)scatter_kernel, dim3(blocks), dim3(SCATTER_THREADS), arguments, 0, stream);
}

/* ------------------------------------------------ loading ---------------------------------------------------------------- */

cudaError_t cuda_load_kernels(const void *const *kernels, size_t count)
{
    cudaError_t error = cudaSuccess;
    for (size_t i = 0; i < count && error == cudaSuccess; i++) {
        cudaFuncAttributes attributes;
        error = cudaFuncGetAttributes(&attributes, kernels[i]);
    }
    return error;
}

cudaError_t cuda_launch_load(enum cuda_variant variant)
{
    const void *const kernels[] = {fill_kernels[variant][0], fill_kernels[variant][1], (const void *)norm_kernel,
                                   (const void *)scatter_kernel};
    const cudaError_t error = cuda_load_kernels(kernels, sizeof kernels / sizeof kernels[0]);
    return error == cudaSuccess ? orthogonal_launch_load() : error;
}
