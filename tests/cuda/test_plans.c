/* Plans of many items: the table's room, the rows that tiles find, the sizes of tiles. */
#include "../assert_between.h"
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 77

/* A plan of any items, one after another in memory, with gaps of elements between some. */
static void compare_plan(size_t count, int64_t longest, bool only_lines, int passes_log2, int most_launches)
{
    uint64_t random = count;
    struct fill *fills = malloc(count * sizeof *fills);
    struct item *items = malloc(count * sizeof *items);
    assert_non_null(fills);
    assert_non_null(items);
    int64_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const enum dtype dtype = (enum dtype)compare_below(&random, DTYPE_COUNT);
        while (!compare_fill((enum fill_kind)compare_below(&random, FILL_CUSTOM), dtype, &fills[i])) {
        }
        fills[i].stream = compare_random(&random);
        const int64_t size = dtype_table[dtype].size;
        offset = (offset + size - 1) / size * size;
        const int64_t rows = 1 + compare_below(&random, longest);
        items[i] =
            compare_line(&fills[i], dtype, compare_below(&random, 2) ? 0 : compare_below(&random, 1 << 20), rows, offset);
        offset += rows * size;
        if (!only_lines && i % 3 == 0 && rows > 1) {
            /* Two columns of it, of a domain with three. */
            items[i].ndim = 2;
            items[i].extent[1] = 2;
            items[i].stride[0] = 2;
            items[i].step[0] = 3;
            items[i].stride[1] = items[i].step[1] = 1;
            items[i].size = 2 * rows;
            offset += rows * size;
        }
        offset += compare_below(&random, 2) ? 0 : compare_below(&random, 40);
    }
    assert_between(compare_items(items, count, SEED, passes_log2), 1, most_launches);
    free(fills);
    free(items);
}

static void test_one(void **state)
{
    (void)state;
    for (int passes_log2 = -1; passes_log2 <= CUDA_PASSES_LOG2_MAX; passes_log2++) {
        compare_plan(1, 200000, true, passes_log2, 1);
    }
}

/* 300 tensors of one piece fit one launch. */
static void test_300(void **state)
{
    (void)state;
    assert_true(CUDA_SLOTS >= 300);
    assert_true(sizeof(struct cuda_table) <= CUDA_PARAMETER_BYTES);
    compare_plan(300, 1500, true, -1, 1);
    compare_plan(300, 1500, false, 1, 2);
}

static void test_5000(void **state)
{
    (void)state;
    compare_plan(5000, 100, true, -1, 5000 / (int)CUDA_SLOTS + 1);
    compare_plan(5000, 50, false, 0, 5000 * 4 / 3 / (int)CUDA_SLOTS + 1);
}

/* Around the room of the small kernel and of a whole table. */
static void test_full_tables(void **state)
{
    (void)state;
    for (size_t count = CUDA_SLOTS_SMALL - 1; count <= CUDA_SLOTS_SMALL + 1; count++) {
        compare_plan(count, 300, true, -1, 1);
        compare_plan(count, 300, false, -1, 1);
    }
    for (size_t count = CUDA_SLOTS - 1; count <= CUDA_SLOTS + 1; count++) {
        compare_plan(count, 60, true, -1, count <= CUDA_SLOTS ? 1 : 2);
    }
}

/* An empty table takes even an item with all axes that there can be, and a full one refuses it unharmed. */
static void test_largest_item(void **state)
{
    (void)state;
    static struct cuda_builder builder;
    static _Alignas(16) char memory[16];
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_FLOAT32, &fill));
    struct item item = {.fill = &fill, .data = memory, .dtype = DTYPE_FLOAT32, .ndim = FANIN_MAX_NDIM, .size = 1};
    item_numbers(&item, item.ndim);
    for (int d = 0; d < FANIN_MAX_NDIM; d++) {
        item.extent[d] = 2;
        item.stride[d] = INT64_C(3) << d;
        item.step[d] = INT64_C(5) << (FANIN_MAX_NDIM - 1 - d);
        item.size *= 2;
    }
    cuda_builder_start(&builder, SEED);
    size_t added = 0;
    while (cuda_builder_add(&builder, &item)) {
        added++;
    }
    const size_t slots_of_item = 1 + (FANIN_MAX_NDIM - 1 + CUDA_AXES_OF_SLOT - 1) / CUDA_AXES_OF_SLOT;
    assert_int_equal(added, CUDA_SLOTS / slots_of_item);
    uint32_t tiles;
    size_t slots;
    assert_true(cuda_builder_finish_with(&builder, CUDA_PASSES_LOG2_MAX, &tiles, &slots));
    assert_int_equal(slots, added * slots_of_item);
    const int tile_log2 = builder.table.slot[0].row.tile_log2;
    assert_between(tile_log2, CUDA_PASS_LOG2, CUDA_PASS_LOG2 + CUDA_PASSES_LOG2_MAX);
    assert_int_equal(tiles, added * (item.size >> tile_log2));
}

