/* libcuda.so.1 for tests: the functions that the module looks up, answered by the test program. Drivers before CUDA 12.5, as
 * which it is built as well, lack one. */
#include <cuda.h>

/* The header gives the names to their forms for per-thread streams where those are asked for; the oldest that is supported lacks
 * the second. */
#undef cuStreamGetCtx
CUresult cuStreamGetCtx(CUstream stream, CUcontext *out);
#undef cuStreamGetCtx_v2
#if CUDA_VERSION < 12050
typedef struct CUgreenCtx_st *CUgreenCtx;
#endif
CUresult cuStreamGetCtx_v2(CUstream stream, CUcontext *out, CUgreenCtx *green);

CUresult mock_get_range(CUdeviceptr *base, size_t *bytes, CUdeviceptr pointer);
CUresult mock_get_current(CUcontext *out);
CUresult mock_set_current(CUcontext context);
CUresult mock_get_device(CUdevice *out);
CUresult mock_get_id(CUcontext context, unsigned long long *out);
CUresult mock_get_context_of(CUstream stream, CUcontext *out);
CUresult mock_old_get_context_of(CUstream stream, CUcontext *out);
CUresult mock_get_contexts_of(CUstream stream, CUcontext *out, void **green);
CUresult mock_get_attribute(void *out, CUpointer_attribute attribute, CUdeviceptr pointer);
CUresult mock_exchange_capture_mode(CUstreamCaptureMode *mode);

CUresult cuCtxGetCurrent(CUcontext *out)
{
    return mock_get_current(out);
}

CUresult cuCtxSetCurrent(CUcontext context)
{
    return mock_set_current(context);
}

CUresult cuCtxGetDevice(CUdevice *out)
{
    return mock_get_device(out);
}

CUresult cuCtxGetId(CUcontext context, unsigned long long *out)
{
    return mock_get_id(context, out);
}

#ifdef MOCK_OLD_DRIVER
CUresult cuStreamGetCtx(CUstream stream, CUcontext *out)
{
    return mock_old_get_context_of(stream, out);
}
#else
CUresult cuStreamGetCtx(CUstream stream, CUcontext *out)
{
    return mock_get_context_of(stream, out);
}

CUresult cuStreamGetCtx_v2(CUstream stream, CUcontext *out, CUgreenCtx *green)
{
    return mock_get_contexts_of(stream, out, (void **)green);
}
#endif

CUresult cuPointerGetAttribute(void *out, CUpointer_attribute attribute, CUdeviceptr pointer)
{
    return mock_get_attribute(out, attribute, pointer);
}

/* The header's macro gives the name its version. */
CUresult cuMemGetAddressRange(CUdeviceptr *base, size_t *bytes, CUdeviceptr pointer)
{
    return mock_get_range(base, bytes, pointer);
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode)
{
    return mock_exchange_capture_mode(mode);
}
