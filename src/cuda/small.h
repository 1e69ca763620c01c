/* Small matrices of Haar's, hundreds in a few launches: cuSOLVER would make them one after another. */
#ifndef FANIN_SRC_CUDA_SMALL_H
#define FANIN_SRC_CUDA_SMALL_H

#include "cuda/matrix.h"

/* Puts the making of all small ones among the matrices into the stream, hundreds at a time. Errors: DEVICE. Runs in the
 * floating-point environment of the contract. */
fanin_status small_make(const struct matrix *matrices, size_t count, uint64_t seed, int ordinal, char *device,
                        cudaStream_t stream);

#endif
