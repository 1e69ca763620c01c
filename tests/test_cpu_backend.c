/* The CPU backend with items of every shape: what they name is written, and nothing else. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "walk.h"
#include "cpu_helpers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SEED     42
#define SENTINEL 0xA5
#define ARENA    (1 << 20)

/* Memory for items, and what it should hold after they are filled. */
static _Alignas(64) unsigned char arena[ARENA], expected[ARENA];

static fanin_options options_of(int threads)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    options.contract = FANIN_CONTRACT;
    options.threads = threads;
    return options;
}

static void run_items(const struct item *items, size_t count, int threads)
{
    const fanin_options options = options_of(threads);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(cpu_backend.supports(&items[i]), FANIN_OK);
    }
    assert_int_equal(backend_run(&cpu_backend, items, count, &options), FANIN_OK);
}

/* Writes the item's elements where they belong, coordinate by coordinate. `to` stands for the item's data. */
static void expect_item(const struct item *item, unsigned char *to)
{
    int64_t coordinate[FANIN_MAX_NDIM] = {0};
    const int size = dtype_table[item->dtype].size;
    for (int64_t n = 0; n < item->size; n++) {
        int64_t index = item->start, offset = 0;
        for (int d = 0; d < item->ndim; d++) {
            index += coordinate[d] * item->step[d];
            offset += coordinate[d] * item->stride[d];
        }
        reference_element(item->fill, item->dtype, SEED, index, to + offset * size);
        for (int d = item->ndim - 1; d >= 0 && ++coordinate[d] == item->extent[d]; d--) {
            coordinate[d] = 0;
        }
    }
}

/* A view with its axes in any order in memory, of either sign, with gaps, and any affine map to the domain. */
static struct item random_item(uint64_t *random, const struct fill *fill, enum dtype dtype, int ndim)
{
    struct item item = {.fill = fill, .name = "view", .dtype = dtype, .ndim = ndim, .size = 1};
    item_numbers(&item, ndim);
    static const int64_t most[] = {0, 3000, 80, 20, 9};
    int order[4] = {0, 1, 2, 3};
    for (int d = 0; d < ndim; d++) {
        item.extent[d] = test_between(random, 2, most[ndim]);
        item.size *= item.extent[d];
        const int other = (int)test_between(random, 0, d);
        order[d] = order[other];
        order[other] = d;
    }
    int64_t stride = test_between(random, 0, 2) == 0 ? 2 : 1, first = 0;
    for (int k = 0; k < ndim; k++) {
        const int d = order[k];
        const bool back = test_between(random, 0, 3) == 0;
        item.stride[d] = back ? -stride : stride;
        first += back ? stride * (item.extent[d] - 1) : 0;
        stride = stride * item.extent[d] + test_between(random, 0, 2);
    }
    const bool scattered = test_between(random, 0, 4) == 0;
    int64_t step = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        item.step[d] = scattered ? test_between(random, 1, 700) : step;
        step *= item.extent[d] + (test_between(random, 0, 1) ? test_between(random, 0, 5) : 0);
    }
    item.start = test_between(random, 0, 1) ? test_between(random, 0, 50) : test_between(random, 0, INT64_C(1) << 35);
    const int size = dtype_table[dtype].size;
    item.data = (char *)arena + (16 + test_between(random, 0, 16) + first) * size;
    assert_true((16 + 16 + stride) * size < ARENA);
    return item;
}

static void views(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int round = 0; round < 1500; round++) {
        const enum dtype dtype = (enum dtype)test_between(&random, 0, DTYPE_COUNT - 1);
        const enum fill_kind kind = (enum fill_kind)test_between(&random, 0, FILL_CUSTOM - 1);
        if (!test_fills(kind, dtype)) {
            continue;
        }
        const struct fill fill = test_fill(kind, dtype);
        struct item item = random_item(&random, &fill, dtype, 1 + round % 4);
        memset(arena, SENTINEL, sizeof arena);
        memset(expected, SENTINEL, sizeof expected);
        expect_item(&item, expected + (item.data - (char *)arena));
        run_items(&item, 1, round % 3);
        if (memcmp(arena, expected, sizeof arena) != 0) {
            fail_msg("round %d: %s, %s, %d axes", round, fill_kind_table[kind].name, dtype_table[dtype].name, item.ndim);
        }
    }
}

