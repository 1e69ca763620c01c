/* The CUDA runtimes of the caller's. The module's own is linked into it, and each copy keeps a last error for itself. */
#ifndef FANIN_SRC_CUDA_CALLER_H
#define FANIN_SRC_CUDA_CALLER_H

#include <cuda_runtime_api.h>

/* The error that is pending, for this thread, in the module's runtime or in one of the process that can be found: a library
 * whose file is called libcudart…, or functions that the program shows to all. A runtime that is linked into something and
 * hidden there is not found. An operation that is not ready is no error; nor is what one of the caller's says of itself, that it
 * cannot be used with this driver, or finds no device. */
cudaError_t caller_pending(void);

/* The same, of the caller's alone; it is not pending any more, unless it is one that stays. */
cudaError_t caller_take_pending(void);

#endif
