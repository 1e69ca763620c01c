/* The fill kernels of every variant against the elements one by one, and the variants against each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpu/variant.h"
#include "cpu_helpers.h"

#include <stdlib.h>

#define SEED     0xfedcba9876543210u
#define SENTINEL 0xA5
#define LONGEST  4096

/* Elements [start, start + count) at `margin` elements into a buffer of sentinels, by one kernel. */
static void fill_by(const struct cpu_kernels *kernels, const struct item *item, int margin, unsigned char *buffer, size_t bytes)
{
    struct cpu_fill prepared;
    cpu_fill_prepare(item, SEED, &prepared);
    memset(buffer, SENTINEL, bytes);
    kernels->fill[item->fill->kind][item->dtype](&prepared, item->start, item->size,
                                                 buffer + margin * dtype_table[item->dtype].size);
}

static void check_row(const struct cpu_kernels *kernels, const struct fill *fill, enum dtype dtype, int64_t start,
                      int64_t count)
{
    static _Alignas(64) unsigned char found[(LONGEST + 16) * 8], expected[(LONGEST + 16) * 8];
    const int size = dtype_table[dtype].size, margin = 1 + (int)(start % 7);
    const size_t bytes = (size_t)(count + 2 * margin) * (size_t)size;
    const struct item item = test_row(fill, dtype, NULL, start, count);
    fill_by(kernels, &item, margin, found, bytes);
    memset(expected, SENTINEL, bytes);
    for (int64_t i = 0; i < count; i++) {
        reference_element(fill, dtype, SEED, start + i, expected + (margin + i) * size);
    }
    if (memcmp(found, expected, bytes) != 0) {
        fail_msg("kind %s, %s: elements from %lld on, %lld of them, differ", fill_kind_table[fill->kind].name,
                 dtype_table[dtype].name, (long long)start, (long long)count);
    }
}

/* Calls `check` for each variant that runs here, kind and dtype. */
static void for_each(void (*check)(const struct cpu_kernels *, const struct fill *, enum dtype))
{
    for (int variant = 0; variant < CPU_VARIANT_COUNT; variant++) {
        struct cpu_kernels kernels;
        if (!cpu_kernels_of((enum cpu_variant)variant, &kernels)) {
            print_message("skipped: variant %s, which this machine or build cannot run\n",
                          cpu_variant_name((enum cpu_variant)variant));
            continue;
        }
        for (int kind = 0; kind < FILL_CUSTOM; kind++) {
            for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
                if (test_fills((enum fill_kind)kind, (enum dtype)dtype)) {
                    const struct fill fill = test_fill((enum fill_kind)kind, (enum dtype)dtype);
                    check(&kernels, &fill, (enum dtype)dtype);
                }
            }
        }
    }
}

static void check_sizes(const struct cpu_kernels *kernels, const struct fill *fill, enum dtype dtype)
{
    const bool continuous = fill->kind == FILL_UNIFORM || fill->kind == FILL_NORMAL;
    for (int64_t count = 0; count <= 1000; count += continuous || count < 40 ? 1 : 1 + count % 13) {
        check_row(kernels, fill, dtype, count % 37, count);
    }
    for (int64_t start = 0; start < 70; start++) {
        check_row(kernels, fill, dtype, start, 530);
        check_row(kernels, fill, dtype, start, 1 + start % 40);
        check_row(kernels, fill, dtype, start, LONGEST - start);
    }
    check_row(kernels, fill, dtype, 0, 1000);
}

static void sizes_and_starts(void **state)
{
    (void)state;
    for_each(check_sizes);
}

static void check_large_indices(const struct cpu_kernels *kernels, const struct fill *fill, enum dtype dtype)
{
    static const int64_t edges[] = {INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1) << 33, INT64_C(1) << 34,
                                    INT64_C(1) << 35, INT64_C(1) << 40, INT64_C(1) << 62, INT64_MAX - 600};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        check_row(kernels, fill, dtype, edges[i] - 301, 600);
        check_row(kernels, fill, dtype, edges[i], 33);
    }
}

static void large_indices(void **state)
{
    (void)state;
    for_each(check_large_indices);
}