/* Rows of all sizes, packed one after another in one plan: single elements without an axis among them. */
static void many_small_items_and_a_large_one(void **state)
{
    (void)state;
    enum { SMALL = 5000, LARGE = 1 << 20 };
    static struct item items[SMALL + 1];
    static struct fill fills[SMALL + 1];
    const size_t bytes = (size_t)SMALL * 70 * 8 + (size_t)LARGE * 4 + 64;
    unsigned char *const memory = malloc(bytes), *const reference = malloc(bytes);
    assert_non_null(memory);
    assert_non_null(reference);
    memset(reference, SENTINEL, bytes);
    uint64_t random = 11;
    size_t place = 64;
    for (int i = 0; i <= SMALL; i++) {
        enum dtype dtype = (enum dtype)test_between(&random, 0, DTYPE_COUNT - 1);
        enum fill_kind kind = (enum fill_kind)test_between(&random, 0, FILL_CUSTOM - 1);
        int64_t count = test_between(&random, 1, 60);
        if (i == SMALL / 2) {
            dtype = DTYPE_FLOAT32;
            kind = FILL_NORMAL;
            count = LARGE;
        } else if (!test_fills(kind, dtype)) {
            kind = FILL_CONSTANT;
        }
        const size_t size = dtype_table[dtype].size;
        place = (place + size - 1) / size * size;
        fills[i] = test_fill(kind, dtype);
        fills[i].stream += (uint64_t)i;
        items[i] = test_row(&fills[i], dtype, memory + place, test_between(&random, 0, 9), count);
        expect_item(&items[i], reference + place);
        place += (size_t)count * size + (size_t)test_between(&random, 0, 1);
        assert_true(place <= bytes);
    }
    for (int threads = 0; threads <= 8; threads++) {
        memset(memory, SENTINEL, bytes);
        run_items(items, SMALL + 1, threads);
        assert_memory_equal(memory, reference, bytes);
    }
    free(memory);
    free(reference);
}

/* One item of several tiles, at starts that no block and no tile begins with. */
static void threads_and_starts(void **state)
{
    (void)state;
    enum { COUNT = 300001 };
    static _Alignas(64) unsigned char memory[(COUNT + 2) * 8], reference[(COUNT + 2) * 8];
    static const enum dtype dtypes[] = {DTYPE_FLOAT16, DTYPE_FLOAT32, DTYPE_FLOAT64};
    for (int d = 0; d < 3; d++) {
        const struct fill fill = test_fill(FILL_UNIFORM, dtypes[d]);
        const size_t size = dtype_table[dtypes[d]].size;
        for (int64_t start = (INT64_C(1) << 32) - 65537; start < (INT64_C(1) << 32) - 65533; start++) {
            const struct item item = test_row(&fill, dtypes[d], memory + size, start, COUNT);
            memset(reference, SENTINEL, sizeof reference);
            expect_item(&item, reference + size);
            for (int threads = 1; threads <= 8; threads += 3) {
                memset(memory, SENTINEL, sizeof memory);
                run_items(&item, 1, threads);
                assert_memory_equal(memory, reference, sizeof memory);
            }
        }
    }
}

/* A walk cut anywhere: every element is met once, at its own index. */
static void walks_meet_each_element_once(void **state)
{
    (void)state;
    uint64_t random = 5;
    const struct fill fill = test_fill(FILL_CONSTANT, DTYPE_INT32);
    static unsigned char met[ARENA];
    for (int round = 0; round < 300; round++) {
        const struct item item = random_item(&random, &fill, DTYPE_INT32, round % 5);
        memset(met, 0, sizeof met);
        const int inner = item.ndim == 0 ? -1 : (int)test_between(&random, 0, item.ndim - 1);
        int64_t position = 0, sum = 0, expected_sum = 0;
        while (position < item.size) {
            int64_t left = test_between(&random, 1, item.size - position);
            struct walk walk;
            walk_start(&walk, &item, inner, position);
            position += left;
            while (left > 0) {
                const int64_t row = walk_left_in_row(&walk);
                const int64_t count = test_between(&random, 1, row < left ? row : left);
                for (int64_t i = 0; i < count; i++) {
                    met[walk.data + i * walk.inner.stride - (char *)arena]++;
                    sum += walk.index + i * walk.inner.step;
                }
                walk_advance(&walk, count);
                left -= count;
            }
        }
        int64_t coordinate[FANIN_MAX_NDIM] = {0};
        for (int64_t n = 0; n < item.size; n++) {
            char *place = item.data;
            expected_sum += item.start;
            for (int d = 0; d < item.ndim; d++) {
                place += coordinate[d] * item.stride[d] * 4;
                expected_sum += coordinate[d] * item.step[d];
            }
            assert_int_equal(met[place - (char *)arena], 1);
            met[place - (char *)arena] = 0;
            for (int d = item.ndim - 1; d >= 0 && ++coordinate[d] == item.extent[d]; d--) {
                coordinate[d] = 0;
            }
        }
        for (size_t i = 0; i < sizeof met; i++) {
            if (met[i] != 0) {
                fail_msg("round %d met a place that is not the item's", round);
            }
        }
        assert_int_equal(sum, expected_sum);
    }
}

/* Beyond 2^32 elements, both in the domain and in memory, at the price of 4 GB: only when asked for. */
static void more_than_32_bits_of_elements(void **state)
{
    (void)state;
    if (getenv("FANIN_TEST_LONG") == NULL) {
        skip();
    }
    const int64_t count = (INT64_C(1) << 32) + 100003;
    unsigned char *const memory =
        mmap(NULL, (size_t)count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        print_message("no memory for %lld bytes\n", (long long)count);
        skip();
    }
    const struct fill fill = test_fill(FILL_INTEGER, DTYPE_INT8);
    const struct item item = test_row(&fill, DTYPE_INT8, memory, 3, count);
    run_items(&item, 1, 0);
    for (int64_t i = 0; i < count; i += i % 997 == 0 ? 1 : 99991) {
        unsigned char element[8];
        reference_element(&fill, DTYPE_INT8, SEED, 3 + i, element);
        assert_int_equal(memory[i], element[0]);
    }
    munmap(memory, (size_t)count);
}

