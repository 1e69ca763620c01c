/* Filled parameters against the contract written once more, at small and at very large indices. */
#include "api_helpers.h"
#include "api_reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 4099 };

static const uint64_t seeds[] = {0, 1, 0xffffffff00000001u, UINT64_MAX};
/* Of the first element: around the limits of 32-bit counters of elements, bytes and blocks, and the last index there is. */
static const int64_t starts[] = {0,
                                 5,
                                 (INT64_C(1) << 31) - 2050,
                                 (INT64_C(1) << 32) - 2051,
                                 (INT64_C(1) << 33) - 2049,
                                 (INT64_C(1) << 34) - 2047,
                                 (INT64_C(1) << 40) + 3,
                                 INT64_MAX - COUNT};

static void fill(const char *spec, const char *name, int dtype, uint64_t seed, int64_t start, void *out)
{
    const int64_t global = INT64_MAX;
    int64_t size = COUNT;
    fanin_initializer *const initializer = api_create(spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    desc.global_shape = &global;
    desc.offset = &start;
    const DLTensor tensor = {.data = out, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[dtype].type, .shape = &size};
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    if (fanin_init(initializer, &desc, &tensor, &options) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
    fanin_release(initializer);
}

/* Calls `check` for every seed and start. */
static void for_each_range(void (*check)(uint64_t seed, int64_t start))
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        for (size_t j = 0; j < sizeof starts / sizeof *starts; j++) {
            check(seeds[i], starts[j]);
        }
    }
}

static void check_uniform(uint64_t seed, int64_t start)
{
    static float got[COUNT];
    static double got_double[COUNT];
    const char *const name = "encoder.blocks.3.attention.weight";
    const uint64_t stream = reference_stream(name);
    assert_true(fanin_stream(name) == stream);
    fill("[\"uniform\", {\"scale\": 0.3}]", name, API_FLOAT32, seed, start, got);
    fill("[\"uniform\", {\"scale\": 0.3}]", name, API_FLOAT64, seed, start, got_double);
    for (int i = 0; i < COUNT; i++) {
        const uint64_t index = (uint64_t)start + (uint64_t)i;
        const float want = reference_uniform(seed, stream, index, -0.3f, 0.3f);
        const double want_double = reference_uniform_double(seed, stream, index, -0.3, 0.3);
        if (got[i] != want || got_double[i] != want_double) {
            fail_msg("element %llu: %a and %a, expected %a and %a", (unsigned long long)index, (double)got[i], got_double[i],
                     (double)want, want_double);
        }
    }
}

static void test_uniform(void **state)
{
    (void)state;
    for_each_range(check_uniform);
}

static void check_normal(uint64_t seed, int64_t start)
{
    static float got[COUNT];
    static double got_double[COUNT];
    const char *const name = "κανάλι_weight";
    const uint64_t stream = reference_stream(name);
    fill("[\"normal\", {\"sigma\": 1}]", name, API_FLOAT32, seed, start, got);
    fill("[\"normal\", {\"sigma\": 1}]", name, API_FLOAT64, seed, start, got_double);
    for (int i = 0; i < COUNT; i++) {
        const uint64_t index = (uint64_t)start + (uint64_t)i;
        const double want = reference_normal(seed, stream, index);
        const long double want_double = reference_normal_double(seed, stream, index);
        const double error = fabs((double)got[i] - want);
        const double error_double = (double)fabsl(got_double[i] - want_double);
        if (!(error <= 3e-6) || !(error_double <= 1e-15 * fmax(1.0, fabs((double)want_double)))) {
            fail_msg("element %llu: %.9g and %.17g, expected %.9g and %.17Lg", (unsigned long long)index, (double)got[i],
                     got_double[i], want, want_double);
        }
    }
}

static void test_normal(void **state)
{
    (void)state;
    for_each_range(check_normal);
}

