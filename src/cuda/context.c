#include "cuda/context.h"

#include "cuda/caller.h"
#include "cuda/launch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Devices whose state is kept; kernels of the others are looked up again at each call. */
#define KEPT_DEVICES 128

/* Multiprocessors of each device that was prepared; 0: not yet. */
static atomic_int multiprocessors[KEPT_DEVICES];

/* The context of each device whose kernels were loaded last; 0: none. */
static atomic_ullong loaded[KEPT_DEVICES];

/* ------------------------------------------------ errors ------------------------------------------------------------------ */

/* Two have names only in headers newer than the oldest that is supported. */
bool context_is_lost(cudaError_t error)
{
    enum { ERROR_CONTAINED = 226, ERROR_TENSOR_MEMORY_LEAK = 721 };
    switch ((int)error) {
    case ERROR_CONTAINED:
    case ERROR_TENSOR_MEMORY_LEAK:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorMpsClientTerminated:
    case cudaErrorExternalDevice:
        return true;
    default:
        return false;
    }
}

fanin_status context_fail(cudaError_t error, const char *name)
{
    if (context_is_lost(error)) {
        return fanin_fail(FANIN_ERROR_DEVICE,
                          "%s%s%sthe CUDA context is lost (%s: %s); no CUDA call of this process will work again",
                          CONTEXT_SUBJECT(name), cudaGetErrorName(error), cudaGetErrorString(error));
    }
    (void)cudaGetLastError();
    const fanin_status status = error == cudaErrorMemoryAllocation ? FANIN_ERROR_MEMORY : FANIN_ERROR_DEVICE;
    return fanin_fail(status, "%s%s%sCUDA says %s: %s", CONTEXT_SUBJECT(name), cudaGetErrorName(error),
                      cudaGetErrorString(error));
}

/* ------------------------------------------------ devices ----------------------------------------------------------------- */

/* CUDA's versions are 1000·major + 10·minor. */
static fanin_status fail_driver(const char *name)
{
    int version = 0;
    (void)cudaDriverGetVersion(&version);
    (void)cudaGetLastError();
    if (version == 0) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sthere is no NVIDIA driver on this machine (libcuda.so.1)",
                          CONTEXT_SUBJECT(name));
    }
    return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sthe NVIDIA driver is too old: found CUDA %d.%d, expected %d.%d or newer",
                      CONTEXT_SUBJECT(name), version / 1000, version % 1000 / 10, CUDART_VERSION / 1000,
                      CUDART_VERSION % 1000 / 10);
}

fanin_status context_count(const char *name, int *out)
{
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaErrorInsufficientDriver) {
        return fail_driver(name);
    }
    if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0)) {
        (void)cudaGetLastError();
        return fanin_fail(FANIN_ERROR_DEVICE,
                          "%s%s%sthe NVIDIA driver finds no GPU (CUDA_VISIBLE_DEVICES hides those not in it)",
                          CONTEXT_SUBJECT(name));
    }
    if (error != cudaSuccess) {
        return context_fail(error, name);
    }
    *out = count;
    return FANIN_OK;
}

static fanin_status check_ordinal(const char *name, int ordinal)
{
    int count = 0;
    const fanin_status status = context_count(name, &count);
    if (status != FANIN_OK) {
        return status;
    }
    if (ordinal < 0 || ordinal >= count) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sfound CUDA device %d, expected 0 to %d", CONTEXT_SUBJECT(name), ordinal,
                          count - 1);
    }
    return FANIN_OK;
}

/* ------------------------------------------------ the current context ----------------------------------------------------- */

