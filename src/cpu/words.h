/* Many Philox blocks at once, as arrays, so that what is made of them is a loop over arrays too. */
#ifndef FANIN_SRC_CPU_WORDS_H
#define FANIN_SRC_CPU_WORDS_H

#include "stream/philox.h"

/* Blocks that are made together: a batch is always a whole number of such groups. */
#define WORDS_GROUP 8

/* The most blocks of a batch: 2 KB of words, which leave most of the first-level cache to what is made of them. */
#define WORDS_BLOCKS 128

/* word[k][j] is word k of the batch's block j. */
struct words {
    _Alignas(64) uint32_t word[4][WORDS_BLOCKS];
};

/* `blocks` rounded up to whole groups. */
static inline int words_padded(int blocks)
{
    return (blocks + WORDS_GROUP - 1) / WORDS_GROUP * WORDS_GROUP;
}

#endif
