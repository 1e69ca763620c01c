/* The launches of the orthogonal fill's kernels, on the host. */
#include "cuda/orthogonal_launch.h"
#include "grid.h"
#include "mock.h"

cudaError_t orthogonal_launch_reflectors(const struct columns *columns, cudaStream_t stream)
{
    cudaError_t error;
    if (mock_launches('R', stream, &error)) {
        grid_reflectors(columns);
    }
    return error;
}

cudaError_t orthogonal_launch_small(const struct small_table *table, unsigned count, cudaStream_t stream)
{
    cudaError_t error;
    if (mock_launches('H', stream, &error)) {
        for (unsigned i = 0; i < count; i++) {
            grid_small(&table->matrix[i]);
        }
    }
    return error;
}

cudaError_t orthogonal_launch_signs(const struct columns *columns, cudaStream_t stream)
{
    cudaError_t error;
    if (mock_launches('S', stream, &error)) {
        grid_signs(columns);
    }
    return error;
}

/* What lies outside of the region that the item begins in is not written. */
cudaError_t orthogonal_launch_cut(const struct cut *cut, cudaStream_t stream)
{
    cudaError_t error;
    if (!mock_launches('C', stream, &error)) {
        return error;
    }
    for (size_t i = 0; i < mock.region_count; i++) {
        const struct mock_region *const region = &mock.regions[i];
        if (cut->data - (uintptr_t)region->base < region->bytes) {
            struct grid_memory memory = {(uintptr_t)region->base, region->bytes, NULL, 0, 0};
            grid_cut(cut, &memory);
            mock.strays += memory.strays + memory.misaligned;
        }
    }
    return error;
}