/* Numbers at the edge of what a fill may have. */
static void check_extremes(const struct cpu_kernels *kernels, const struct fill *fill, enum dtype dtype)
{
    static const int64_t wide[] = {3, 5, 1, 700};
    struct fill extreme = *fill;
    switch (fill->kind) {
    case FILL_CONSTANT:
        extreme.a = dtype == DTYPE_INT64    ? -0x1p63
                    : dtype == DTYPE_UINT64 ? 0x1.fffffffffffffp63
                    : dtype == DTYPE_INT32  ? -0x1p31
                    : dtype == DTYPE_UINT32 ? 0x1.fffffffep31
                                            : 0.0;
        break;
    case FILL_UNIFORM:
        extreme.a = extreme.b = 0.5;
        check_row(kernels, &extreme, dtype, 1, 100);
        /* Bounds that are 0 or lie beyond the 16-bit floats, and values around their smallest. */
        extreme.a = -1e-9;
        extreme.b = 1e-9;
        check_row(kernels, &extreme, dtype, 2, 1500);
        extreme.a = -0x1.8p-15;
        extreme.b = 0x1p-13;
        check_row(kernels, &extreme, dtype, 4, 1500);
        extreme.a = dtype == DTYPE_FLOAT16 ? -65504.0 : -0x1.fep126;
        extreme.b = -extreme.a;
        check_row(kernels, &extreme, dtype, 3, 1500);
        extreme.a = dtype == DTYPE_FLOAT16 ? 0x1p-24 : 0x1p-133; /* subnormal */
        extreme.b = 9 * extreme.a;
        break;
    case FILL_NORMAL:
        extreme.a = -2.0;
        extreme.b = 0.0;
        check_row(kernels, &extreme, dtype, 1, 100);
        /* Values around the smallest, and values that become infinite, which is defined though nothing asks for it. */
        extreme.b = 0x1p-16;
        check_row(kernels, &extreme, dtype, 2, 1500);
        extreme.a = 0.0;
        check_row(kernels, &extreme, dtype, 6, 1500);
        extreme.b = 0x1p-128;
        check_row(kernels, &extreme, dtype, 7, 1500);
        extreme.b = dtype == DTYPE_FLOAT16 ? 40000.0 : 0x1p127;
        check_row(kernels, &extreme, dtype, 9, 1500);
        extreme.a = -2.0;
        extreme.b = dtype == DTYPE_FLOAT16 ? 9000.0 : 1e30;
        break;
    case FILL_INTEGER:
        if (dtype == DTYPE_INT32 || dtype == DTYPE_INT64 || dtype == DTYPE_FLOAT32 || dtype == DTYPE_FLOAT64) {
            extreme.a = -0x1p31;
            extreme.b = 0x1.fffffffcp30;
        }
        break;
    default:
        extreme.a = 1.0;
        check_row(kernels, &extreme, dtype, 3, 600);
        extreme.domain = wide;
    }
    check_row(kernels, &extreme, dtype, 5, 1500);
}

static void extreme_numbers(void **state)
{
    (void)state;
    for_each(check_extremes);
}

/* The bounds are no numbers of the dtype, and the values next to them must not pass them. */
static void halves_stay_inside_their_bounds(void **state)
{
    (void)state;
    for (int variant = 0; variant < CPU_VARIANT_COUNT; variant++) {
        struct cpu_kernels kernels;
        if (!cpu_kernels_of((enum cpu_variant)variant, &kernels)) {
            continue;
        }
        struct fill fill = test_fill(FILL_UNIFORM, DTYPE_BFLOAT16);
        fill.a = -0x1.19fp-6; /* just inside bfloat16's ±0x1.1ap-6 */
        fill.b = 0x1.19fp-6;
        const float bound = (float)fill.b;
        static uint16_t values[LONGEST];
        int outer = 0;
        for (int part = 0; part < 20; part++) {
            struct item item = test_row(&fill, DTYPE_BFLOAT16, values, (int64_t)part * LONGEST, LONGEST);
            fill_by(&kernels, &item, 0, (unsigned char *)values, sizeof values);
            for (int i = 0; i < LONGEST; i++) {
                assert_true(fabsf(bfloat16_to_float(values[i])) <= bound);
                /* Rounding alone would take these beyond the bound. */
                uint32_t word[4];
                philox_block(SEED, fill.stream, (uint64_t)((item.start + i) / 4), word);
                outer += fabsf(bfloat16_to_float(round_to_bfloat16(reference_float(&fill, word, item.start + i)))) > bound;
            }
        }
        assert_true(outer > 0);
    }
}

/* A width that was rounded up takes the largest unit number, 1, beyond the upper bound: one word in 2^25 gives it. */
static void floats_stay_inside_their_bounds(void **state)
{
    (void)state;
    struct fill fill = test_fill(FILL_UNIFORM, DTYPE_FLOAT32);
    fill.a = -0x1p-24;
    fill.b = 0x1.000002p+0;
    const struct uniform_float bounds = uniform_float_make(fill.a, fill.b);
    assert_true(float_fma(1.0f, bounds.width, bounds.low) > bounds.high);
    int64_t index = 0;
    uint32_t word[4] = {0};
    while (uniform_unit_float(word[index % 4]) < 1.0f) {
        index++;
        assert_true(index < INT64_C(1) << 30);
        if (index % 4 == 0) {
            philox_block(SEED, fill.stream, (uint64_t)(index / 4), word);
        }
    }
    for (int variant = 0; variant < CPU_VARIANT_COUNT; variant++) {
        struct cpu_kernels kernels;
        if (cpu_kernels_of((enum cpu_variant)variant, &kernels)) {
            check_row(&kernels, &fill, DTYPE_FLOAT32, index - 500, 1000);
            check_row(&kernels, &fill, DTYPE_FLOAT32, index, 1);
        }
    }
}

