/* Vectors of 256 bits, each in two registers of AArch64's Advanced SIMD: the functions of vector_avx512.h, which describes
 * them, as far as vector_normal.h and vector_fill.h use them. */
#ifndef FANIN_SRC_CPU_VECTOR_NEON_H
#define FANIN_SRC_CPU_VECTOR_NEON_H

#include <arm_neon.h>
#include <stdint.h>

#define VECTOR static inline __attribute__((always_inline))

/* 64-bit lanes of a vector. */
#define VECTOR_LANES 4

/* Cells (vector_philox_neon.h) that are made together: as many as the 32 registers hold. */
#define VECTOR_CELLS        3
#define VECTOR_NORMAL_CELLS 2
#define VECTOR_DOUBLE_CELLS 2

/* They hold either the words or the arithmetic. */
#define VECTOR_AHEAD false

typedef struct {
    uint32x4_t low, high;
} vector_words;

typedef struct {
    float32x4_t low, high;
} vector_floats;

typedef struct {
    float64x2_t low, high;
} vector_doubles;

/* Initializers of constants, the same in all lanes. */
#define VECTOR_FLOATS(a)                                                                                                       \
    {                                                                                                                          \
        {a, a, a, a},                                                                                                          \
        {                                                                                                                      \
            a, a, a, a                                                                                                         \
        }                                                                                                                      \
    }
#define VECTOR_DOUBLES(a)                                                                                                      \
    {                                                                                                                          \
        {a, a},                                                                                                                \
        {                                                                                                                      \
            a, a                                                                                                               \
        }                                                                                                                      \
    }
#define VECTOR_HALF64(a)                                                                                                       \
    {                                                                                                                          \
        (uint32_t)(a), (uint32_t)((uint64_t)(a) >> 32), (uint32_t)(a), (uint32_t)((uint64_t)(a) >> 32)                         \
    }
#define VECTOR_WORDS64(a)                                                                                                      \
    {                                                                                                                          \
        VECTOR_HALF64(a), VECTOR_HALF64(a)                                                                                     \
    }

/* ------------------------------------------------ words ------------------------------------------------------------------- */

VECTOR vector_words vector_set32(uint32_t a)
{
    return (vector_words){vdupq_n_u32(a), vdupq_n_u32(a)};
}

VECTOR vector_words vector_set64(uint64_t a)
{
    return (vector_words){(uint32x4_t)vdupq_n_u64(a), (uint32x4_t)vdupq_n_u64(a)};
}

VECTOR vector_words vector_subtract32(vector_words a, vector_words b)
{
    return (vector_words){a.low - b.low, a.high - b.high};
}

VECTOR vector_words vector_add64(vector_words a, vector_words b)
{
    return (vector_words){(uint32x4_t)((uint64x2_t)a.low + (uint64x2_t)b.low),
                          (uint32x4_t)((uint64x2_t)a.high + (uint64x2_t)b.high)};
}

VECTOR vector_words vector_subtract64(vector_words a, vector_words b)
{
    return (vector_words){(uint32x4_t)((uint64x2_t)a.low - (uint64x2_t)b.low),
                          (uint32x4_t)((uint64x2_t)a.high - (uint64x2_t)b.high)};
}

VECTOR vector_words vector_or(vector_words a, vector_words b)
{
    return (vector_words){a.low | b.low, a.high | b.high};
}

/* (a & b) | c, where c has none of the bits of b. */
VECTOR vector_words vector_and_or(vector_words a, vector_words b, vector_words c)
{
    return (vector_words){vbslq_u32(b.low, a.low, c.low), vbslq_u32(b.high, a.high, c.high)};
}

VECTOR vector_words vector_shift_right64(vector_words a, unsigned count)
{
    return (vector_words){(uint32x4_t)((uint64x2_t)a.low >> count), (uint32x4_t)((uint64x2_t)a.high >> count)};
}

VECTOR vector_words vector_shift_left64(vector_words a, unsigned count)
{
    return (vector_words){(uint32x4_t)((uint64x2_t)a.low << count), (uint32x4_t)((uint64x2_t)a.high << count)};
}

/* ------------------------------------------------ float32 ----------------------------------------------------------------- */

VECTOR vector_floats vector_set_float(float a)
{
    return (vector_floats){vdupq_n_f32(a), vdupq_n_f32(a)};
}

VECTOR vector_floats vector_float_from_words(vector_words a)
{
    return (vector_floats){vcvtq_f32_u32(a.low), vcvtq_f32_u32(a.high)};
}

VECTOR vector_floats vector_float_from_integers(vector_words a)
{
    return (vector_floats){vcvtq_f32_s32((int32x4_t)a.low), vcvtq_f32_s32((int32x4_t)a.high)};
}

VECTOR vector_words vector_float_bits(vector_floats a)
{
    return (vector_words){(uint32x4_t)a.low, (uint32x4_t)a.high};
}

VECTOR vector_floats vector_float_add(vector_floats a, vector_floats b)
{
    return (vector_floats){vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)};
}

VECTOR vector_floats vector_float_subtract(vector_floats a, vector_floats b)
{
    return (vector_floats){vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)};
}

VECTOR vector_floats vector_float_multiply(vector_floats a, vector_floats b)
{
    return (vector_floats){vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)};
}

VECTOR vector_floats vector_float_fma(vector_floats a, vector_floats b, vector_floats c)
{
    return (vector_floats){vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}

VECTOR vector_floats vector_float_divide(vector_floats a, vector_floats b)
{
    return (vector_floats){vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)};
}