/* The runtime has no function for "no context is current", nor one for a context that is not a device's primary one. */
static struct {
    CUresult (*get_current)(CUcontext *);
    CUresult (*set_current)(CUcontext);
    CUresult (*get_device)(CUdevice *);
    CUresult (*get_id)(CUcontext, unsigned long long *);
    CUresult (*get_context_of)(CUstream, CUcontext *);
    CUresult (*get_contexts_of)(CUstream, CUcontext *, void **); /* since CUDA 12.5, or NULL */
    CUresult (*get_attribute)(void *, CUpointer_attribute, CUdeviceptr);
    CUresult (*get_range)(CUdeviceptr *, size_t *, CUdeviceptr);
    CUresult (*exchange_capture_mode)(CUstreamCaptureMode *);
} driver;
static bool driver_is_known;
static pthread_once_t driver_once = PTHREAD_ONCE_INIT;

static void find_driver(void)
{
    const struct {
        void *function;
        const char *name;
    } functions[] = {
        {&driver.get_current, "cuCtxGetCurrent"},       {&driver.set_current, "cuCtxSetCurrent"},
        {&driver.get_device, "cuCtxGetDevice"},         {&driver.get_id, "cuCtxGetId"},
        {&driver.get_context_of, "cuStreamGetCtx"},     {&driver.get_attribute, "cuPointerGetAttribute"},
        {&driver.get_range, "cuMemGetAddressRange_v2"}, {&driver.exchange_capture_mode, "cuThreadExchangeStreamCaptureMode"},
    };
    /* The runtime has it open already; this finds it again. */
    void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    driver_is_known = library != NULL;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && driver_is_known; i++) {
        void *const found = dlsym(library, functions[i].name);
        memcpy(functions[i].function, &found, sizeof found);
        driver_is_known = found != NULL;
    }
    if (driver_is_known) {
        /* As POSIX has it: through the object pointer. */
        *(void **)&driver.get_contexts_of = dlsym(library, "cuStreamGetCtx_v2");
    }
}

static cudaError_t switch_to(int ordinal, struct context_scope *scope)
{
    CUdevice device = -1;
    *scope = (struct context_scope){NULL, false};
    if (driver.get_current(&scope->saved) == CUDA_SUCCESS && scope->saved != NULL &&
        driver.get_device(&device) == CUDA_SUCCESS && device == ordinal) {
        return cudaSuccess;
    }
    /* It makes the primary context where there is none yet, which may allocate. */
    const CUstreamCaptureMode mode = context_relax_capture();
    const cudaError_t error = cudaSetDevice(ordinal);
    context_restore_capture(mode);
    if (error != cudaSuccess) {
        (void)driver.set_current(scope->saved);
        return error;
    }
    scope->changed = true;
    return cudaSuccess;
}

static fanin_status enter(const char *name, int ordinal, struct context_scope *scope)
{
    pthread_once(&driver_once, find_driver);
    if (!driver_is_known) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sthe NVIDIA driver (libcuda.so.1) lacks the functions for contexts",
                          CONTEXT_SUBJECT(name));
    }
    const cudaError_t error = switch_to(ordinal, scope);
    return error == cudaSuccess ? FANIN_OK : context_fail(error, name);
}

bool context_return(int ordinal, struct context_scope *scope)
{
    const cudaError_t error = switch_to(ordinal, scope);
    if (error != cudaSuccess && !context_is_lost(error)) {
        (void)cudaGetLastError();
    }
    return error == cudaSuccess;
}

fanin_status context_enter(const char *name, int ordinal, struct context_scope *scope)
{
    /* First, because without a driver every call fails, and that would look like an error of the caller's. */
    const fanin_status status = check_ordinal(name, ordinal);
    if (status != FANIN_OK) {
        return status;
    }
    const cudaError_t pending = caller_pending();
    if (context_is_lost(pending)) {
        return context_fail(pending, name);
    }
    if (pending != cudaSuccess) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%san earlier CUDA error of the caller's is pending, %s: %s (it is left so)",
                          CONTEXT_SUBJECT(name), cudaGetErrorName(pending), cudaGetErrorString(pending));
    }
    return enter(name, ordinal, scope);
}

