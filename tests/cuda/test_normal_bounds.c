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
static bool bounds_hold(float u, float sigma_low, float sigma_high)
{
    const double radius = (double)float_square_root(normal_log_float(u)), exact = -log2((double)u);
    const double error = (double)NORMAL_LOG2_ERROR * (u > 0.5f ? 1.0 : exact);
    const float most = greatest_up_to(exact + error), least = least_from(exact - error);
    const double low = sqrt((double)float_add(most, -NORMAL_LOG2_ERROR)) * (1.0 + NORMAL_ROOT_ERROR) * (double)sigma_low;
    const double high = sqrt((double)float_add(least, NORMAL_LOG2_ERROR)) * (1.0 - NORMAL_ROOT_ERROR) * (double)sigma_high;
    return !(low > radius) && high >= radius;
}

/* One of `step` words in [first, end). */
static struct outcome try_words(uint64_t first, uint64_t end, uint64_t step)
{
    struct outcome outcome = {0, 0, 0.0f};
    float sigma_low, sigma_high;
    normal_bounds_of_sigma(1.0, &sigma_low, &sigma_high);
    for (uint64_t word = first; word < end; word += step) {
        const float u = uniform_unit_float((uint32_t)word);
        outcome.tried++;
        if (!bounds_hold(u, sigma_low, sigma_high)) {
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
            assert_true(sigma == 0.0f || (signbit(high) != 0) == (sign == 1));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radius),
        cmocka_unit_test(test_sigma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
