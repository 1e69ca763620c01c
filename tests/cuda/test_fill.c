/* Every fill and dtype on one axis: all sizes to 1,000, the edges of groups, passes and tiles, starts anywhere in the
 * domain, and data at every alignment. */
#include "compare.h"
#include "grid.h"

#include "stream/philox.h"

#include <stdio.h>
#include <string.h>

#define SEED 0xfedcba9876543210u

/* Calls `check` for each fill of each dtype. */
static void for_each_fill(void (*check)(const struct fill *fill, enum dtype dtype))
{
    for (int kind = 0; kind < FILL_CUSTOM; kind++) {
        for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
            struct fill fill;
            if (compare_fill((enum fill_kind)kind, (enum dtype)dtype, &fill)) {
                check(&fill, (enum dtype)dtype);
            }
        }
    }
}

static void compare_one(const struct fill *fill, enum dtype dtype, int64_t start, int64_t count, int64_t offset,
                        int passes_log2)
{
    const struct item item = compare_line(fill, dtype, start, count, offset);
    (void)compare_items(&item, 1, SEED, passes_log2);
}

static void check_small_sizes(const struct fill *fill, enum dtype dtype)
{
    for (int64_t count = 1; count <= 1000; count++) {
        compare_one(fill, dtype, 0, count, 0, -1);
    }
}

static void test_small_sizes(void **state)
{
    (void)state;
    for_each_fill(check_small_sizes);
}

/* A domain index and an address that agree in nothing: from every element of 16 bytes, to every element of 16 bytes. */
static void check_alignments(const struct fill *fill, enum dtype dtype)
{
    const int64_t size = dtype_table[dtype].size;
    for (int64_t start = 0; start < 9; start++) {
        for (int64_t skip = 0; skip < 17; skip++) {
            compare_one(fill, dtype, start, 29 + start, skip * size, -1);
        }
    }
}

static void test_alignments(void **state)
{
    (void)state;
    for_each_fill(check_alignments);
}

/* Whole passes behind and before parts of one, with tiles of every size. */
static void check_tile_edges(const struct fill *fill, enum dtype dtype)
{
    static const int64_t around[] = {-5, -1, 0, 1, 6};
    const int64_t size = dtype_table[dtype].size;
    const int64_t per_group = fill->kind == FILL_CONSTANT ? 16 / size : fill->kind == FILL_BILINEAR ? 1 : size == 8 ? 2 : 4;
    const int64_t pass = per_group << CUDA_PASS_LOG2;
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        compare_one(fill, dtype, 0, pass + around[i], 0, 0);
        compare_one(fill, dtype, 8, pass + around[i], 8 * size, 0);
        compare_one(fill, dtype, 3, 2 * pass + around[i], 3 * size, 0);
        compare_one(fill, dtype, 2 * pass - 7, 2 * pass + around[i], (2 * pass - 7) * size % 16, 1);
    }
    compare_one(fill, dtype, 3, 3 * pass, 3 * size, 1);
    compare_one(fill, dtype, 5, 5 * pass, 5 * size, 1);
    compare_one(fill, dtype, 4 * pass - 1, 9 * pass + 3, 15 * size, CUDA_PASSES_LOG2_MAX);
}

static void test_tile_edges(void **state)
{
    (void)state;
    for_each_fill(check_tile_edges);
}

/* Where an index, or the number of a Philox block, no longer fits 31, 32 or 33 bits, and near the end of all indices. */
static void check_far_starts(const struct fill *fill, enum dtype dtype)
{
    static const int64_t edges[] = {INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1) << 33, INT64_C(1) << 34,
                                    INT64_C(1) << 35, INT64_C(3) << 40, INT64_C(1) << 62};
    const int64_t size = dtype_table[dtype].size;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        for (int64_t before = 0; before < 5; before++) {
            compare_one(fill, dtype, edges[i] - before, 23, 0, -1);
        }
        compare_one(fill, dtype, edges[i] - 5000, 10000, (16 - 5000 * size % 16) % 16, 0);
        compare_one(fill, dtype, edges[i] - 5000, 10000, size, 2);
    }
    compare_one(fill, dtype, INT64_MAX - 5000, 5000, 0, 0);
}

static void test_far_starts(void **state)
{
    (void)state;
    for_each_fill(check_far_starts);
}

/* An item of 2^33 elements and more, of which only the last tiles are done: the address of its start is made up, so that these
 * lie in memory. The host fills the same elements as an item that starts there. */
