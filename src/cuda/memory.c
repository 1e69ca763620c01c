#include "cuda/memory.h"

#include "cuda/context.h"
#include "cuda/driver.h"

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
        return context_fail_about(FANIN_ERROR_DEVICE, name, "found %s at %p, expected memory of CUDA device %d",
                                  type == 0 ? "host memory, or none," : "pinned host memory", (const void *)address, ordinal);
    }
    if (device != ordinal) {
        return context_fail_about(FANIN_ERROR_DEVICE, name, "found memory of CUDA device %d at %p, expected that of device %d",
                                  device, (const void *)address, ordinal);
    }
    return context_fail_about(FANIN_ERROR_DEVICE, name,
                              "found memory of another context at %p, expected that of the current one of CUDA device %d",
                              (const void *)address, ordinal);
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
fanin_status memory_check(const char *name, const char *data, int64_t low, int64_t high, int ordinal,
                          struct memory_range *known)
{
    const uintptr_t begin = (uintptr_t)data + (uintptr_t)low, end = (uintptr_t)data + (uintptr_t)high;
    if (begin >= known->begin && end <= known->end) {
        return FANIN_OK;
    }
    const fanin_status status = check_address(name, data + low, ordinal);
    CUdeviceptr base = 0;
    size_t bytes = 0;
    if (status == FANIN_OK && driver.get_range(&base, &bytes, (CUdeviceptr)begin) == CUDA_SUCCESS) {
        *known = (struct memory_range){(uintptr_t)base, (uintptr_t)base + bytes};
        if (end <= known->end) {
            return FANIN_OK;
        }
    }
    return status == FANIN_OK ? check_address(name, data + high - 1, ordinal) : status;
}

cudaError_t memory_allocate(void **out, size_t bytes, cudaStream_t stream, bool *is_pooled)
{
    const cudaError_t error = cudaMallocAsync(out, bytes, stream);
    *is_pooled = error == cudaSuccess;
    if (error != cudaErrorNotSupported) {
        return error;
    }
    (void)cudaGetLastError();
    return cudaMalloc(out, bytes);
}

void memory_release(void *memory, cudaStream_t stream, bool is_pooled)
{
    const cudaError_t error = is_pooled ? cudaFreeAsync(memory, stream) : cudaFree(memory);
    /* It would look like one of the caller's to the next call. */
    if (error != cudaSuccess && !context_is_lost(error)) {
        (void)cudaGetLastError();
    }
}
