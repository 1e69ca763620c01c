/* The definition of words_make. */
#ifndef FANIN_SRC_CPU_WORDS_PORTABLE_H
#define FANIN_SRC_CPU_WORDS_PORTABLE_H

#include "words.h"

/* Makes the blocks from `first` on, `blocks` of them and up to the end of the last group. */
static inline void words_make(uint64_t seed, uint64_t stream, uint64_t first, int blocks, struct words *out)
{
    const int padded = words_padded(blocks);
    for (int j = 0; j < padded; j++) {
        uint32_t word[4];
        philox_block(seed, stream, first + (uint64_t)j, word);
        for (int k = 0; k < 4; k++) {
            out->word[k][j] = word[k];
        }
    }
}

#endif
