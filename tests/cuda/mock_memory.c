/* Memory, streams and events of the runtime's stand-in. */
#include "mock.h"

#include "grid.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* What was put into streams and is not done yet. */
static struct work {
    void *to; /* NULL: elements at `from` are scattered */
    const void *from;
    size_t bytes;
    struct cuda_view view;
    int size_log2;
} queue[1024]; /* work number n is in place n modulo its length */
static size_t queued, done;
#define QUEUE (sizeof queue / sizeof queue[0])

void mock_forget(void)
{
    queued = done = 0;
}

bool mock_is_busy(void)
{
    return queued > done;
}

/* ------------------------------------------------ what is under way ------------------------------------------------------ */

/* To the region that the view begins in. */
static void scatter(const struct work *work)
{
    for (size_t i = 0; i < mock.region_count; i++) {
        const struct mock_region *const region = &mock.regions[i];
        if (work->view.data - (uintptr_t)region->base < region->bytes) {
            struct grid_memory memory = {(uintptr_t)region->base, region->bytes, NULL, 0, 0};
            grid_scatter(&work->view, work->size_log2, (uintptr_t)work->from, &memory);
            mock.foreign_rows += memory.strays != 0;
        }
    }
}

static void drain(size_t until)
{
    for (; done < until; done++) {
        const struct work *const work = &queue[done % QUEUE];
        if (work->to != NULL) {
            memcpy(work->to, work->from, work->bytes);
        } else {
            scatter(work);
        }
    }
}

static void enqueue(struct work work)
{
    if (queued - done == QUEUE) {
        drain(queued);
    }
    queue[queued++ % QUEUE] = work;
}

void mock_finish(void)
{
    drain(queued);
}

void mock_scatter(const struct cuda_view *view, int size_log2, const void *from)
{
    enqueue((struct work){.from = from, .bytes = (size_t)view->size << size_log2, .view = *view, .size_log2 = size_log2});
}

/* ------------------------------------------------ memory, streams, events ------------------------------------------------- */

static cudaError_t allocate(void **out, size_t bytes, int *left)
{
    if (mock_fails(&mock.fail_allocation)) {
        return mock_result(cudaErrorMemoryAllocation);
    }
    *out = malloc(bytes);
    if (*out == NULL) {
        return mock_result(cudaErrorMemoryAllocation);
    }
    memset(*out, 0xA5, bytes);
    *left += 1;
    return mock_result(cudaSuccess);
}

static void remove_region(const void *base)
{
    size_t i = 0;
    while (i < mock.region_count && mock.regions[i].base != base) {
        i++;
    }
    for (; i + 1 < mock.region_count; i++) {
        mock.regions[i] = mock.regions[i + 1];
    }
    mock.region_count -= i < mock.region_count;
}

static cudaError_t release(void *memory, int *left)
{
    for (size_t i = done; i < queued; i++) {
        mock.freed_in_use += (uintptr_t)queue[i % QUEUE].from - (uintptr_t)memory < malloc_usable_size(memory);
    }
    *left -= memory != NULL;
    remove_region(memory);
    free(memory);
    return mock_result(cudaSuccess);
}

static cudaError_t allocate_on_device(void **out, size_t bytes)
{
    const cudaError_t error = allocate(out, bytes, &mock.frees_left);
    if (error == cudaSuccess) {
        mock_add_region(*out, bytes, cudaMemoryTypeDevice, mock_current_device());
    }
    return error;
}

cudaError_t cudaMalloc(void **out, size_t bytes)
{
    return allocate_on_device(out, bytes);
}

cudaError_t cudaFree(void *memory)
{
    return release(memory, &mock.frees_left);
}

cudaError_t cudaMallocAsync(void **out, size_t bytes, cudaStream_t stream)
{
    mock.allocations_not_relaxed += mock.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    (void)stream;
    mock_note('A');
    return mock.pool_error != cudaSuccess ? mock_result(mock.pool_error) : allocate_on_device(out, bytes);
}

cudaError_t cudaFreeAsync(void *memory, cudaStream_t stream)
{
    (void)stream;
    mock_note('E');
    drain(queued);
    return release(memory, &mock.frees_left);
}

cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned flags)
{
    (void)flags;
    mock.allocations_not_relaxed += mock.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    return allocate(out, bytes, &mock.frees_left);
}

cudaError_t cudaFreeHost(void *memory)
{
    return release(memory, &mock.frees_left);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    (void)kind, (void)stream;
    if (mock_fails(&mock.fail_copy)) {
        return mock_result(cudaErrorInvalidValue);
    }
    mock.copies++;
    enqueue((struct work){.to = to, .from = from, .bytes = bytes});
    return mock_result(cudaSuccess);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned flags)
{
    (void)flags;
    void *memory = NULL;
    const cudaError_t error = allocate(&memory, 1, &mock.streams_left);
    *out = memory;
    return error;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    return release(stream, &mock.streams_left);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    (void)stream;
    drain(queued);
    mock.synchronizations++;
    mock_note('W');
    return mock_result(cudaSuccess);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned flags)
{
    (void)flags;
    void *memory = NULL;
    const cudaError_t error = allocate(&memory, sizeof(size_t), &mock.events_left);
    if (memory != NULL) {
        memset(memory, 0, sizeof(size_t));
    }
    *out = memory;
    return error;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    return release(event, &mock.events_left);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    (void)stream;
    if (mock_fails(&mock.fail_record)) {
        return mock_result(cudaErrorUnknown);
    }
    *(size_t *)(void *)event = queued;
    return mock_result(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    const size_t until = *(const size_t *)(const void *)event;
    drain(until);
    mock.synchronizations++;
    return mock_result(mock_fails(&mock.fail_wait) ? cudaErrorUnknown : cudaSuccess);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    (void)stream, (void)event, (void)flags;
    return mock_result(cudaSuccess);
}
