/* words_make in AVX2. Compilers vectorize the portable loop with a shuffle for every multiplication; here each word has a 64-bit
 * lane of its own, whose upper half is not looked at, so that a round is two multiplications, two shifts and four xors. */
#ifndef FANIN_SRC_CPU_WORDS_AVX2_H
#define FANIN_SRC_CPU_WORDS_AVX2_H

#include "words.h"

#include <immintrin.h>

/* Registers that are worked on together, four blocks each, to hide the multiplier's latency. */
#define WORDS_REGISTERS (WORDS_GROUP / 4)

/* Makes the blocks from `first` on, `blocks` of them and up to the end of the last group. */
static inline void words_make(uint64_t seed, uint64_t stream, uint64_t first, int blocks, struct words *out)
{
    const __m256i multiplier_0 = _mm256_set1_epi64x(PHILOX_MULTIPLIER_0);
    const __m256i multiplier_1 = _mm256_set1_epi64x(PHILOX_MULTIPLIER_1);
    __m256i key[PHILOX_ROUNDS][2];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        key[round][0] = _mm256_set1_epi32((int)((uint32_t)seed + (uint32_t)round * PHILOX_KEY_STEP_0));
        key[round][1] = _mm256_set1_epi32((int)((uint32_t)(seed >> 32) + (uint32_t)round * PHILOX_KEY_STEP_1));
    }
    for (int j = 0; j < blocks; j += WORDS_GROUP) {
        __m256i word[4][WORDS_REGISTERS];
        for (int r = 0; r < WORDS_REGISTERS; r++) {
            /* Registers 2i and 2i + 1 hold the even and the odd ones of eight blocks. */
            const __m256i offset = _mm256_add_epi64(_mm256_set_epi64x(6, 4, 2, 0), _mm256_set1_epi64x(r / 2 * 8 + r % 2));
            word[0][r] = _mm256_add_epi64(_mm256_set1_epi64x((long long)(first + (uint64_t)j)), offset);
            word[1][r] = _mm256_srli_epi64(word[0][r], 32);
            word[2][r] = _mm256_set1_epi64x((long long)(uint32_t)stream);
            word[3][r] = _mm256_set1_epi64x((long long)(stream >> 32));
        }
        for (int round = 0; round < PHILOX_ROUNDS; round++) {
            for (int r = 0; r < WORDS_REGISTERS; r++) {
                const __m256i product_0 = _mm256_mul_epu32(multiplier_0, word[0][r]);
                const __m256i product_1 = _mm256_mul_epu32(multiplier_1, word[2][r]);
                const __m256i high_0 = _mm256_srli_epi64(product_0, 32);
                const __m256i high_1 = _mm256_srli_epi64(product_1, 32);
                word[0][r] = _mm256_xor_si256(_mm256_xor_si256(high_1, key[round][0]), word[1][r]);
                word[1][r] = product_1;
                word[2][r] = _mm256_xor_si256(_mm256_xor_si256(high_0, key[round][1]), word[3][r]);
                word[3][r] = product_0;
            }
        }
        for (int k = 0; k < 4; k++) {
            for (int r = 0; r < WORDS_REGISTERS; r += 2) {
                const __m256i odd = _mm256_slli_epi64(word[k][r + 1], 32);
                const __m256i both = _mm256_blend_epi32(word[k][r], odd, 0xAA);
                _mm256_store_si256((__m256i *)&out->word[k][j + 4 * r], both);
            }
        }
    }
}

#endif
