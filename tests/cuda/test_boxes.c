/* Items that are not one line of memory: strides of either sign, steps in the domain, boxes of up to many axes, and the
 * shards of a parameter. */
#include "compare.h"
#include "cuda/device.h"

#include <stdio.h>
#include <string.h>

#define SEED 0x0102030405060708u

static const enum dtype sizes[] = {DTYPE_UINT8, DTYPE_BFLOAT16, DTYPE_FLOAT16, DTYPE_FLOAT32, DTYPE_FLOAT64};

/* A fill of the dtype, any kind that it takes. */
static struct fill any_fill(uint64_t *random, enum dtype dtype)
{
    struct fill fill;
    while (!compare_fill((enum fill_kind)compare_below(random, FILL_CUSTOM), dtype, &fill)) {
    }
    fill.stream = compare_random(random);
    return fill;
}

/* One axis with every stride and step, from every start. */
static void test_strides(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int64_t stride = -5; stride <= 5; stride++) {
            for (int64_t step = 1; step <= 9; step++) {
                for (int kind = 0; kind < FILL_CUSTOM; kind++) {
                    struct fill fill;
                    if (stride == 0 || !compare_fill((enum fill_kind)kind, sizes[i], &fill)) {
                        continue;
                    }
                    struct item item = compare_line(&fill, sizes[i], compare_below(&random, 20), 41, 4096);
                    item.stride[0] = stride;
                    item.step[0] = step;
                    (void)compare_items(&item, 1, SEED, -1);
                }
            }
        }
    }
}

/* Far apart in the domain and in memory, over several tiles. */
static void test_long_strides(void **state)
{
    (void)state;
    for (int kind = 0; kind < FILL_CUSTOM; kind++) {
        struct fill fill;
        assert_true(compare_fill((enum fill_kind)kind, DTYPE_FLOAT32, &fill));
        struct item item = compare_line(&fill, DTYPE_FLOAT32, 77, 3000, 0);
        item.stride[0] = 300;
        item.step[0] = (INT64_C(1) << 33) + 1;
        (void)compare_items(&item, 1, SEED, 0);
        item.step[0] = 1;
        (void)compare_items(&item, 1, SEED, 0);
        /* Where whole passes could do it, but for the stride. */
        item.start = 80;
        (void)compare_items(&item, 1, SEED, 0);
    }
}

static void test_random_boxes(void **state)
{
    (void)state;
    uint64_t random = 2;
    for (int i = 0; i < 6000; i++) {
        const enum dtype dtype = sizes[compare_below(&random, sizeof sizes / sizeof sizes[0])];
        const struct fill fill = any_fill(&random, dtype);
        const int ndim = 1 + (int)compare_below(&random, 5);
        const struct item item = compare_box(&random, &fill, dtype, ndim, 300, 16 * compare_below(&random, 4));
        (void)compare_items(&item, 1, compare_random(&random), -1);
    }
}

static void test_large_boxes(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int i = 0; i < 60; i++) {
        const enum dtype dtype = sizes[compare_below(&random, sizeof sizes / sizeof sizes[0])];
        const struct fill fill = any_fill(&random, dtype);
        const int ndim = 2 + (int)compare_below(&random, 4);
        const struct item item = compare_box(&random, &fill, dtype, ndim, 12000, 0);
        (void)compare_items(&item, 1, compare_random(&random), (int)compare_below(&random, 3));
    }
}

/* As many axes as have a row of the table with all that belongs to it: 14 of them with 2 elements each, merged in no way. */
static void test_many_axes(void **state)
{
    (void)state;
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_BFLOAT16, &fill));
    struct item item = {.fill = &fill, .name = "box", .dtype = DTYPE_BFLOAT16, .ndim = 14, .size = 1 << 14};
    item_numbers(&item, item.ndim);
    int64_t stride = 1, step = 1;
    for (int d = 13; d >= 0; d--) {
        item.extent[d] = 2;
        item.stride[d] = stride;
        item.step[13 - d] = step;
        stride = 2 * stride + 1;
        step = 2 * step + 5;
    }
    (void)compare_items(&item, 1, SEED, 0);
}

