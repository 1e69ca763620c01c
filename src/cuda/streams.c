#include "cuda/streams.h"

#include "cuda/context.h"
#include "cuda/driver.h"

cudaStream_t stream_of_device(const fanin_options *options, int ordinal)
{
    return (cudaStream_t)(ordinal < options->n_cuda_streams ? options->cuda_streams[ordinal] : options->cuda_stream);
}

bool stream_is_default(cudaStream_t stream)
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

fanin_status stream_check(const char *name, cudaStream_t stream, int ordinal)
{
    /* The default streams are those of whichever context is current. */
    return stream_is_default(stream) || is_of_current_context(stream) ? FANIN_OK : stream_fail(name, ordinal);
}

fanin_status stream_fail(const char *name, int ordinal)
{
    return context_fail_about(
        FANIN_ERROR_DEVICE, name,
        "found a stream of another device or context, expected one of the current context of CUDA device %d", ordinal);
}

/* By the driver: the runtime would make a device's context current where none is. */
CUstreamCaptureMode capture_relax(void)
{
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    (void)driver.exchange_capture_mode(&mode);
    return mode;
}

void capture_restore(CUstreamCaptureMode mode)
{
    (void)driver.exchange_capture_mode(&mode);
}

fanin_status capture_check(const char *name, cudaStream_t stream, bool waits)
{
    const bool is_legacy = stream == NULL || stream == cudaStreamLegacy;
    enum cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    /* To ask does not end a capture; to launch on the legacy stream beside one would. */
    const cudaError_t error = waits || is_legacy ? cudaStreamIsCapturing(stream, &capture) : cudaSuccess;
    if (error == cudaErrorStreamCaptureImplicit) {
        (void)cudaGetLastError();
        return context_fail_about(
            FANIN_ERROR_CAPTURE, name,
            "found the default stream while one that it would have to wait for is being captured, expected "
            "another stream");
    }
    if (error != cudaSuccess) {
        return context_fail(error, name);
    }
    return !waits || capture == cudaStreamCaptureStatusNone
               ? FANIN_OK
               : context_fail_about(FANIN_ERROR_CAPTURE, name,
                                    "found a stream that is being captured, expected one that the host can wait for");
}
