/* The generator of device code: cuRAND's Philox rounds, from its device header, in registers. The round keys come with the
 * launch, so that no thread adds them up. Where cuRAND's header is not to be had (a C compiler), the rounds are those of the
 * stream's own header; a test holds the two equal. */
#ifndef FANIN_SRC_CUDA_GENERATOR_H
#define FANIN_SRC_CUDA_GENERATOR_H

#include "cuda/device.h"
#include "stream/philox.h"

#ifdef __CUDACC__
/* The header's functions are for both sides, and unlike its default not of the device alone. */
#define QUALIFIERS static __forceinline__ __host__ __device__
#include <curand_philox4x32_x.h>
#endif

/* The keys of all rounds of a seed. */
STREAM_FUNCTION void generator_keys(uint64_t seed, uint32_t key[PHILOX_ROUNDS][2])
{
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        key[round][0] = (uint32_t)seed + (uint32_t)round * PHILOX_KEY_STEP_0;
        key[round][1] = (uint32_t)(seed >> 32) + (uint32_t)round * PHILOX_KEY_STEP_1;
    }
}

/* What the first round makes of the number of a block within 2^32: multiplier_0 · number. Blocks that are n apart have products that
 * are n · multiplier_0 apart, and a sum costs a device less than half of what a product does. */
STREAM_FUNCTION uint64_t generator_product(uint32_t block_low)
{
    return (uint64_t)PHILOX_MULTIPLIER_0 * block_low;
}

/* The four words of the block whose number has this product and these high bits. */
STREAM_FUNCTION void generator_words(const uint32_t key[PHILOX_ROUNDS][2], uint64_t stream, uint64_t product,
                                     uint32_t block_high, uint32_t out[4])
{
    const uint64_t other = (uint64_t)PHILOX_MULTIPLIER_1 * (uint32_t)stream;
    out[0] = (uint32_t)(other >> 32) ^ block_high ^ key[0][0];
    out[1] = (uint32_t)other;
    out[2] = (uint32_t)(product >> 32) ^ (uint32_t)(stream >> 32) ^ key[0][1];
    out[3] = (uint32_t)product;
#ifdef __CUDACC__
    uint4 counter = make_uint4(out[0], out[1], out[2], out[3]);
    CUDA_UNROLL
    for (int round = 1; round < PHILOX_ROUNDS; round++) {
        counter = _philox4x32round(counter, make_uint2(key[round][0], key[round][1]));
    }
    out[0] = counter.x;
    out[1] = counter.y;
    out[2] = counter.z;
    out[3] = counter.w;
#else
    for (int round = 1; round < PHILOX_ROUNDS; round++) {
        philox_round(out, key[round][0], key[round][1]);
    }
#endif
}

/* The four words of a block. */
STREAM_FUNCTION void generator_block(const uint32_t key[PHILOX_ROUNDS][2], uint64_t stream, uint32_t block_low,
                                     uint32_t block_high, uint32_t out[4])
{
    generator_words(key, stream, generator_product(block_low), block_high, out);
}

#endif
