/* Nothing but stores, and nothing but the generator and stores: what a fill can reach at most. */
#include "store.h"

#include "cuda/generator.h"

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

struct keys {
    uint32_t key[PHILOX_ROUNDS][2];
};

__device__ uint32_t upper_halves(uint32_t first, uint32_t second)
{
    return __byte_perm(first, second, 0x7632);
}

template <bool mixed> __device__ void make_words(const keys &keys, uint32_t block, uint32_t words[4])
{
    if (mixed) {
        generator_words_mixed(keys.key, 0, generator_wide(block), block * PHILOX_MULTIPLIER_0, 0, words);
    } else {
        generator_block(keys.key, 0, block, 0, words);
    }
}

/* As passes of a fill: 16 bytes are a block's words, or the upper halves of two blocks' ones. */
template <bool upper_16, bool mixed, int passes>
__global__ void __launch_bounds__(threads) generate(uint4 *out, const __grid_constant__ keys keys)
{
    const uint32_t begin = blockIdx.x * (threads * stores * passes) + threadIdx.x;
#pragma unroll 1
    for (int pass = 0; pass < passes; pass++) {
#pragma unroll
        for (int i = 0; i < stores; i++) {
            const uint32_t place = begin + (uint32_t)(pass * stores + i) * threads;
            uint32_t words[4], more[4];
            make_words<mixed>(keys, upper_16 ? 2 * place : place, words);
            if (upper_16) {
                make_words<mixed>(keys, 2 * place + 1, more);
                out[place] = make_uint4(upper_halves(words[0], words[1]), upper_halves(words[2], words[3]),
                                        upper_halves(more[0], more[1]), upper_halves(more[2], more[3]));
            } else {
                out[place] = make_uint4(words[0], words[1], words[2], words[3]);
            }
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

extern "C" cudaError_t generate_launch(void *out, int64_t bytes, uint64_t seed, bool upper_16, bool mixed, cudaStream_t stream)
{
    constexpr int passes = 4;
    const unsigned blocks = (unsigned)(bytes / (16 * threads * stores * passes));
    keys keys;
    philox_keys(seed, keys.key);
    if (upper_16 && mixed) {
        generate<true, true, passes><<<blocks, threads, 0, stream>>>((uint4 *)out, keys);
    } else if (upper_16) {
        generate<true, false, passes><<<blocks, threads, 0, stream>>>((uint4 *)out, keys);
    } else if (mixed) {
        generate<false, true, passes><<<blocks, threads, 0, stream>>>((uint4 *)out, keys);
    } else {
        generate<false, false, passes><<<blocks, threads, 0, stream>>>((uint4 *)out, keys);
    }
    return cudaGetLastError();
}