void context_leave(const struct context_scope *scope)
{
    if (scope->changed) {
        (void)driver.set_current(scope->saved);
    }
    /* To make none current pops one of the thread's stack; a fill of the caller's may have pushed more. */
    CUcontext current = NULL;
    while (scope->changed && scope->saved == NULL && driver.get_current(&current) == CUDA_SUCCESS && current != NULL &&
           driver.set_current(NULL) == CUDA_SUCCESS) {
    }
}

uint64_t context_number(void)
{
    unsigned long long number = 0;
    return driver.get_id(NULL, &number) == CUDA_SUCCESS ? number : 0;
}

/* ------------------------------------------------ kernels ----------------------------------------------------------------- */

static fanin_status load(const char *name, int ordinal, int *out)
{
    const CUstreamCaptureMode mode = context_relax_capture();
    cudaError_t error = cudaDeviceGetAttribute(out, cudaDevAttrMultiProcessorCount, ordinal);
    if (error == cudaSuccess) {
        error = cuda_launch_load(context_variant());
    }
    context_restore_capture(mode);
    /* The second: what a question about a kernel says that was not built for the device. */
    if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction) {
        int major = 0, minor = 0;
        (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, ordinal);
        (void)cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, ordinal);
        (void)cudaGetLastError();
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sthe CUDA module has no code for device %d (compute capability %d.%d)",
                          CONTEXT_SUBJECT(name), ordinal, major, minor);
    }
    return error == cudaSuccess ? FANIN_OK : context_fail(error, name);
}

fanin_status context_prepare(const char *name, int ordinal)
{
    if (ordinal >= 0 && ordinal < KEPT_DEVICES && atomic_load(&multiprocessors[ordinal]) > 0) {
        return FANIN_OK;
    }
    struct context_scope scope;
    fanin_status status = context_enter(name, ordinal, &scope);
    if (status != FANIN_OK) {
        return status;
    }
    status = context_load(name, ordinal);
    context_leave(&scope);
    return status;
}

fanin_status context_load(const char *name, int ordinal)
{
    const uint64_t number = context_number();
    if (ordinal < KEPT_DEVICES && number != 0 && atomic_load(&loaded[ordinal]) == number) {
        return FANIN_OK;
    }
    int count = 0;
    const fanin_status status = load(name, ordinal, &count);
    if (status == FANIN_OK && ordinal < KEPT_DEVICES) {
        atomic_store(&multiprocessors[ordinal], count);
        atomic_store(&loaded[ordinal], number);
    }
    return status;
}

int context_multiprocessors(int ordinal)
{
    const int known = ordinal < KEPT_DEVICES ? atomic_load(&multiprocessors[ordinal]) : 0;
    return known > 0 ? known : 1;
}

static pthread_once_t variant_once = PTHREAD_ONCE_INIT;
static enum cuda_variant variant;

static void choose_variant(void)
{
    const char *const wanted = getenv("FANIN_CUDA_VARIANT");
    variant = wanted != NULL && strcmp(wanted, "mixed") == 0 ? CUDA_VARIANT_MIXED : CUDA_VARIANT_PLAIN;
}

enum cuda_variant context_variant(void)
{
    pthread_once(&variant_once, choose_variant);
    return variant;
}

/* ------------------------------------------------ memory and streams ------------------------------------------------------ */

/* Of the driver: the runtime's own function is documented to fail for memory of contexts that are not primary ones. What has no
 * answer leaves `out` as it is. */
static CUresult ask(const char *address, CUpointer_attribute attribute, void *out)
{
    const CUresult result = driver.get_attribute(out, attribute, (CUdeviceptr)(uintptr_t)address);
    return result == CUDA_ERROR_INVALID_VALUE || result == CUDA_ERROR_NOT_FOUND ? CUDA_SUCCESS : result;
}

/* Whether kernels of the current context can access memory of its device: one that tries and cannot loses the context. The
 * driver knows what contexts share; memory of pools and mapped memory belong to none. Only where both speak against it is it
 * out of reach. */