/* The portable variant against every other variant over long ranges. */
static void variants_agree(void **state)
{
    (void)state;
    const int64_t count = 40000;
    const int repeats = getenv("FANIN_TEST_LONG") != NULL ? 200 : 1;
    unsigned char *const buffers[2] = {malloc((size_t)count * 8), malloc((size_t)count * 8)};
    assert_non_null(buffers[0]);
    assert_non_null(buffers[1]);
    struct cpu_kernels portable;
    assert_true(cpu_kernels_of(CPU_PORTABLE, &portable));
    uint64_t random = 20240917;
    for (int variant = CPU_PORTABLE + 1; variant < CPU_VARIANT_COUNT; variant++) {
        struct cpu_kernels kernels;
        if (!cpu_kernels_of((enum cpu_variant)variant, &kernels)) {
            continue;
        }
        for (int n = 0; n < repeats * FILL_CUSTOM * DTYPE_COUNT; n++) {
            const enum fill_kind kind = (enum fill_kind)(n % FILL_CUSTOM);
            const enum dtype dtype = (enum dtype)(n / FILL_CUSTOM % DTYPE_COUNT);
            if (!test_fills(kind, dtype)) {
                continue;
            }
            const struct fill fill = test_fill(kind, dtype);
            const struct item item = test_row(&fill, dtype, NULL, test_between(&random, 0, INT64_C(1) << 41), count - n % 9);
            const size_t bytes = (size_t)item.size * dtype_table[dtype].size;
            fill_by(&portable, &item, 0, buffers[0], bytes);
            fill_by(&kernels, &item, 0, buffers[1], bytes);
            assert_memory_equal(buffers[0], buffers[1], bytes);
        }
    }
    free(buffers[0]);
    free(buffers[1]);
}

/* As many words as one word has values: every variant against the portable one. */
static void all_of_a_large_range(void **state)
{
    (void)state;
    if (getenv("FANIN_TEST_LONG") == NULL) {
        skip();
    }
    const int64_t piece = 1 << 16, end = INT64_C(1) << 32;
    float *const buffers[2] = {malloc((size_t)piece * sizeof(float)), malloc((size_t)piece * sizeof(float))};
    assert_non_null(buffers[0]);
    assert_non_null(buffers[1]);
    struct cpu_kernels kernels[CPU_VARIANT_COUNT];
    bool runs[CPU_VARIANT_COUNT];
    for (int variant = 0; variant < CPU_VARIANT_COUNT; variant++) {
        runs[variant] = cpu_kernels_of((enum cpu_variant)variant, &kernels[variant]);
    }
    for (int64_t start = 0; start < end; start += piece) {
        /* By turns, for both take the same words. */
        const struct fill fill = test_fill(start / piece % 2 == 0 ? FILL_UNIFORM : FILL_NORMAL, DTYPE_FLOAT32);
        const struct item item = test_row(&fill, DTYPE_FLOAT32, NULL, start, piece);
        fill_by(&kernels[CPU_PORTABLE], &item, 0, (unsigned char *)buffers[0], (size_t)piece * sizeof(float));
        for (int variant = CPU_PORTABLE + 1; variant < CPU_VARIANT_COUNT; variant++) {
            if (runs[variant]) {
                fill_by(&kernels[variant], &item, 0, (unsigned char *)buffers[1], (size_t)piece * sizeof(float));
                assert_memory_equal(buffers[0], buffers[1], (size_t)piece * sizeof(float));
            }
        }
    }
    free(buffers[0]);
    free(buffers[1]);
}

static void check_streamed(const struct cpu_kernels *kernels, const struct fill *fill, enum dtype dtype)
{
    if (fill->kind != FILL_CONSTANT && fill->kind != FILL_BILINEAR) {
        return;
    }
    const int64_t size = dtype_table[dtype].size, count = 65536 + 77 / size;
    struct cpu_fill prepared;
    struct item item = test_row(fill, dtype, NULL, 0, (32 << 20) / size);
    cpu_fill_prepare(&item, SEED, &prepared);
    assert_false(prepared.streamed);
    item = test_row(fill, dtype, NULL, 0, (32 << 20) / size + 1);
    cpu_fill_prepare(&item, SEED, &prepared);
    assert_true(prepared.streamed);
    const size_t bytes = (size_t)((count + 32) * size);
    unsigned char *const found = aligned_alloc(64, (bytes + 63) / 64 * 64), *const expected = malloc(bytes);
    assert_non_null(found);
    assert_non_null(expected);
    for (int64_t margin = 0; margin < 16; margin++) {
        memset(found, SENTINEL, bytes);
        memset(expected, SENTINEL, bytes);
        kernels->fill[fill->kind][dtype](&prepared, margin, count, found + margin * size);
        for (int64_t i = 0; i < count; i++) {
            reference_element(fill, dtype, SEED, margin + i, expected + (margin + i) * size);
        }
        assert_memory_equal(found, expected, bytes);
    }
    free(found);
    free(expected);
}

static void past_the_caches(void **state)
{
    (void)state;
    for_each(check_streamed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_the_caches),
        cmocka_unit_test(sizes_and_starts),
        cmocka_unit_test(large_indices),
        cmocka_unit_test(extreme_numbers),
        cmocka_unit_test(halves_stay_inside_their_bounds),
        cmocka_unit_test(floats_stay_inside_their_bounds),
        cmocka_unit_test(variants_agree),
        cmocka_unit_test(all_of_a_large_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