/* Large work gets large tiles, small work small ones; a launch has no more tiles than CUDA allows. */
static void test_tile_sizes(void **state)
{
    (void)state;
    static struct cuda_builder builder;
    static _Alignas(16) char memory[16];
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_FLOAT32, &fill));
    static const struct {
        int64_t count;
        uint32_t tiles;
        bool fits;
    } cases[] = {
        {1, 1, true},
        {1 << 20, 512, true},                               /* tiles of one pass */
        {1 << 25, 8192, true},                              /* of two */
        {INT64_C(1) << 33, (INT64_C(1) << 33) >> 15, true}, /* of sixteen */
        {INT64_C(1) << 45, UINT32_C(1) << 30, true},
        {INT64_C(1) << 46, 0, false},
    };
    uint32_t tiles;
    size_t slots;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct item item = compare_line(&fill, DTYPE_FLOAT32, 0, cases[i].count, 0);
        item.data = memory;
        cuda_builder_start(&builder, SEED);
        assert_true(cuda_builder_add(&builder, &item));
        assert_int_equal(cuda_builder_finish(&builder, 132, &tiles, &slots), cases[i].fits);
        if (cases[i].fits) {
            assert_int_equal(tiles, cases[i].tiles);
        }
    }
    /* Two of 2^30 tiles are too many together, if only by one. */
    for (int64_t less = 0; less < 2; less++) {
        struct item item = compare_line(&fill, DTYPE_FLOAT32, 0, INT64_C(1) << 45, 0);
        item.data = memory;
        cuda_builder_start(&builder, SEED);
        assert_true(cuda_builder_add(&builder, &item));
        item.extent[0] -= less << 15;
        assert_true(cuda_builder_add(&builder, &item));
        assert_int_equal(cuda_builder_finish(&builder, 132, &tiles, &slots), less > 0);
    }
}

/* Passes of a tile at most, by what a row is: values.h's numbers are made more slowly than memory takes them, or not. */
static void test_tiles_of_kinds(void **state)
{
    (void)state;
    static const struct {
        enum fill_kind kind;
        enum dtype dtype;
        int64_t stride;
        int passes_log2;
    } cases[] = {{FILL_CONSTANT, DTYPE_FLOAT32, 1, 0}, {FILL_UNIFORM, DTYPE_FLOAT32, 1, 2}, {FILL_UNIFORM, DTYPE_FLOAT64, 1, 2},
                 {FILL_UNIFORM, DTYPE_BFLOAT16, 1, 4}, {FILL_NORMAL, DTYPE_FLOAT32, 1, 4},  {FILL_NORMAL, DTYPE_FLOAT16, 1, 4},
                 {FILL_INTEGER, DTYPE_INT32, 1, 2},    {FILL_NORMAL, DTYPE_FLOAT32, 2, 2},  {FILL_CONSTANT, DTYPE_UINT8, 3, 0}};
    static struct cuda_builder builder;
    static _Alignas(16) char memory[16];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fill fill;
        assert_true(compare_fill(cases[i].kind, cases[i].dtype, &fill));
        struct item item = compare_line(&fill, cases[i].dtype, 0, INT64_C(1) << 33, 0);
        item.data = memory;
        item.stride[0] = cases[i].stride;
        cuda_builder_start(&builder, SEED);
        assert_true(cuda_builder_add(&builder, &item));
        uint32_t tiles;
        size_t slots;
        assert_true(cuda_builder_finish(&builder, 132, &tiles, &slots));
        assert_int_equal(builder.table.slot[0].row.tile_log2, CUDA_PASS_LOG2 + cases[i].passes_log2);
    }
}

/* Whichever axis is the domain's densest is walked fastest, and an item that is one line of memory is one of a constant. */
static void test_order_of_axes(void **state)
{
    (void)state;
    static struct cuda_builder builder;
    static _Alignas(16) char memory[16];
    for (int kind = FILL_CONSTANT; kind <= FILL_NORMAL; kind++) {
        struct fill fill;
        assert_true(compare_fill((enum fill_kind)kind, DTYPE_FLOAT32, &fill));
        struct item item = {.fill = &fill, .data = memory, .dtype = DTYPE_FLOAT32, .ndim = 2, .size = 4000};
        item_numbers(&item, 2);
        item.extent[0] = 40;
        item.extent[1] = 100;
        item.stride[0] = item.step[0] = 1;
        item.stride[1] = item.step[1] = 40;
        cuda_builder_start(&builder, SEED);
        assert_true(cuda_builder_add(&builder, &item));
        const struct cuda_row *const row = &builder.table.slot[0].row;
        assert_int_equal(row->step, 1);
        assert_int_equal(row->extent, kind == FILL_CONSTANT ? 4000 : 40);
        assert_int_equal(row->outer, kind == FILL_CONSTANT ? 0 : 1);
        assert_int_equal(row->dense, kind == FILL_CONSTANT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_300),
        cmocka_unit_test(test_5000),
        cmocka_unit_test(test_full_tables),
        cmocka_unit_test(test_largest_item),
        cmocka_unit_test(test_tile_sizes),
        cmocka_unit_test(test_tiles_of_kinds),
        cmocka_unit_test(test_order_of_axes),
    };
    return cmocka_run_group_tests(tests, compare_setup, compare_teardown);
}