static void check_far_addresses(enum cuda_variant variant)
{
    static _Alignas(64) float actual[6000], expected[6000];
    static unsigned char writes[sizeof actual];
    static struct cuda_builder builder;
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_FLOAT32, &fill));
    const int64_t count = (INT64_C(1) << 33) + 5003, last = 5003;
    struct item item = compare_line(&fill, DTYPE_FLOAT32, 0, count, 0);
    item.data = (char *)((uintptr_t)actual - ((uint64_t)(count - last) * sizeof(float)));
    memset(actual, 0xA5, sizeof actual);
    memset(expected, 0xA5, sizeof expected);
    memset(writes, 0, sizeof writes);

    cuda_builder_start(&builder, SEED);
    assert_true(cuda_builder_add(&builder, &item));
    uint32_t tiles;
    size_t slots;
    assert_true(cuda_builder_finish_with(&builder, 0, &tiles, &slots));
    const int64_t of_tile = INT64_C(4) << CUDA_PASS_LOG2;
    const uint32_t of_last = (uint32_t)((last - 1) / of_tile + 1);
    assert_int_equal(tiles, (count - 1) / of_tile + 1);
    struct grid_memory memory = {(uintptr_t)actual, sizeof actual, writes, 0, 0};
    grid_fill(variant, &builder.table, tiles - of_last, of_last, &memory);
    assert_int_equal(memory.strays, 0);

    struct item end = compare_line(&fill, DTYPE_FLOAT32, count - last, last, 0);
    end.data = (char *)expected;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    options.contract = FANIN_CONTRACT;
    assert_int_equal(backend_run(&cpu_backend, &end, 1, &options), FANIN_OK);
    assert_memory_equal(actual, expected, sizeof actual);
    for (int64_t i = 0; i < last * 4; i++) {
        assert_int_equal(writes[i], 1);
    }
}

/* Elements 4 GB apart, upwards and downwards: one after another lies in memory, and the others are strays. */
static void test_far_strides(void **state)
{
    (void)state;
    static struct cuda_builder builder;
    for (int kind = 0; kind < FILL_CUSTOM; kind++) {
        struct fill fill;
        assert_true(compare_fill((enum fill_kind)kind, DTYPE_FLOAT32, &fill));
        for (int64_t i = 0; i < 16; i++) {
            const int64_t stride = (i % 2 == 0 ? 1 : -1) * (INT64_C(1) << 30), element = i / 2;
            float actual = -1.0f, expected = -2.0f;
            struct item item = compare_line(&fill, DTYPE_FLOAT32, 2, 8, 0);
            item.stride[0] = stride;
            item.data = (char *)((uintptr_t)&actual - (uint64_t)(element * stride) * sizeof(float));
            cuda_builder_start(&builder, SEED);
            assert_true(cuda_builder_add(&builder, &item));
            uint32_t tiles;
            size_t slots;
            assert_true(cuda_builder_finish(&builder, 132, &tiles, &slots));
            struct grid_memory memory = {(uintptr_t)&actual, sizeof actual, NULL, 0, 0};
            grid_fill(CUDA_VARIANT_PLAIN, &builder.table, 0, tiles, &memory);
            assert_int_equal(memory.strays, 7);
            struct item one = compare_line(&fill, DTYPE_FLOAT32, 2 + element, 1, 0);
            one.data = (char *)&expected;
            fanin_options options = FANIN_OPTIONS_INIT;
            options.seed = SEED;
            options.contract = FANIN_CONTRACT;
            assert_int_equal(backend_run(&cpu_backend, &one, 1, &options), FANIN_OK);
            assert_memory_equal(&actual, &expected, sizeof actual);
        }
    }
}

