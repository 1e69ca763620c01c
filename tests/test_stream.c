/* The stream's functions against published answers and against the mathematics, in higher precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/integer.h"
#include "stream/normal.h"
#include "stream/philox.h"

#include <fanin/fanin.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;
static const long double pi_long = 3.141592653589793238462643383279502884L;

static bool is_long(void)
{
    return getenv("FANIN_TEST_LONG") != NULL;
}

/* With FANIN_TEST_LONG set every value is tried, else every `stride`-th. */
static uint32_t stride_unless_long(uint32_t stride)
{
    return is_long() ? 1 : stride;
}

/* The published answers for philox4x32-10: kat_vectors of Random123 1.14. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const uint32_t answers[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const uint32_t *a = answers[i];
        uint32_t words[4];
        philox_block(a[4] | (uint64_t)a[5] << 32, a[2] | (uint64_t)a[3] << 32, a[0] | (uint64_t)a[1] << 32, words);
        assert_memory_equal(words, a + 6, sizeof words);
        fanin_words(a[4] | (uint64_t)a[5] << 32, a[2] | (uint64_t)a[3] << 32, a[0] | (uint64_t)a[1] << 32, words);
        assert_memory_equal(words, a + 6, sizeof words);
    }
}

/* The vectors of the FNV authors' test suite (test_fnv.c, FNV-1a of 64 bits). */
static void test_stream_known_answers(void **state)
{
    (void)state;
    assert_int_equal(fanin_stream(""), 0xcbf29ce484222325u);
    assert_int_equal(fanin_stream("a"), 0xaf63dc4c8601ec8cu);
    assert_int_equal(fanin_stream("foobar"), 0x85944171f73967e8u);
    assert_int_equal(fanin_stream("\xff"), (0xcbf29ce484222325u ^ 0xff) * 0x100000001b3u);
}

static void test_unit_ends(void **state)
{
    (void)state;
    assert_true(uniform_unit_float(0) == 0x1p-33f);
    assert_true(uniform_unit_float(1) == 0x1.8p-32f);
    assert_true(uniform_unit_float(0x80000000u) == 0.5f);
    assert_true(uniform_unit_float(0xffffff7fu) == 1.0f - 0x1p-24f);
    assert_true(uniform_unit_float(0xffffff80u) == 1.0f);
    assert_true(uniform_unit_float(0xffffffffu) == 1.0f);
    assert_true(uniform_unit_double(0, 0) == 0x1p-54);
    assert_true(uniform_unit_double(1, 0) == 0x1.8p-53);
    assert_true(uniform_unit_double(0, 0x80000000u) == 0.5);
    /* (2^53 - 3/2)·2^-53, a tie. */
    assert_true(uniform_unit_double(0x001ffffe, 0xffffffffu) == 1.0 - 0x1p-52);
    assert_true(uniform_unit_double(0x001fffff, 0xffffffffu) == 1.0);
}

/* Against the formula in one expression of the compiler's own conversions. */
static void test_unit_double_formula(void **state)
{
    (void)state;
    for (uint64_t block = 0; block < 1000000; block++) {
        uint32_t w[4];
        philox_block(17, 1, block, w);
        const uint64_t z = w[0] ^ ((uint64_t)w[1] << 21);
        assert_true(uniform_unit_double(w[0], w[1]) == (double)z * 0x1p-53 + 0x1p-54);
    }
}

