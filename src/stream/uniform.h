/* From words to uniform numbers. The unit numbers are cuRAND's, in (0, 1]. */
#ifndef FANIN_SRC_STREAM_UNIFORM_H
#define FANIN_SRC_STREAM_UNIFORM_H

#include "arithmetic.h"

/* curand_uniform: (w + 1/2)·2^-32 in float32, from 2^-33 to 1. */
STREAM_FUNCTION float uniform_unit_float(uint32_t w)
{
    return float_fma((float)w, 0x1p-32f, 0x1p-33f);
}

/* curand_uniform2_double: 53 bits z of two words, (z + 1/2)·2^-53 in float64, from 2^-54 to 1. */
STREAM_FUNCTION double uniform_unit_double(uint32_t w0, uint32_t w1)
{
    const uint64_t z = w0 ^ ((uint64_t)w1 << 21);
    /* z exactly, from two halves that every vector instruction set can convert. */
    const double high = double_from_integer((int64_t)(z >> 32)), low = double_from_integer((int64_t)(z & 0xffffffffu));
    return double_fma(double_fma(high, 0x1p32, low), 0x1p-53, 0x1p-54);
}

/* A uniform fill's numbers in float32, made once. low <= high, all three finite; the bounds are never -0, so that a minimum
 * that orders -0 below +0 gives the same bits as a comparison. */
struct uniform_float {
    float low, high, width;
};

STREAM_FUNCTION struct uniform_float uniform_float_make(double low, double high)
{
    struct uniform_float bounds;
    bounds.low = float_add((float)low, 0.0f);
    bounds.high = float_add((float)high, 0.0f);
    bounds.width = float_add(bounds.high, -bounds.low);
    return bounds;
}

/* low + u·width, kept in [low, high]. It cannot fall below low, for u·width >= 0 and rounding is monotone; it can pass high
 * where width was rounded up. */
STREAM_FUNCTION float uniform_float(uint32_t w, const struct uniform_float *bounds)
{
    const float value = float_fma(uniform_unit_float(w), bounds->width, bounds->low);
    return value > bounds->high ? bounds->high : value;
}

struct uniform_double {
    double low, high, width;
};

STREAM_FUNCTION struct uniform_double uniform_double_make(double low, double high)
{
    struct uniform_double bounds;
    bounds.low = double_add(low, 0.0);
    bounds.high = double_add(high, 0.0);
    bounds.width = double_add(bounds.high, -bounds.low);
    return bounds;
}

STREAM_FUNCTION double uniform_double(uint32_t w0, uint32_t w1, const struct uniform_double *bounds)
{
    const double value = double_fma(uniform_unit_double(w0, w1), bounds->width, bounds->low);
    return value > bounds->high ? bounds->high : value;
}

#endif
