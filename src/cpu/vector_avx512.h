/* Vectors of 512 bits, for AVX-512 F, DQ, BW and VL. vector_avx2.h gives the same functions at half the width; vector_fill.h is
 * what is made of them. All float operations round to nearest even in the environment of the contract. */
#ifndef FANIN_SRC_CPU_VECTOR_AVX512_H
#define FANIN_SRC_CPU_VECTOR_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define VECTOR static inline __attribute__((always_inline))

/* 64-bit lanes of a vector. */
#define VECTOR_LANES 8

/* Cells (vector_philox.h) that are made together, to hide latency: of uniform numbers, of normal ones, which take more
 * registers, and of float64. Measured. */
#define VECTOR_CELLS        5
#define VECTOR_NORMAL_CELLS 2
#define VECTOR_DOUBLE_CELLS 4

/* Words are made while the arithmetic of the words before them runs: there are registers for both. */
#define VECTOR_AHEAD true

typedef __m512i vector_words;
typedef __m512 vector_floats;
typedef __m512d vector_doubles;

/* Initializers of constants, the same in all lanes. */
#define VECTOR_FLOATS(a)                                                                                                       \
    {                                                                                                                          \
        a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a                                                                         \
    }
#define VECTOR_DOUBLES(a)                                                                                                      \
    {                                                                                                                          \
        a, a, a, a, a, a, a, a                                                                                                 \
    }
#define VECTOR_WORDS64(a)                                                                                                      \
    {                                                                                                                          \
        (long long)(a), (long long)(a), (long long)(a), (long long)(a), (long long)(a), (long long)(a), (long long)(a),        \
            (long long)(a)                                                                                                     \
    }

/* ------------------------------------------------ words ------------------------------------------------------------------- */

VECTOR vector_words vector_set32(uint32_t a)
{
    return _mm512_set1_epi32((int)a);
}

VECTOR vector_words vector_set64(uint64_t a)
{
    return _mm512_set1_epi64((long long)a);
}

/* Lane i holds i. */
VECTOR vector_words vector_count(void)
{
    return _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
}

/* What lane i must hold so that vector_store_floats and vector_store_doubles put the lanes' numbers in order. */
VECTOR vector_words vector_count_interleaved(void)
{
    return _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
}

/* The same for vector_store_float16. */
VECTOR vector_words vector_count_float16(void)
{
    return _mm512_set_epi64(7, 6, 3, 2, 5, 4, 1, 0);
}

VECTOR vector_words vector_subtract32(vector_words a, vector_words b)
{
    return _mm512_sub_epi32(a, b);
}

VECTOR vector_words vector_add64(vector_words a, vector_words b)
{
    return _mm512_add_epi64(a, b);
}

VECTOR vector_words vector_subtract64(vector_words a, vector_words b)
{
    return _mm512_sub_epi64(a, b);
}

VECTOR vector_words vector_or(vector_words a, vector_words b)
{
    return _mm512_or_si512(a, b);
}

VECTOR vector_words vector_xor(vector_words a, vector_words b)
{
    return _mm512_xor_si512(a, b);
}

VECTOR vector_words vector_xor3(vector_words a, vector_words b, vector_words c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

/* (a & b) ^ c */
VECTOR vector_words vector_and_xor(vector_words a, vector_words b, vector_words c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x6A);
}

/* (a & b) | c */
VECTOR vector_words vector_and_or(vector_words a, vector_words b, vector_words c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0xEA);
}

VECTOR vector_words vector_shift_right64(vector_words a, unsigned count)
{
    return _mm512_srli_epi64(a, count);
}

VECTOR vector_words vector_shift_left64(vector_words a, unsigned count)
{
    return _mm512_slli_epi64(a, count);
}

/* Lanes of a's upper half, twice. By a shuffle: Zen has more units for it than for shifts, Intel another than for products. */
VECTOR vector_words vector_upper_half(vector_words a)
{
    return _mm512_shuffle_epi32(a, _MM_PERM_DDBB);
}

/* The products of the lower halves of the lanes. */
VECTOR vector_words vector_multiply_words(vector_words a, vector_words b)
{
    return _mm512_mul_epu32(a, b);
}

/* Lanes of a's lower half and, above it, b's. */
VECTOR vector_words vector_lower_halves(vector_words a, vector_words b)
{
    return _mm512_mask_shuffle_epi32(a, 0xAAAA, b, _MM_PERM_CCAA);
}

/* Lanes of a's upper half and, above it, b's. */
VECTOR vector_words vector_upper_halves(vector_words a, vector_words b)
{
    return _mm512_mask_shuffle_epi32(b, 0x5555, a, _MM_PERM_DDBB);
}

VECTOR void vector_store_words(void *out, vector_words a)
{
    _mm512_storeu_si512(out, a);
}

/* ------------------------------------------------ float32 ----------------------------------------------------------------- */

VECTOR vector_floats vector_set_float(float a)
{
    return _mm512_set1_ps(a);
}

VECTOR vector_floats vector_float_from_words(vector_words a)
{
    return _mm512_cvtepu32_ps(a);
}

VECTOR vector_floats vector_float_from_integers(vector_words a)
{
    return _mm512_cvtepi32_ps(a);
}

