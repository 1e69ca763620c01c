/* The statistic of the device's threads against the host's, bit for bit. */
#include "compare.h"
#include "grid.h"

#include "stream/round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 200000 /* more than a block of tiles, which is 65,536 */

static double norm_by_tiles(const struct tensor *tensor)
{
    struct cuda_view view;
    cuda_view_make(tensor, &view);
    struct norm_partial *partials = malloc((size_t)(tensor->size / NORM_TILE + 1) * sizeof *partials);
    assert_non_null(partials);
    grid_norm(&view, partials);
    const struct norm_partial none = {0.0, 0};
    const struct norm_partial total = norm_add_tiles(none, partials, (tensor->size + NORM_TILE - 1) / NORM_TILE);
    free(partials);
    return norm_finish(total, tensor->size);
}

static void compare_norm(const struct tensor *tensor)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    double expected = -1.0;
    assert_int_equal(cpu_backend.norm(tensor, &options, &expected), FANIN_OK);
    const double found = norm_by_tiles(tensor);
    if (double_bits(expected) != double_bits(found)) {
        print_message("%s, %d axes, %lld elements: expected %a, found %a\n", dtype_table[tensor->dtype].name, tensor->ndim,
                      (long long)tensor->size, expected, found);
    }
    assert_true(double_bits(expected) == double_bits(found));
}

/* Any bits of integers; of floats numbers of many magnitudes, zeros and subnormals among them. */
static void set_random(unsigned char *memory, enum dtype dtype, int64_t count, uint64_t *random, int widest)
{
    const size_t size = dtype_table[dtype].size;
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits = compare_random(random);
        const double value = ldexp((double)(int64_t)bits, (int)compare_below(random, 2 * widest + 1) - widest - 63);
        const float single = (float)value;
        if (dtype == DTYPE_FLOAT64) {
            bits = double_bits(value);
        } else if (dtype == DTYPE_FLOAT32) {
            bits = float_bits(single);
        } else if (dtype == DTYPE_FLOAT16) {
            bits = round_to_float16(single);
        } else if (dtype == DTYPE_BFLOAT16) {
            bits = round_to_bfloat16(single);
        } else if (dtype == DTYPE_BOOL) {
            bits &= 1;
        }
        memcpy(memory + (size_t)i * size, &bits, size);
    }
}

static struct tensor vector_of(unsigned char *memory, enum dtype dtype, int64_t count)
{
    return (struct tensor){.data = (char *)memory, .dtype = dtype, .ndim = 1, .shape = {count}, .stride = {1}, .size = count};
}

static _Alignas(64) unsigned char memory[MOST * 8];

static void test_dtypes_and_sizes(void **state)
{
    (void)state;
    static const int64_t counts[] = {1, 2, 7, 8, 9, 1023, 1024, 1025, 2048, 4097, 20000, 65537, MOST};
    uint64_t random = 11;
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            set_random(memory, (enum dtype)dtype, counts[i], &random, 20);
            const struct tensor tensor = vector_of(memory, (enum dtype)dtype, counts[i]);
            compare_norm(&tensor);
        }
    }
}

/* Squares that overflow or underflow, and tiles of very different scales. */
static void test_magnitudes(void **state)
{
    (void)state;
    uint64_t random = 12;
    for (int widest = 0; widest <= 1060; widest += 53) {
        set_random(memory, DTYPE_FLOAT64, 5000, &random, widest);
        const struct tensor tensor = vector_of(memory, DTYPE_FLOAT64, 5000);
        compare_norm(&tensor);
    }
}

/* Numbers so small that their squares are nothing at the scale of 1, with tiles of zeros among them. */
static void test_tiny(void **state)
{
    (void)state;
    double *const values = (double *)memory;
    uint64_t random = 15;
    for (int zeros = 0; zeros < 8; zeros++) {
        set_random(memory, DTYPE_FLOAT64, 3 * NORM_TILE, &random, 10);
        for (int i = 0; i < 3 * NORM_TILE; i++) {
            values[i] = zeros >> i / NORM_TILE & 1 ? 0.0 : ldexp(values[i], -900);
        }
        const struct tensor tensor = vector_of(memory, DTYPE_FLOAT64, 3 * NORM_TILE);
        compare_norm(&tensor);
        assert_true((norm_by_tiles(&tensor) == 0.0) == (zeros == 7));
    }
    /* Whatever is not 0 in a byte of a truth value is 1. */
    for (int i = 0; i < 3000; i++) {
        memory[i] = (unsigned char)(i % 5);
    }
    const struct tensor tensor = vector_of(memory, DTYPE_BOOL, 3000);
    compare_norm(&tensor);
}

static void test_special_values(void **state)
{
    (void)state;
    static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 0x1p-1074, 0x1.fffffffffffffp1023};
    uint64_t random = 13;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        for (int64_t place = 0; place < 3000; place += 700) {
            double *const values = (double *)memory;
            set_random(memory, DTYPE_FLOAT64, 3000, &random, 30);
            values[place] = special[i];
            struct tensor tensor = vector_of(memory, DTYPE_FLOAT64, 3000);
            compare_norm(&tensor);
            for (int64_t k = 0; k < 1500; k++) {
                values[k] = special[i];
            }
            compare_norm(&tensor);
        }
    }
}

/* Views with gaps, transposed, reversed, with axes of one element. */
static void test_views(void **state)
{
    (void)state;
    uint64_t random = 14;
    set_random(memory, DTYPE_FLOAT32, MOST, &random, 10);
    const struct tensor views[] = {
        {.ndim = 0},
        {.ndim = 2, .shape = {100, 30}, .stride = {30, 1}},
        {.ndim = 2, .shape = {100, 30}, .stride = {1, 100}},
        {.ndim = 2, .shape = {100, 30}, .stride = {64, 2}},
        {.ndim = 4, .shape = {7, 1, 11, 40}, .stride = {700, 5, 45, 1}},
        {.ndim = 4, .shape = {5, 6, 7, 8}, .stride = {1, 5, 240, 30}},
        {.ndim = 3, .shape = {10, 20, 30}, .stride = {600, 30, 1}},
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        struct tensor tensor = views[i];
        tensor.data = (char *)memory;
        tensor.dtype = DTYPE_FLOAT32;
        tensor.size = 1;
        for (int d = 0; d < tensor.ndim; d++) {
            tensor.size *= tensor.shape[d];
        }
        compare_norm(&tensor);
        for (int d = 0; d < tensor.ndim; d++) {
            tensor.data += (tensor.shape[d] - 1) * tensor.stride[d] * (int64_t)sizeof(float);
            tensor.stride[d] = -tensor.stride[d];
            compare_norm(&tensor);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtypes_and_sizes), cmocka_unit_test(test_magnitudes), cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_special_values),   cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
