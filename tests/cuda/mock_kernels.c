/* The kernels of the runtime's stand-in, and what the library lends to the module. */
#include "mock.h"

#include "backend.h"
#include "cuda/launch.h"
#include "cuda/upload.h"
#include "grid.h"

cudaError_t cuda_launch_load(enum cuda_variant variant)
{
    (void)variant;
    mock.loads++;
    mock.loaded_relaxed = mock.mode == CU_STREAM_CAPTURE_MODE_RELAXED;
    return mock_result(mock.load_error);
}

bool mock_launches(char what, cudaStream_t stream, cudaError_t *error)
{
    mock_finish(stream);
    *error = mock_result(mock_fails(&mock.fail_launch) ? cudaErrorLaunchOutOfResources : mock.launch_error);
    if (*error != cudaSuccess) {
        return false;
    }
    mock_note(what);
    mock.last_stream = stream;
    return true;
}

static bool is_written(const struct cuda_table *table, const struct mock_region *region)
{
    bool is_written = false;
    for (uint32_t i = 0; i < table->header.rows; i++) {
        is_written |= table->slot[i].row.data - (uintptr_t)region->base < region->bytes;
    }
    return is_written;
}

cudaError_t cuda_launch_fill(const struct cuda_table *table, size_t slots, uint32_t tiles, enum cuda_variant variant,
                             cudaStream_t stream)
{
    (void)slots;
    cudaError_t error;
    if (!mock_launches('F', stream, &error)) {
        return error;
    }
    for (uint32_t i = 0; i < table->header.rows; i++) {
        mock.foreign_rows += !mock_is_in_reach((const void *)(uintptr_t)table->slot[i].row.data);
    }
    for (size_t i = 0; i < mock.region_count; i++) {
        if (is_written(table, &mock.regions[i])) {
            /* Rows of other regions are strays of this one, and not written. */
            struct grid_memory memory = {(uintptr_t)mock.regions[i].base, mock.regions[i].bytes, NULL, 0, 0};
            grid_fill(variant, table, 0, tiles, &memory);
        }
    }
    mock.variant = variant;
    mock.launches[mock_current_device()]++;
    return cudaSuccess;
}

cudaError_t cuda_launch_norm(const struct cuda_view *view, int64_t first, int64_t count, struct norm_partial *partials,
                             cudaStream_t stream)
{
    mock.last_stream = stream;
    mock_finish(stream);
    for (int64_t tile = 0; tile < count; tile++) {
        partials[tile] = norm_tile(view, first + tile);
    }
    return mock_result(mock.launch_error);
}

cudaError_t cuda_launch_scatter(const struct cuda_view *view, int size_log2, const void *from, cudaStream_t stream)
{
    mock.last_stream = stream;
    if (((uintptr_t)from >> size_log2) << size_log2 != (uintptr_t)from) {
        return mock_result(mock.lost = cudaErrorMisalignedAddress);
    }
    if (mock_fails(&mock.fail_scatter)) {
        return mock_result(cudaErrorInvalidConfiguration);
    }
    mock.scatters++;
    mock_scatter(view, size_log2, from, stream);
    return mock_result(cudaSuccess);
}

/* ------------------------------------------------ the library ------------------------------------------------------------ */

fanin_status upload_read(const struct item *items, size_t count, const fanin_options *options)
{
    if (mock_fails(&mock.fail_read)) {
        return fanin_fail(FANIN_ERROR_FILE, "parameter '%s': the file was cut off", items[0].name);
    }
    for (size_t i = 0; i < count; i++) {
        mock.foreign_rows += (uintptr_t)items[i].data % (uintptr_t)dtype_table[items[i].dtype].size != 0;
    }
    mock.reads++;
    mock.reads_beside_copies += mock_is_busy();
    return backend_run(&cpu_backend, items, count, options);
}