/* Few items need no memory for their numbers, and more do. */
static void few_items(void **state)
{
    (void)state;
    enum { MOST = 20, COUNT = 50 };
    static float values[MOST][COUNT], reference[COUNT];
    const struct fill fill = test_fill(FILL_NORMAL, DTYPE_FLOAT32);
    const struct item one = test_row(&fill, DTYPE_FLOAT32, (unsigned char *)reference, 1, COUNT);
    run_items(&one, 1, 1);
    static struct item items[MOST];
    for (int count = 1; count <= MOST; count++) {
        for (int i = 0; i < count; i++) {
            items[i] = test_row(&fill, DTYPE_FLOAT32, (unsigned char *)values[i], 1, COUNT);
        }
        memset(values, 0, sizeof values);
        run_items(items, (size_t)count, 1);
        for (int i = 0; i < count; i++) {
            assert_memory_equal(values[i], reference, sizeof reference);
        }
    }
}

/* Two items of more elements than 64 bits can number, of no memory: nothing is written. */
static void too_many_elements(void **state)
{
    (void)state;
    const struct fill fill = test_fill(FILL_CONSTANT, DTYPE_INT8);
    const fanin_options options = options_of(1);
    struct item items[2] = {test_row(&fill, DTYPE_INT8, arena, 0, INT64_MAX / 2 + 1),
                            test_row(&fill, DTYPE_INT8, arena, 0, INT64_MAX / 2 + 1)};
    assert_int_equal(backend_run(&cpu_backend, items, 2, &options), FANIN_ERROR_ARGUMENT);
    assert_non_null(strstr(fanin_last_error(), "the plan's elements are more than 9223372036854775807"));
}

static void no_items(void **state)
{
    (void)state;
    const fanin_options options = options_of(0);
    assert_int_equal(backend_run(&cpu_backend, NULL, 0, &options), FANIN_OK);
}

static void supported_dtypes(void **state)
{
    (void)state;
    for (int kind = 0; kind < FILL_CUSTOM; kind++) {
        for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
            const struct fill fill = {.kind = (enum fill_kind)kind};
            const struct item item = test_row(&fill, (enum dtype)dtype, arena, 0, 10);
            const bool fits = test_fills((enum fill_kind)kind, (enum dtype)dtype);
            assert_int_equal(cpu_backend.supports(&item), fits ? FANIN_OK : FANIN_ERROR_DTYPE);
            if (!fits) {
                assert_non_null(strstr(fanin_last_error(), "'test'"));
                assert_non_null(strstr(fanin_last_error(), dtype_table[dtype].name));
            }
        }
    }
}

static void backends_by_device(void **state)
{
    (void)state;
    const struct backend *backend = NULL;
    assert_int_equal(backend_find("w", (DLDevice){kDLCPU, 0}, &backend), FANIN_OK);
    assert_ptr_equal(backend, &cpu_backend);
    backend = NULL;
    assert_int_equal(backend_find("w", (DLDevice){kDLCUDAHost, 0}, &backend), FANIN_OK);
    assert_ptr_equal(backend, &cpu_backend);

    static const struct {
        int type;
        const char *found;
    } others[] = {{kDLCUDA, "CUDA device 3"},
                  {kDLCUDAManaged, "CUDA device 3"},
                  {kDLROCM, "10 (ROCm)"},
                  {kDLMetal, "8 (Metal)"},
                  {14, "14 (oneAPI)"},
                  {15, "15 (WebGPU)"},
                  {16, "16 (Hexagon)"},
                  {17, "17 (MAIA)"},
                  {18, "18 (unknown), expected the CPU (1 or 3) or CUDA (2 or 13)"},
                  {99, "99 (unknown)"},
                  {0, "0 (unknown)"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        backend = NULL;
        assert_int_equal(backend_find("fc1_weight", (DLDevice){(DLDeviceType)others[i].type, 3}, &backend), FANIN_ERROR_DEVICE);
        assert_null(backend);
        assert_non_null(strstr(fanin_last_error(), "'fc1_weight'"));
        assert_non_null(strstr(fanin_last_error(), others[i].found));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),
        cmocka_unit_test(many_small_items_and_a_large_one),
        cmocka_unit_test(threads_and_starts),
        cmocka_unit_test(walks_meet_each_element_once),
        cmocka_unit_test(more_than_32_bits_of_elements),
        cmocka_unit_test(few_items),
        cmocka_unit_test(too_many_elements),
        cmocka_unit_test(no_items),
        cmocka_unit_test(supported_dtypes),
        cmocka_unit_test(backends_by_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