static void test_uniform_stays_within(void **state)
{
    (void)state;
    static const double bounds[][2] = {{-1, 0x1.8p-24},     {-0.1, 0.1},     {0.1, 0.3},     {-1e-30, 1e-45},
                                       {-1, 1e-9},          {-0.7, -0.1},    {5, 5},         {-1e-45, 0},
                                       {-3, 0x1.000002p-3}, {-1, 0x1.8p-53}, {-0.1, 0x1p-56}};
    const uint32_t stride = is_long() ? 61 : 1999;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const struct uniform_float narrow = uniform_float_make(bounds[i][0], bounds[i][1]);
        const struct uniform_double wide = uniform_double_make(bounds[i][0], bounds[i][1]);
        size_t outside = 0;
        for (uint64_t w = 0; w < 1ull << 32; w += stride) {
            const uint32_t word = ~(uint32_t)w; /* from u = 1 downwards */
            const float value = uniform_float(word, &narrow);
            const double value_wide = uniform_double(word, word, &wide);
            outside += value < narrow.low || value > narrow.high || value_wide < wide.low || value_wide > wide.high;
        }
        assert_int_equal(outside, 0);
        assert_true(uniform_float(0xffffffffu, &narrow) >= narrow.high - narrow.width * 0x1p-23f);
        assert_true(uniform_double(0x001fffff, 0xffffffffu, &wide) >= wide.high - wide.width * 0x1p-52);
    }
    /* The bound is in force: without it u = 1 passes the upper one here. */
    const struct uniform_float rounded_up = uniform_float_make(-1, 0x1.8p-24);
    assert_true(fmaf(1.0f, rounded_up.width, rounded_up.low) > rounded_up.high);
    /* No bound is -0. */
    assert_false(signbit(uniform_float_make(-0.0, 1).low) || signbit(uniform_float_make(-1, -0.0).high));
    assert_false(signbit(uniform_double_make(-0.0, 1).low) || signbit(uniform_double_make(-1, -0.0).high));
}

/* Every float32 in [2^-33, 1] is u of some word or lies between two that are. */
static void test_log_float(void **state)
{
    (void)state;
    assert_int_equal(float_bits(normal_log_float(1.0f)), 0);
    const uint32_t first = float_bits(0x1p-33f), last = float_bits(1.0f), stride = stride_unless_long(61);
    double worst = 0, worst_radius = 0, least = 1;
    for (uint32_t bits = last - 1; bits >= first; bits -= stride) {
        const float u = float_from_bits(bits), found = normal_log_float(u);
        const double expected = -2 * log((double)u);
        worst = fmax(worst, fabs(found / expected - 1));
        worst_radius = fmax(worst_radius, fabs(sqrt(found) - sqrt(expected)));
        least = found < least ? found : least;
        assert_int_equal(float_bits(normal_log_float_times(u, 0x1p-6f)), float_bits(found * 0x1p-6f));
    }
    print_message("-2 ln u: worst relative error %.3e; its root: worst error %.3e\n", worst, worst_radius);
    assert_true(worst <= 5.9e-7 && worst_radius <= 3.6e-7);
    assert_true(least >= 0x1p-23);
}

