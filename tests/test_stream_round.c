/* Rounding to the 16-bit floats against a formula in float64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/philox.h"
#include "stream/round.h"

#include <math.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

/* A 16-bit format by its numbers, and the functions under test. */
struct format {
    const char *name;
    int fraction_bits, least_exponent;
    uint16_t infinity;
    uint16_t (*round)(float);
    float (*back)(uint16_t);
    bool (*inward)(float, float, float *, float *);
};

static uint16_t to_float16(float value)
{
    return round_to_float16(value);
}

static uint16_t to_bfloat16(float value)
{
    return round_to_bfloat16(value);
}

static float from_float16(uint16_t value)
{
    return float16_to_float(value);
}

static float from_bfloat16(uint16_t value)
{
    return bfloat16_to_float(value);
}

static bool inward_float16(float low, float high, float *low16, float *high16)
{
    return float16_inward(low, high, low16, high16);
}

static bool inward_bfloat16(float low, float high, float *low16, float *high16)
{
    return bfloat16_inward(low, high, low16, high16);
}

static const struct format formats[] = {
    {"float16", 10, -14, 0x7c00, to_float16, from_float16, inward_float16},
    {"bfloat16", 7, -126, 0x7f80, to_bfloat16, from_bfloat16, inward_bfloat16},
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* The value of a pattern that is no NaN, by definition. */
static double decode(const struct format *format, uint16_t bits)
{
    const uint16_t magnitude = bits & 0x7fff, fraction = magnitude & ((1 << format->fraction_bits) - 1);
    const int exponent = magnitude >> format->fraction_bits;
    double value = ldexp(fraction, format->least_exponent - format->fraction_bits);
    if (magnitude == format->infinity)
        value = INFINITY;
    else if (exponent > 0)
        value = ldexp(fraction + (1 << format->fraction_bits), exponent - 1 + format->least_exponent - format->fraction_bits);
    return bits >> 15 ? -value : value;
}

/* The nearest number of the format, by float64's own rounding of a count of steps. */
static double nearest(const struct format *format, float value)
{
    if (value == 0 || isinf(value))
        return value;
    const int exponent = ilogb(value) > format->least_exponent ? ilogb(value) : format->least_exponent;
    const double step = ldexp(1, exponent - format->fraction_bits), rounded = nearbyint(value / step) * step;
    const double largest = decode(format, format->infinity - 1);
    return fabs(rounded) > largest ? copysign(INFINITY, value) : rounded;
}

static void check(const struct format *format, uint32_t bits)
{
    const float value = float_from_bits(bits);
    const uint16_t found = format->round(value);
    if ((found & 0x8000u) != (bits >> 16 & 0x8000u))
        fail_msg("%s of %08x: %04x has another sign", format->name, bits, found);
    if (isnan(value)) {
        /* A quiet NaN with the top of the payload. */
        const uint32_t top = bits << 9 >> (32 - format->fraction_bits);
        const uint32_t expected = format->infinity | 1u << (format->fraction_bits - 1) | top;
        if ((found & 0x7fffu) != expected)
            fail_msg("%s of the NaN %08x: found %04x, expected %04x", format->name, bits, found & 0x7fff, expected);
    } else if (decode(format, found) != nearest(format, value)) {
        fail_msg("%s of %08x: found %04x, expected %a", format->name, bits, found, nearest(format, value));
    }
}

static void test_back_and_forth(void **state)
{
    (void)state;
    for (int f = 0; f < FORMATS; f++) {
        const struct format *format = &formats[f];
        for (uint32_t bits = 0; bits < 0x10000; bits++) {
            const uint16_t pattern = (uint16_t)bits;
            const float value = format->back(pattern);
            if ((pattern & 0x7fff) > format->infinity) {
                assert_true(isnan(value));
                assert_int_equal(format->round(value), pattern | 1 << (format->fraction_bits - 1));
                continue;
            }
            assert_true(value == decode(format, pattern));
            assert_int_equal(signbit(value) != 0, pattern >> 15);
            assert_int_equal(format->round(value), pattern);
        }
    }
}

/* At and beside each number of the format and each tie between two; every exponent of float32 with edge mantissas; a sample of
 * all floats, or all of them. */
static void test_to_nearest(void **state)
{
    (void)state;
    static const uint32_t mantissas[] = {0,        1,        2,        0x0fff,   0x1000,   0x1001,   0x1fff,   0x2000,
                                         0x2fff,   0x3000,   0x3001,   0x7fff,   0x8000,   0x8001,   0xffff,   0x10000,
                                         0x17fff,  0x18000,  0x18001,  0x3fffff, 0x400000, 0x400001, 0x7fefff, 0x7ff000,
                                         0x7ff001, 0x7f7fff, 0x7f8000, 0x7f8001, 0x7ffffe, 0x7fffff};
    const uint32_t stride = getenv("FANIN_TEST_LONG") != NULL ? 1 : 4093;
    for (int f = 0; f < FORMATS; f++) {
        const struct format *format = &formats[f];
        for (uint16_t pattern = 0; pattern < format->infinity; pattern++) {
            const double middle = (decode(format, pattern) + decode(format, pattern + 1)) / 2;
            /* The middle of the largest number and of what would follow it. */
            const double largest = decode(format, pattern), below = decode(format, pattern - 1);
            const float tie = (float)(isinf(middle) ? largest + (largest - below) / 2 : middle);
            for (uint32_t negative = 0; negative < 2; negative++) {
                const uint32_t sign = negative << 31;
                for (uint32_t near = 0; near < 5; near++) {
                    check(format, (float_bits(tie) + near - (float_bits(tie) < 2 ? 0 : 2)) | sign);
                    check(format, (float_bits(format->back(pattern)) + near - (pattern == 0 ? 0 : 2)) | sign);
                }
            }
        }
        for (uint32_t exponent = 0; exponent < 512; exponent++)
            for (size_t i = 0; i < sizeof mantissas / sizeof *mantissas; i++)
                check(format, exponent << 23 | mantissas[i]);
        for (uint64_t bits = 0; bits < 1ull << 32; bits += stride)
            check(format, (uint32_t)bits);
    }
}

#ifdef __SSE2__
/* Programs may have set the processor's flags that flush subnormals. */
static void test_flush_to_zero(void **state)
{
    (void)state;
    for (int f = 0; f < FORMATS; f++) {
        for (uint32_t bits = 0; bits < 0x42000000u; bits += 0xfff) {
            volatile float value = float_from_bits(bits);
            const uint16_t expected = formats[f].round(value);
            const unsigned int saved = _mm_getcsr();
            _mm_setcsr(saved | 0x8040);
            const uint16_t found = formats[f].round(value);
            _mm_setcsr(saved);
            assert_int_equal(found, expected);
        }
    }
}
#endif

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Against a search in the sorted list of all finite numbers of the format. */
static void check_inward(const struct format *format, const float *sorted, int count, float low, float high)
{
    int first = 0, last = count - 1;
    for (int step = 1 << 16; step > 0; step /= 2) {
        if (first + step <= count && sorted[first + step - 1] < low)
            first += step;
        if (last - step >= -1 && sorted[last - step + 1] > high)
            last -= step;
    }
    float low16 = 123, high16 = 456;
    const bool found = format->inward(low, high, &low16, &high16);
    if (found != (first <= last))
        fail_msg("%s within [%a, %a]: found %d", format->name, low, high, found);
    if (found && (low16 != sorted[first] || high16 != sorted[last]))
        fail_msg("%s within [%a, %a]: found [%a, %a], expected [%a, %a]", format->name, low, high, low16, high16, sorted[first],
                 sorted[last]);
    if (!found)
        assert_true(low16 == 123 && high16 == 456);
    /* A bound that becomes zero keeps its sign. */
    if (found && low16 == 0)
        assert_int_equal(signbit(low16), signbit(low));
    if (found && high16 == 0)
        assert_int_equal(signbit(high16), signbit(high));
}

static void test_inward(void **state)
{
    (void)state;
    static const float edges[] = {0,        1e-45f,   2e-45f, 1e-40f,  9e-41f,   1e-10f,    3e-8f,          6e-8f,    1e-7f,
                                  6.1e-5f,  0.1f,     0.25f,  1.0f,    1.001f,   1.0078f,   255.5f,         65503.0f, 65504.0f,
                                  65510.0f, 65520.0f, 7e4f,   3.3e38f, 3.39e38f, 3.402e38f, 0x1.fffffep127f};
    enum { EDGES = sizeof edges / sizeof *edges };
    float *sorted = malloc(0x10000 * sizeof *sorted);
    assert_non_null(sorted);
    for (int f = 0; f < FORMATS; f++) {
        const struct format *format = &formats[f];
        int count = 0;
        for (uint32_t bits = 0; bits < 0x10000; bits++)
            if ((bits & 0x7fff) < format->infinity && bits != 0x8000)
                sorted[count++] = (float)decode(format, (uint16_t)bits);
        qsort(sorted, (size_t)count, sizeof *sorted, by_value);
        for (int i = 0; i < 2 * EDGES; i++)
            for (int j = 0; j < 2 * EDGES; j++) {
                const float low = i < EDGES ? edges[i] : -edges[i - EDGES], high = j < EDGES ? edges[j] : -edges[j - EDGES];
                if (low <= high && !(low == 0 && high == 0))
                    check_inward(format, sorted, count, low, high);
            }
        for (uint64_t block = 0; block < 200000; block++) {
            uint32_t w[4];
            philox_block(8, (uint64_t)f, block, w);
            /* Any two floats; two floats that are close to one another. */
            const float a = float_from_bits(w[0]), b = float_from_bits(w[1]);
            const float c = float_from_bits(w[2]), d = float_from_bits(w[2] + (w[3] & 0x1ffff));
            if (isfinite(a) && isfinite(b))
                check_inward(format, sorted, count, a < b ? a : b, a < b ? b : a);
            if (isfinite(c) && isfinite(d) && (c < 0) == (d < 0))
                check_inward(format, sorted, count, c < d ? c : d, c < d ? d : c);
        }
    }
    free(sorted);
}

/* Keeping a value in the interval before or after it is rounded gives the same bits. */
static void test_clamp_commutes(void **state)
{
    (void)state;
    static const float bounds[][2] = {{-0.1f, 0.1f}, {-1e-9f, 1e-9f}, {-1e-9f, 3e-8f},
                                      {0, 1e-7f},    {-7e4f, 7e4f},   {0.33325f, 0.3335f}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        float low = 0, high = 0;
        assert_true(float16_inward(bounds[i][0], bounds[i][1], &low, &high));
        for (uint32_t k = 0; k <= 100000; k++) {
            const float value = bounds[i][0] + (bounds[i][1] - bounds[i][0]) * (float)k / 100000;
            const float rounded = float16_to_float(round_to_float16(value));
            const uint16_t after = round_to_float16(rounded < low ? low : rounded > high ? high : rounded);
            assert_int_equal(round_to_float16(float_clamp(value, low, high)), after);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back_and_forth), cmocka_unit_test(test_to_nearest),
#ifdef __SSE2__
        cmocka_unit_test(test_flush_to_zero),
#endif
        cmocka_unit_test(test_inward),         cmocka_unit_test(test_clamp_commutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
