/* Parameters and tensors beyond 2^31, 2^32 and 2^33 elements: boxes of huge parameters, elements far apart in memory and, with
 * FANIN_TEST_LONG, whole tensors, where the machine has the memory. */
#include "api_helpers.h"
#include "api_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static const uint64_t seed = 0x5eed;

struct shape {
    int ndim;
    int64_t extents[4];
};

static const struct shape huge_shapes[] = {
    {1, {INT64_C(1) << 40}},
    {1, {INT64_MAX}},
    {2, {INT64_C(1) << 20, INT64_C(1) << 21}},
    {2, {(INT64_C(1) << 21) + 4, (INT64_C(1) << 20) - 3}},
    {3, {INT64_C(1) << 12, 3, (INT64_C(1) << 31) + 1}},
    {4, {64, 257, INT64_C(1) << 16, (INT64_C(1) << 16) + 1}},
};

/* Row-major coordinates of an element. */
static void locate(const struct shape *shape, int64_t index, int64_t *coordinates)
{
    for (int d = shape->ndim - 1; d >= 0; d--) {
        coordinates[d] = index % shape->extents[d];
        index /= shape->extents[d];
    }
}

/* A box around an element, cut where the parameter ends: `before` and up to 6 more along each axis. */
static void box_around(const struct shape *shape, int64_t index, int64_t before, int64_t *offset, int64_t *extents)
{
    locate(shape, index, offset);
    for (int d = 0; d < shape->ndim; d++) {
        offset[d] -= offset[d] < before ? offset[d] : before;
        const int64_t left = shape->extents[d] - offset[d];
        extents[d] = before + 6 < left ? before + 6 : left;
    }
}

/* The box as a row-major array of its own. */
static void *fill_box(const struct api_kind *kind, const struct api_dtype *dtype, const struct shape *shape,
                      const int64_t *offset, const int64_t *extents)
{
    const struct api_view view = api_row_major(shape->ndim, extents, 0);
    struct api_memory memory = api_memory_open((size_t)api_product(shape->ndim, extents) * dtype->size);
    const DLTensor tensor = api_tensor(&memory, &view, dtype);
    api_fill(kind, &tensor, seed, 2, shape->extents, offset);
    free(memory.want);
    return memory.got;
}

/* Where two boxes overlap they have the same bits. */
static void compare_boxes(const struct api_kind *kind, const struct api_dtype *dtype, const struct shape *shape, int64_t index)
{
    int64_t offset[2][4], extents[2][4];
    char *boxes[2];
    for (int i = 0; i < 2; i++) {
        box_around(shape, index, i == 0 ? 3 : 1, offset[i], extents[i]);
        boxes[i] = fill_box(kind, dtype, shape, offset[i], extents[i]);
    }
    const int64_t count = api_product(shape->ndim, extents[0]);
    int compared = 0;
    for (int64_t i = 0; i < count; i++) {
        const struct shape box = {shape->ndim, {extents[0][0], extents[0][1], extents[0][2], extents[0][3]}};
        int64_t at[4], other = 0;
        locate(&box, i, at);
        bool inside = true;
        for (int d = 0; d < shape->ndim; d++) {
            const int64_t coordinate = at[d] + offset[0][d] - offset[1][d];
            inside = inside && coordinate >= 0 && coordinate < extents[1][d];
            other = other * extents[1][d] + coordinate;
        }
        if (inside && memcmp(boxes[0] + i * (int64_t)dtype->size, boxes[1] + other * (int64_t)dtype->size, dtype->size) != 0) {
            fail_msg("%s, %s, %d dimensions, around element %lld: boxes differ", kind->label, dtype->name, shape->ndim,
                     (long long)index);
        }
        compared += inside;
    }
    assert_true(compared > 0);
    free(boxes[0]);
    free(boxes[1]);
}

static void test_overlapping_boxes(void **state)
{
    (void)state;
    uint64_t random = 21;
    for (size_t s = 0; s < sizeof huge_shapes / sizeof *huge_shapes; s++) {
        const struct shape *const shape = &huge_shapes[s];
        const int64_t last = api_product(shape->ndim, shape->extents) - 1;
        const int64_t places[] = {0,
                                  INT64_C(1) << 31,
                                  INT64_C(1) << 32,
                                  INT64_C(1) << 33,
                                  (INT64_C(1) << 34) - 1,
                                  last / 4 + 1,
                                  last - 2,
                                  api_random_below(&random, last)};
        for (int k = 0; k < API_KINDS; k++) {
            for (int t = 0; t < API_DTYPES; t++) {
                if (!api_takes(&api_kinds[k], &api_dtypes[t]) || !api_takes_shape(&api_kinds[k], shape->ndim, shape->extents)) {
                    continue;
                }
                for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
                    compare_boxes(&api_kinds[k], &api_dtypes[t], shape, places[p]);
                }
            }
        }
    }
}

