#ifndef FANIN_BENCH_CUDA_STORE_H
#define FANIN_BENCH_CUDA_STORE_H

#include <cuda_runtime_api.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
#endif
    /* Puts stores of 16 bytes to all of [out, out + bytes) into a stream; up to 2^45 bytes. */
    cudaError_t
    store_launch(void *out, int64_t bytes, cudaStream_t stream);

#endif
