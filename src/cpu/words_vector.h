/* words_make in vectors. */
#ifndef FANIN_SRC_CPU_WORDS_VECTOR_H
#define FANIN_SRC_CPU_WORDS_VECTOR_H

#include "vector_philox.h"
#include "words.h"

/* Makes a vector's lanes of blocks from `first` on, whose numbers have the same upper half. */
VECTOR void words_make_cell(const struct vector_stream *stream, uint32_t first, int place, struct words *out)
{
    struct vector_cell cell;
    vector_cell_start(vector_counter_make(first, VECTOR_IN_TURN), &cell);
    vector_words even, odd;
#pragma GCC unroll 64
    for (int step = 0; step < VECTOR_STEPS; step++) {
        vector_words_step(stream, step, 1, &cell, &even, &odd);
    }
    _Alignas(64) uint32_t pair[2][2 * VECTOR_LANES];
    vector_store_words(pair[0], even);
    vector_store_words(pair[1], odd);
    for (int j = 0; j < VECTOR_LANES; j++) {
        out->word[0][place + j] = pair[0][2 * j];
        out->word[1][place + j] = pair[1][2 * j];
        out->word[2][place + j] = pair[0][2 * j + 1];
        out->word[3][place + j] = pair[1][2 * j + 1];
    }
}

/* Makes the blocks from `first` on, `blocks` of them and up to the end of the last group. */
static inline void words_make(uint64_t seed, uint64_t stream, uint64_t first, int blocks, struct words *out)
{
    const int padded = words_padded(blocks);
    struct vector_stream constants;
    vector_stream_make(seed, stream, (uint32_t)(first >> 32), &constants);
    for (int j = 0; j < padded; j += VECTOR_LANES) {
        const uint64_t block = first + (uint64_t)j;
        if (block >> 32 == (block + VECTOR_LANES - 1) >> 32) {
            if (block >> 32 != first >> 32) {
                vector_stream_make(seed, stream, (uint32_t)(block >> 32), &constants);
            }
            words_make_cell(&constants, (uint32_t)block, j, out);
            continue;
        }
        for (int lane = 0; lane < VECTOR_LANES; lane++) {
            uint32_t word[4];
            philox_block(seed, stream, block + (uint64_t)lane, word);
            for (int k = 0; k < 4; k++) {
                out->word[k][j + lane] = word[k];
            }
        }
    }
}

#endif
