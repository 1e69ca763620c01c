/* What Philox's rounds xor to words 0 and 2 of all blocks whose numbers have the same upper half. */
#ifndef FANIN_SRC_CPU_VECTOR_KEYS_H
#define FANIN_SRC_CPU_VECTOR_KEYS_H

#include "stream/philox.h"

/* Which blocks the lanes of a cell hold: the following ones in turn, or so that vector_store_floats and vector_store_doubles,
 * or vector_store_float16, put their numbers in order. */
enum vector_order { VECTOR_IN_TURN, VECTOR_INTERLEAVED, VECTOR_FLOAT16 };

struct vector_keys {
    uint32_t key[PHILOX_ROUNDS][2];
};

/* The first rounds begin with one word that varies and three that do not: products and xors of the latter are made here. */
static inline void vector_keys_make(uint64_t seed, uint64_t stream, uint32_t block_high, struct vector_keys *out)
{
    uint32_t(*const key)[2] = out->key;
    philox_keys(seed, key);
    const uint64_t product_1 = (uint64_t)PHILOX_MULTIPLIER_1 * (uint32_t)stream;
    const uint32_t word_0 = (uint32_t)(product_1 >> 32) ^ block_high ^ key[0][0];
    const uint64_t product_0 = (uint64_t)PHILOX_MULTIPLIER_0 * word_0;
    key[0][1] ^= (uint32_t)(stream >> 32);
    key[1][0] ^= (uint32_t)product_1;
    key[1][1] ^= (uint32_t)(product_0 >> 32);
    key[2][1] ^= (uint32_t)product_0;
}

#endif
