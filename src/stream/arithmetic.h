/* The operations that the random stream is made of, spelled so that host and device compilers give the same bits: each float
 * operation is rounded once, to nearest even, and none is contracted with another (-ffp-contract=off on the host; the device
 * intrinsics are never contracted). Valid C11 and C++. */
#ifndef FANIN_SRC_STREAM_ARITHMETIC_H
#define FANIN_SRC_STREAM_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

/* How the functions of the stream and of device code are declared, where a test does not say so. */
#ifdef STREAM_FUNCTION
#elif defined __CUDACC__
#define STREAM_FUNCTION static __host__ __device__ __forceinline__
#else
#define STREAM_FUNCTION static inline __attribute__((always_inline))
#endif

/* a·b + c, rounded once. */
STREAM_FUNCTION float float_fma(float a, float b, float c)
{
#ifdef __CUDA_ARCH__
    return __fmaf_rn(a, b, c);
#else
    return __builtin_fmaf(a, b, c);
#endif
}

STREAM_FUNCTION float float_multiply(float a, float b)
{
#ifdef __CUDA_ARCH__
    return __fmul_rn(a, b);
#else
    return a * b;
#endif
}

STREAM_FUNCTION float float_add(float a, float b)
{
#ifdef __CUDA_ARCH__
    return __fadd_rn(a, b);
#else
    return a + b;
#endif
}

STREAM_FUNCTION float float_square_root(float a)
{
#ifdef __CUDA_ARCH__
    return __fsqrt_rn(a);
#else
    return __builtin_sqrtf(a);
#endif
}

STREAM_FUNCTION uint32_t float_bits(float a)
{
#ifdef __CUDA_ARCH__
    return __float_as_uint(a);
#else
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
#endif
}

STREAM_FUNCTION float float_from_bits(uint32_t bits)
{
#ifdef __CUDA_ARCH__
    return __uint_as_float(bits);
#else
    float a;
    memcpy(&a, &bits, sizeof a);
    return a;
#endif
}

/* An integer of no more than 24 significant bits, so that nothing is rounded. A device has a pipe for conversions that round
 * otherwise than to nearest, and more for its other one to do. */
STREAM_FUNCTION float float_from_short_integer(int32_t a)
{
#ifdef __CUDA_ARCH__
    return __int2float_ru(a);
#else
    return (float)a;
#endif
}

/* The value kept in [low, high]. Zeros compare equal; see round.h and uniform.h for why a minimum and a maximum that order -0
 * below +0 give the same. */
STREAM_FUNCTION float float_clamp(float a, float low, float high)
{
    a = a > high ? high : a;
    return a < low ? low : a;
}

STREAM_FUNCTION double double_fma(double a, double b, double c)
{
#ifdef __CUDA_ARCH__
    return __fma_rn(a, b, c);
#else
    return __builtin_fma(a, b, c);
#endif
}

STREAM_FUNCTION double double_multiply(double a, double b)
{
#ifdef __CUDA_ARCH__
    return __dmul_rn(a, b);
#else
    return a * b;
#endif
}

STREAM_FUNCTION double double_add(double a, double b)
{
#ifdef __CUDA_ARCH__
    return __dadd_rn(a, b);
#else
    return a + b;
#endif
}

STREAM_FUNCTION double double_square_root(double a)
{
#ifdef __CUDA_ARCH__
    return __dsqrt_rn(a);
#else
    return __builtin_sqrt(a);
#endif
}

STREAM_FUNCTION uint64_t double_bits(double a)
{
#ifdef __CUDA_ARCH__
    return (uint64_t)__double_as_longlong(a);
#else
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
#endif
}

STREAM_FUNCTION double double_from_bits(uint64_t bits)
{
#ifdef __CUDA_ARCH__
    return __longlong_as_double((long long)bits);
#else
    double a;
    memcpy(&a, &bits, sizeof a);
    return a;
#endif
}

/* The integer k in [-2^51, 2^51) as a double, exactly: the low mantissa bits of 1.5·2^52 hold it. (Vector instruction sets
 * before AVX-512 convert no 64-bit integers.) */
STREAM_FUNCTION double double_from_integer(int64_t k)
{
    return double_add(double_from_bits(0x4338000000000000u + (uint64_t)k), -0x1.8p52);
}

#endif
