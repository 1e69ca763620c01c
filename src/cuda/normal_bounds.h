/* Normal numbers in bfloat16 from two bounds of the radius: the mixed variant's.
 *
 * A device's units for special functions make a log and a root in an instruction each, good to about 2^-22. That is not the
 * contract's radius, but says between which two numbers it lies. All that follows, a product, an fma and a rounding to 8 bits,
 * is monotone: where both bounds give the same number, the contract's radius gives it too. Elsewhere it is computed: with mean
 * 0 for one group of a warp in fifteen. */
#ifndef FANIN_SRC_CUDA_NORMAL_BOUNDS_H
#define FANIN_SRC_CUDA_NORMAL_BOUNDS_H

#include "cuda/values.h"

#include <math.h>

/* How far the log may be off: relatively for u <= 1/2, where it is 1 or more, absolutely above. It is what PTX promises. */
#define NORMAL_LOG2_ERROR 0x1p-22f

/* How far the root may be off, relatively. PTX promises 2^-23. */
#define NORMAL_ROOT_ERROR 0x1p-22

/* By how much √(2 ln 2)·√(-log2 u), the root and the log being as far off as that, may miss the contract's radius beyond what
 * is added to the log, relatively. A test tries all u and finds 5.7e-7 to be enough. */
#define NORMAL_RADIUS_MARGIN 6e-7

/* Both are on the host nearly as far off as they may be, with a sign of the error that changes from one number to the next. */
STREAM_FUNCTION float normal_log2_near(float u)
{
#ifdef __CUDA_ARCH__
    float log2;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(log2) : "f"(u));
    return log2;
#else
    const double exact = log2((double)u), most = (u > 0.5f ? 1.0 : -exact) * (double)NORMAL_LOG2_ERROR * 0.98;
    return (float)(float_bits(u) % 2 == 0 ? exact + most : exact - most);
#endif
}

/* A NaN for negative numbers. */
STREAM_FUNCTION float normal_root_near(float x)
{
#ifdef __CUDA_ARCH__
    float root;
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(x));
    return root;
#else
    return (float)(sqrt((double)x) * (1.0 + (float_bits(x) % 2 == 0 ? 0.8 : -0.8) * NORMAL_ROOT_ERROR));
#endif
}

/* What the bounds are multiplied with: sigma·√(2 ln 2), less and more than that by the margin. */
STREAM_FUNCTION void normal_bounds_of_sigma(double sigma, float *low, float *high)
{
    const double scaled = sigma * sqrt(2.0 * log(2.0));
    /* Zeros have a sign too, which a mean of -0 lets through. */
    *low = copysignf(nextafterf((float)(scaled * (1.0 - NORMAL_RADIUS_MARGIN)), 0.0f), (float)sigma);
    *high = nextafterf((float)(scaled * (1.0 + NORMAL_RADIUS_MARGIN)), signbit(sigma) ? -INFINITY : INFINITY);
}

/* √(-log2 u) from below, or a NaN where that is not above 0, and from above. */
STREAM_FUNCTION void normal_root_bounds(uint32_t radius_word, float *low, float *high)
{
    const float log2 = normal_log2_near(uniform_unit_float(radius_word));
    *low = normal_root_near(float_add(-log2, -NORMAL_LOG2_ERROR));
    *high = normal_root_near(float_add(-log2, NORMAL_LOG2_ERROR));
}

/* Whether a number of any thread of the warp is not 0; of a grid on the host, of this one. */
STREAM_FUNCTION bool normal_any(uint32_t number)
{
#ifdef __CUDA_ARCH__
    return __any_sync(0xffffffffu, number != 0) != 0;
#else
    return number != 0;
#endif
}

/* Four elements of a block, two in each of `packed`. All threads of a warp call it together. */
STREAM_FUNCTION void normal_bfloat16_by_bounds(const struct cuda_row *row, const uint32_t words[4], uint32_t packed[2])
{
    const float mean = row->number.normal_float.mean;
    float sine[2], cosine[2];
    uint32_t above[2];
    CUDA_UNROLL
    for (int k = 0; k < 2; k++) {
        float low, high, pair[2];
        normal_angle_of_word(words[2 * k + 1], &sine[k], &cosine[k]);
        normal_root_bounds(words[2 * k], &low, &high);
        normal_turn_float(low, sine[k], cosine[k], mean, row->number.normal_float.sigma_low, pair);
        packed[k] = values_round_bfloat16(pair[0], pair[1]);
        normal_turn_float(high, sine[k], cosine[k], mean, row->number.normal_float.sigma_high, pair);
        above[k] = values_round_bfloat16(pair[0], pair[1]);
    }
    if (normal_any((packed[0] ^ above[0]) | (packed[1] ^ above[1]))) {
        CUDA_UNROLL
        for (int k = 0; k < 2; k++) {
            float pair[2];
            normal_turn_float(values_eighth_of_radius(words[2 * k]), sine[k], cosine[k], mean,
                              row->number.normal_float.sigma_by_8, pair);
            packed[k] = values_round_bfloat16(pair[0], pair[1]);
        }
    }
}

#endif