/* A constant's axes are walked as they lie in memory, so that one that is transposed is one line, stored 16 bytes at a time. */
static void test_transposed_constant(void **state)
{
    (void)state;
    static struct cuda_builder builder;
    static _Alignas(16) float memory[2 * 70 * 50];
    static const int64_t extent[] = {70, 50, 2}, stride[] = {50, 1, 3500}, step[] = {100, 2, 1};
    struct fill fill;
    assert_true(compare_fill(FILL_CONSTANT, DTYPE_FLOAT32, &fill));
    struct item item = {.fill = &fill, .data = (char *)memory, .dtype = DTYPE_FLOAT32, .ndim = 3, .size = 7000};
    item_numbers(&item, 3);
    memcpy(item.extent, extent, sizeof extent);
    memcpy(item.stride, stride, sizeof stride);
    memcpy(item.step, step, sizeof step);
    cuda_builder_start(&builder, SEED);
    assert_true(cuda_builder_add(&builder, &item));
    assert_int_equal(builder.table.slot[0].row.outer, 0);
    assert_int_equal(builder.table.slot[0].row.extent, item.size);
    assert_true(builder.table.slot[0].row.dense);
}

/* Both sides of 2^32, for both numbers. */
static void test_division(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {
        1, 2, 7, UINT32_MAX - 1, UINT32_MAX, UINT64_C(1) << 32, 0x100000001u, 0x300000002u, 0x7ffffffffffffffu, UINT64_MAX};
    enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
    for (int i = 0; i < NUMBERS; i++) {
        for (int k = 0; k < NUMBERS; k++) {
            uint64_t quotient = numbers[i];
            assert_true(divide(quotient, numbers[k], &quotient) == numbers[i] % numbers[k]);
            assert_true(quotient == numbers[i] / numbers[k]);
        }
    }
}

/* A parameter in shards, each with memory of its own: rows, columns, blocks, and blocks of a transposed parameter. */
static void test_shards(void **state)
{
    (void)state;
    enum { ROWS = 48, COLUMNS = 104 };
    static const int64_t cuts[][2] = {{4, 1}, {1, 4}, {3, 2}, {5, 7}, {1, 13}};
    struct fill fill;
    for (size_t i = 0; i < 4 * sizeof cuts / sizeof cuts[0]; i++) {
        const int64_t parts_0 = cuts[i / 4][0], parts_1 = cuts[i / 4][1];
        const enum dtype dtype = sizes[1 + i % 4];
        assert_true(compare_fill(FILL_NORMAL, dtype, &fill));
        for (int transposed = 0; transposed < 2; transposed++) {
            struct item items[64];
            int64_t numbers[64][3 * 2];
            size_t count = 0;
            int64_t offset = 0;
            for (int64_t p = 0; p < parts_0; p++) {
                for (int64_t q = 0; q < parts_1; q++) {
                    const int64_t row = ROWS * p / parts_0, rows = ROWS * (p + 1) / parts_0 - row;
                    const int64_t column = COLUMNS * q / parts_1, columns = COLUMNS * (q + 1) / parts_1 - column;
                    struct tensor tensor = {.data = (char *)offset,
                                            .dtype = dtype,
                                            .ndim = 2,
                                            .shape = {rows, columns},
                                            .stride = {columns, 1},
                                            .global = {ROWS, COLUMNS},
                                            .offset = {row, column},
                                            .size = rows * columns,
                                            .global_size = ROWS * COLUMNS};
                    if (transposed) {
                        tensor.stride[0] = 1;
                        tensor.stride[1] = rows;
                    }
                    offset += tensor.size * dtype_table[dtype].size;
                    assert_true(item_make(&tensor, &fill, "w", 0, ROWS * COLUMNS, 0, numbers[count], &items[count]));
                    count++;
                }
            }
            assert_int_equal(compare_items(items, count, SEED, -1), 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_long_strides),
        cmocka_unit_test(test_random_boxes),
        cmocka_unit_test(test_large_boxes),
        cmocka_unit_test(test_many_axes),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_transposed_constant),
        cmocka_unit_test(test_division),
    };
    return cmocka_run_group_tests(tests, compare_setup, compare_teardown);
}
