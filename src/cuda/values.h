/* From words to the values of elements, for device code: the arithmetic is the stream's (src/stream), and where the device has
 * one instruction for several, it is used and gives the same bits. */
#ifndef FANIN_SRC_CUDA_VALUES_H
#define FANIN_SRC_CUDA_VALUES_H

#include "cuda/bilinear.h"
#include "cuda/generator.h"
#include "stream/integer.h"
#include "stream/normal.h"
#include "stream/round.h"
#include "cuda/table.h"

/* ------------------------------------------------ one instruction for several --------------------------------------------- */

/* The smaller one. Neither is ever a NaN, and uniform.h says why the order of zeros does not matter. */
STREAM_FUNCTION float values_minimum(float a, float b)
{
#ifdef __CUDA_ARCH__
    return fminf(a, b);
#else
    return a > b ? b : a;
#endif
}

/* Two float32 values rounded to 16 bits, the first in the lower half. The device's conversion rounds to nearest even and keeps
 * subnormals, as the stream's does; it differs for NaNs alone, and there are none. */
STREAM_FUNCTION uint32_t values_round_float16(float first, float second)
{
#ifdef __CUDA_ARCH__
    uint32_t packed;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(second), "f"(first));
    return packed;
#else
    return round_to_float16(first) | (uint32_t)round_to_float16(second) << 16;
#endif
}

STREAM_FUNCTION uint32_t values_round_bfloat16(float first, float second)
{
#ifdef __CUDA_ARCH__
    uint32_t packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(second), "f"(first));
    return packed;
#else
    return round_to_bfloat16(first) | (uint32_t)round_to_bfloat16(second) << 16;
#endif
}

/* Two values rounded and then kept in 16-bit bounds, which come as pairs of themselves: two instructions for both. The host
 * keeps them in the bounds first: as rounding is monotone, that is the same, and round.h says why the order of zeros does
 * not matter. */
STREAM_FUNCTION uint32_t values_round_float16_within(float first, float second, uint32_t lows, uint32_t highs)
{
#ifdef __CUDA_ARCH__
    uint32_t packed = values_round_float16(first, second);
    asm("min.f16x2 %0, %0, %1;" : "+r"(packed) : "r"(highs));
    asm("max.f16x2 %0, %0, %1;" : "+r"(packed) : "r"(lows));
    return packed;
#else
    const float low = float16_to_float((uint16_t)lows), high = float16_to_float((uint16_t)highs);
    return values_round_float16(float_clamp(first, low, high), float_clamp(second, low, high));
#endif
}

STREAM_FUNCTION uint32_t values_round_bfloat16_within(float first, float second, uint32_t lows, uint32_t highs)
{
#ifdef __CUDA_ARCH__
    uint32_t packed = values_round_bfloat16(first, second);
    asm("min.bf16x2 %0, %0, %1;" : "+r"(packed) : "r"(highs));
    asm("max.bf16x2 %0, %0, %1;" : "+r"(packed) : "r"(lows));
    return packed;
#else
    const float low = bfloat16_to_float((uint16_t)lows), high = bfloat16_to_float((uint16_t)highs);
    return values_round_bfloat16(float_clamp(first, low, high), float_clamp(second, low, high));
#endif
}

/* The same for bounds that are ±a number: one instruction where the device can compare magnitudes (from sm_86 on). */
STREAM_FUNCTION uint32_t values_round_float16_below(float first, float second, uint32_t highs)
{
#if defined __CUDA_ARCH__ && __CUDA_ARCH__ >= 860
    uint32_t packed = values_round_float16(first, second);
    asm("min.xorsign.abs.f16x2 %0, %0, %1;" : "+r"(packed) : "r"(highs));
    return packed;
#else
    return values_round_float16_within(first, second, highs ^ 0x80008000u, highs);
#endif
}

STREAM_FUNCTION uint32_t values_round_bfloat16_below(float first, float second, uint32_t highs)
{
#if defined __CUDA_ARCH__ && __CUDA_ARCH__ >= 860
    uint32_t packed = values_round_bfloat16(first, second);
    asm("min.xorsign.abs.bf16x2 %0, %0, %1;" : "+r"(packed) : "r"(highs));
    return packed;
#else
    return values_round_bfloat16_within(first, second, highs ^ 0x80008000u, highs);
#endif
}

/* The square root of 0 or a number in [2^-23, 2^6], rounded to nearest.
 *
 * For a normal number from 2^-101 up the compiler makes of __fsqrt_rn the steps below from `y` on, behind a check of the range
 * (read in the machine code of sm_80 to sm_121; script/kernel-cost reads it again). The range is known here, so the steps give
 * its bits without check and branch. 0 is the one number outside of it, and y is any finite number then: the root is 0.
 *
 * The steps, and with them __fsqrt_rn, rest on what rsqrt is on processors: with all of the error that PTX allows it, 2^-22.9,
 * two roots of 2^24 would be a place off; with 2^-23.5, none. */
