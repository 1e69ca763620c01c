/* From words to normal numbers, by Box and Muller (1958): radius √(-2 ln u), angle 2πv; the sine gives the first of the pair,
 * the cosine the second, as curand_normal4 and curand_normal2_double do.
 *
 * Without branches, tables or selects: the log splits off the exponent, and what is left, of the mantissa and of the angle, are
 * polynomials, Horner from the highest coefficient, each step one fma. docs/contract.md lists the coefficients, where they come
 * from, and the errors. float32 is the shortest way to errors near those of cuRAND; float64 is exact to the last places. */
#ifndef FANIN_SRC_STREAM_NORMAL_H
#define FANIN_SRC_STREAM_NORMAL_H

#include "uniform.h"

/* (1 - m)/(1 + m) for m in [3/4, 3/2), rounded once more than its two sums.
 *
 * On a device it takes four instructions instead of the nine, with a branch, of __fdiv_rn. They round as a quotient does,
 * whatever r within one unit of its last place, as rcp.approx promises, of 1/b, for each of the 2^23 m but one: for 1 - 2^-23,
 * r = 1/2 would be wrong. There __fdiv_rn's own steps would be wrong too, so that it cannot be what rcp.approx gives. */
STREAM_FUNCTION float normal_ratio_float(float m)
{
    const float a = float_add(1.0f, -m), b = float_add(1.0f, m);
#ifdef __CUDA_ARCH__
    float r;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(b));
    const float q = __fmul_rn(a, r);
    return __fmaf_rn(__fmaf_rn(-b, q, a), r, q);
#else
    return a / b;
#endif
}

/* -2 ln u for u in [2^-33, 1]: with u = 2^k·m, m in [3/4, 3/2), and s = (1 - m)/(1 + m), it is 4 artanh s - 2k·ln 2. Relative
 * error at most 5.9e-7, which moves the radius by 3.6e-7 at most. Exactly 0 for u = 1 and at least 2^-23 below, by
 * construction, so that the root needs no guard. Times `scale`, a power of two, which is exact. */
STREAM_FUNCTION float normal_log_float_times(float u, float scale)
{
    const uint32_t exponent = (float_bits(u) - 0x3f400000u) & 0xff800000u; /* k·2^23; 0x3f400000 is 3/4 */
    const float s = normal_ratio_float(float_from_bits(float_bits(u) - exponent));
    const float y = float_multiply(s, s);
    float p = 0x1.ac6ff4p-1f * scale;
    p = float_fma(p, y, 0x1.552fb2p+0f * scale);
    p = float_fma(p, y, 0x1.000004p+2f * scale);
    return float_fma(p, s, float_multiply(float_from_short_integer((int32_t)exponent), -0x1.62e43p-23f * scale));
}

STREAM_FUNCTION float normal_log_float(float u)
{
    return normal_log_float_times(u, 1.0f);
}

/* sin 2πh and cos 2πh for h in [-1/2, 1/2], of the half angle: with S = √2·sin πh and C = √2·cos πh they are S·C and C² - 1.
 * Absolute errors at most 4.0e-7 and 3.8e-7, h = w·2^-32 rounded to float32 included. */
STREAM_FUNCTION void normal_angle_float(float h, float *sine, float *cosine)
{
    const float y = float_multiply(h, h);
    float c = 0x1.3e472p-2f;
    c = float_fma(c, y, -0x1.e23d18p+0f);
    c = float_fma(c, y, 0x1.6f5432p+2f);
    c = float_fma(c, y, -0x1.bea58ep+2f);
    c = float_fma(c, y, 0x1.6a09e6p+0f);
    float s = 0x1.c4578p-4f;
    s = float_fma(s, y, -0x1.b1367ap-1f);
    s = float_fma(s, y, 0x1.cd9682p+1f);
    s = float_fma(s, y, -0x1.d3b9d6p+2f);
    s = float_fma(s, y, 0x1.1c582cp+2f);
    s = float_multiply(s, h);
    *sine = float_multiply(s, c);
    *cosine = float_fma(c, c, -1.0f);
}

/* The same of v = angle_word·2^-32, less 1 where that is 1/2 or more. */
STREAM_FUNCTION void normal_angle_of_word(uint32_t angle_word, float *sine, float *cosine)
{
    normal_angle_float(float_multiply((float)(int32_t)angle_word, 0x1p-32f), sine, cosine);
}

/* Two elements of a radius and an angle. */
STREAM_FUNCTION void normal_turn_float(float radius, float sine, float cosine, float mean, float sigma, float out[2])
{
    const float scaled = float_multiply(radius, sigma);
    out[0] = float_fma(scaled, sine, mean);
    out[1] = float_fma(scaled, cosine, mean);
}

/* Two elements: u = uniform_unit_float(radius_word). */
STREAM_FUNCTION void normal_pair_float(uint32_t radius_word, uint32_t angle_word, float mean, float sigma, float out[2])
{
    float sine, cosine;
    const float radius = float_square_root(normal_log_float(uniform_unit_float(radius_word)));
    normal_angle_of_word(angle_word, &sine, &cosine);
    normal_turn_float(radius, sine, cosine, mean, sigma, out);
}

