/* Kernels that a fill is compared with. */
#ifndef FANIN_BENCH_CUDA_STORE_H
#define FANIN_BENCH_CUDA_STORE_H

#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Puts stores of 16 bytes to all of [out, out + bytes) into a stream; up to 2^45 bytes. */
cudaError_t store_launch(void *out, int64_t bytes, cudaStream_t stream);

/* The same with the words of the generator's stream 0, or their upper 16 bits; `bytes` is a multiple of 64 KiB and at most
 * 2^34. */
cudaError_t generate_launch(void *out, int64_t bytes, uint64_t seed, bool upper_16, bool mixed, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
