#include "mock.h"

#include "backend.h"
#include "cuda/launch.h"
#include "cuda/upload.h"
#include "grid.h"

#include <cuda.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

struct mock mock;

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

void mock_reset(void)
{
    queued = done = 0;
    memset(&mock, 0, sizeof mock);
    mock.devices = 2;
    mock.driver_version = 13000;
    mock.mode = cudaStreamCaptureModeGlobal;
}

void mock_add_region(const void *base, size_t bytes, enum cudaMemoryType type, int device)
{
    mock.regions[mock.region_count++] = (struct mock_region){base, bytes, type, device};
}

void mock_note(char what)
{
    const size_t length = strlen(mock.order);
    if (length < MOCK_NOTES) {
        mock.order[length] = what;
    }
}

/* As the runtime does: a failure is the last error too. */
static cudaError_t result(cudaError_t error)
{
    error = mock.lost != cudaSuccess ? mock.lost : error;
    mock.last = error != cudaSuccess ? error : mock.last;
    return error;
}

static int current_device(void)
{
    return mock.current == &mock.primary[1] || mock.current == &mock.other[1];
}

static bool fails(int *number)
{
    return *number > 0 && --*number == 0;
}

/* ------------------------------------------------ streams ---------------------------------------------------------------- */

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

/* ------------------------------------------------ driver ------------------------------------------------------------------ */

/* The library libcuda.so.1 of the tests calls these. */
CUresult mock_get_current(CUcontext *out);
CUresult mock_set_current(CUcontext context);
CUresult mock_get_device(CUdevice *out);
CUresult mock_get_id(CUcontext context, unsigned long long *out);
CUresult mock_get_context_of(CUstream stream, CUcontext *out);

CUresult mock_get_current(CUcontext *out)
{
    *out = (CUcontext)mock.current;
    return CUDA_SUCCESS;
}

CUresult mock_set_current(CUcontext context)
{
    mock.current = context;
    return CUDA_SUCCESS;
}