static CUresult ask_reach(const char *address, bool *out)
{
    CUdeviceptr there = 0;
    CUcontext own = NULL, current = NULL;
    CUresult result = ask(address, CU_POINTER_ATTRIBUTE_DEVICE_POINTER, &there);
    if (result == CUDA_SUCCESS && there == 0) {
        result = ask(address, CU_POINTER_ATTRIBUTE_CONTEXT, &own);
        (void)driver.get_current(&current);
    }
    *out = own == NULL || own == current;
    return result;
}

/* `type` and `device` are the driver's words; a type of 0: it knows of no memory there. */
static fanin_status fail_memory(const char *name, const char *address, int ordinal, unsigned type, int device)
{
    if (type == 0 || type == CU_MEMORYTYPE_HOST) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sfound %s at %p, expected memory of CUDA device %d", CONTEXT_SUBJECT(name),
                          type == 0 ? "host memory, or none," : "pinned host memory", (const void *)address, ordinal);
    }
    if (device != ordinal) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s%s%sfound memory of CUDA device %d at %p, expected that of device %d",
                          CONTEXT_SUBJECT(name), device, (const void *)address, ordinal);
    }
    return fanin_fail(FANIN_ERROR_DEVICE,
                      "%s%s%sfound memory of another context at %p, expected that of the current one of CUDA device %d",
                      CONTEXT_SUBJECT(name), (const void *)address, ordinal);
}

/* Whether memory is managed, which every device and context can access, is asked only where it would be refused otherwise. */
static fanin_status check_address(const char *name, const char *address, int ordinal)
{
    unsigned type = 0, is_managed = 0;
    int device = -1;
    bool is_good = false;
    CUresult result = ask(address, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, &type);
    if (result == CUDA_SUCCESS && type != 0) {
        result = ask(address, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, &device);
    }
    if (result == CUDA_SUCCESS && type == CU_MEMORYTYPE_DEVICE && device == ordinal) {
        result = ask_reach(address, &is_good);
    }
    if (result == CUDA_SUCCESS && type != 0 && !is_good) {
        result = ask(address, CU_POINTER_ATTRIBUTE_IS_MANAGED, &is_managed);
    }
    /* The numbers of the driver's errors are the runtime's. */
    if (result != CUDA_SUCCESS) {
        return context_fail((cudaError_t)result, name);
    }
    return is_good || is_managed != 0 ? FANIN_OK : fail_memory(name, address, ordinal, type, device);
}

/* A question to the driver takes longer than all else that is done for a small tensor. */
fanin_status context_check_memory(const char *name, const char *data, int64_t low, int64_t high, int ordinal,
                                  struct context_memory *known)
{
    const uintptr_t begin = (uintptr_t)data + (uintptr_t)low, end = (uintptr_t)data + (uintptr_t)high;
    if (begin >= known->begin && end <= known->end) {
        return FANIN_OK;
    }
    const fanin_status status = check_address(name, data + low, ordinal);
    CUdeviceptr base = 0;
    size_t bytes = 0;
    if (status == FANIN_OK && driver.get_range(&base, &bytes, (CUdeviceptr)begin) == CUDA_SUCCESS) {
        *known = (struct context_memory){(uintptr_t)base, (uintptr_t)base + bytes};
        if (end <= known->end) {
            return FANIN_OK;
        }
    }
    return status == FANIN_OK ? check_address(name, data + high - 1, ordinal) : status;
}

cudaError_t context_allocate(void **out, size_t bytes, cudaStream_t stream, bool *is_pooled)
{
    const cudaError_t error = cudaMallocAsync(out, bytes, stream);
    *is_pooled = error == cudaSuccess;
    if (error != cudaErrorNotSupported) {
        return error;
    }
    (void)cudaGetLastError();
    return cudaMalloc(out, bytes);
}

