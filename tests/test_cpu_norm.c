/* The statistic ‖x‖₂/√size. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "cpu_helpers.h"

#include <stdlib.h>

static struct tensor tensor_of(enum dtype dtype, const void *data, int64_t size)
{
    struct tensor tensor = {.data = (char *)data, .dtype = dtype, .ndim = 1, .size = size, .global_size = size};
    tensor.shape[0] = size;
    tensor.stride[0] = 1;
    return tensor;
}

static double norm_of(const struct tensor *tensor, int threads)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = threads;
    double norm = -1.0;
    assert_int_equal(cpu_backend.norm(tensor, &options, &norm), FANIN_OK);
    return norm;
}

static double norm_of_floats(const float *values, int64_t size)
{
    const struct tensor tensor = tensor_of(DTYPE_FLOAT32, values, size);
    return norm_of(&tensor, 0);
}

static double norm_of_doubles(const double *values, int64_t size)
{
    const struct tensor tensor = tensor_of(DTYPE_FLOAT64, values, size);
    return norm_of(&tensor, 0);
}

static void near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-14 * fabs(expected))) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

/* MXNet's recorded statistics: the norm, rounded to the dtype. */
static void as_mxnet_recorded(void **state)
{
    (void)state;
    const float three_four[] = {3, 4}, to_six[] = {1, 2, 3, 4, 5, 6}, tiny[] = {1e-20f, 1e-20f, 1e-20f, 1e-20f};
    const float bias[] = {0, 0, 2, 2, 0, 0, 0, 0}, large[] = {1e10f, 1e10f, 1e10f, 1e10f}, odd[] = {123456789.0f};
    const double tenth[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    assert_true((float)norm_of_floats(three_four, 2) == 3.535534f);
    /* MXNet sums in float32 and prints 3.8944402 here, one place below √(91/6) = 3.89444048…. */
    assert_true((float)norm_of_floats(to_six, 6) == 3.8944405f);
    assert_true((float)norm_of_floats(tiny, 4) == 1e-20f);
    assert_true((float)norm_of_floats(large, 4) == 1e10f);
    assert_true((float)norm_of_floats(bias, 8) == 1.0f);
    assert_true((float)norm_of_floats(odd, 1) == 123456790.0f);
    assert_true(norm_of_doubles(tenth, 6) == 0.1);
}

static void neither_overflows_nor_underflows(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static float floats[COUNT];
    static double doubles[COUNT];
    static const float float_cases[] = {1e-30f, 1e25f, 1e-45f, 3.4e38f, -1e-38f};
    for (size_t c = 0; c < sizeof float_cases / sizeof float_cases[0]; c++) {
        for (int i = 0; i < COUNT; i++) {
            floats[i] = float_cases[c];
        }
        near(norm_of_floats(floats, COUNT), fabs((double)float_cases[c]));
    }
    static const double double_cases[] = {1e-200, 1e200, 5e-324, 1.7976931348623157e308, -1e-310, 0x1p-1022, 1e-300};
    for (size_t c = 0; c < sizeof double_cases / sizeof double_cases[0]; c++) {
        for (int i = 0; i < COUNT; i++) {
            doubles[i] = double_cases[c];
        }
        near(norm_of_doubles(doubles, COUNT), fabs(double_cases[c]));
    }
    /* Large and small ones together, in one tile and in several: what is small does not count. */
    memset(doubles, 0, sizeof doubles);
    doubles[0] = 1e-200;
    doubles[1] = 3e200;
    doubles[3000] = 1e-300;
    doubles[4999] = -4e200;
    near(norm_of_doubles(doubles, COUNT), 5e200 / sqrt(COUNT));
    memset(doubles, 0, sizeof doubles);
    doubles[17] = 3e-200;
    doubles[4100] = 4e-200;
    near(norm_of_doubles(doubles, COUNT), 5e-200 / sqrt(COUNT));
}

static void no_elements_and_no_numbers(void **state)
{
    (void)state;
    double values[3] = {0.0, -0.0, 0.0};
    struct tensor empty = tensor_of(DTYPE_FLOAT32, NULL, 0);
    assert_true(norm_of(&empty, 0) == 0.0);
    assert_true(norm_of_doubles(values, 3) == 0.0);
    values[1] = -INFINITY;
    assert_true(isinf(norm_of_doubles(values, 3)));
    values[2] = NAN;
    assert_true(isnan(norm_of_doubles(values, 3)));
    struct tensor scalar = tensor_of(DTYPE_FLOAT64, values, 1);
    values[0] = -7.0;
    scalar.ndim = 0;
    assert_true(norm_of(&scalar, 0) == 7.0);
}

/* Every dtype: -2 (or 2), 1, 0, 1 and so on; (4 + 1 + 0 + 1)/4 = 1.5. */
static void every_dtype(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        const int size = dtype_table[dtype].size;
        unsigned char bytes[4 * 8];
        const bool is_unsigned = dtype_table[dtype].code == kDLUInt;
        const double values[4] = {dtype == DTYPE_BOOL ? 1.0 : is_unsigned ? 2.0 : -2.0, 1.0, 0.0, 1.0};
        for (int i = 0; i < 4; i++) {
            const struct fill fill = {.kind = FILL_CONSTANT, .a = values[i]};
            reference_element(&fill, (enum dtype)dtype, 0, 0, bytes + i * size);
        }
        const struct tensor tensor = tensor_of((enum dtype)dtype, bytes, 4);
        near(norm_of(&tensor, 0), dtype == DTYPE_BOOL ? sqrt(0.75) : sqrt(1.5));
    }
    const int64_t least = INT64_MIN;
    const uint64_t most = UINT64_MAX;
    struct tensor tensor = tensor_of(DTYPE_INT64, &least, 1);
    assert_true(norm_of(&tensor, 0) == 0x1p63);
    tensor = tensor_of(DTYPE_UINT64, &most, 1);
    assert_true(norm_of(&tensor, 0) == 0x1p64);
}