VECTOR vector_floats vector_float_square_root(vector_floats a)
{
    return (vector_floats){vsqrtq_f32(a.low), vsqrtq_f32(a.high)};
}

VECTOR uint32x4_t vector_mantissa(uint32x4_t bits)
{
    return bits - ((bits - vdupq_n_u32(0x3f400000)) & vdupq_n_u32(0xff800000)); /* 3/4 */
}

/* a/2^k in [3/4, 3/2), for normal a > 0. */
VECTOR vector_floats vector_float_mantissa(vector_floats a)
{
    return (vector_floats){(float32x4_t)vector_mantissa((uint32x4_t)a.low), (float32x4_t)vector_mantissa((uint32x4_t)a.high)};
}

/* a > high ? high : a. */
VECTOR vector_floats vector_float_at_most(vector_floats a, vector_floats high)
{
    return (vector_floats){vminq_f32(a.low, high.low), vminq_f32(a.high, high.high)};
}

/* a < low ? low : a. */
VECTOR vector_floats vector_float_at_least(vector_floats a, vector_floats low)
{
    return (vector_floats){vmaxq_f32(a.low, low.low), vmaxq_f32(a.high, low.high)};
}

/* Stores a's and b's elements by turns. */
VECTOR void vector_store_floats(void *out, vector_floats a, vector_floats b)
{
    const float32x4x2_t low = {{a.low, b.low}}, high = {{a.high, b.high}};
    vst2q_f32(out, low);
    vst2q_f32((float *)out + 8, high);
}

VECTOR uint16x8_t vector_rounded_float16(vector_floats a)
{
    return (uint16x8_t)vcvt_high_f16_f32(vcvt_f16_f32(a.low), a.high);
}

/* The same, rounded to float16. */
VECTOR void vector_store_float16(void *out, vector_floats a, vector_floats b)
{
    const uint16x8x2_t rounded = {{vector_rounded_float16(a), vector_rounded_float16(b)}};
    vst2q_u16(out, rounded);
}

/* To the bits of each, the last place that is kept is added; then the upper half of their sum with 0x7fff is taken. No NaNs. */
VECTOR uint16x8_t vector_rounded_bfloat16(vector_floats a)
{
    const uint32x4_t low = (uint32x4_t)a.low, high = (uint32x4_t)a.high, half = vdupq_n_u32(0x7fff);
    const uint16x4_t first = vaddhn_u32(vsraq_n_u32(low, vshlq_n_u32(low, 15), 31), half);
    return vaddhn_high_u32(first, vsraq_n_u32(high, vshlq_n_u32(high, 15), 31), half);
}

/* The same, rounded to bfloat16. */
VECTOR void vector_store_bfloat16(void *out, vector_floats a, vector_floats b)
{
    const uint16x8x2_t rounded = {{vector_rounded_bfloat16(a), vector_rounded_bfloat16(b)}};
    vst2q_u16(out, rounded);
}

/* ------------------------------------------------ float64 ----------------------------------------------------------------- */

VECTOR vector_doubles vector_set_double(double a)
{
    return (vector_doubles){vdupq_n_f64(a), vdupq_n_f64(a)};
}

/* Of 53 bits at most. */
VECTOR vector_doubles vector_double_from_words(vector_words a)
{
    return (vector_doubles){vcvtq_f64_u64((uint64x2_t)a.low), vcvtq_f64_u64((uint64x2_t)a.high)};
}

VECTOR vector_words vector_double_bits(vector_doubles a)
{
    return (vector_words){(uint32x4_t)a.low, (uint32x4_t)a.high};
}

VECTOR vector_doubles vector_double_from_bits(vector_words a)
{
    return (vector_doubles){(float64x2_t)a.low, (float64x2_t)a.high};
}

VECTOR vector_doubles vector_double_add(vector_doubles a, vector_doubles b)
{
    return (vector_doubles){vaddq_f64(a.low, b.low), vaddq_f64(a.high, b.high)};
}

VECTOR vector_doubles vector_double_multiply(vector_doubles a, vector_doubles b)
{
    return (vector_doubles){vmulq_f64(a.low, b.low), vmulq_f64(a.high, b.high)};
}

VECTOR vector_doubles vector_double_fma(vector_doubles a, vector_doubles b, vector_doubles c)
{
    return (vector_doubles){vfmaq_f64(c.low, a.low, b.low), vfmaq_f64(c.high, a.high, b.high)};
}

VECTOR vector_doubles vector_double_fma_subtract(vector_doubles a, vector_doubles b, vector_doubles c)
{
    return (vector_doubles){vfmaq_f64(vnegq_f64(c.low), a.low, b.low), vfmaq_f64(vnegq_f64(c.high), a.high, b.high)};
}

VECTOR vector_doubles vector_double_square_root(vector_doubles a)
{
    return (vector_doubles){vsqrtq_f64(a.low), vsqrtq_f64(a.high)};
}

/* a > high ? high : a. */
VECTOR vector_doubles vector_double_at_most(vector_doubles a, vector_doubles high)
{
    return (vector_doubles){vminq_f64(a.low, high.low), vminq_f64(a.high, high.high)};
}

VECTOR void vector_store_doubles(void *out, vector_doubles a, vector_doubles b)
{
    const float64x2x2_t low = {{a.low, b.low}}, high = {{a.high, b.high}};
    vst2q_f64(out, low);
    vst2q_f64((double *)out + 4, high);
}

#endif
