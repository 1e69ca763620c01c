/* Memory, streams and events of the runtime's stand-in. */
#include "mock.h"

#include "grid.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* What was in a stream when an event was recorded. */
struct event {
    cudaStream_t stream;
    size_t until;
};

/* What was put into streams and is not done yet. */
static struct work {
    enum { COPY, SET, SCATTER, WAIT } kind;
    cudaStream_t stream;
    void *to;
    const void *from;
    size_t bytes;
    int value; /* SET */
    struct cuda_view view;
    int size_log2;
    struct event awaited;
    bool is_done;
} queue[1024];              /* work number n is in place n modulo its length */
static size_t queued, done; /* all before the latter */
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

/* Does the works of a stream before number `until`, and those of others that it waits for. */
static void drain(cudaStream_t stream, size_t until)
{
    for (size_t i = done; i < until; i++) {
        struct work *const work = &queue[i % QUEUE];
        if (work->is_done || work->stream != stream) {
            continue;
        }
        work->is_done = true;
        if (work->kind == COPY) {
            memcpy(work->to, work->from, work->bytes);
        } else if (work->kind == SET) {
            memset(work->to, work->value, work->bytes);
        } else if (work->kind == SCATTER) {
            scatter(work);
        } else {
            drain(work->awaited.stream, work->awaited.until);
        }
    }
    while (done < queued && queue[done % QUEUE].is_done) {
        done++;
    }
}

static void enqueue(struct work work)
{
    while (queued - done == QUEUE) {
        drain(queue[done % QUEUE].stream, queued);
    }
    queue[queued++ % QUEUE] = work;
}

void mock_finish(cudaStream_t stream)
{
    drain(stream, queued);
}

void mock_scatter(const struct cuda_view *view, int size_log2, const void *from, cudaStream_t stream)
{
    enqueue((struct work){.kind = SCATTER,
                          .stream = stream,
                          .from = from,
                          .bytes = (size_t)view->size << size_log2,
                          .view = *view,
                          .size_log2 = size_log2});
}

static void note_mode(void)
{
    mock.calls_not_relaxed += mock.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
}

/* ------------------------------------------------ memory, streams, events ------------------------------------------------- */

static cudaError_t allocate(void **out, size_t bytes, int *left)
{
    note_mode();
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
    note_mode();
    for (size_t i = done; i < queued; i++) {
        const struct work *const work = &queue[i % QUEUE];
        const size_t bytes = malloc_usable_size(memory);
        mock.freed_in_use += !work->is_done && ((uintptr_t)work->from - (uintptr_t)memory < bytes ||
                                                (uintptr_t)work->to - (uintptr_t)memory < bytes);
    }
    *left -= memory != NULL;
    remove_region(memory);
    free(memory);
    return mock_result(memory != NULL && mock_fails(&mock.fail_release) ? cudaErrorUnknown : cudaSuccess);
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
    (void)stream;
    mock_note('A');
    return mock.pool_error != cudaSuccess ? mock_result(mock.pool_error) : allocate_on_device(out, bytes);
}

cudaError_t cudaFreeAsync(void *memory, cudaStream_t stream)
{
    mock_note('E');
    drain(stream, queued);
    return release(memory, &mock.frees_left);
}

cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned flags)
{
    (void)flags;
    return allocate(out, bytes, &mock.frees_left);
}

cudaError_t cudaFreeHost(void *memory)
{
    return release(memory, &mock.frees_left);
}

static bool is_on_device(const void *memory)
{
    bool is_there = false;
    for (size_t i = 0; i < mock.region_count; i++) {
        const struct mock_region *const region = &mock.regions[i];
        is_there |= region->type != cudaMemoryTypeHost && (uintptr_t)memory - (uintptr_t)region->base < region->bytes;
    }
    return is_there;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    if (mock_fails(&mock.fail_copy) || is_on_device(to) != (kind == cudaMemcpyHostToDevice) ||
        is_on_device(from) != (kind == cudaMemcpyDeviceToHost)) {
        return mock_result(cudaErrorInvalidValue);
    }
    mock.copies++;
    mock.last_stream = stream;
    enqueue((struct work){.kind = COPY, .stream = stream, .to = to, .from = from, .bytes = bytes});
    return mock_result(cudaSuccess);
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
    if (mock_fails(&mock.fail_set) || !is_on_device(to)) {
        return mock_result(cudaErrorInvalidValue);
    }
    mock.sets++;
    mock.last_stream = stream;
    enqueue((struct work){.kind = SET, .stream = stream, .to = to, .value = value, .bytes = bytes});
    return mock_result(cudaSuccess);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned flags)
{
    /* Others would be held up by the default stream. */
    if (flags != cudaStreamNonBlocking) {
        return mock_result(cudaErrorInvalidValue);
    }
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
    note_mode();
    drain(stream, queued);
    mock.synchronizations++;
    mock_note('W');
    if (mock.when_waited != NULL) {
        mock.when_waited();
    }
    return mock_result(mock_fails(&mock.fail_wait) ? cudaErrorUnknown : cudaSuccess);
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    (void)stream;
    return mock_result(cudaSuccess);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned flags)
{
    (void)flags;
    void *memory = NULL;
    const cudaError_t error = allocate(&memory, sizeof(struct event), &mock.events_left);
    if (memory != NULL) {
        memset(memory, 0, sizeof(struct event));
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
    if (mock_fails(&mock.fail_record)) {
        return mock_result(mock.record_error != cudaSuccess ? mock.record_error : cudaErrorUnknown);
    }
    *(struct event *)(void *)event = (struct event){stream, queued};
    return mock_result(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    const struct event *const recorded = (const void *)event;
    note_mode();
    drain(recorded->stream, recorded->until);
    mock.synchronizations++;
    return mock_result(mock_fails(&mock.fail_wait) ? cudaErrorUnknown : cudaSuccess);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    (void)flags;
    enqueue((struct work){.kind = WAIT, .stream = stream, .awaited = *(const struct event *)(const void *)event});
    return mock_result(cudaSuccess);
}
