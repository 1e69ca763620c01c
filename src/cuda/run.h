/* The backend for tensors on CUDA devices. A tensor of the device's memory, or of managed memory, whatever its DLPack tag of
 * the two. Fills are asynchronous on the options' stream; they allocate nothing, wait for nothing, and can be captured. */
#ifndef FANIN_SRC_CUDA_RUN_H
#define FANIN_SRC_CUDA_RUN_H

#include "backend.h"

extern const struct backend cuda_backend;

#endif
