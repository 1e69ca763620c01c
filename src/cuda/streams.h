/* The caller's streams: which context they are of, and captures, beside which nothing may end them. */
#ifndef FANIN_SRC_CUDA_STREAMS_H
#define FANIN_SRC_CUDA_STREAMS_H

#include <fanin/fanin.h>

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <stdbool.h>

/* The caller's stream for a device. */
cudaStream_t stream_of_device(const fanin_options *options, int ordinal);

/* Whether it is one of the default streams, which are those of whichever context is current. */
bool stream_is_default(cudaStream_t stream);

/* DEVICE where the stream is of another context than the current one, in which its work would be done; and that failure. Where
 * the driver cannot tell, the stream is taken. */
fanin_status stream_check(const char *name, cudaStream_t stream, int ordinal);
fanin_status stream_fail(const char *name, int ordinal);

/* Between these, what may allocate or wait does not end a capture of another stream, in this thread or another one. A device
 * was entered before; none need be current. */
CUstreamCaptureMode capture_relax(void);
void capture_restore(CUstreamCaptureMode mode);

/* CAPTURE where the stream is being captured and the host waits for it; or where it is the legacy default stream and one is
 * being captured that it would have to wait for. */
fanin_status capture_check(const char *name, cudaStream_t stream, bool waits);

#endif