void context_release(void *memory, cudaStream_t stream, bool is_pooled)
{
    const cudaError_t error = is_pooled ? cudaFreeAsync(memory, stream) : cudaFree(memory);
    /* It would look like one of the caller's to the next call. */
    if (error != cudaSuccess && !context_is_lost(error)) {
        (void)cudaGetLastError();
    }
}

cudaStream_t context_stream(const fanin_options *options, int ordinal)
{
    return (cudaStream_t)(ordinal < options->n_cuda_streams ? options->cuda_streams[ordinal] : options->cuda_stream);
}

bool context_is_default_stream(cudaStream_t stream)
{
    return stream == NULL || stream == cudaStreamLegacy || stream == cudaStreamPerThread;
}

/* Drivers before CUDA 12.5, those that lack the second function, do not tell the context of a stream that is being captured,
 * and to ask ends its capture. */
static bool may_ask_context_of(cudaStream_t stream)
{
    enum cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    if (driver.get_contexts_of != NULL) {
        return true;
    }
    const cudaError_t error = cudaStreamIsCapturing(stream, &capture);
    if (error != cudaSuccess) {
        (void)cudaGetLastError();
    }
    return error == cudaSuccess && capture == cudaStreamCaptureStatusNone;
}

/* Asked without making the stream's context current: a green one may be so in one thread only. Green contexts are parts of
 * their device's primary one, with its memory, so that streams of all of them count as the primary one's. */
static bool is_of_current_context(cudaStream_t stream)
{
    CUcontext current = NULL, own = NULL;
    void *green = NULL;
    if (!may_ask_context_of(stream) || driver.get_context_of(stream, &own) != CUDA_SUCCESS ||
        driver.get_current(&current) != CUDA_SUCCESS || own == current) {
        return true;
    }
    return driver.get_contexts_of != NULL && driver.get_contexts_of(stream, &own, &green) == CUDA_SUCCESS &&
           driver.get_contexts_of(NULL, &current, &green) == CUDA_SUCCESS && own == current;
}

fanin_status context_check_stream(const char *name, cudaStream_t stream, int ordinal)
{
    /* The default streams are those of whichever context is current. */
    return context_is_default_stream(stream) || is_of_current_context(stream) ? FANIN_OK : context_fail_stream(name, ordinal);
}

fanin_status context_fail_stream(const char *name, int ordinal)
{
    return fanin_fail(
        FANIN_ERROR_DEVICE,
        "%s%s%sfound a stream of another device or context, expected one of the current context of CUDA device %d",
        CONTEXT_SUBJECT(name), ordinal);
}

/* By the driver: the runtime would make a device's context current where none is. */
CUstreamCaptureMode context_relax_capture(void)
{
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    (void)driver.exchange_capture_mode(&mode);
    return mode;
}

void context_restore_capture(CUstreamCaptureMode mode)
{
    (void)driver.exchange_capture_mode(&mode);
}

fanin_status context_check_capture(const char *name, cudaStream_t stream, bool waits)
{
    const bool is_legacy = stream == NULL || stream == cudaStreamLegacy;
    enum cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    /* To ask does not end a capture; to launch on the legacy stream beside one would. */
    const cudaError_t error = waits || is_legacy ? cudaStreamIsCapturing(stream, &capture) : cudaSuccess;
    if (error == cudaErrorStreamCaptureImplicit) {
        (void)cudaGetLastError();
        return fanin_fail(FANIN_ERROR_CAPTURE,
                          "%s%s%sfound the default stream while one that it would have to wait for is being captured, expected "
                          "another stream",
                          CONTEXT_SUBJECT(name));
    }
    if (error != cudaSuccess) {
        return context_fail(error, name);
    }
    return !waits || capture == cudaStreamCaptureStatusNone
               ? FANIN_OK
               : fanin_fail(FANIN_ERROR_CAPTURE,
                            "%s%s%sfound a stream that is being captured, expected one that the host can wait for",
                            CONTEXT_SUBJECT(name));
}