/* Each element of a box has the number of its index, computed apart. */
static void test_boxes_against_reference(void **state)
{
    (void)state;
    const uint64_t uniform_stream = reference_stream(api_kinds[API_UNIFORM].name);
    const uint64_t integer_stream = reference_stream(api_kinds[API_INTEGER].name);
    for (size_t s = 0; s < sizeof huge_shapes / sizeof *huge_shapes; s++) {
        const struct shape *const shape = &huge_shapes[s];
        const int64_t last = api_product(shape->ndim, shape->extents) - 1;
        const int64_t places[] = {INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1) << 33, last / 3, last};
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            int64_t offset[4], extents[4];
            box_around(shape, places[p], 4, offset, extents);
            float *const uniform = fill_box(&api_kinds[API_UNIFORM], &api_dtypes[API_FLOAT32], shape, offset, extents);
            int8_t *const integer = fill_box(&api_kinds[API_INTEGER], &api_dtypes[API_INT8], shape, offset, extents);
            int8_t *const indexed = fill_box(&api_kinds[API_INDEXED], &api_dtypes[API_INT8], shape, offset, extents);
            const struct shape box = {shape->ndim, {extents[0], extents[1], extents[2], extents[3]}};
            for (int64_t i = 0; i < api_product(shape->ndim, extents); i++) {
                int64_t at[4], index = 0;
                locate(&box, i, at);
                for (int d = 0; d < shape->ndim; d++) {
                    index = index * shape->extents[d] + offset[d] + at[d];
                }
                assert_true(uniform[i] == reference_uniform(seed, uniform_stream, (uint64_t)index, -0.3f, 0.3f));
                assert_int_equal(integer[i], reference_integer(seed, integer_stream, (uint64_t)index, -127, 126));
                assert_int_equal(indexed[i], index % 100);
            }
            free(uniform);
            free(integer);
            free(indexed);
        }
    }
}

/* Memory that costs only the pages that are touched. */
static void *map(size_t size, bool huge_pages)
{
    void *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        printf("skipped: %zu bytes cannot be mapped\n", size);
        skip();
    }
    madvise(memory, size, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    return memory;
}

/* Elements so far apart that their distances and addresses pass 2^31 and 2^32 elements, on few pages; the long axis first or
 * last, in both directions. */
static void test_elements_far_apart(void **state)
{
    (void)state;
    enum { LONG = 1300, SHORT = 3 };
    const int64_t distance = (INT64_C(1) << 22) + 5, apart = INT64_C(1) << 20;
    const size_t size = sizeof(float) * (size_t)(distance * LONG + apart * SHORT);
    float *const memory = map(size, false);
    static const int64_t global[] = {INT64_C(1) << 20, INT64_C(1) << 21}, offset[] = {5000, 17};
    const uint64_t stream = reference_stream(api_kinds[API_UNIFORM].name);
    for (int turn = 0; turn < 4; turn++) {
        const int long_axis = turn / 2;
        const bool backward = turn % 2 == 1;
        int64_t shape[] = {SHORT, SHORT}, strides[] = {apart, apart};
        shape[long_axis] = LONG;
        strides[long_axis] = backward ? -distance : distance;
        const int64_t first = backward ? distance * (LONG - 1) : 0;
        const DLTensor tensor = {.data = memory,
                                 .device = {kDLCPU, 0},
                                 .ndim = 2,
                                 .dtype = api_dtypes[API_FLOAT32].type,
                                 .shape = shape,
                                 .strides = strides,
                                 .byte_offset = (uint64_t)first * sizeof(float)};
        api_fill(&api_kinds[API_UNIFORM], &tensor, seed, 3, global, offset);
        for (int64_t i = 0; i < shape[0]; i++) {
            for (int64_t j = 0; j < shape[1]; j++) {
                const int64_t index = (offset[0] + i) * global[1] + offset[1] + j;
                const int64_t place = first + i * strides[0] + j * strides[1];
                assert_true(memory[place] == reference_uniform(seed, stream, (uint64_t)index, -0.3f, 0.3f));
                /* The neighbours are untouched. */
                assert_true((place == 0 || memory[place - 1] == 0.0f) && memory[place + 1] == 0.0f);
                memory[place] = 0.0f;
            }
        }
    }
    munmap(memory, size);
}

