/* Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3"
 * (SC 2011), laid out as cuRAND's: block `block` of stream `stream` is what curand4 gives after
 * curand_init(seed, stream, 4·block). */
#ifndef FANIN_SRC_STREAM_PHILOX_H
#define FANIN_SRC_STREAM_PHILOX_H

#include "arithmetic.h"

#define PHILOX_ROUNDS       10
#define PHILOX_MULTIPLIER_0 0xD2511F53u
#define PHILOX_MULTIPLIER_1 0xCD9E8D57u
/* Added to the two key words after each round: the golden ratio and √3 - 1, in 2^-32. */
#define PHILOX_KEY_STEP_0 0x9E3779B9u
#define PHILOX_KEY_STEP_1 0xBB67AE85u

/* The keys of all rounds of a seed. */
STREAM_FUNCTION void philox_keys(uint64_t seed, uint32_t key[PHILOX_ROUNDS][2])
{
    for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
        key[round][0] = (uint32_t)seed + round * PHILOX_KEY_STEP_0;
        key[round][1] = (uint32_t)(seed >> 32) + round * PHILOX_KEY_STEP_1;
    }
}

/* One round of the four counter words under one round's key. */
STREAM_FUNCTION void philox_round(uint32_t counter[4], uint32_t key_0, uint32_t key_1)
{
    const uint64_t product_0 = (uint64_t)PHILOX_MULTIPLIER_0 * counter[0];
    const uint64_t product_1 = (uint64_t)PHILOX_MULTIPLIER_1 * counter[2];
    counter[0] = (uint32_t)(product_1 >> 32) ^ counter[1] ^ key_0;
    counter[1] = (uint32_t)product_1;
    counter[2] = (uint32_t)(product_0 >> 32) ^ counter[3] ^ key_1;
    counter[3] = (uint32_t)product_0;
}

/* The four words of a block: key = seed, counter = (block low, block high, stream low, stream high). */
STREAM_FUNCTION void philox_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4])
{
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t key_0 = (uint32_t)seed, key_1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        philox_round(counter, key_0, key_1);
        key_0 += PHILOX_KEY_STEP_0;
        key_1 += PHILOX_KEY_STEP_1;
    }
    for (int lane = 0; lane < 4; lane++) {
        out[lane] = counter[lane];
    }
}

#endif
