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

/* What the first round makes of the number of a block within 2^32: multiplier_0 · number. Blocks that are n apart have products
 * that are n · multiplier_0 apart, and a sum costs a device less than half of what a product does. */
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

/* ------------------------------------------------ with products by float64 units ------------------------------------------ */

/* A word w as the number 2^84 + w·2^32, whose low 32 bits are w and whose high ones are the same for every word. The product by
 * a multiplier m < 2^32 is one fma, of m·2^-32 and 2^84 - m·2^52, which are float64 numbers: its exact value is 2^84 + w·m, and
 * rounded toward zero that is 2^84 + (w·m >> 32)·2^32, the high word of the product in the same form. (Sums with a power of two
 * that put a product's high part where it is wanted: Emmart, Zheng and Weems, "Faster Modular Exponentiation Using Double
 * Precision Floating Point Arithmetic on the GPU", ARITH 2018.) A chain of rounds never leaves the form: only the low register
 * of a pair is written.
 *
 * Where float64 runs at half of float32's rate, that takes an issue slot of units that are idle, and a narrow product for the
 * low word one of those that a wide product takes three of. */
STREAM_FUNCTION double generator_wide(uint32_t word)
{
    return double_from_bits(0x4530000000000000u | word);
}

STREAM_FUNCTION uint32_t generator_word(double wide)
{
    return (uint32_t)double_bits(wide);
}

/* Another word in the place of a wide one. */
STREAM_FUNCTION double generator_replace(double wide, uint32_t word)
{
#ifdef __CUDA_ARCH__
    return __hiloint2double(__double2hiint(wide), (int)word);
#else
    return double_from_bits((double_bits(wide) & 0xffffffff00000000u) | word);
#endif
}

/* The wide word that is n more; they must not pass 2^32. */
STREAM_FUNCTION double generator_advance(double wide, uint32_t n)
{
    return double_add(wide, (double)n * 0x1p32);
}

/* The high word of the product. */
STREAM_FUNCTION double generator_wide_product(double wide, uint32_t multiplier)
{
#ifdef __CUDA_ARCH__
    return __fma_rz(wide, (double)multiplier * 0x1p-32, (0x1p32 - (double)multiplier) * 0x1p52);
#else
    const uint64_t word = (uint64_t)((wide - 0x1p84) * 0x1p-32);
    return 0x1p84 + (double)(word * multiplier >> 32) * 0x1p32;
#endif
}

/* As generator_words: of the two products of a round, one of a chain of words that begins with the block's number, which comes
 * as `wide`, is a wide word's. `product` is the low word of the number's product. */
STREAM_FUNCTION void generator_words_mixed(const uint32_t key[PHILOX_ROUNDS][2], uint64_t stream, double wide, uint32_t product,
                                           uint32_t block_high, uint32_t out[4])
{
    const uint64_t first = (uint64_t)PHILOX_MULTIPLIER_1 * (uint32_t)stream;
    wide = generator_wide_product(wide, PHILOX_MULTIPLIER_0);
    out[0] = (uint32_t)(first >> 32) ^ block_high ^ key[0][0];
    out[1] = (uint32_t)first;
    out[2] = generator_word(wide) ^ (uint32_t)(stream >> 32) ^ key[0][1];
    wide = generator_replace(wide, out[2]);
    out[3] = product;
    CUDA_UNROLL
    for (int round = 1; round < PHILOX_ROUNDS; round++) {
        /* The chain's word is counter word 2 in odd rounds and 0 in even ones. A product's words go to the other one's
         * places. */
        const int chain = round % 2 == 1 ? 2 : 0, other = 2 - chain;
        const uint32_t multiplier = chain == 0 ? PHILOX_MULTIPLIER_0 : PHILOX_MULTIPLIER_1;
        const uint64_t whole = (uint64_t)out[other] * (other == 0 ? PHILOX_MULTIPLIER_0 : PHILOX_MULTIPLIER_1);
        uint32_t low = out[chain] * multiplier;
        /* Made now, so that the chain's registers can be written over: a compiler that makes it later copies them. */
        CUDA_FORGET(low);
        wide = generator_wide_product(wide, multiplier);
        out[other] = generator_word(wide) ^ out[other + 1] ^ key[round][other / 2];
        wide = generator_replace(wide, out[other]);
        out[chain] = (uint32_t)(whole >> 32) ^ out[chain + 1] ^ key[round][chain / 2];
        out[other + 1] = low;
        out[chain + 1] = (uint32_t)whole;
    }
}

/* ------------------------------------------------ one block -------------------------------------------------------------- */

/* The four words of a block. */
STREAM_FUNCTION void generator_block(const uint32_t key[PHILOX_ROUNDS][2], uint64_t stream, uint32_t block_low,
                                     uint32_t block_high, uint32_t out[4])
{
    generator_words(key, stream, generator_product(block_low), block_high, out);
}

#endif
