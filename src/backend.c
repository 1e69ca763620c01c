#include "backend.h"

fanin_status backend_find(const char *name, DLDevice device, const struct backend **out)
{
    switch (device.device_type) {
    case kDLCPU:
    case kDLCUDAHost: /* pinned host memory: the CPU's */
        *out = &cpu_backend;
        return FANIN_OK;
    case kDLCUDA:
    case kDLCUDAManaged:
        return fanin_fail(FANIN_ERROR_DEVICE,
                          "parameter '%s': the tensor is on a CUDA device (%d), and this build of fanin has no CUDA backend",
                          name, (int)device.device_id);
    default:
        return fanin_fail(FANIN_ERROR_DEVICE,
                          "parameter '%s': found a tensor of DLPack device type %d, expected the CPU's (%d or %d)", name,
                          (int)device.device_type, (int)kDLCPU, (int)kDLCUDAHost);
    }
}