/* Where a line of more than 2^32 groups ends and the next one begins. */
static void test_long_lines(void **state)
{
    (void)state;
    static _Alignas(64) float actual[5000], expected[5000];
    static struct cuda_builder builder;
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_FLOAT32, &fill));
    const int64_t before = INT64_C(1) << 34, left = 12, line = before + left, gap = 3, step = line + 8;
    const int64_t next = (INT64_C(4) << CUDA_PASS_LOG2) - left; /* elements of the next line in the same tile */
    struct item item = compare_line(&fill, DTYPE_FLOAT32, 0, 2, 0);
    item.ndim = 2;
    item.size = 2 * line;
    item.extent[0] = 2;
    item.stride[0] = line + gap;
    item.step[0] = step;
    item.extent[1] = line;
    item.stride[1] = item.step[1] = 1;
    item.data = (char *)((uintptr_t)actual - (uint64_t)before * sizeof(float));
    memset(actual, 0xA5, sizeof actual);
    memset(expected, 0xA5, sizeof expected);
    cuda_builder_start(&builder, SEED);
    assert_true(cuda_builder_add(&builder, &item));
    uint32_t tiles;
    size_t slots;
    assert_true(cuda_builder_finish_with(&builder, 0, &tiles, &slots));
    struct grid_memory memory = {(uintptr_t)actual, sizeof actual, NULL, 0, 0};
    grid_fill(CUDA_VARIANT_PLAIN, &builder.table, (uint32_t)(before / 4 >> CUDA_PASS_LOG2), 1, &memory);
    assert_int_equal(memory.strays, 0);
    struct item parts[] = {compare_line(&fill, DTYPE_FLOAT32, before, left, 0),
                           compare_line(&fill, DTYPE_FLOAT32, step, next, 0)};
    parts[0].data = (char *)expected;
    parts[1].data = (char *)(expected + left + gap);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    options.contract = FANIN_CONTRACT;
    assert_int_equal(backend_run(&cpu_backend, parts, 2, &options), FANIN_OK);
    assert_memory_equal(actual, expected, sizeof actual);
}

static void test_far_addresses(void **state)
{
    (void)state;
    check_far_addresses(CUDA_VARIANT_PLAIN);
    check_far_addresses(CUDA_VARIANT_MIXED);
}

/* Bounds whose distance is rounded up: where the word is among the largest, low + u·width passes the upper one. */
static void test_upper_bound(void **state)
{
    (void)state;
    struct fill fill;
    assert_true(compare_fill(FILL_UNIFORM, DTYPE_FLOAT32, &fill));
    fill.a = -16777213.0;
    fill.b = 6.0;
    const struct uniform_float bounds = uniform_float_make(fill.a, fill.b);
    assert_true(bounds.width > 16777219.0);
    uint32_t words[4] = {0, 0, 0, 0};
    int64_t block = -1;
    int lane = 0;
    for (bool found = false; !found;) {
        philox_block(SEED, fill.stream, (uint64_t)++block, words);
        for (lane = 0; lane < 4 && !found; lane++) {
            found = words[lane] >= 0xffffff80u;
        }
    }
    assert_true(float_fma(uniform_unit_float(words[lane - 1]), bounds.width, bounds.low) > bounds.high);
    compare_one(&fill, DTYPE_FLOAT32, 4 * block, 4, 0, -1);
    compare_one(&fill, DTYPE_FLOAT32, 4 * (block - block % 1024), 4096, 0, 0);
}

/* The smallest and the largest radius, and uniform numbers from the same words: the block and lane of a word under 2^-27 of all,
 * and of one that makes a unit number of 1. */
static void test_ends_of_words(void **state)
{
    (void)state;
    static const struct {
        int64_t block;
        int lane;
    } ends[] = {{36435646, 0}, {110595094, 2}};
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        const int64_t per_block = dtype == DTYPE_FLOAT64 ? 2 : 4, pass = per_block << CUDA_PASS_LOG2;
        for (int i = 0; i < 2; i++) {
            for (int kind = FILL_UNIFORM; kind <= FILL_NORMAL; kind++) {
                struct fill fill;
                if (!compare_fill((enum fill_kind)kind, (enum dtype)dtype, &fill)) {
                    continue;
                }
                uint32_t words[4];
                philox_block(SEED, fill.stream, (uint64_t)ends[i].block, words);
                assert_true(i == 0 ? words[ends[i].lane] < 32 : uniform_unit_float(words[ends[i].lane]) == 1.0f);
                const int64_t start = per_block * ends[i].block;
                compare_one(&fill, (enum dtype)dtype, start, per_block, 0, -1);
                compare_one(&fill, (enum dtype)dtype, start / pass * pass, pass, 0, 0);
            }
        }
    }
}

