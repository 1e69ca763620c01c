#include "cuda/statistic.h"

#include "cuda/context.h"
#include "cuda/launch.h"
#include "cuda/memory.h"
#include "cuda/streams.h"
#include "float_environment.h"

#include <stdlib.h>

/* Tiles whose sums are brought to the host at once, whole blocks of them: 1 MB. */
#define ROUND 65536
_Static_assert(ROUND % NORM_BLOCK == 0, "a round is whole blocks");

/* Sums up the tiles. `device` and `host` have room for the sums of a round. */
static cudaError_t sum_tiles(const struct cuda_view *view, cudaStream_t stream, struct norm_partial *device,
                             struct norm_partial *host, struct norm_partial *total)
{
    const int64_t tiles = (view->size - 1) / NORM_TILE + 1;
    *total = (struct norm_partial){0.0, 0};
    for (int64_t first = 0; first < tiles; first += ROUND) {
        const int64_t count = tiles - first < ROUND ? tiles - first : ROUND;
        cudaError_t error = cuda_launch_norm(view, first, count, device, stream);
        if (error == cudaSuccess) {
            error = cudaMemcpyAsync(host, device, (size_t)count * sizeof *host, cudaMemcpyDeviceToHost, stream);
        }
        if (error == cudaSuccess) {
            error = cudaStreamSynchronize(stream);
        }
        if (error != cudaSuccess) {
            return error;
        }
        *total = norm_add_tiles(*total, host, count);
    }
    return cudaSuccess;
}

static fanin_status sum_tensor(const struct cuda_view *view, cudaStream_t stream, struct norm_partial *total)
{
    const fanin_status status = capture_check(NULL, stream, true);
    if (status != FANIN_OK) {
        return status;
    }
    const int64_t tiles = (view->size - 1) / NORM_TILE + 1;
    const size_t bytes = (size_t)(tiles < ROUND ? tiles : ROUND) * sizeof(struct norm_partial);
    struct norm_partial *const host = malloc(bytes);
    if (host == NULL) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the statistic of a tensor");
    }
    void *device = NULL;
    bool is_pooled;
    cudaError_t error = memory_allocate(&device, bytes, stream, &is_pooled);
    if (error == cudaSuccess) {
        error = sum_tiles(view, stream, device, host, total);
        memory_release(device, stream, is_pooled);
    }
    free(host);
    return error == cudaSuccess ? FANIN_OK : context_fail(error, NULL);
}

static fanin_status checked_sum(const struct tensor *tensor, const struct cuda_view *view, cudaStream_t stream,
                                struct norm_partial *total)
{
    const int ordinal = (int)tensor->device.device_id;
    struct memory_range known = {0, 0};
    const fanin_status status = memory_check(NULL, tensor->data, (int64_t)tensor->low, (int64_t)tensor->high, ordinal, &known);
    return status == FANIN_OK ? sum_tensor(view, stream, total) : status;
}

fanin_status cuda_statistic(const struct tensor *tensor, const fanin_options *options, double *out)
{
    if (tensor->size == 0) {
        *out = 0.0;
        return FANIN_OK;
    }
    struct cuda_view view;
    cuda_view_make(tensor, &view);
    struct norm_partial total = {0.0, 0};
    struct context_scope scope;
    fanin_status status = context_enter(NULL, (int)tensor->device.device_id, &scope);
    if (status != FANIN_OK) {
        return status;
    }
    const CUstreamCaptureMode mode = capture_relax();
    const struct float_environment caller = float_environment_enter();
    status = checked_sum(tensor, &view, stream_of_device(options, (int)tensor->device.device_id), &total);
    if (status == FANIN_OK) {
        *out = norm_finish(total, tensor->size);
    }
    float_environment_leave(&caller);
    capture_restore(mode);
    context_leave(&scope);
    return status;
}
