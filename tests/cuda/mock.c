#include "mock.h"

#include "cuda/launch.h"
#include "grid.h"

#include <cuda.h>
#include <stdlib.h>
#include <string.h>

struct mock mock;

void mock_reset(void)
{
    memset(&mock, 0, sizeof mock);
    mock.devices = 2;
    mock.driver_version = 13000;
    mock.mode = cudaStreamCaptureModeGlobal;
}

void mock_add_region(const void *base, size_t bytes, enum cudaMemoryType type, int device)
{
    mock.regions[mock.region_count++] = (struct mock_region){base, bytes, type, device};
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

/* ------------------------------------------------ driver ------------------------------------------------------------------ */

/* The library libcuda.so.1 of the tests calls these. */
CUresult mock_get_current(CUcontext *out);
CUresult mock_set_current(CUcontext context);
CUresult mock_get_device(CUdevice *out);

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
    if (mock.fail_allocation > 0 && --mock.fail_allocation == 0) {
        return result(cudaErrorMemoryAllocation);
    }
    *out = malloc(bytes);
    *left += 1;
    return result(*out != NULL ? cudaSuccess : cudaErrorMemoryAllocation);
}

static cudaError_t release(void *memory, int *left)
{
    *left -= memory != NULL;
    free(memory);
    return result(cudaSuccess);
}

cudaError_t cudaMalloc(void **out, size_t bytes)
{
    return allocate(out, bytes, &mock.frees_left);
}

cudaError_t cudaFree(void *memory)
{
    return release(memory, &mock.frees_left);
}

cudaError_t cudaMallocAsync(void **out, size_t bytes, cudaStream_t stream)
{
    (void)stream;
    return mock.pool_error != cudaSuccess ? result(mock.pool_error) : allocate(out, bytes, &mock.frees_left);
}

cudaError_t cudaFreeAsync(void *memory, cudaStream_t stream)
{
    (void)stream;
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

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    (void)kind, (void)stream;
    memcpy(to, from, bytes);
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
    mock.synchronizations++;
    return result(cudaSuccess);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned flags)
{
    (void)flags;
    void *memory = NULL;
    const cudaError_t error = allocate(&memory, 1, &mock.events_left);
    *out = memory;
    return error;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    return release(event, &mock.events_left);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    (void)event, (void)stream;
    return result(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    (void)event;
    return result(cudaSuccess);
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

cudaError_t cuda_launch_fill(const struct cuda_table *table, size_t slots, uint32_t tiles, cudaStream_t stream)
{
    (void)slots;
    if (result(mock.launch_error) != cudaSuccess) {
        return mock.lost != cudaSuccess ? mock.lost : mock.launch_error;
    }
    for (uint32_t i = 0; i < table->header.rows; i++) {
        struct cudaPointerAttributes memory;
        (void)cudaPointerGetAttributes(&memory, (const void *)(uintptr_t)table->slot[i].row.data);
        mock.foreign_rows += memory.type != cudaMemoryTypeManaged && memory.device != current_device();
    }
    static unsigned char writes[1 << 20];
    for (size_t i = 0; i < mock.region_count; i++) {
        /* Rows of other regions are strays of this one, and not written. */
        struct grid_memory memory = {(uintptr_t)mock.regions[i].base, mock.regions[i].bytes, writes, 0, 0};
        grid_fill(table, 0, tiles, &memory);
    }
    mock.launches[current_device()]++;
    mock.last_stream = stream;
    return cudaSuccess;
}

cudaError_t cuda_launch_norm(const struct norm_view *view, int64_t first, int64_t count, struct norm_partial *partials,
                             cudaStream_t stream)
{
    mock.last_stream = stream;
    for (int64_t tile = 0; tile < count; tile++) {
        partials[tile] = norm_tile(view, first + tile);
    }
    return result(mock.launch_error);
}
