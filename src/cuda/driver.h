/* Functions of the driver that the runtime has not, or not without making a primary context current: it knows no others, and
 * cannot say that none is current. They are looked up in libcuda.so.1, which the runtime has open already. */
#ifndef FANIN_SRC_CUDA_DRIVER_H
#define FANIN_SRC_CUDA_DRIVER_H

#include <cuda.h>
#include <stdbool.h>

struct driver {
    CUresult (*get_current)(CUcontext *);
    CUresult (*set_current)(CUcontext);
    CUresult (*get_device)(CUdevice *);
    CUresult (*get_id)(CUcontext, unsigned long long *);
    CUresult (*get_context_of)(CUstream, CUcontext *);
    CUresult (*get_contexts_of)(CUstream, CUcontext *, void **); /* since CUDA 12.5, or NULL */
    CUresult (*get_attribute)(void *, CUpointer_attribute, CUdeviceptr);
    CUresult (*get_range)(CUdeviceptr *, size_t *, CUdeviceptr);
    CUresult (*exchange_capture_mode)(CUstreamCaptureMode *);
};

/* Valid once driver_find has returned true. */
extern struct driver driver;

/* Looks them up, once. false where there is no driver, or one that lacks a function. */
bool driver_find(void);

#endif
