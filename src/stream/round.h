/* From float32 to the 16-bit floats and back. Rounding is to nearest, ties to even; infinities stay, NaNs stay NaNs (quiet,
 * the top of their payload kept), subnormals are exact whatever the processor's flush-to-zero flags say. */
#ifndef FANIN_SRC_STREAM_ROUND_H
#define FANIN_SRC_STREAM_ROUND_H

#include "arithmetic.h"

#include <stdbool.h>

STREAM_FUNCTION uint16_t round_to_float16(float value)
{
    const uint32_t bits = float_bits(value), magnitude = bits & 0x7fffffffu;
    /* Normal: the exponent's bias from 127 to 15, then half of the last place kept, less one where that place is even. */
    const uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1)) >> 13;
    /* Below 2^-14: a float of 1/2 has its last place at 2^-24, float16's smallest step, so that the sum rounds as needed. */
    const uint32_t subnormal = float_bits(float_add(float_from_bits(magnitude), 0.5f)) - 0x3f000000u;
    uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
    half = magnitude >= 0x477ff000u ? 0x7c00u : half; /* 65520, the tie between 65504 and 2^16, and all above */
    half = magnitude > 0x7f800000u ? 0x7e00u | ((magnitude >> 13) & 0x1ffu) : half;
    return (uint16_t)(half | (bits >> 16 & 0x8000u));
}

STREAM_FUNCTION float float16_to_float(uint16_t half)
{
    const uint32_t magnitude = (half & 0x7fffu) << 13, exponent = magnitude & 0x0f800000u;
    const uint32_t normal = magnitude + (112u << 23), special = magnitude + (224u << 23);
    const uint32_t subnormal = float_bits(float_add(float_from_bits(0x3f000000u + (magnitude >> 13)), -0.5f));
    uint32_t bits = exponent == 0 ? subnormal : normal;
    bits = exponent == 0x0f800000u ? special : bits;
    return float_from_bits(bits | (uint32_t)(half & 0x8000u) << 16);
}

STREAM_FUNCTION uint16_t round_to_bfloat16(float value)
{
    const uint32_t bits = float_bits(value);
    const uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : rounded);
}

STREAM_FUNCTION float bfloat16_to_float(uint16_t value)
{
    return float_from_bits((uint32_t)value << 16);
}

/* The next 16-bit float above (step 1) or below (step -1) in either format: their magnitudes are ordered as integers. A zero's
 * neighbours are the smallest subnormals, a value that becomes zero keeps its sign, the largest value's neighbour is
 * infinity. */
STREAM_FUNCTION uint16_t round_neighbour(uint16_t value, int step)
{
    const bool negative = value >> 15 != 0, zero = (value & 0x7fff) == 0;
    if (zero) {
        return (uint16_t)(step > 0 ? 0x0001 : 0x8001);
    }
    return (uint16_t)(value + (negative ? -step : step));
}

/* The largest interval of finite float16 values within the finite float32 bounds; false, with nothing written, if there is
 * none. The value of a bounded fill is round_to_float16 of its float32 value, kept in this interval; as rounding is monotone,
 * float_clamp before the rounding gives the same bits. A bound that becomes zero keeps its sign, so that a minimum or maximum
 * that orders -0 below +0 gives the same bits too. */
STREAM_FUNCTION bool float16_inward(float low, float high, float *low16, float *high16)
{
    uint16_t up = round_to_float16(low), down = round_to_float16(high);
    if (float16_to_float(up) < low) {
        up = round_neighbour(up, 1);
    }
    if (float16_to_float(down) > high) {
        down = round_neighbour(down, -1);
    }
    if ((up & 0x7fff) >= 0x7c00 || (down & 0x7fff) >= 0x7c00 || float16_to_float(up) > float16_to_float(down)) {
        return false;
    }
    *low16 = float16_to_float(up);
    *high16 = float16_to_float(down);
    return true;
}

/* The same in bfloat16. */
STREAM_FUNCTION bool bfloat16_inward(float low, float high, float *low16, float *high16)
{
    uint16_t up = round_to_bfloat16(low), down = round_to_bfloat16(high);
    if (bfloat16_to_float(up) < low) {
        up = round_neighbour(up, 1);
    }
    if (bfloat16_to_float(down) > high) {
        down = round_neighbour(down, -1);
    }
    if ((up & 0x7fff) >= 0x7f80 || (down & 0x7fff) >= 0x7f80 || bfloat16_to_float(up) > bfloat16_to_float(down)) {
        return false;
    }
    *low16 = bfloat16_to_float(up);
    *high16 = bfloat16_to_float(down);
    return true;
}

#endif