/* Against a sum in long double, at sizes around the tiles'. */
static void sizes(void **state)
{
    (void)state;
    enum { MOST = 3000000 };
    float *const values = malloc(MOST * sizeof *values);
    assert_non_null(values);
    uint64_t random = 3;
    for (int i = 0; i < MOST; i++) {
        values[i] = (float)test_between(&random, -1000000, 1000000) * 1e-6f;
    }
    static const int cases[] = {1, 2, 7, 8, 9, 1023, 1024, 1025, 65535, 65536, 65537, 1048575, 1048577, MOST};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        long double sum = 0.0L;
        for (int i = 0; i < cases[c]; i++) {
            sum += (long double)values[i] * (long double)values[i];
        }
        near(norm_of_floats(values, cases[c]), (double)sqrtl(sum / (long double)cases[c]));
    }
    free(values);
}

/* More elements than are summed between two additions of all blocks. */
static void many_elements(void **state)
{
    (void)state;
    const int64_t size = (INT64_C(1) << 26) + 5000;
    int8_t *const values = calloc((size_t)size, 1);
    assert_non_null(values);
    values[5] = 3;
    values[size - 4000] = -4;
    const struct tensor tensor = tensor_of(DTYPE_INT8, values, size);
    near(norm_of(&tensor, 0), 5.0 / sqrt((double)size));
    free(values);
}

/* One array of 3 × 500 × 1100 numbers in several layouts; threads 1 to 8: one result. */
static void layouts_and_threads(void **state)
{
    (void)state;
    enum { A = 3, B = 500, C = 1100, SIZE = A * B * C };
    double *const values = malloc(SIZE * sizeof *values), *const memory = malloc(2 * SIZE * sizeof *memory);
    assert_non_null(values);
    assert_non_null(memory);
    uint64_t random = 4;
    for (int i = 0; i < SIZE; i++) {
        values[i] = (double)test_between(&random, -1000000, 1000000) * (i % 7 == 0 ? 1e-150 : i % 5 == 0 ? 1e160 : 1.0);
    }
    const double expected = norm_of_doubles(values, SIZE);
    static const int64_t layouts[][4] = {/* strides, and the place of the first element */
                                         {B * C, C, 1, 0},
                                         {1, A, A * B, 0},
                                         {-B * C, C, -1, 2 * B * C + C - 1},
                                         {2 * C, 2 * A * C, 2, 1}};
    for (size_t l = 0; l < sizeof layouts / sizeof layouts[0]; l++) {
        const int64_t *const stride = layouts[l];
        double *const first = memory + stride[3];
        for (int64_t i = 0; i < SIZE; i++) {
            first[i / (B * C) * stride[0] + i / C % B * stride[1] + i % C * stride[2]] = values[i];
        }
        struct tensor tensor = tensor_of(DTYPE_FLOAT64, first, SIZE);
        tensor.ndim = 3;
        memcpy(tensor.shape, (int64_t[]){A, B, C}, 3 * sizeof(int64_t));
        memcpy(tensor.stride, stride, 3 * sizeof(int64_t));
        for (int threads = 1; threads <= 8; threads++) {
            const double found = norm_of(&tensor, threads);
            assert_memory_equal(&found, &expected, sizeof found);
        }
    }
    free(values);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_mxnet_recorded),
        cmocka_unit_test(neither_overflows_nor_underflows),
        cmocka_unit_test(no_elements_and_no_numbers),
        cmocka_unit_test(every_dtype),
        cmocka_unit_test(sizes),
        cmocka_unit_test(many_elements),
        cmocka_unit_test(layouts_and_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