STREAM_FUNCTION float values_square_root(float x)
{
#ifdef __CUDA_ARCH__
    float y;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(fmaxf(x, 0x1p-24f)));
    const float g = __fmul_rn(x, y), h = __fmul_rn(y, 0.5f);
    return __fmaf_rn(__fmaf_rn(-g, g, x), h, g);
#else
    return float_square_root(x);
#endif
}

/* ------------------------------------------------ float32, 16 bits -------------------------------------------------------- */

/* normal_pair_float of the stream, with the square root above. */
STREAM_FUNCTION void values_normal_pair(uint32_t radius_word, uint32_t angle_word, float mean, float sigma, float out[2])
{
    float sine, cosine;
    const float radius = values_square_root(normal_log_float(uniform_unit_float(radius_word)));
    normal_angle_of_word(angle_word, &sine, &cosine);
    normal_turn_float(radius, sine, cosine, mean, sigma, out);
}

/* An eighth of the radius. It is less than 1, so that the last step of the root may be kept in [0, 1]; that costs nothing, and
 * makes 0 of the NaN that the root of 0 is without a guard. Multiplying by powers of two is exact, so its bits are the
 * radius's. */
STREAM_FUNCTION float values_eighth_of_radius(uint32_t radius_word)
{
    const float x = normal_log_float_times(uniform_unit_float(radius_word), 0x1p-6f);
#ifdef __CUDA_ARCH__
    float y, eighth;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    const float g = __fmul_rn(x, y), h = __fmul_rn(y, 0.5f);
    asm("fma.rn.sat.f32 %0, %1, %2, %3;" : "=f"(eighth) : "f"(__fmaf_rn(-g, g, x)), "f"(h), "f"(g));
    return eighth;
#else
    return float_square_root(x);
#endif
}

/* The same pair by an eighth of the radius and eight times sigma, which has to be finite. */
STREAM_FUNCTION void values_normal_pair_fast(uint32_t radius_word, uint32_t angle_word, float mean, float sigma_by_8,
                                             float out[2])
{
    float sine, cosine;
    normal_angle_of_word(angle_word, &sine, &cosine);
    normal_turn_float(values_eighth_of_radius(radius_word), sine, cosine, mean, sigma_by_8, out);
}

/* Four elements of a block, UNIFORM (not yet kept in its bounds) or NORMAL. */
STREAM_FUNCTION void values_floats(enum fill_kind kind, bool fast, const struct cuda_row *row, const uint32_t words[4],
                                   float out[4])
{
    if (kind == FILL_NORMAL && fast) {
        const float mean = row->number.normal_float.mean, sigma_by_8 = row->number.normal_float.sigma_by_8;
        values_normal_pair_fast(words[0], words[1], mean, sigma_by_8, out);
        values_normal_pair_fast(words[2], words[3], mean, sigma_by_8, out + 2);
        return;
    }
    if (kind == FILL_NORMAL) {
        values_normal_pair(words[0], words[1], row->number.normal_float.mean, row->number.normal_float.sigma, out);
        values_normal_pair(words[2], words[3], row->number.normal_float.mean, row->number.normal_float.sigma, out + 2);
        return;
    }
    for (int k = 0; k < 4; k++) {
        out[k] = float_fma(uniform_unit_float(words[k]), row->number.uniform_float.bounds.width,
                           row->number.uniform_float.bounds.low);
    }
}

/* The float32 bound of uniform numbers; see uniform_float of the stream, which has but this one. */
STREAM_FUNCTION void values_bound(enum fill_kind kind, const struct cuda_row *row, float values[4])
{
    for (int k = 0; k < 4 && kind == FILL_UNIFORM; k++) {
        values[k] = values_minimum(values[k], row->number.uniform_float.bounds.high);
    }
}

/* Two elements in 16 bits. The 16-bit bounds of uniform numbers lie within the others. */
STREAM_FUNCTION uint32_t values_pack(enum fill_kind kind, enum dtype dtype, bool symmetric, const struct cuda_row *row,
                                     float first, float second)
{
    if (kind == FILL_NORMAL) {
        return dtype == DTYPE_FLOAT16 ? values_round_float16(first, second) : values_round_bfloat16(first, second);
    }
    const uint32_t lows = row->number.uniform_float.lows16, highs = row->number.uniform_float.highs16;
    if (symmetric) {
        return dtype == DTYPE_FLOAT16 ? values_round_float16_below(first, second, highs)
                                      : values_round_bfloat16_below(first, second, highs);
    }
    return dtype == DTYPE_FLOAT16 ? values_round_float16_within(first, second, lows, highs)
                                  : values_round_bfloat16_within(first, second, lows, highs);
}

