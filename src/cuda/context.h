/* Devices, contexts and errors of CUDA, seen from a library that is a guest: what was current stays current, what was pending
 * stays pending. */
#ifndef FANIN_SRC_CUDA_CONTEXT_H
#define FANIN_SRC_CUDA_CONTEXT_H

#include "cuda/table.h"

#include <fanin/fanin.h>

#include <cuda.h>
#include <cuda_runtime_api.h>

/* fanin_fail with a message that begins with a parameter's name; with none where `name` is NULL, here and below. */
fanin_status context_fail_about(fanin_status status, const char *name, const char *format, ...) FANIN_PRINTF(3, 4);

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

#endif
