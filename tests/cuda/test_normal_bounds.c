/* The bounds of the mixed variant's radius, with units for special functions that are as far off as they may be, against the
 * contract's radius. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cuda/normal_bounds.h"

#include <stdlib.h>

struct outcome {
    long tried, wrong;
    float example;
};

static float greatest_up_to(double x)
{
    const float nearest = (float)x;
    return (double)nearest > x ? nextafterf(nearest, -INFINITY) : nearest;
}

static float least_from(double x)
{
    return -greatest_up_to(-x);
}

/* Whether a device whose log and root err as much as they may still finds bounds of the contract's radius for sigma 1. */
static bool bounds_hold(float u)
{
    /* Without the roundings of any sigma_low and sigma_high, which only widen the bounds. */
    const double sigma_low = sqrt(2.0 * log(2.0)) * (1.0 - NORMAL_RADIUS_MARGIN);
    const double sigma_high = sqrt(2.0 * log(2.0)) * (1.0 + NORMAL_RADIUS_MARGIN);
    const double radius = (double)float_square_root(normal_log_float(u)), exact = -log2((double)u);
    const double error = (double)NORMAL_LOG2_ERROR * (u > 0.5f ? 1.0 : exact);
    const float most = greatest_up_to(exact + error), least = least_from(exact - error);
    const double low = sqrt((double)float_add(most, -NORMAL_LOG2_ERROR)) * (1.0 + NORMAL_ROOT_ERROR) * sigma_low;
    const double high = sqrt((double)float_add(least, NORMAL_LOG2_ERROR)) * (1.0 - NORMAL_ROOT_ERROR) * sigma_high;
    return !(low > radius) && high >= radius;
}

/* One of `step` words in [first, end). */
static struct outcome try_words(uint64_t first, uint64_t end, uint64_t step)
{
    struct outcome outcome = {0, 0, 0.0f};
    for (uint64_t word = first; word < end; word += step) {
        const float u = uniform_unit_float((uint32_t)word);
        outcome.tried++;
        if (!bounds_hold(u)) {
            outcome.wrong++;
            outcome.example = u;
        }
    }
    return outcome;
}

static void check_words(uint64_t first, uint64_t end, uint64_t step)
{
    const struct outcome outcome = try_words(first, end, step);
    if (outcome.wrong != 0) {
        fail_msg("%ld of %ld u are out of bounds, one of them is %a", outcome.wrong, outcome.tried, (double)outcome.example);
    }
}

/* Both ends densely, and between them a part, or with FANIN_TEST_LONG every word that float32 tells from its neighbour. */
static void test_radius(void **state)
{
    (void)state;
    const uint64_t words = UINT64_C(1) << 32, end = UINT64_C(1) << 18;
    check_words(0, end, 1);
    check_words(words - (end << 8), words, 256);
    check_words(words - 1, words, 1); /* u = 1 */
    const uint64_t part = getenv("FANIN_TEST_LONG") != NULL ? 1 : 41;
    check_words(0, UINT64_C(1) << 24, part);
    for (int log2 = 24; log2 < 32; log2++) {
        check_words(UINT64_C(1) << log2, UINT64_C(2) << log2, part << (log2 - 23));
    }
}

/* sigma_low is less than what it stands for and sigma_high more, up to the least and the largest floats. */
static void test_sigma(void **state)
{
    (void)state;
    const float sigmas[] = {0.0f, 0x1p-149f, 0x1.8p-140f, 0x1p-126f, 1e-20f, 0.02f, 1.0f, 3.1415927f, 0x1.fffffep124f};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        for (int sign = 0; sign < 2; sign++) {
            const float sigma = sign ? -sigmas[i] : sigmas[i];
            float low, high;
            normal_bounds_of_sigma((double)sigma, &low, &high);
            const double scaled = (double)sigma * sqrt(2.0 * log(2.0));
            assert_true(fabs((double)low) <= fabs(scaled) * (1.0 - NORMAL_RADIUS_MARGIN));
            assert_true(fabs((double)high) > fabs(scaled) * (1.0 + NORMAL_RADIUS_MARGIN));
            assert_true(isfinite(high));
            assert_true((signbit(low) != 0) == (sign == 1) && (signbit(high) != 0) == (sign == 1));
        }
    }
}

/* Blocks of words that fills hardly ever draw, with every kind of mean and sigma, against the contract's function. */
static void test_rare_words(void **state)
{
    (void)state;
    static const uint32_t radius_words[] = {0,          1,          2,          0x7fffffff, 0x80000000,
                                            0xfffffdff, 0xfffffe00, 0xffffff7f, 0xffffff80, 0xffffffff};
    static const uint32_t angle_words[] = {0, 1, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xc0000000, 0xffffffff};
    static const float means[] = {0.0f, -0.0f, 1.0f, -0.3f, 0x1p-140f};
    static const float sigmas[] = {0.0f, -0.0f, 0x1p-149f, 0x1p-140f, 0x1p-126f, 0.02f, 1.0f, 1e30f};
    for (int i = 0; i < 10 * 8 * 5 * 8; i++) {
        const uint32_t words[4] = {radius_words[i % 10], angle_words[i / 10 % 8], radius_words[(i + 3) % 10],
                                   angle_words[(i / 10 + 5) % 8]};
        struct cuda_row row = {.kind = FILL_NORMAL};
        row.number.normal_float.mean = means[i / 80 % 5];
        row.number.normal_float.sigma = sigmas[i / 400];
        row.number.normal_float.sigma_by_8 = 8.0f * sigmas[i / 400];
        normal_bounds_of_sigma((double)sigmas[i / 400], &row.number.normal_float.sigma_low,
                               &row.number.normal_float.sigma_high);
        uint32_t packed[2];
        normal_bfloat16_by_bounds(&row, words, packed);
        for (int k = 0; k < 2; k++) {
            float pair[2];
            normal_pair_float(words[2 * k], words[2 * k + 1], means[i / 80 % 5], sigmas[i / 400], pair);
            assert_int_equal(packed[k] & 0xffff, round_to_bfloat16(pair[0]));
            assert_int_equal(packed[k] >> 16, round_to_bfloat16(pair[1]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radius),
        cmocka_unit_test(test_sigma),
        cmocka_unit_test(test_rare_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
