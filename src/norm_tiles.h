/* The statistic ‖x‖₂/√size, as both kinds of backends define it: a tile is NORM_TILE elements in row-major order, element i of
 * it goes to sum i mod NORM_LANES; the tiles of a block, NORM_BLOCK of them, are added up in their order, and then the blocks in
 * theirs. Valid C11 and C++. */
#ifndef FANIN_SRC_NORM_TILES_H
#define FANIN_SRC_NORM_TILES_H

#include "dtype.h"
#include "stream/round.h"

#include <math.h>

#define NORM_TILE  1024
#define NORM_LANES 8
#define NORM_BLOCK 64 /* tiles */

/* sum · 2^(2·exponent) is a tile's sum of squares. */
struct norm_partial {
    double sum;
    int64_t exponent;
};

/* An element as float64. */
STREAM_FUNCTION double norm_element(enum dtype dtype, const void *from)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        return (double)float16_to_float(*(const uint16_t *)from);
    case DTYPE_BFLOAT16:
        return (double)bfloat16_to_float(*(const uint16_t *)from);
    case DTYPE_FLOAT32:
        return (double)*(const float *)from;
    case DTYPE_FLOAT64:
        return *(const double *)from;
    case DTYPE_INT8:
        return (double)*(const int8_t *)from;
    case DTYPE_INT16:
        return (double)*(const int16_t *)from;
    case DTYPE_INT32:
        return (double)*(const int32_t *)from;
    case DTYPE_INT64:
        return (double)*(const int64_t *)from;
    case DTYPE_UINT8:
        return (double)*(const uint8_t *)from;
    case DTYPE_UINT16:
        return (double)*(const uint16_t *)from;
    case DTYPE_UINT32:
        return (double)*(const uint32_t *)from;
    case DTYPE_UINT64:
        return (double)*(const uint64_t *)from;
    default: /* bool */
        return *(const uint8_t *)from != 0 ? 1.0 : 0.0;
    }
}

/* The exponent of a power of two near the largest magnitude, within ±1000, so that its inverse is a double too: what is left of
 * subnormals then is 2^-74 and more, whose squares are exact enough. 0 where a value is infinite, or all are 0 or no numbers. */
STREAM_FUNCTION int64_t norm_exponent(double largest)
{
    const int64_t biased = (int64_t)(double_bits(largest) >> 52);
    if (largest == 0.0 || biased == 0x7ff) {
        return 0;
    }
    const int64_t exponent = biased - 1022;
    return exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent;
}

/* 2^-exponent. */
STREAM_FUNCTION double norm_scale(int64_t exponent)
{
    return double_from_bits((uint64_t)(1023 - exponent) << 52);
}

/* Adds two sums at the larger scale; exact but for the sum's own rounding, and for what is too small to count. */
static inline struct norm_partial norm_add(struct norm_partial a, struct norm_partial b)
{
    if (a.sum == 0.0) {
        return b;
    }
    if (b.sum == 0.0) {
        return a;
    }
    const int64_t exponent = a.exponent > b.exponent ? a.exponent : b.exponent;
    const double sum = ldexp(a.sum, (int)(2 * (a.exponent - exponent))) + ldexp(b.sum, (int)(2 * (b.exponent - exponent)));
    const struct norm_partial total = {sum, exponent};
    return total;
}

/* Adds `count` tiles to a sum of whole blocks. */
static inline struct norm_partial norm_add_tiles(struct norm_partial total, const struct norm_partial *tiles, int64_t count)
{
    for (int64_t first = 0; first < count; first += NORM_BLOCK) {
        struct norm_partial block = tiles[first];
        for (int64_t i = first + 1; i < count && i < first + NORM_BLOCK; i++) {
            block = norm_add(block, tiles[i]);
        }
        total = norm_add(total, block);
    }
    return total;
}

static inline double norm_finish(struct norm_partial total, int64_t size)
{
    return ldexp(sqrt(total.sum / (double)size), (int)total.exponent);
}

#endif
