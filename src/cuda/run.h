/* The backend for tensors on CUDA devices. A tensor of the device's memory, or of managed memory, whatever its DLPack tag of
 * the two. Elementwise fills are asynchronous on the options' stream, allocate nothing and can be captured; orthogonal ones, and
 * elements that the host has (COPY, LOAD), allocate and are waited for. */
#ifndef FANIN_SRC_CUDA_RUN_H
#define FANIN_SRC_CUDA_RUN_H

#include "backend.h"

extern const struct backend cuda_backend;

#endif
