/* Nothing but stores: what a fill can reach at most. */
#include "store.h"

namespace
{

constexpr int threads = 256, stores = 4;

/* Four stores of 16 bytes a thread, as a pass of a fill has them. */
__global__ void __launch_bounds__(threads) store_only(uint4 *out, size_t count, uint32_t value)
{
    const size_t first = (size_t)blockIdx.x * (threads * stores) + threadIdx.x;
#pragma unroll
    for (int i = 0; i < stores; i++) {
        if (first + i * threads < count) {
            out[first + i * threads] = make_uint4(value, value, value, value);
        }
    }
}

} // namespace

extern "C" cudaError_t store_launch(void *out, int64_t bytes, cudaStream_t stream)
{
    const size_t count = ((size_t)bytes + 15) / 16, block = (size_t)threads * stores;
    store_only<<<(unsigned)((count + block - 1) / block), threads, 0, stream>>>((uint4 *)out, count, 1);
    return cudaGetLastError();
}
