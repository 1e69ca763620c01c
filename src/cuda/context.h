/* Devices, contexts and errors of CUDA, seen from a library that is a guest: what was current stays current, what was pending
 * stays pending. */
#ifndef FANIN_SRC_CUDA_CONTEXT_H
#define FANIN_SRC_CUDA_CONTEXT_H

#include "cuda/table.h"
#include "item.h"

#include <cuda.h>
#include <cuda_runtime_api.h>

/* What a message is about, for its start "%s%s%s": a parameter, or nothing where `name` is NULL, here and below. */
#define CONTEXT_SUBJECT(name) (name) ? "parameter '" : "", (name) ? (name) : "", (name) ? "': " : ""

/* Whether it is an error after which CUDA says that the process must be ended: every further call returns it too. */
bool context_is_lost(cudaError_t error);

/* Fails with a CUDA error. One of ours is cleared; one that every further call returns too is told as a lost context and left.
 * MEMORY where CUDA says so, else DEVICE. */
fanin_status context_fail(cudaError_t error, const char *name);

/* How many devices there are. DEVICE where there is no driver, one that is too old, or no device. */
fanin_status context_count(const char *name, int *out);

/* Between these, `ordinal` is the current device. If a context of it was current it stays; else its primary one is made so,
 * and `leave` brings back what was there, even if that is none. Errors: DEVICE for a device that is not there, and for an
 * error that the caller left pending, which stays so. Then there is nothing to leave. */
struct context_scope {
    CUcontext saved;
    bool changed;
};
fanin_status context_enter(const char *name, int ordinal, struct context_scope *scope);
void context_leave(const struct context_scope *scope);

/* The same for a device that was entered before, to end what was begun there: leaves the last error as it is, and does not ask
 * what is pending. false: the device is not current, and there is nothing to leave. */
bool context_return(int ordinal, struct context_scope *scope);

/* The number of the current context, between the two: no other context of the process, a later one included, has it.
 * 0 where the driver does not tell. */
uint64_t context_number(void);

/* Loads all kernels for a device, once; also while the caller captures. */
fanin_status context_prepare(const char *name, int ordinal);

/* The same for the current context of a device that was entered, if it is another one than was loaded last. */
fanin_status context_load(const char *name, int ordinal);

/* The number of multiprocessors of a device that was prepared. */
int context_multiprocessors(int ordinal);

/* The variant that fills: plain, unless the environment variable FANIN_CUDA_VARIANT is "mixed" when this is first asked. */
enum cuda_variant context_variant(void);

/* Memory of one device that one allocation gave, and that was looked up. All 0: none yet. */
struct context_memory {
    uintptr_t begin, end;
};

/* Whether both ends of [data + low, data + high) are memory of the device that the current context can access: DEVICE if not,
 * naming the parameter. What lies in `known`, memory of the same device that an earlier call found, is not looked up again. */
fanin_status context_check_memory(const char *name, const char *data, int64_t low, int64_t high, int ordinal,
                                  struct context_memory *known);

/* Memory of the current device for work on a stream: from the stream's pool, so that no other stream is waited for; where the
 * device has no pools, from the device. An error of its release is nobody's to see. */
cudaError_t context_allocate(void **out, size_t bytes, cudaStream_t stream, bool *is_pooled);
void context_release(void *memory, cudaStream_t stream, bool is_pooled);

/* The caller's stream for a device. */
cudaStream_t context_stream(const fanin_options *options, int ordinal);

/* Whether it is one of the default streams, which are those of whichever context is current. */
bool context_is_default_stream(cudaStream_t stream);

/* DEVICE where the stream is of another context than the current one, in which its work would be done; and that failure. Where
 * the driver cannot tell, the stream is taken. */
fanin_status context_check_stream(const char *name, cudaStream_t stream, int ordinal);
fanin_status context_fail_stream(const char *name, int ordinal);

/* Between these, what may allocate or wait does not end a capture of another stream, in this thread or another one. A device
 * was entered before; none need be current. */
CUstreamCaptureMode context_relax_capture(void);
void context_restore_capture(CUstreamCaptureMode mode);

/* CAPTURE where the stream is being captured and the host waits for it; or where it is the legacy default stream and one is
 * being captured that it would have to wait for. */
fanin_status context_check_capture(const char *name, cudaStream_t stream, bool waits);

#endif
