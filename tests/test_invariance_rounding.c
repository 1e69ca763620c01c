/* float16 and bfloat16 tensors are the rounding of the float32 tensor of the same name and seed, kept inside the bounds. */
#include "api_helpers.h"
#include "api_reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 5003 };

static const struct {
    int dtype;
    const struct reference_format *format;
} formats[] = {{API_FLOAT16, &reference_float16}, {API_BFLOAT16, &reference_bfloat16}};

static void fill(fanin_initializer *initializer, int dtype, uint64_t seed, void *out)
{
    int64_t size = COUNT;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "decoder_weight";
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    const DLTensor tensor = {.data = out, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[dtype].type, .shape = &size};
    if (fanin_init(initializer, &desc, &tensor, &options) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
}

/* Each element's bits; returns how many were outside of the bounds before they were kept in. bound < 0: there is none. */
static int check(fanin_initializer *initializer, const char *what, double scale, double bound)
{
    static float whole[COUNT];
    static uint16_t got[COUNT];
    int kept = 0;
    fill(initializer, API_FLOAT32, 5, whole);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        const struct reference_format *const format = formats[f].format;
        fill(initializer, formats[f].dtype, 5, got);
        const double low = bound >= 0.0 ? reference_inward(format, -bound, true) : -INFINITY;
        const double high = bound >= 0.0 ? reference_inward(format, bound, false) : INFINITY;
        for (int i = 0; i < COUNT; i++) {
            const double rounded = reference_round(format, (double)whole[i]);
            const double want = rounded < low ? low : rounded > high ? high : rounded;
            kept += want != rounded;
            if (got[i] != reference_encode(format, want)) {
                fail_msg("%s %a, %s, element %d: 0x%04x, expected 0x%04x (%a, of %a)", what, scale,
                         api_dtypes[formats[f].dtype].name, i, got[i], reference_encode(format, want), want, (double)whole[i]);
            }
        }
    }
    return kept;
}

/* From below the least float16 (2^-24) to near the largest; scales between two numbers of the formats, where most elements at
 * the ends would round to outside. */
static void test_uniform(void **state)
{
    (void)state;
    int kept = 0;
    for (int exponent = -40; exponent <= 15; exponent++) {
        static const double fractions[] = {1.0, 1.0001, 1.00390625, 1.3, 1.99, 1.9995};
        for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
            const double scale = ldexp(fractions[i], exponent);
            if (scale >= 65504.0) {
                continue;
            }
            fanin_initializer *uniform = NULL;
            assert_int_equal(fanin_uniform(scale, &uniform), FANIN_OK);
            kept += check(uniform, "uniform", scale, (double)(float)scale);
            fanin_release(uniform);
        }
    }
    assert_true(kept > 1000); /* else this shows nothing of the bounds */
}

static void test_normal(void **state)
{
    (void)state;
    for (int exponent = -40; exponent <= 13; exponent++) {
        const double sigma = ldexp(1.1, exponent);
        fanin_initializer *normal = NULL;
        assert_int_equal(fanin_normal(sigma, &normal), FANIN_OK);
        check(normal, "normal", sigma, -1.0);
        fanin_release(normal);
    }
}

/* bfloat16 has float32's range; its subnormals are kept. */
static void test_bfloat16_at_the_ends_of_its_range(void **state)
{
    (void)state;
    static const double scales[] = {0x1p-149, 0x1.8p-140, 0x1.23p-133, 0x1.01p-126, 0x1.7p100, 0x1.fp126};
    static float whole[COUNT];
    static uint16_t got[COUNT];
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        fanin_initializer *uniform = NULL;
        assert_int_equal(fanin_uniform(scales[s], &uniform), FANIN_OK);
        fill(uniform, API_FLOAT32, 5, whole);
        fill(uniform, API_BFLOAT16, 5, got);
        fanin_release(uniform);
        const double bound = (double)(float)scales[s];
        const double low = reference_inward(&reference_bfloat16, -bound, true);
        const double high = reference_inward(&reference_bfloat16, bound, false);
        for (int i = 0; i < COUNT; i++) {
            const double rounded = reference_round(&reference_bfloat16, (double)whole[i]);
            const double want = rounded < low ? low : rounded > high ? high : rounded;
            if (got[i] != reference_encode(&reference_bfloat16, want)) {
                fail_msg("scale %a, element %d: 0x%04x, expected 0x%04x", scales[s], i, got[i],
                         reference_encode(&reference_bfloat16, want));
            }
        }
    }
}

static double emitted_low, emitted_high;

static fanin_status lower_interval(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_uniform(emitter, FANIN_ALL_ROWS, emitted_low, emitted_high);
}

/* Bounds that are not symmetric: each end is kept on its own. */
static void test_bounds_of_an_interval(void **state)
{
    (void)state;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "test_interval";
    row.help = "Uniform numbers between two bounds.";
    row.lower = lower_interval;
    assert_int_equal(fanin_register(&row, 0), FANIN_OK);
    fanin_initializer *const interval = api_create("test_interval");
    static const double bounds[][2] = {{0.1, 0.1004}, {-3.0001, -2.9999}, {1.0001, 2.9}, {-0.7, 0.0003}, {0.0, 1e-7}};
    static float whole[COUNT];
    static uint16_t got[COUNT];
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        emitted_low = bounds[b][0];
        emitted_high = bounds[b][1];
        const double low = (double)(float)emitted_low, high = (double)(float)emitted_high;
        fill(interval, API_FLOAT32, 6, whole);
        for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
            const struct reference_format *const format = formats[f].format;
            const double inner_low = reference_inward(format, low, true), inner_high = reference_inward(format, high, false);
            if (inner_low > inner_high) {
                continue; /* refused: another test's */
            }
            fill(interval, formats[f].dtype, 6, got);
            for (int i = 0; i < COUNT; i++) {
                double want = reference_round(format, (double)whole[i]);
                want = want < inner_low ? inner_low : want > inner_high ? inner_high : want;
                assert_int_equal(got[i], reference_encode(format, want));
            }
        }
    }
    fanin_release(interval);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_bfloat16_at_the_ends_of_its_range),
        cmocka_unit_test(test_bounds_of_an_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