/* The same in float64, for u in [2^-54, 1]: exactly 0 for u = 1 and at least 2^-52 below. */
STREAM_FUNCTION double normal_log_double(double u)
{
    /* (k + 64)·2^52 + the rest, never negative; 0x3fe5555555555555 is just below 2/3. */
    const uint64_t biased = (double_bits(u) - 0x3fe5555555555555u + (64ull << 52)) >> 52;
    const double f = double_add(double_from_bits(double_bits(u) + (64ull << 52) - (biased << 52)), -1.0);
    const double k = double_add(double_from_bits(0x4330000000000000u | biased), -0x1.000000000004p52);
    const double q = double_fma(k, -0x1.62e42fefa39efp+0, double_multiply(f, -2.0));
    double p = -0x1.5d67dc523ac87p-3;
    p = double_fma(p, f, 0x1.5b5185fa0a302p-3);
    p = double_fma(p, f, -0x1.551cf1d3c7c47p-4);
    p = double_fma(p, f, 0x1.7ccd2a55820bfp-4);
    p = double_fma(p, f, -0x1.efdca1c4f208dp-4);
    p = double_fma(p, f, 0x1.051c036a9554cp-3);
    p = double_fma(p, f, -0x1.1069b46501cb7p-3);
    p = double_fma(p, f, 0x1.2427943d41587p-3);
    p = double_fma(p, f, -0x1.3b1d8294344c5p-3);
    p = double_fma(p, f, 0x1.555aacd6aa6c5p-3);
    p = double_fma(p, f, -0x1.745cbb08e4231p-3);
    p = double_fma(p, f, 0x1.99997014ac084p-3);
    p = double_fma(p, f, -0x1.c71c73d06f186p-3);
    p = double_fma(p, f, 0x1.0000005ca777fp-2);
    p = double_fma(p, f, -0x1.2492492166899p-2);
    p = double_fma(p, f, 0x1.5555555482598p-2);
    p = double_fma(p, f, -0x1.999999999e244p-2);
    p = double_fma(p, f, 0x1.00000000005efp-1);
    p = double_fma(p, f, -0x1.5555555555546p-1);
    p = double_fma(p, f, 0x1.fffffffffffffp-1);
    return double_fma(p, double_multiply(f, f), q);
}

/* sin πh and cos πh for h in (-1/2, 1/2), both with a small relative error: a radius of 8 must not magnify an absolute one. */
STREAM_FUNCTION double normal_sine_double(double h)
{
    const double y = double_multiply(h, h);
    double p = 0x1.8f9e5a085a082p-21;
    p = double_fma(p, y, -0x1.6f0536efc7098p-16);
    p = double_fma(p, y, 0x1.e8f023f73b57bp-12);
    p = double_fma(p, y, -0x1.e30741a6ba9a8p-8);
    p = double_fma(p, y, 0x1.5078346ab756fp-4);
    p = double_fma(p, y, -0x1.32d2cce5e66ebp-1);
    p = double_fma(p, y, 0x1.466bc67759fccp+1);
    p = double_fma(p, y, -0x1.4abbce625be39p+2);
    p = double_fma(p, y, 0x1.921fb54442d18p+1);
    return double_multiply(p, h);
}

/* The zeros at ±1/2 are a factor of their own, 1 - 4h². */
STREAM_FUNCTION double normal_cosine_double(double h)
{
    const double y = double_multiply(h, h);
    double p = -0x1.155bae7ecffcdp-20;
    p = double_fma(p, y, 0x1.b22dc1be1b31ep-16);
    p = double_fma(p, y, -0x1.f30923365487p-12);
    p = double_fma(p, y, 0x1.9f05c993882d4p-8);
    p = double_fma(p, y, -0x1.d4fcd82e4069cp-5);
    p = double_fma(p, y, 0x1.472be12240995p-2);
    p = double_fma(p, y, -0x1.de9e64df22ebbp-1);
    p = double_fma(p, y, 1.0);
    return double_multiply(p, double_fma(double_multiply(h, -4.0), h, 1.0));
}

/* Two elements: u = uniform_unit_double(w0, w1), v = (z + 1/2)·2^-53 with the 53 bits z = w2 ^ w3·2^21, exactly. */
STREAM_FUNCTION void normal_pair_double(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3, double mean, double sigma,
                                        double out[2])
{
    const double radius = double_square_root(normal_log_double(uniform_unit_double(w0, w1)));
    /* 2v = z·2^-52 + 2^-53 less the nearest integer n is (z - n·2^52)·2^-52 + 2^-53; bit 52 of z + 2^51 is the parity of n. */
    const uint64_t shifted = (w2 ^ ((uint64_t)w3 << 21)) + (1ull << 51);
    const double remainder = double_add(double_from_bits(0x4330000000000000u | (shifted & 0x000fffffffffffffu)), -0x1.8p52);
    const double h = double_fma(remainder, 0x1p-52, 0x1p-53);
    const double signed_radius = double_from_bits(double_bits(radius) | (shifted << 11 & 0x8000000000000000u));
    out[0] = double_fma(double_multiply(signed_radius, normal_sine_double(h)), sigma, mean);
    out[1] = double_fma(double_multiply(signed_radius, normal_cosine_double(h)), sigma, mean);
}

#endif
