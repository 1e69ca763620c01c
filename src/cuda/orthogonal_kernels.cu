/* The kernels of the orthogonal fill and their launchers. */
#include "cuda/launch.h"
#include "cuda/orthogonal_launch.h"
#include "cuda/orthogonal_thread.h"

/* A block of threads a column. What is added up is the column's tiles in their order, whichever threads made them. */
__global__ void __launch_bounds__(COLUMN_THREADS) reflector_kernel(const __grid_constant__ struct columns columns)
{
    __shared__ double sums[COLUMN_THREADS];
    __shared__ struct orthogonal_reflector reflector;
    const int64_t column = blockIdx.x, tiles = reflector_tiles(&columns);
    double tail = 0.0; /* of thread 0 */
    /* Tiles above the diagonal are empty. */
    for (int64_t first = column / ORTHOGONAL_TILE; first < tiles; first += COLUMN_THREADS) {
        const int64_t tile = first + threadIdx.x;
        sums[threadIdx.x] = tile < tiles ? reflector_tile(&columns, column, tile) : 0.0;
        __syncthreads();
        for (int i = 0; threadIdx.x == 0 && i < COLUMN_THREADS && first + i < tiles; i++) {
            tail = double_add(tail, sums[i]);
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        reflector = reflector_make(&columns, column, tail);
    }
    __syncthreads();
    reflector_scale(&columns, column, &reflector, threadIdx.x, COLUMN_THREADS);
}

/* A block of threads a matrix: all its reflectors, then their product from the last to the first (LAPACK's org2r). */
__global__ void __launch_bounds__(SMALL_THREADS) small_kernel(const __grid_constant__ struct small_table table)
{
    __shared__ struct orthogonal_reflector reflectors[SMALL_SHORTER];
    __shared__ double products[SMALL_SHORTER][SMALL_LANES];
    const struct columns *const columns = &table.matrix[blockIdx.x];
    const int64_t shorter = columns->shorter;
    const int lane = threadIdx.x % SMALL_LANES, place = threadIdx.x / SMALL_LANES;
    if (threadIdx.x < shorter) {
        reflectors[threadIdx.x] = small_reflector(columns, threadIdx.x);
    }
    __syncthreads();
    for (int64_t i = 0; i < shorter; i++) {
        reflector_scale(columns, i, &reflectors[i], threadIdx.x, SMALL_THREADS);
    }
    for (int64_t i = shorter - 1; i >= 0; i--) {
        const int64_t column = i + 1 + place;
        __syncthreads();
        if (column < shorter) {
            products[place][lane] = small_product(columns, i, column, lane);
        }
        __syncthreads();
        if (column < shorter) {
            small_apply(columns, i, column, lane, products[place]);
        }
        __syncthreads();
        small_begin(columns, i, threadIdx.x, SMALL_THREADS);
    }
}

__global__ void __launch_bounds__(COLUMN_THREADS) sign_kernel(const __grid_constant__ struct columns columns)
{
    __shared__ struct candidate candidates[COLUMN_THREADS];
    const int64_t column = blockIdx.x;
    candidates[threadIdx.x] = sign_candidate(&columns, column, threadIdx.x, COLUMN_THREADS);
    __syncthreads();
    for (unsigned half = COLUMN_THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            candidates[threadIdx.x] = sign_better(candidates[threadIdx.x], candidates[threadIdx.x + half]);
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        sign_make(&columns, column, candidates[0]);
    }
}

__global__ void __launch_bounds__(CUT_THREADS) cut_kernel(const __grid_constant__ struct cut cut)
{
    const int64_t element = (int64_t)blockIdx.x * CUT_THREADS + threadIdx.x;
    if (element < cut.size) {
        cut_element(&cut, element);
    }
}

/* ------------------------------------------------ launchers -------------------------------------------------------------- */

/* A launch has at most 2^31 - 1 blocks of threads. No memory has so many columns of a matrix that LAPACK's numbers hold, nor
 * so many times CUT_THREADS elements. */
cudaError_t orthogonal_launch_reflectors(const struct columns *columns, cudaStream_t stream)
{
    void *arguments[] = {(void *)columns};
    return cudaLaunchKernel((const void *)reflector_kernel, dim3((unsigned)columns->shorter), dim3(COLUMN_THREADS), arguments,
                            0, stream);
}

cudaError_t orthogonal_launch_small(const struct small_table *table, unsigned count, cudaStream_t stream)
{
    void *arguments[] = {(void *)table};
    return cudaLaunchKernel((const void *)small_kernel, dim3(count), dim3(SMALL_THREADS), arguments, 0, stream);
}

cudaError_t orthogonal_launch_signs(const struct columns *columns, cudaStream_t stream)
{
    void *arguments[] = {(void *)columns};
    return cudaLaunchKernel((const void *)sign_kernel, dim3((unsigned)columns->shorter), dim3(COLUMN_THREADS), arguments, 0,
                            stream);
}

cudaError_t orthogonal_launch_cut(const struct cut *cut, cudaStream_t stream)
{
    const unsigned blocks = (unsigned)((cut->size - 1) / CUT_THREADS + 1);
    void *arguments[] = {(void *)cut};
    return cudaLaunchKernel((const void *)cut_kernel, dim3(blocks), dim3(CUT_THREADS), arguments, 0, stream);
}

cudaError_t orthogonal_launch_load(void)
{
    const void *const kernels[] = {(const void *)reflector_kernel, (const void *)small_kernel, (const void *)sign_kernel,
                                   (const void *)cut_kernel};
    return cuda_load_kernels(kernels, sizeof kernels / sizeof kernels[0]);
}