/* ------------------------------------------------ float64 ---------------------------------------------------------------- */

/* uniform_unit_double of the stream. The device's conversions of integers are slow: 2^84 + the high word's share and 2^52 + the
 * low word are put together bit by bit, and two sums, both exact, take the powers away. */
STREAM_FUNCTION double values_unit_double(uint32_t w0, uint32_t w1)
{
#ifdef __CUDA_ARCH__
    const double high = __hiloint2double(0x45300000, (int)(w1 >> 11)), low = __hiloint2double(0x43300000, (int)(w0 ^ w1 << 21));
    return double_fma(double_add(double_add(high, -0x1.00000001p84), low), 0x1p-53, 0x1p-54);
#else
    return uniform_unit_double(w0, w1);
#endif
}

/* The two elements of a block, UNIFORM or NORMAL, as bits. */
STREAM_FUNCTION void values_doubles(enum fill_kind kind, const struct cuda_row *row, const uint32_t words[4], uint64_t out[2])
{
    double pair[2];
    if (kind == FILL_UNIFORM) {
        for (int k = 0; k < 2; k++) {
            const struct uniform_double *const bounds = &row->number.uniform_double;
            const double value = double_fma(values_unit_double(words[2 * k], words[2 * k + 1]), bounds->width, bounds->low);
            pair[k] = value > bounds->high ? bounds->high : value;
        }
    } else {
        normal_pair_double(words[0], words[1], words[2], words[3], row->number.normal_double.mean,
                           row->number.normal_double.sigma, pair);
    }
    out[0] = double_bits(pair[0]);
    out[1] = double_bits(pair[1]);
}

/* ------------------------------------------------ any dtype, as bits ------------------------------------------------------ */

/* A float32 value rounded to the dtype. */
STREAM_FUNCTION uint64_t values_from_float(enum dtype dtype, float value)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        return values_round_float16(value, 0.0f);
    case DTYPE_BFLOAT16:
        return values_round_bfloat16(value, 0.0f);
    case DTYPE_FLOAT32:
        return float_bits(value);
    default:
        return double_bits((double)value);
    }
}

/* An integer that the dtype can hold; floats are rounded. An integer dtype takes the low bytes. */
STREAM_FUNCTION uint64_t values_from_integer(enum dtype dtype, int64_t value)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
    case DTYPE_BFLOAT16:
    case DTYPE_FLOAT32:
        return values_from_float(dtype, (float)value);
    case DTYPE_FLOAT64:
        return double_bits((double)value);
    default:
        return (uint64_t)value;
    }
}

/* The elements of one group, from domain index `index` on, in the low bytes of `out`; a constant's are in the row. Only what
 * group_log2 says is set. */
STREAM_FUNCTION void values_group(const struct cuda_header *header, const struct cuda_row *row, uint64_t index, uint64_t out[4])
{
    const enum fill_kind kind = (enum fill_kind)row->kind;
    const enum dtype dtype = (enum dtype)row->dtype;
    if (kind == FILL_BILINEAR) {
        const float weight =
            bilinear_weight(row->number.bilinear.centred != 0, row->number.bilinear.height, row->number.bilinear.width, index);
        out[0] = values_from_float(dtype, weight);
        return;
    }
    const uint64_t block = index >> row->group_log2;
    uint32_t words[4];
    generator_block(header->key, row->stream, (uint32_t)block, (uint32_t)(block >> 32), words);
    if (kind == FILL_INTEGER) {
        /* float64 has two words an element and takes the first. */
        const bool pairs = dtype == DTYPE_FLOAT64;
        for (int k = 0; k < 4; k++) {
            const uint32_t word = pairs && k == 1 ? words[2] : words[k];
            out[k] = values_from_integer(dtype, uniform_integer(word, row->number.integer.low, row->number.integer.high));
        }
    } else if (dtype == DTYPE_FLOAT64) {
        values_doubles(kind, row, words, out);
    } else {
        float floats[4];
        values_floats(kind, false, row, words, floats);
        if (dtype == DTYPE_FLOAT32) {
            values_bound(kind, row, floats);
            for (int k = 0; k < 4; k++) {
                out[k] = float_bits(floats[k]);
            }
        } else {
            for (int k = 0; k < 4; k += 2) {
                const uint32_t packed = values_pack(kind, dtype, false, row, floats[k], floats[k + 1]);
                out[k] = packed & 0xffffu;
                out[k + 1] = packed >> 16;
            }
        }
    }
}

#endif