/* What a device computes of normal_ratio_float, from a reciprocal that is as wrong as its approximation may be. */
static void test_ratio_of_device(void **state)
{
    (void)state;
    const uint32_t last_below_one = float_bits(1.0f - 0x1p-23f);
    size_t wrong = 0;
    for (uint32_t bits = float_bits(0.75f); bits < float_bits(1.5f); bits++) {
        const float m = float_from_bits(bits), a = 1.0f - m, b = 1.0f + m, nearest = 1.0f / b;
        for (int ulps = -1; ulps <= 1; ulps++) {
            const float r = float_from_bits(float_bits(nearest) + (uint32_t)ulps);
            if (fabs(r - 1 / (double)b) > (nearest < 0.5f ? 0x1p-25 : 0x1p-24)) {
                continue;
            }
            const float q = a * r, found = fmaf(fmaf(-b, q, a), r, q);
            const bool told = bits == last_below_one && r == 0.5f;
            wrong += (float_bits(found) != float_bits(normal_ratio_float(m))) != told;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_angle_float(void **state)
{
    (void)state;
    const uint32_t stride = is_long() ? 7 : 251;
    double worst_sine = 0, worst_cosine = 0;
    for (uint64_t word = 0; word < 1ull << 32; word += stride) {
        const int32_t turn = (int32_t)(uint32_t)word;
        float sine, cosine, sine_back, cosine_back;
        normal_angle_float((float)turn * 0x1p-32f, &sine, &cosine);
        normal_angle_float((float)turn * -0x1p-32f, &sine_back, &cosine_back);
        assert_true(sine_back == -sine && cosine_back == cosine);
        worst_sine = fmax(worst_sine, fabs(sine - sin(2 * pi * 0x1p-32 * turn)));
        worst_cosine = fmax(worst_cosine, fabs(cosine - cos(2 * pi * 0x1p-32 * turn)));
    }
    print_message("sine, cosine: worst absolute errors %.3e, %.3e\n", worst_sine, worst_cosine);
    assert_true(worst_sine <= 4e-7 && worst_cosine <= 3.8e-7);
}

static double pair_error_float(uint32_t radius_word, uint32_t angle_word)
{
    float pair[2];
    normal_pair_float(radius_word, angle_word, 0, 1, pair);
    const double radius = sqrt(-2 * log((double)uniform_unit_float(radius_word))), angle = 2 * pi * angle_word * 0x1p-32;
    return fmax(fabs(pair[0] - radius * sin(angle)), fabs(pair[1] - radius * cos(angle)));
}

static void test_normal_float(void **state)
{
    (void)state;
    double worst = 0;
    const uint64_t blocks = is_long() ? 1u << 26 : 1u << 21;
    for (uint64_t block = 0; block < blocks; block++) {
        uint32_t w[4];
        philox_block(5, 2, block, w);
        /* Each pair of random words, and each radius word shifted far into the tail. */
        worst = fmax(worst, pair_error_float(w[0], w[1]));
        worst = fmax(worst, pair_error_float(w[2] >> (block % 32), w[3]));
    }
    /* The largest radii magnify the errors of the angle most. */
    const uint64_t angle_stride = is_long() ? 997 : 99991;
    for (uint32_t radius_word = 0; radius_word < 32; radius_word++) {
        for (uint64_t angle_word = radius_word; angle_word < 1ull << 32; angle_word += angle_stride) {
            worst = fmax(worst, pair_error_float(radius_word, (uint32_t)angle_word));
        }
    }
    print_message("normal float32: worst error %.3e\n", worst);
    assert_true(worst <= 3e-6);
}

static void test_normal_float_ends(void **state)
{
    (void)state;
    float pair[2];
    for (uint32_t word = 0xffffff80u; word != 0; word++) {
        normal_pair_float(word, 0x12345678u + word * 0x9e3779b9u, 0, 1, pair);
        assert_int_equal(float_bits(pair[0]), 0);
        assert_int_equal(float_bits(pair[1]), 0);
    }
    /* The largest values: √(66 ln 2) on each side, in each element. */
    const float largest = 6.7637057f;
    const uint32_t quarter = 0x40000000u;
    for (uint32_t n = 0; n < 4; n++) {
        normal_pair_float(0, n * quarter, 0, 1, pair);
        const float expected[4] = {0, largest, 0, -largest};
        assert_true(fabsf(pair[0] - expected[n]) <= 3e-6f && fabsf(pair[1] - expected[(n + 1) % 4]) <= 3e-6f);
    }
    normal_pair_float(12345, 67890, 3, 0, pair);
    assert_true(pair[0] == 3 && pair[1] == 3);
}

/* sin πt and cos πt for t in [0, 2), without loss near their zeros; t times 2^53 is an integer. */
static void sine_and_cosine(long double t, long double *sine, long double *cosine)
{
    const int quarter = (int)(t * 2 + 0.5L); /* the nearest multiple of 1/2 */
    const long double rest = t - quarter * 0.5L, s = sinl(pi_long * rest), c = cosl(pi_long * rest);
    const long double turned[4] = {s, c, -s, -c};
    *sine = turned[quarter % 4];
    *cosine = turned[(quarter + 1) % 4];
}

/* The error over max(1, |z|). */
static double pair_error_double(const uint32_t w[4])
{
    double pair[2];
    normal_pair_double(w[0], w[1], w[2], w[3], 0, 1, pair);
    const uint64_t z = w[2] ^ ((uint64_t)w[3] << 21);
    const long double radius = sqrtl(-2 * logl(uniform_unit_double(w[0], w[1])));
    long double sine, cosine;
    sine_and_cosine(((long double)z + 0.5L) * 0x1p-52L, &sine, &cosine);
    const long double first = fabsl(pair[0] - radius * sine) / fmaxl(1, fabsl(radius * sine));
    const long double second = fabsl(pair[1] - radius * cosine) / fmaxl(1, fabsl(radius * cosine));
    return (double)fmaxl(first, second);
}

static void test_normal_double(void **state)
{
    (void)state;
    if (sizeof(long double) == sizeof(double)) {
        print_message("skipped: long double is float64 here\n");
        skip();
    }
    double worst = 0;
    const uint64_t blocks = is_long() ? 1u << 25 : 1u << 19;
    for (uint64_t block = 0; block < blocks; block++) {
        uint32_t w[4], far[4], near_one[4], near_zero[4];
        philox_block(6, 3, block, w);
        worst = fmax(worst, pair_error_double(w));
        /* A small u; a u close to 1; an angle close to a multiple of π/2. */
        for (int i = 0; i < 4; i++)
            far[i] = near_one[i] = near_zero[i] = w[i];
        far[1] = 0;
        far[0] >>= block % 32;
        near_one[1] = ~(w[1] >> (block % 32));
        near_one[0] = w[0] | 0x001fffff >> (block % 21);
        const uint64_t z = ((block & 3) << 51) + (w[2] >> (block % 32)) - (w[3] & 1);
        near_zero[0] &= 0xff;
        near_zero[1] = 0;
        near_zero[3] = (uint32_t)(z >> 21);
        near_zero[2] = (uint32_t)(z ^ (uint64_t)near_zero[3] << 21);
        if (z < 1ull << 53)
            worst = fmax(worst, pair_error_double(near_zero));
        worst = fmax(worst, pair_error_double(far));
        worst = fmax(worst, pair_error_double(near_one));
    }
    print_message("normal float64: worst error %.3e\n", worst);
    assert_true(worst <= 6e-16); /* the promise is 1e-15 */
}

static void test_log_double(void **state)
{
    (void)state;
    assert_int_equal(double_bits(normal_log_double(1.0)), 0);
    assert_true(normal_log_double(1.0 - 0x1p-53) == 0x1p-52);
    double worst = 0;
    for (uint64_t block = 0; block < 1u << 20; block++) {
        uint32_t w[4];
        philox_block(7, 4, block, w);
        /* All exponents alike, and both sides of the splits at 2/3·2^k. */
        const double m = uniform_unit_double(w[0], w[1]) * 0.5 + 0.5, u = ldexp(m, -(int)(w[2] % 54));
        const double split = double_from_bits(0x3fe5555555555555u + w[3] % 5 - 2 - ((uint64_t)(w[2] % 50) << 52));
        if (u < 1)
            worst = fmax(worst, (double)fabsl(normal_log_double(u) / (-2 * logl(u)) - 1));
        worst = fmax(worst, (double)fabsl(normal_log_double(split) / (-2 * logl(split)) - 1));
    }
    print_message("-2 ln u, float64: worst relative error %.3e\n", worst);
    assert_true(worst <= 4e-16);
}

static void test_integer(void **state)
{
    (void)state;
    assert_int_equal(uniform_integer(0, -127, 126), -127);
    assert_int_equal(uniform_integer(0xffffffffu, -127, 126), 126);
    assert_int_equal(uniform_integer(0x7fffffffu, 0, 1), 0);
    assert_int_equal(uniform_integer(0x80000000u, 0, 1), 1);
    assert_int_equal(uniform_integer(123456789, 7, 7), 7);
    assert_int_equal(uniform_integer(0xffffffffu, -(1ll << 31), 1ll << 31), (1ll << 31) - 1);
    assert_int_equal(uniform_integer(0x80000000u, -(1ll << 31), 1ll << 31), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_stream_known_answers),
        cmocka_unit_test(test_unit_ends),
        cmocka_unit_test(test_unit_double_formula),
        cmocka_unit_test(test_uniform_stays_within),
        cmocka_unit_test(test_log_float),
        cmocka_unit_test(test_ratio_of_device),
        cmocka_unit_test(test_angle_float),
        cmocka_unit_test(test_normal_float),
        cmocka_unit_test(test_normal_float_ends),
        cmocka_unit_test(test_normal_double),
        cmocka_unit_test(test_log_double),
        cmocka_unit_test(test_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