/* In float64 an element takes two words, and an integer the first of them. */
static void check_integers(uint64_t seed, int64_t start)
{
    static int8_t got[COUNT];
    static int64_t got_wide[COUNT];
    static double got_double[COUNT];
    const char *const name = "conv0_weight_quantize";
    const uint64_t stream = reference_stream(name);
    fill(NULL, name, API_INT8, seed, start, got);
    fill(NULL, name, API_INT8 + 3, seed, start, got_wide);
    fill(NULL, name, API_FLOAT64, seed, start, got_double);
    for (int i = 0; i < COUNT; i++) {
        const uint64_t index = (uint64_t)start + (uint64_t)i;
        const int64_t want = reference_integer(seed, stream, index, -127, 126);
        const int64_t want_double =
            -127 + (int64_t)((uint64_t)reference_word(seed, stream, index / 2, 2 * (int)(index % 2)) * 254 >> 32);
        if (got[i] != want || got_wide[i] != want || got_double[i] != (double)want_double) {
            fail_msg("element %llu: %d, %lld and %g, expected %lld and %lld", (unsigned long long)index, got[i],
                     (long long)got_wide[i], got_double[i], (long long)want, (long long)want_double);
        }
    }
}

static void test_integers(void **state)
{
    (void)state;
    for_each_range(check_integers);
}

/* The scale follows from the global shape, not from the box. */
static void test_xavier_of_a_box(void **state)
{
    (void)state;
    static const int64_t global[] = {INT64_C(1) << 20, 3000, 3, 3}, offset[] = {(INT64_C(1) << 20) - 2, 2999, 0, 1};
    int64_t shape[] = {2, 1, 3, 2};
    float got[12];
    fanin_initializer *const xavier = api_create("[\"xavier\", {\"factor_type\": \"in\", \"magnitude\": 2.34}]");
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "conv_weight";
    desc.global_shape = global;
    desc.offset = offset;
    const DLTensor tensor = {
        .data = got, .device = {kDLCPU, 0}, .ndim = 4, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
    assert_int_equal(fanin_init(xavier, &desc, &tensor, NULL), FANIN_OK);
    fanin_release(xavier);
    const float bound = (float)sqrt(2.34 / (3000.0 * 9.0));
    const uint64_t stream = reference_stream("conv_weight");
    for (int i = 0; i < 12; i++) {
        const int64_t row = i / 6, y = i / 2 % 3, x = i % 2;
        const int64_t index = (((offset[0] + row) * 3000 + 2999) * 3 + y) * 3 + 1 + x;
        assert_true(got[i] == reference_uniform(0, stream, (uint64_t)index, -bound, bound));
    }
}

/* MXNet's formula in float64, rounded to float32, whatever the dtype; and LSTM biases. */
static void test_bilinear(void **state)
{
    (void)state;
    for (int64_t width = 1; width <= 9; width++) {
        int64_t shape[] = {2, 3, 4, width};
        double *const got = api_whole(&api_kinds[API_BILINEAR], &api_dtypes[API_FLOAT64], 4, shape, 0);
        const double f = ceil((double)width / 2.0);
        const double c = (2.0 * f - 1.0 - fmod(f, 2.0)) / (2.0 * f);
        for (int64_t i = 0; i < 2 * 3 * 4 * width; i++) {
            const double x = (double)(i % width), y = (double)(i / width % 4);
            const float want = (float)((1.0 - fabs(x / f - c)) * (1.0 - fabs(y / f - c)));
            assert_true(got[i] == (double)want);
        }
        free(got);
    }
}

static void test_lstmbias(void **state)
{
    (void)state;
    static const int64_t shape[] = {12, 5};
    float *const got = api_whole(&api_kinds[API_LSTMBIAS], &api_dtypes[API_FLOAT32], 2, shape, 0);
    for (int i = 0; i < 60; i++) {
        assert_true(got[i] == (i / 15 == 1 ? 1.0f : 0.0f));
    }
    free(got);
}

/* The custom fill of the tests is told each element's index. */
static void test_indices(void **state)
{
    (void)state;
    static const int64_t shape[] = {5, 7, 11};
    int32_t *const got = api_whole(&api_kinds[API_INDEXED], &api_dtypes[API_INT8 + 2], 3, shape, 0);
    for (int i = 0; i < 5 * 7 * 11; i++) {
        assert_int_equal(got[i], i % 100);
    }
    free(got);
}

static int setup(void **state)
{
    (void)state;
    api_register();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniform),         cmocka_unit_test(test_normal),   cmocka_unit_test(test_integers),
        cmocka_unit_test(test_xavier_of_a_box), cmocka_unit_test(test_bilinear), cmocka_unit_test(test_lstmbias),
        cmocka_unit_test(test_indices),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
