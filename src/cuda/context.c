#include "cuda/context.h"

#include "cuda/caller.h"
#include "cuda/driver.h"
#include "cuda/launch.h"
#include "cuda/streams.h"

#include <pthread.h>
#include <errno.h>
#include <stdarg.h>
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

fanin_status context_fail_about(fanin_status status, const char *name, const char *format, ...)
{
    const int caller_errno = errno;
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    va_end(arguments);
    const char *const message = text != NULL ? text : "out of memory, and none left to say what";
    (void)(name != NULL ? fanin_fail(status, "parameter '%s': %s", name, message) : fanin_fail(status, "%s", message));
    free(text);
    errno = caller_errno;
    return status;
}

fanin_status context_fail(cudaError_t error, const char *name)
{
    if (context_is_lost(error)) {
        return context_fail_about(FANIN_ERROR_DEVICE, name,
                                  "the CUDA context is lost (%s: %s); no CUDA call of this process will work again",
                                  cudaGetErrorName(error), cudaGetErrorString(error));
    }
    (void)cudaGetLastError();
    const fanin_status status = error == cudaErrorMemoryAllocation ? FANIN_ERROR_MEMORY : FANIN_ERROR_DEVICE;
    return context_fail_about(status, name, "CUDA says %s: %s", cudaGetErrorName(error), cudaGetErrorString(error));
}

/* ------------------------------------------------ devices ----------------------------------------------------------------- */

/* CUDA's versions are 1000·major + 10·minor. */
static fanin_status fail_driver(const char *name)
{
    int version = 0;
    (void)cudaDriverGetVersion(&version);
    (void)cudaGetLastError();
    if (version == 0) {
        return context_fail_about(FANIN_ERROR_DEVICE, name, "there is no NVIDIA driver on this machine (libcuda.so.1)");
    }
    return context_fail_about(FANIN_ERROR_DEVICE, name,
                              "the NVIDIA driver is too old: found CUDA %d.%d, expected %d.%d or newer", version / 1000,
                              version % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
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
        return context_fail_about(FANIN_ERROR_DEVICE, name,
                                  "the NVIDIA driver finds no GPU (CUDA_VISIBLE_DEVICES hides those not in it)");
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
        return context_fail_about(FANIN_ERROR_DEVICE, name, "found CUDA device %d, expected 0 to %d", ordinal, count - 1);
    }
    return FANIN_OK;
}

/* ------------------------------------------------ the current context ----------------------------------------------------- */

static cudaError_t switch_to(int ordinal, struct context_scope *scope)
{
    CUdevice device = -1;
    *scope = (struct context_scope){NULL, false};
    if (driver.get_current(&scope->saved) == CUDA_SUCCESS && scope->saved != NULL &&
        driver.get_device(&device) == CUDA_SUCCESS && device == ordinal) {
        return cudaSuccess;
    }
    /* It makes the primary context where there is none yet, which may allocate. */
    const CUstreamCaptureMode mode = capture_relax();
    const cudaError_t error = cudaSetDevice(ordinal);
    capture_restore(mode);
    if (error != cudaSuccess) {
        (void)driver.set_current(scope->saved);
        return error;
    }
    scope->changed = true;
    return cudaSuccess;
}

static fanin_status enter(const char *name, int ordinal, struct context_scope *scope)
{
    if (!driver_find()) {
        return context_fail_about(FANIN_ERROR_DEVICE, name,
                                  "the NVIDIA driver (libcuda.so.1) lacks the functions for contexts");
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
        return context_fail_about(FANIN_ERROR_DEVICE, name,
                                  "an earlier CUDA error of the caller's is pending, %s: %s (it is left so)",
                                  cudaGetErrorName(pending), cudaGetErrorString(pending));
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
    const CUstreamCaptureMode mode = capture_relax();
    cudaError_t error = cudaDeviceGetAttribute(out, cudaDevAttrMultiProcessorCount, ordinal);
    if (error == cudaSuccess) {
        error = cuda_launch_load(context_variant());
    }
    capture_restore(mode);
    /* The second: what a question about a kernel says that was not built for the device. */
    if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction) {
        int major = 0, minor = 0;
        (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, ordinal);
        (void)cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, ordinal);
        (void)cudaGetLastError();
        return context_fail_about(FANIN_ERROR_DEVICE, name,
                                  "the CUDA module has no code for device %d (compute capability %d.%d)", ordinal, major,
                                  minor);
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
