#include "mock.h"

#include <cuda.h>
#include <string.h>

struct mock mock;

void mock_reset(void)
{
    mock_forget();
    memset(&mock, 0, sizeof mock);
    mock.devices = 2;
    mock.driver_version = 13000;
    mock.mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
}

void mock_add_region(const void *base, size_t bytes, enum cudaMemoryType type, int device)
{
    mock.regions[mock.region_count++] = (struct mock_region){base, bytes, type, device, NULL};
}

void mock_note(char what)
{
    const size_t length = strlen(mock.order);
    if (length < MOCK_NOTES) {
        mock.order[length] = what;
    }
}

/* As the runtime does: a failure is the last error too. */
cudaError_t mock_result(cudaError_t error)
{
    error = mock.lost != cudaSuccess ? mock.lost : error;
    mock.last = error != cudaSuccess ? error : mock.last;
    return error;
}

int mock_current_device(void)
{
    return mock.current == &mock.primary[1] || mock.current == &mock.other[1] || mock.current == &mock.green[1];
}

bool mock_fails(int *number)
{
    return *number > 0 && --*number == 0;
}

/* ------------------------------------------------ driver ------------------------------------------------------------------ */

/* The library libcuda.so.1 of the tests calls these. */
CUresult mock_get_current(CUcontext *out);
CUresult mock_set_current(CUcontext context);
CUresult mock_get_device(CUdevice *out);
CUresult mock_get_id(CUcontext context, unsigned long long *out);
CUresult mock_get_context_of(CUstream stream, CUcontext *out);
CUresult mock_old_get_context_of(CUstream stream, CUcontext *out);
CUresult mock_get_contexts_of(CUstream stream, CUcontext *out, void **green);
CUresult mock_get_attribute(void *out, CUpointer_attribute attribute, CUdeviceptr pointer);
CUresult mock_get_range(CUdeviceptr *base, size_t *bytes, CUdeviceptr pointer);
CUresult mock_exchange_capture_mode(CUstreamCaptureMode *mode);

CUresult mock_get_current(CUcontext *out)
{
    *out = (CUcontext)mock.current;
    return CUDA_SUCCESS;
}

/* As the driver: the top of the stack is replaced; NULL pops it. */
CUresult mock_set_current(CUcontext context)
{
    mock.switches++;
    mock.current = context != NULL || mock.depth == 0 ? (void *)context : mock.below[--mock.depth];
    return CUDA_SUCCESS;
}

void mock_push(void *context)
{
    if (mock.current != NULL) {
        mock.below[mock.depth++] = mock.current;
    }
    mock.current = context;
}

CUresult mock_get_device(CUdevice *out)
{
    *out = mock_current_device();
    return mock.current != NULL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult mock_get_context_of(CUstream stream, CUcontext *out)
{
    *out = (CUcontext)(stream != NULL && stream == mock.known_stream.stream ? mock.known_stream.context : mock.current);
    return *out != NULL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

/* As drivers before CUDA 12.5: a capture does not survive the question. */
CUresult mock_old_get_context_of(CUstream stream, CUcontext *out)
{
    if (mock.capturing) {
        mock.captures_ended++;
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return mock_get_context_of(stream, out);
}

/* As the driver: for a green context the primary one of its device, and itself. */
CUresult mock_get_contexts_of(CUstream stream, CUcontext *out, void **green)
{
    const CUresult result = mock_get_context_of(stream, out);
    *green = NULL;
    for (int device = 0; device < 2 && result == CUDA_SUCCESS; device++) {
        if ((void *)*out == &mock.green[device]) {
            *out = (CUcontext)(void *)&mock.primary[device];
            *green = &mock.green[device];
        }
    }
    return result;
}

CUresult mock_exchange_capture_mode(CUstreamCaptureMode *mode)
{
    const CUstreamCaptureMode before = mock.mode;
    mock.mode = *mode;
    *mode = before;
    return CUDA_SUCCESS;
}

static const struct mock_region *find_region(uintptr_t pointer)
{
    for (size_t i = 0; i < mock.region_count; i++) {
        const struct mock_region *const region = &mock.regions[i];
        if (region->type != cudaMemoryTypeUnregistered && pointer - (uintptr_t)region->base < region->bytes) {
            return region;
        }
    }
    return NULL;
}

CUresult mock_get_range(CUdeviceptr *base, size_t *bytes, CUdeviceptr pointer)
{
    const struct mock_region *const region = find_region((uintptr_t)pointer);
    if (region == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *base = (CUdeviceptr)(uintptr_t)region->base;
    *bytes = region->bytes;
    return CUDA_SUCCESS;
}

/* Green contexts have their device's primary one's memory. */
static const void *memory_of(const void *context)
{
    for (int device = 0; device < 2; device++) {
        context = context == &mock.green[device] ? &mock.primary[device] : context;
    }
    return context;
}

static bool is_in_reach(const struct mock_region *region)
{
    return region->type != cudaMemoryTypeDevice ||
           (region->device == mock_current_device() &&
            (region->context == NULL || memory_of(region->context) == memory_of(mock.current)));
}

bool mock_is_in_reach(const void *memory)
{
    const struct mock_region *const region = find_region((uintptr_t)memory);
    return region != NULL && is_in_reach(region);
}

/* As cuda.h describes each attribute. */
CUresult mock_get_attribute(void *out, CUpointer_attribute attribute, CUdeviceptr pointer)
{
    const struct mock_region *const region = find_region((uintptr_t)pointer);
    if (mock.lost != cudaSuccess) {
        return (CUresult)mock.lost;
    }
    if (mock.pointer_questions++ >= mock.pointer_error_after && mock.pointer_error != CUDA_SUCCESS) {
        return mock.pointer_error;
    }
    if (region == NULL) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    const bool is_managed = region->type == cudaMemoryTypeManaged;
    switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
        *(void **)out = region->context;
        return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        *(unsigned *)out = region->type == cudaMemoryTypeHost || (is_managed && mock.managed_is_host) ? CU_MEMORYTYPE_HOST
                                                                                                      : CU_MEMORYTYPE_DEVICE;
        return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_IS_MANAGED:
        *(unsigned *)out = is_managed;
        return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        *(int *)out = region->device;
        return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
        if (mock.current == NULL) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        if (!is_in_reach(region) || mock.no_pointers) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *(CUdeviceptr *)out = pointer;
        return CUDA_SUCCESS;
    default:
        return CUDA_ERROR_INVALID_VALUE;
    }
}

CUresult mock_get_id(CUcontext context, unsigned long long *out)
{
    /* As the driver: NULL is the current one. The mock's contexts live as long as the program. */
    *out = mock.no_numbers ? 0 : (uint64_t)(uintptr_t)(context != NULL ? (void *)context : mock.current);
    return *out != 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

/* ------------------------------------------------ devices and errors ------------------------------------------------------ */

cudaError_t cudaGetDeviceCount(int *count)
{
    *count = mock.devices;
    return mock_result(mock.count_error);
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
    mock.calls_not_relaxed += mock.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    if (mock_fails(&mock.fail_set_device)) {
        return mock_result(cudaErrorUnknown);
    }
    mock.current = &mock.primary[device];
    return mock_result(cudaSuccess);
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
    (void)device;
    *value = attribute == cudaDevAttrMultiProcessorCount ? 132 : attribute == cudaDevAttrComputeCapabilityMajor ? 7 : 5;
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus *status)
{
    *status = mock.capturing ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    if (mock.capturing_beside && (stream == NULL || stream == cudaStreamLegacy)) {
        return mock_result(cudaErrorStreamCaptureImplicit);
    }
    return mock_result(mock.capture_error);
}
