/* From a word to a uniform integer. */
#ifndef FANIN_SRC_STREAM_INTEGER_H
#define FANIN_SRC_STREAM_INTEGER_H

#include "arithmetic.h"

/* An integer in [low, high], both within ±2^31: the word as a fraction of 2^32, times the count of integers, rounded down. No
 * integer is more than 2^-32 more or less likely than another. */
STREAM_FUNCTION int64_t uniform_integer(uint32_t w, int64_t low, int64_t high)
{
    return low + (int64_t)((uint64_t)w * (uint64_t)(high - low + 1) >> 32);
}

#endif
