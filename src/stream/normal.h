/* From words to normal numbers, by Box and Muller (1958): radius √(-2 ln u), angle 2πv; the sine gives the first of the pair,
 * the cosine the second, as curand_normal4 and curand_normal2_double do.
 *
 * Without branches, tables or selects: the log splits off the exponent, sine and cosine split off whole half-turns, and what is
 * left is a polynomial, Horner from the highest coefficient, each step one fma. docs/contract.md lists the coefficients, where
 * they come from, and the errors. */
#ifndef FANIN_SRC_STREAM_NORMAL_H
#define FANIN_SRC_STREAM_NORMAL_H

#include "uniform.h"

/* -2 ln u for u in [2^-33, 1]; relative error at most 1.27e-7. Exactly 0 for u = 1 and at least 2^-23 below, by construction, so
 * that the root needs no guard: with u = 2^k·m, m in [2/3, 4/3), f = m - 1, it is -2f - 2k·ln 2 + f²·Q(f), where Q > 0. */
STREAM_FUNCTION float normal_log_float(float u)
{
    const uint32_t exponent = (float_bits(u) - 0x3f2aaaabu) & 0xff800000u; /* k·2^23; 0x3f2aaaab is 2/3 */
    const float f = float_add(float_from_bits(float_bits(u) - exponent), -1.0f);
    const float q = float_fma((float)(int32_t)exponent, -0x1.62e43p-23f, float_multiply(f, -2.0f));
    float p = -0x1.1f1bb8p-2f;
    p = float_fma(p, f, 0x1.3b0c36p-2f);
    p = float_fma(p, f, -0x1.1eaacap-2f);
    p = float_fma(p, f, 0x1.5038e4p-2f);
    p = float_fma(p, f, -0x1.99d398p-2f);
    p = float_fma(p, f, 0x1.00144ep-1f);
    p = float_fma(p, f, -0x1.5554fcp-1f);
    p = float_fma(p, f, 0x1.ffffd6p-1f);
    return float_fma(p, float_multiply(f, f), q);
}

/* sin πh and cos πh for h in [-1/2, 1/2); absolute errors at most 1.32e-7 and 0.9e-7. */
STREAM_FUNCTION float normal_sine_float(float h)
{
    const float y = float_multiply(h, h);
    float p = 0x1.3b5414p-4f;
    p = float_fma(p, y, -0x1.321fb6p-1f);
    p = float_fma(p, y, 0x1.466662p+1f);
    p = float_fma(p, y, -0x1.4abbaap+2f);
    p = float_fma(p, y, 0x1.921fb4p+1f);
    return float_multiply(p, h);
}

STREAM_FUNCTION float normal_cosine_float(float h)
{
    const float y = float_multiply(h, h);
    float p = -0x1.8c0b5p-6f;
    p = float_fma(p, y, 0x1.e0dbdep-3f);
    p = float_fma(p, y, -0x1.55ce5cp+0f);
    p = float_fma(p, y, 0x1.03c1d8p+2f);
    p = float_fma(p, y, -0x1.3bd3ccp+2f);
    return float_fma(p, y, 1.0f);
}

/* Two elements: u = uniform_unit_float(radius_word), v = angle_word·2^-32. */
STREAM_FUNCTION void normal_pair_float(uint32_t radius_word, uint32_t angle_word, float mean, float sigma, float out[2])
{
    const float radius = float_square_root(normal_log_float(uniform_unit_float(radius_word)));
    /* 2v less the nearest integer; where that is odd, sine and cosine change their signs, and the radius carries it. */
    const float h = float_multiply((float)(int32_t)(angle_word << 1), 0x1p-32f);
    const float signed_radius = float_from_bits(float_bits(radius) | ((angle_word + 0x40000000u) & 0x80000000u));
    out[0] = float_fma(float_multiply(signed_radius, normal_sine_float(h)), sigma, mean);
    out[1] = float_fma(float_multiply(signed_radius, normal_cosine_float(h)), sigma, mean);
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