/* Bounds that are not ±the same number, which whole passes of 16-bit floats keep in another way. */
static void test_bounds_apart(void **state)
{
    (void)state;
    static const double bounds[][2] = {{-0.1, 0.3}, {0.0, 0.7}, {-1.0, -0.3}, {-0.1, 0.1}};
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        struct fill fill;
        for (size_t i = 0; i < sizeof bounds / sizeof bounds[0] && compare_fill(FILL_UNIFORM, (enum dtype)dtype, &fill); i++) {
            fill.a = bounds[i][0];
            fill.b = bounds[i][1];
            compare_one(&fill, (enum dtype)dtype, 3, 20000, 3 * dtype_table[dtype].size, 1);
        }
    }
}

/* Numbers of integers that 32 bits do not hold, and the largest that there are. */
static void test_wide_integers(void **state)
{
    (void)state;
    static const struct {
        enum dtype dtype;
        double constant, low, high;
    } cases[] = {{DTYPE_UINT64, 0x1.fffffffffffffp63, 0x1p52, 0x1p52 + 1e6},
                 {DTYPE_INT64, -0x1p63, -0x1p52, -0x1p52 + 4e9},
                 {DTYPE_UINT32, 4294967295.0, 3e9, 4294967295.0},
                 {DTYPE_FLOAT32, 0x1p100, 5e9, 5e9 + 1e6},
                 {DTYPE_FLOAT64, -0x1p1000, -0x1p50, -0x1p50 + 77.0},
                 {DTYPE_BFLOAT16, 0x1p100, -0x1p40, -0x1p40 + 4e9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct fill constant = {.kind = FILL_CONSTANT, .a = cases[i].constant},
                          integer = {.kind = FILL_INTEGER, .stream = 9, .a = cases[i].low, .b = cases[i].high};
        compare_one(&constant, cases[i].dtype, 0, 100, 0, -1);
        compare_one(&integer, cases[i].dtype, 1, 3000, 0, 0);
    }
}

/* Sigmas whose eightfold, which whole passes multiply by, is the largest there can be, and infinite. */
static void test_extreme_sigmas(void **state)
{
    (void)state;
    static const double sigmas[] = {0x1.fffffep+124, 0x1p+125, 5.0e37};
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_FLOAT32, &fill));
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        fill.b = sigmas[i];
        compare_one(&fill, DTYPE_FLOAT32, 0, 20000, 0, 1);
    }
}

/* Signs of zeros, and numbers that are subnormal or cancel, in the dtype whose normal numbers may come from bounds. */
static void test_bfloat16_normals(void **state)
{
    (void)state;
    static const double sigmas[] = {0.0, -0.0, 0x1p-149, 0x1p-140, 0x1p-126, 0.02, 0x1.fffffep+123},
                        means[] = {0.0, -0.0, 1.0, 0.3, 0x1p-130};
    struct fill fill;
    assert_true(compare_fill(FILL_NORMAL, DTYPE_BFLOAT16, &fill));
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        for (size_t k = 0; k < sizeof means / sizeof means[0]; k++) {
            fill.a = means[k];
            fill.b = sigmas[i];
            compare_one(&fill, DTYPE_BFLOAT16, 0, 20000, 0, 1);
        }
    }
}

/* Both formulas for filters of every parity, from every start. */
static void test_bilinear(void **state)
{
    (void)state;
    for (int64_t height = 1; height <= 9; height++) {
        for (int64_t width = 1; width <= 9; width++) {
            for (int centred = 0; centred < 2; centred++) {
                const int64_t domain[] = {2, 3, height, width};
                const struct fill fill = {.kind = FILL_BILINEAR, .a = centred, .ndim = 4, .domain = domain};
                const int64_t count = 6 * height * width, start = (3 * height + width) % count;
                compare_one(&fill, DTYPE_FLOAT32, 0, count, 0, -1);
                compare_one(&fill, DTYPE_FLOAT64, start, count - start, 0, -1);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_sizes),  cmocka_unit_test(test_alignments),     cmocka_unit_test(test_tile_edges),
        cmocka_unit_test(test_far_starts),   cmocka_unit_test(test_far_addresses),  cmocka_unit_test(test_upper_bound),
        cmocka_unit_test(test_bounds_apart), cmocka_unit_test(test_extreme_sigmas), cmocka_unit_test(test_bfloat16_normals),
        cmocka_unit_test(test_far_strides),  cmocka_unit_test(test_long_lines),     cmocka_unit_test(test_wide_integers),
        cmocka_unit_test(test_bilinear),     cmocka_unit_test(test_ends_of_words),
    };
    return cmocka_run_group_tests(tests, compare_setup, compare_teardown);
}