/* A dry run needs no memory. */
static void test_dry_run(void **state)
{
    (void)state;
    int64_t shape[] = {INT64_C(1) << 20, INT64_C(1) << 21};
    const DLTensor tensor = {.device = {kDLCPU, 0}, .ndim = 2, .dtype = api_dtypes[API_BFLOAT16].type, .shape = shape};
    fanin_initializer *const xavier = api_create("xavier");
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "huge_weight";
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    assert_int_equal(fanin_plan_add(plan, xavier, &desc, &tensor), FANIN_OK);
    char *text = NULL;
    assert_int_equal(fanin_plan_dumps(plan, &text), FANIN_OK);
    assert_non_null(strstr(text, "2199023255552"));
    fanin_string_free(text);
    fanin_plan_free(plan);
    fanin_release(xavier);
}

/* Bytes that can be had without swapping; 0 where nobody says. */
static unsigned long long available_memory(void)
{
    unsigned long long kilobytes = 0;
    FILE *const file = fopen("/proc/meminfo", "r");
    char line[128];
    while (file && fgets(line, sizeof line, file) && sscanf(line, "MemAvailable: %llu", &kilobytes) != 1) {
    }
    if (file) {
        fclose(file);
    }
    return kilobytes * 1024;
}

/* Fills a whole tensor, looks at elements near the powers of two, at both ends and at a million other places, and at the pages
 * around it. */
static void fill_whole(int kind, int dtype_number, int64_t count)
{
    enum { GUARD = 4096, SAMPLES = 1000000 };
    const struct api_dtype *const dtype = &api_dtypes[dtype_number];
    const size_t bytes = (size_t)count * dtype->size;
    if (available_memory() < bytes + (bytes >> 3)) {
        printf("skipped: %zu bytes for %s are not available\n", bytes, dtype->name);
        skip();
    }
    unsigned char *const memory = map(bytes + 2 * GUARD, true);
    memset(memory, 0xa5, GUARD);
    memset(memory + GUARD + bytes, 0xa5, GUARD);
    const DLTensor tensor = {.data = memory + GUARD, .device = {kDLCPU, 0}, .ndim = 1, .dtype = dtype->type, .shape = &count};
    api_fill(&api_kinds[kind], &tensor, seed, 0, NULL, NULL);

    const uint64_t stream = reference_stream(api_kinds[kind].name);
    const double low = reference_inward(&reference_float16, -0.3, true);
    const double high = reference_inward(&reference_float16, 0.3, false);
    const int64_t places[] = {0, INT64_C(1) << 30, INT64_C(1) << 31, INT64_C(1) << 32, count};
    uint64_t random = 5;
    for (int i = 0; i < SAMPLES; i++) {
        int64_t index = api_random_below(&random, count);
        if (i < 5 * 1000) {
            index = places[i / 1000] + i % 1000 - 500;
            if (index < 0 || index >= count) {
                continue;
            }
        }
        if (kind == API_INTEGER) {
            assert_int_equal((int8_t)memory[GUARD + index], reference_integer(seed, stream, (uint64_t)index, -127, 126));
        } else {
            uint16_t got;
            memcpy(&got, memory + GUARD + 2 * index, sizeof got);
            const double value = (double)reference_uniform(seed, stream, (uint64_t)index, -0.3f, 0.3f);
            const double rounded = reference_round(&reference_float16, value);
            const double kept = rounded < low ? low : rounded > high ? high : rounded;
            assert_int_equal(got, reference_encode(&reference_float16, kept));
        }
    }
    for (int i = 0; i < GUARD; i++) {
        assert_true(memory[i] == 0xa5 && memory[GUARD + bytes + (size_t)i] == 0xa5);
    }
    munmap(memory, bytes + 2 * GUARD);
}

static void skip_unless_long(void)
{
    if (!getenv("FANIN_TEST_LONG")) {
        puts("skipped: takes gigabytes; set FANIN_TEST_LONG to run it");
        skip();
    }
}

static void test_int8_beyond_2_to_32(void **state)
{
    (void)state;
    skip_unless_long();
    fill_whole(API_INTEGER, API_INT8, (INT64_C(1) << 32) + 12345);
}

static void test_float16_beyond_2_to_31(void **state)
{
    (void)state;
    skip_unless_long();
    fill_whole(API_UNIFORM, API_FLOAT16, (INT64_C(1) << 31) + 12345);
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
        cmocka_unit_test(test_overlapping_boxes),   cmocka_unit_test(test_boxes_against_reference),
        cmocka_unit_test(test_elements_far_apart),  cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_int8_beyond_2_to_32), cmocka_unit_test(test_float16_beyond_2_to_31),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