CUresult mock_get_device(CUdevice *out)
{
    *out = current_device();
    return mock.current != NULL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult mock_get_context_of(CUstream stream, CUcontext *out)
{
    *out = (CUcontext)(stream == mock.stream_of_1 ? &mock.primary[1] : mock.current);
    return CUDA_SUCCESS;
}

CUresult mock_get_id(CUcontext context, unsigned long long *out)
{
    /* As the driver: NULL is the current one. The mock's contexts live as long as the program. */
    *out = (uint64_t)(uintptr_t)(context != NULL ? (void *)context : mock.current);
    return *out != 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

/* ------------------------------------------------ devices and errors ------------------------------------------------------ */

cudaError_t cudaGetDeviceCount(int *count)
{
    *count = mock.devices;
    return result(mock.count_error);
}

cudaError_t cudaDriverGetVersion(int *version)
{
    *version = mock.driver_version;
    return cudaSuccess;
}

cudaError_t cudaGetLastError(void)
{
    const cudaError_t error = mock.last;
    mock.last = mock.lost;
    return error;
}

cudaError_t cudaPeekAtLastError(void)
{
    return mock.last;
}

const char *cudaGetErrorName(cudaError_t error)
{
    return error == cudaErrorLaunchFailure ? "cudaErrorLaunchFailure" : "cudaErrorOfTheMock";
}

const char *cudaGetErrorString(cudaError_t error)
{
    (void)error;
    return "an error of the mock";
}

cudaError_t cudaSetDevice(int device)
{
    mock.set_devices++;
    mock.current = &mock.primary[device];
    return result(cudaSuccess);
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
    (void)device;
    *value = attribute == cudaDevAttrMultiProcessorCount ? 132 : attribute == cudaDevAttrComputeCapabilityMajor ? 7 : 5;
    return cudaSuccess;
}

cudaError_t cudaThreadExchangeStreamCaptureMode(enum cudaStreamCaptureMode *mode)
{
    const enum cudaStreamCaptureMode before = mock.mode;
    mock.mode = *mode;
    *mode = before;
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus *status)
{
    (void)stream;
    *status = mock.capturing ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    return result(cudaSuccess);
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *out, const void *pointer)
{
    *out = (struct cudaPointerAttributes){.type = cudaMemoryTypeUnregistered, .device = -2};
    for (size_t i = 0; i < mock.region_count; i++) {
        const struct mock_region *const region = &mock.regions[i];
        if ((uintptr_t)pointer - (uintptr_t)region->base < region->bytes) {
            out->type = region->type;
            out->device = region->device;
        }
    }
    return result(cudaSuccess);
}

/* ------------------------------------------------ memory, streams, events ------------------------------------------------- */

static cudaError_t allocate(void **out, size_t bytes, int *left)
{
    if (fails(&mock.fail_allocation)) {
        return result(cudaErrorMemoryAllocation);
    }
    *out = malloc(bytes);
    if (*out == NULL) {
        return result(cudaErrorMemoryAllocation);
    }
    memset(*out, 0xA5, bytes);
    *left += 1;
    return result(cudaSuccess);
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
    return result(cudaSuccess);
}

static cudaError_t allocate_on_device(void **out, size_t bytes)
{
    const cudaError_t error = allocate(out, bytes, &mock.frees_left);
    if (error == cudaSuccess) {
        mock_add_region(*out, bytes, cudaMemoryTypeDevice, current_device());
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
    mock.allocations_not_relaxed += mock.mode != cudaStreamCaptureModeRelaxed;
    (void)stream;
    mock_note('A');
    return mock.pool_error != cudaSuccess ? result(mock.pool_error) : allocate_on_device(out, bytes);
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
    mock.allocations_not_relaxed += mock.mode != cudaStreamCaptureModeRelaxed;
    return allocate(out, bytes, &mock.frees_left);
}

cudaError_t cudaFreeHost(void *memory)
{
    return release(memory, &mock.frees_left);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    (void)kind, (void)stream;
    if (fails(&mock.fail_copy)) {
        return result(cudaErrorInvalidValue);
    }
    mock.copies++;
    enqueue((struct work){.to = to, .from = from, .bytes = bytes});
    return result(cudaSuccess);
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
    return result(cudaSuccess);
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
    *(size_t *)(void *)event = queued;
    return result(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    const size_t until = *(const size_t *)(const void *)event;
    drain(until);
    mock.synchronizations++;
    return result(fails(&mock.fail_wait) ? cudaErrorUnknown : cudaSuccess);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    (void)stream, (void)event, (void)flags;
    return result(cudaSuccess);
}

/* ------------------------------------------------ kernels ----------------------------------------------------------------- */

cudaError_t cuda_launch_load(void)
{
    mock.loads++;
    mock.loaded_relaxed = mock.mode == cudaStreamCaptureModeRelaxed;
    return result(mock.load_error);
}

bool mock_launches(char what, cudaStream_t stream, cudaError_t *error)
{
    drain(queued);
    *error = result(mock.launch_error);
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

cudaError_t cuda_launch_fill(const struct cuda_table *table, size_t slots, uint32_t tiles, cudaStream_t stream)
{
    (void)slots;
    cudaError_t error;
    if (!mock_launches('F', stream, &error)) {
        return error;
    }
    for (uint32_t i = 0; i < table->header.rows; i++) {
        struct cudaPointerAttributes memory;
        (void)cudaPointerGetAttributes(&memory, (const void *)(uintptr_t)table->slot[i].row.data);
        mock.foreign_rows += memory.type != cudaMemoryTypeManaged && memory.device != current_device();
    }
    for (size_t i = 0; i < mock.region_count; i++) {
        if (is_written(table, &mock.regions[i])) {
            /* Rows of other regions are strays of this one, and not written. */
            struct grid_memory memory = {(uintptr_t)mock.regions[i].base, mock.regions[i].bytes, NULL, 0, 0};
            grid_fill(table, 0, tiles, &memory);
        }
    }
    mock.launches[current_device()]++;
    return cudaSuccess;
}

cudaError_t cuda_launch_norm(const struct cuda_view *view, int64_t first, int64_t count, struct norm_partial *partials,
                             cudaStream_t stream)
{
    mock.last_stream = stream;
    drain(queued);
    for (int64_t tile = 0; tile < count; tile++) {
        partials[tile] = norm_tile(view, first + tile);
    }
    return result(mock.launch_error);
}

cudaError_t cuda_launch_scatter(const struct cuda_view *view, int size_log2, const void *from, cudaStream_t stream)
{
    mock.last_stream = stream;
    if (fails(&mock.fail_scatter)) {
        return result(cudaErrorInvalidConfiguration);
    }
    mock.scatters++;
    enqueue((struct work){.from = from, .bytes = (size_t)view->size << size_log2, .view = *view, .size_log2 = size_log2});
    return result(cudaSuccess);
}

/* ------------------------------------------------ the library ------------------------------------------------------------ */

fanin_status upload_read(const struct item *items, size_t count, const fanin_options *options)
{
    if (fails(&mock.fail_read)) {
        return fanin_fail(FANIN_ERROR_FILE, "parameter '%s': the file was cut off", items[0].name);
    }
    mock.reads++;
    mock.reads_beside_copies += queued > done;
    return cpu_backend.run(items, count, options);
}