VECTOR vector_words vector_float_bits(vector_floats a)
{
    return _mm512_castps_si512(a);
}

VECTOR vector_floats vector_float_add(vector_floats a, vector_floats b)
{
    return _mm512_add_ps(a, b);
}

VECTOR vector_floats vector_float_subtract(vector_floats a, vector_floats b)
{
    return _mm512_sub_ps(a, b);
}

VECTOR vector_floats vector_float_multiply(vector_floats a, vector_floats b)
{
    return _mm512_mul_ps(a, b);
}

VECTOR vector_floats vector_float_fma(vector_floats a, vector_floats b, vector_floats c)
{
    return _mm512_fmadd_ps(a, b, c);
}

VECTOR vector_floats vector_float_divide(vector_floats a, vector_floats b)
{
    return _mm512_div_ps(a, b);
}

VECTOR vector_floats vector_float_square_root(vector_floats a)
{
    return _mm512_sqrt_ps(a);
}

/* a/2^k in [3/4, 3/2), for normal a > 0. */
VECTOR vector_floats vector_float_mantissa(vector_floats a)
{
    return _mm512_getmant_ps(a, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero);
}

/* a > high ? high : a. */
VECTOR vector_floats vector_float_at_most(vector_floats a, vector_floats high)
{
    return _mm512_min_ps(high, a);
}

/* a < low ? low : a. */
VECTOR vector_floats vector_float_at_least(vector_floats a, vector_floats low)
{
    return _mm512_max_ps(low, a);
}

/* Stores a's and b's elements by turns; within a vector's 64-bit lanes in the order of vector_count_interleaved. */
VECTOR void vector_store_floats(void *out, vector_floats a, vector_floats b)
{
    _mm512_storeu_ps(out, _mm512_unpacklo_ps(a, b));
    _mm512_storeu_ps((float *)out + 16, _mm512_unpackhi_ps(a, b));
}

/* The same, rounded to float16, in the order of vector_count_float16. */
VECTOR void vector_store_float16(void *out, vector_floats a, vector_floats b)
{
    const __m256i even = _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT), odd = _mm512_cvtps_ph(b, _MM_FROUND_TO_NEAREST_INT);
    _mm256_storeu_si256(out, _mm256_unpacklo_epi16(even, odd));
    _mm256_storeu_si256((__m256i *)out + 1, _mm256_unpackhi_epi16(even, odd));
}

/* The same, rounded to bfloat16, but lane after lane; no NaNs. To 0x7fff one more is added where the last place kept is odd. */
VECTOR void vector_store_bfloat16(void *out, vector_floats a, vector_floats b)
{
    const __m512i half = _mm512_set1_epi32(0x7fff), one = _mm512_set1_epi32(1), last = _mm512_set1_epi32(0x10000);
    const __m512i x = _mm512_castps_si512(a), y = _mm512_castps_si512(b);
    const __m512i low = _mm512_add_epi32(x, half), high = _mm512_add_epi32(y, half);
    const __m512i even = _mm512_mask_add_epi32(low, _mm512_test_epi32_mask(x, last), low, one);
    const __m512i odd = _mm512_mask_add_epi32(high, _mm512_test_epi32_mask(y, last), high, one);
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000u);
    _mm512_storeu_si512(out, _mm512_ternarylogic_epi32(odd, upper, _mm512_srli_epi32(even, 16), 0xEA));
}

/* ------------------------------------------------ float64 ----------------------------------------------------------------- */

VECTOR vector_doubles vector_set_double(double a)
{
    return _mm512_set1_pd(a);
}

/* Of 53 bits at most. */
VECTOR vector_doubles vector_double_from_words(vector_words a)
{
    return _mm512_cvtepu64_pd(a);
}

VECTOR vector_words vector_double_bits(vector_doubles a)
{
    return _mm512_castpd_si512(a);
}

VECTOR vector_doubles vector_double_from_bits(vector_words a)
{
    return _mm512_castsi512_pd(a);
}

VECTOR vector_doubles vector_double_add(vector_doubles a, vector_doubles b)
{
    return _mm512_add_pd(a, b);
}

VECTOR vector_doubles vector_double_multiply(vector_doubles a, vector_doubles b)
{
    return _mm512_mul_pd(a, b);
}

VECTOR vector_doubles vector_double_fma(vector_doubles a, vector_doubles b, vector_doubles c)
{
    return _mm512_fmadd_pd(a, b, c);
}

VECTOR vector_doubles vector_double_fma_subtract(vector_doubles a, vector_doubles b, vector_doubles c)
{
    return _mm512_fmsub_pd(a, b, c);
}

VECTOR vector_doubles vector_double_square_root(vector_doubles a)
{
    return _mm512_sqrt_pd(a);
}

/* a > high ? high : a. */
VECTOR vector_doubles vector_double_at_most(vector_doubles a, vector_doubles high)
{
    return _mm512_min_pd(high, a);
}

VECTOR void vector_store_doubles(void *out, vector_doubles a, vector_doubles b)
{
    _mm512_storeu_pd(out, _mm512_unpacklo_pd(a, b));
    _mm512_storeu_pd((double *)out + 8, _mm512_unpackhi_pd(a, b));
}

#endif
