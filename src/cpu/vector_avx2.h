/* Vectors of 256 bits, for AVX2 with FMA and F16C: the functions of vector_avx512.h, which describes them. */
#ifndef FANIN_SRC_CPU_VECTOR_AVX2_H
#define FANIN_SRC_CPU_VECTOR_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define VECTOR static inline __attribute__((always_inline))

/* 64-bit lanes of a vector. */
#define VECTOR_LANES 4

/* Measured. */
#define VECTOR_CELLS        6
#define VECTOR_NORMAL_CELLS 4
#define VECTOR_DOUBLE_CELLS 4

/* Sixteen registers hold either the words or the arithmetic. */
#define VECTOR_AHEAD false

typedef __m256i vector_words;
typedef __m256 vector_floats;
typedef __m256d vector_doubles;

/* Initializers of constants, the same in all lanes. */
#define VECTOR_FLOATS(a)                                                                                                       \
    {                                                                                                                          \
        a, a, a, a, a, a, a, a                                                                                                 \
    }
#define VECTOR_DOUBLES(a)                                                                                                      \
    {                                                                                                                          \
        a, a, a, a                                                                                                             \
    }
#define VECTOR_WORDS64(a)                                                                                                      \
    {                                                                                                                          \
        (long long)(a), (long long)(a), (long long)(a), (long long)(a)                                                         \
    }

/* ------------------------------------------------ words ------------------------------------------------------------------- */

VECTOR vector_words vector_set32(uint32_t a)
{
    return _mm256_set1_epi32((int)a);
}

VECTOR vector_words vector_set64(uint64_t a)
{
    return _mm256_set1_epi64x((long long)a);
}

/* Lane i holds i. */
VECTOR vector_words vector_count(void)
{
    return _mm256_set_epi64x(3, 2, 1, 0);
}

/* What lane i must hold so that vector_store_floats and vector_store_doubles put the lanes' numbers in order. */
VECTOR vector_words vector_count_interleaved(void)
{
    return _mm256_set_epi64x(3, 1, 2, 0);
}

VECTOR vector_words vector_count_float16(void)
{
    return vector_count();
}

VECTOR vector_words vector_subtract32(vector_words a, vector_words b)
{
    return _mm256_sub_epi32(a, b);
}

VECTOR vector_words vector_add64(vector_words a, vector_words b)
{
    return _mm256_add_epi64(a, b);
}

VECTOR vector_words vector_subtract64(vector_words a, vector_words b)
{
    return _mm256_sub_epi64(a, b);
}

VECTOR vector_words vector_or(vector_words a, vector_words b)
{
    return _mm256_or_si256(a, b);
}

VECTOR vector_words vector_xor(vector_words a, vector_words b)
{
    return _mm256_xor_si256(a, b);
}

VECTOR vector_words vector_xor3(vector_words a, vector_words b, vector_words c)
{
    return _mm256_xor_si256(_mm256_xor_si256(b, c), a);
}

/* (a & b) ^ c */
VECTOR vector_words vector_and_xor(vector_words a, vector_words b, vector_words c)
{
    return _mm256_xor_si256(_mm256_and_si256(a, b), c);
}

/* (a & b) | c */
VECTOR vector_words vector_and_or(vector_words a, vector_words b, vector_words c)
{
    return _mm256_or_si256(_mm256_and_si256(a, b), c);
}

VECTOR vector_words vector_shift_right64(vector_words a, unsigned count)
{
    return _mm256_srli_epi64(a, (int)count);
}

VECTOR vector_words vector_shift_left64(vector_words a, unsigned count)
{
    return _mm256_slli_epi64(a, (int)count);
}

/* The products of the lower halves of the lanes. */
VECTOR vector_words vector_multiply_words(vector_words a, vector_words b)
{
    return _mm256_mul_epu32(a, b);
}

/* Lanes of a's upper half, twice. */
VECTOR vector_words vector_upper_half(vector_words a)
{
    return _mm256_shuffle_epi32(a, 0xF5);
}

/* Lanes of a's lower half and, above it, b's. */
VECTOR vector_words vector_lower_halves(vector_words a, vector_words b)
{
    return _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xAA);
}

/* Lanes of a's upper half and, above it, b's. */
VECTOR vector_words vector_upper_halves(vector_words a, vector_words b)
{
    return _mm256_blend_epi32(_mm256_srli_epi64(a, 32), b, 0xAA);
}

VECTOR void vector_store_words(void *out, vector_words a)
{
    _mm256_storeu_si256(out, a);
}

/* ------------------------------------------------ float32 ----------------------------------------------------------------- */

VECTOR vector_floats vector_set_float(float a)
{
    return _mm256_set1_ps(a);
}

/* From two halves: there is no conversion of unsigned integers. Rounds once, in the fma. */
VECTOR vector_floats vector_float_from_words(vector_words a)
{
    const __m256i high = _mm256_srli_epi32(a, 16), low = _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(high), _mm256_set1_ps(65536.0f), _mm256_cvtepi32_ps(low));
}

VECTOR vector_floats vector_float_from_integers(vector_words a)
{
    return _mm256_cvtepi32_ps(a);
}

