#include "backend.h"

#include "cuda_module.h"

/* DLPack's names of the device types that fanin has no backend for. */
static const char *device_type_name(int type)
{
    switch (type) {
    case kDLOpenCL:
        return "OpenCL";
    case kDLVulkan:
        return "Vulkan";
    case kDLMetal:
        return "Metal";
    case kDLVPI:
        return "VPI";
    case kDLROCM:
        return "ROCm";
    case kDLROCMHost:
        return "ROCm host";
    case kDLExtDev:
        return "extension";
    case 14: /* newer than DLPack 0.6, as the others that follow */
        return "oneAPI";
    case 15:
        return "WebGPU";
    case 16:
        return "Hexagon";
    case 17:
        return "MAIA";
    default:
        return "unknown";
    }
}

fanin_status backend_find(const char *name, DLDevice device, const struct backend **out)
{
    const int type = (int)device.device_type;
    switch (type) {
    case kDLCPU:
    case kDLCUDAHost: /* pinned host memory: the CPU's */
        *out = &cpu_backend;
        return FANIN_OK;
    case kDLCUDA:
    case kDLCUDAManaged:
        return cuda_module_backend(name, (int)device.device_id, out);
    default:
        return fanin_fail(FANIN_ERROR_DEVICE,
                          "parameter '%s': found a tensor of device type %d (%s), expected the CPU (%d or %d) "
                          "or CUDA (%d or %d)",
                          name, type, device_type_name(type), (int)kDLCPU, (int)kDLCUDAHost, (int)kDLCUDA, (int)kDLCUDAManaged);
    }
}

fanin_status backend_run(const struct backend *backend, const struct item *items, size_t count, const fanin_options *options)
{
    void *acquired = NULL;
    fanin_status status = backend->acquire(items, count, options, &acquired);
    if (status == FANIN_OK) {
        status = backend->run(items, count, options, acquired);
        backend->release(acquired);
    }
    return status;
}