VECTOR vector_words vector_float_bits(vector_floats a)
{
    return _mm256_castps_si256(a);
}

VECTOR vector_floats vector_float_add(vector_floats a, vector_floats b)
{
    return _mm256_add_ps(a, b);
}

VECTOR vector_floats vector_float_subtract(vector_floats a, vector_floats b)
{
    return _mm256_sub_ps(a, b);
}

VECTOR vector_floats vector_float_multiply(vector_floats a, vector_floats b)
{
    return _mm256_mul_ps(a, b);
}

VECTOR vector_floats vector_float_fma(vector_floats a, vector_floats b, vector_floats c)
{
    return _mm256_fmadd_ps(a, b, c);
}

VECTOR vector_floats vector_float_divide(vector_floats a, vector_floats b)
{
    return _mm256_div_ps(a, b);
}

VECTOR vector_floats vector_float_square_root(vector_floats a)
{
    return _mm256_sqrt_ps(a);
}

VECTOR vector_floats vector_float_mantissa(vector_floats a)
{
    const __m256i bits = _mm256_castps_si256(a), above = _mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f400000)); /* 3/4 */
    return _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_and_si256(above, _mm256_set1_epi32((int)0xff800000u))));
}

/* a > high ? high : a. */
VECTOR vector_floats vector_float_at_most(vector_floats a, vector_floats high)
{
    return _mm256_min_ps(high, a);
}

/* a < low ? low : a. */
VECTOR vector_floats vector_float_at_least(vector_floats a, vector_floats low)
{
    return _mm256_max_ps(low, a);
}

/* Stores a's and b's elements by turns; within a vector's 64-bit lanes in the order of vector_count_interleaved. */
VECTOR void vector_store_floats(void *out, vector_floats a, vector_floats b)
{
    _mm256_storeu_ps(out, _mm256_unpacklo_ps(a, b));
    _mm256_storeu_ps((float *)out + 8, _mm256_unpackhi_ps(a, b));
}

/* The same, rounded to float16, in the order of vector_count_float16. */
VECTOR void vector_store_float16(void *out, vector_floats a, vector_floats b)
{
    const __m128i even = _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT), odd = _mm256_cvtps_ph(b, _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(out, _mm_unpacklo_epi16(even, odd));
    _mm_storeu_si128((__m128i *)out + 1, _mm_unpackhi_epi16(even, odd));
}

/* To nearest, in the upper half of each 32-bit lane. */
VECTOR __m256i vector_rounded_bfloat16(vector_floats a)
{
    const __m256i bits = _mm256_castps_si256(a);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    return _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
}

VECTOR void vector_store_bfloat16(void *out, vector_floats a, vector_floats b)
{
    const __m256i even = vector_rounded_bfloat16(a), odd = vector_rounded_bfloat16(b);
    _mm256_storeu_si256(out, _mm256_blend_epi16(_mm256_srli_epi32(even, 16), odd, 0xAA));
}

/* ------------------------------------------------ float64 ----------------------------------------------------------------- */

VECTOR vector_doubles vector_set_double(double a)
{
    return _mm256_set1_pd(a);
}

/* Of 53 bits at most. */
VECTOR vector_doubles vector_double_from_words(vector_words a)
{
    /* 2^84 + the upper half · 2^32, and 2^52 + the lower half. */
    const __m256i high = _mm256_or_si256(_mm256_srli_epi64(a, 32), _mm256_set1_epi64x(0x4530000000000000));
    const __m256i low = _mm256_blend_epi32(a, _mm256_set1_epi64x(0x4330000000000000), 0xAA);
    const __m256d upper = _mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(0x1.00000001p84));
    return _mm256_add_pd(upper, _mm256_castsi256_pd(low));
}

VECTOR vector_words vector_double_bits(vector_doubles a)
{
    return _mm256_castpd_si256(a);
}

VECTOR vector_doubles vector_double_from_bits(vector_words a)
{
    return _mm256_castsi256_pd(a);
}

VECTOR vector_doubles vector_double_add(vector_doubles a, vector_doubles b)
{
    return _mm256_add_pd(a, b);
}

VECTOR vector_doubles vector_double_multiply(vector_doubles a, vector_doubles b)
{
    return _mm256_mul_pd(a, b);
}

VECTOR vector_doubles vector_double_fma(vector_doubles a, vector_doubles b, vector_doubles c)
{
    return _mm256_fmadd_pd(a, b, c);
}

VECTOR vector_doubles vector_double_fma_subtract(vector_doubles a, vector_doubles b, vector_doubles c)
{
    return _mm256_fmsub_pd(a, b, c);
}

VECTOR vector_doubles vector_double_square_root(vector_doubles a)
{
    return _mm256_sqrt_pd(a);
}

/* a > high ? high : a. */
VECTOR vector_doubles vector_double_at_most(vector_doubles a, vector_doubles high)
{
    return _mm256_min_pd(high, a);
}

VECTOR void vector_store_doubles(void *out, vector_doubles a, vector_doubles b)
{
    _mm256_storeu_pd(out, _mm256_unpacklo_pd(a, b));
    _mm256_storeu_pd((double *)out + 4, _mm256_unpackhi_pd(a, b));
}

#endif
