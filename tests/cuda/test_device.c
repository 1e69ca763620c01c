/* The device against the host, through the public API: every initializer, dtype, stride and shard, plans, large tensors.
 * Needs a GPU. */
#include "device_compare.h"

#include <string.h>

/* One for each row of the registry, and more where its parameters lead elsewhere. */
static const struct {
    const char *row, *spec;
} specs[] = {
    {"zero", "zero"},
    {"one", "one"},
    {"constant", "[\"constant\", {\"value\": 3}]"},
    {"uniform", "[\"uniform\", {\"scale\": 0.1}]"},
    {"normal", "[\"normal\", {\"sigma\": 0.7}]"},
    {"xavier", "xavier"},
    {"xavier", "[\"xavier\", {\"rnd_type\": \"gaussian\", \"factor_type\": \"in\", \"magnitude\": 2}]"},
    {"msraprelu", "msraprelu"},
    {"bilinear", "bilinear"},
    {"bilinear", "[\"bilinear\", {\"centred\": true}]"},
    {"lstmbias", "[\"lstmbias\", {\"forget_bias\": 1.0}]"},
    {"fusedrnn", "[\"fusedrnn\", {\"init\": \"xavier\", \"num_hidden\": 8, \"num_layers\": 1, \"mode\": \"lstm\"}]"},
    {"mixed", "[\"mixed\", {\"patterns\": [\".*\"], \"initializers\": [\"uniform\"]}]"},
};
enum { SPECS = sizeof specs / sizeof specs[0] };

/* Rows that no single tensor of these tests suits, and why. */
static const char *const rows_elsewhere[] = {"load" /* needs a file */, "orthogonal" /* not elementwise */};

static void test_registry(void **state)
{
    (void)state;
    static const struct view views[] = {
        {.ndim = 0},
        {.ndim = 1, .shape = {1000}},
        {.ndim = 1, .shape = {512}}, /* the packed vector of fusedrnn, for 6 inputs */
        {.ndim = 2, .shape = {64, 520}},
        {.ndim = 3, .shape = {8, 9, 10}},
        {.ndim = 4, .shape = {6, 5, 4, 6}},
        {.ndim = 4, .shape = {3, 1, 7, 10}},
        {.ndim = 2, .shape = {400, 3000}},
        {.ndim = 2, .shape = {0, 5}},
    };
    bool is_covered[SPECS] = {false};
    for (size_t i = 0; i < SPECS; i++) {
        for (size_t t = 0; t < TYPES; t++) {
            for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
                is_covered[i] |= compare(specs[i].spec, &types[t], &views[v]);
            }
        }
    }
    for (size_t i = 0; i < SPECS; i++) {
        assert_true(is_covered[i]);
    }
    for (size_t i = 0; fanin_row_at(i) != NULL; i++) {
        const char *const name = fanin_row_at(i)->name;
        bool is_known = false;
        for (size_t k = 0; k < SPECS; k++) {
            is_known |= strcmp(specs[k].row, name) == 0;
        }
        for (size_t k = 0; k < sizeof rows_elsewhere / sizeof rows_elsewhere[0]; k++) {
            is_known |= strcmp(rows_elsewhere[k], name) == 0;
        }
        if (!is_known) {
            fail_msg("the row '%s' has no test on a device", name);
        }
    }
}

/* Bounds that are not ±the same number, and a mean: a row of the caller's can ask for them. */
static fanin_status lower_apart(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_status status = fanin_emit_uniform(emitter, 100, -0.1, 0.3);
    if (status == FANIN_OK) {
        status = fanin_emit_uniform(emitter, 100, 0.0, 1.0);
    }
    return status == FANIN_OK ? fanin_emit_normal(emitter, FANIN_ALL_ROWS, 1.5, 0.25) : status;
}

static void test_row_of_the_caller(void **state)
{
    (void)state;
    static const struct view view = {.ndim = 2, .shape = {400, 3000}};
    fanin_row row = FANIN_ROW_INIT;
    row.name = "apart";
    row.lower = lower_apart;
    assert_int_equal(fanin_register(&row, 0), FANIN_OK);
    for (size_t t = 0; t < FLOATS; t++) {
        assert_true(compare("apart", &types[t], &view));
    }
}

static void test_sizes_and_alignments(void **state)
{
    (void)state;
    for (size_t t = 0; t < FLOATS; t++) {
        for (int64_t size = 1; size <= 1000; size += size < 40 ? 1 : 31) {
            for (int64_t offset = 0; offset < 9; offset += 1 + (size > 40)) {
                const struct view view = {.ndim = 1, .shape = {size}, .offset = offset};
                assert_true(compare("normal", &types[t], &view));
                assert_true(compare("uniform", &types[t], &view));
            }
        }
    }
}

static void test_strides(void **state)
{
    (void)state;
    static const struct view views[] = {
        {.ndim = 1, .shape = {500}, .strides = {3}, .strided = true},
        {.ndim = 1, .shape = {500}, .strides = {-1}, .strided = true, .offset = 499},
        {.ndim = 2, .shape = {70, 90}, .strides = {1, 70}, .strided = true},
        {.ndim = 2, .shape = {70, 90}, .strides = {128, 1}, .strided = true},
        {.ndim = 2, .shape = {70, 90}, .strides = {-128, 1}, .strided = true, .offset = 69 * 128},
        {.ndim = 4, .shape = {9, 8, 7, 6}, .strides = {1, 378, 54, 9}, .strided = true},
        {.ndim = 4, .shape = {5, 2, 200, 300}, .strides = {600, 300, 3000, 1}, .strided = true},
    };
    for (size_t t = 0; t < TYPES; t++) {
        for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
            assert_true(compare("one", &types[t], &views[v]));
            if (t < FLOATS) {
                assert_true(compare("normal", &types[t], &views[v]));
                assert_true(compare("uniform", &types[t], &views[v]));
            }
        }
    }
}

static void test_shards(void **state)
{
    (void)state;
    for (size_t t = 0; t < FLOATS; t++) {
        for (int64_t part = 0; part < 4; part++) {
            const struct view rows = {
                .ndim = 2, .shape = {100, 300}, .sharded = true, .global = {400, 300}, .start = {100 * part, 0}};
            const struct view columns = {
                .ndim = 2, .shape = {400, 75}, .sharded = true, .global = {400, 300}, .start = {0, 75 * part}};
            const struct view far = {.ndim = 1,
                                     .shape = {5000},
                                     .sharded = true,
                                     .global = {INT64_C(1) << 40},
                                     .start = {(INT64_C(1) << (31 + part)) - 2001}};
            assert_true(compare("normal", &types[t], &rows));
            assert_true(compare("uniform", &types[t], &columns));
            assert_true(compare("normal", &types[t], &far));
        }
    }
}

static void test_plans(void **state)
{
    (void)state;
    static const int counts[] = {1, 12, 13, 300, 371, 372, 5000}; /* around the room of tables */
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        memset(host, POISON, BYTES);
        assert_cuda(cudaMemset(device, POISON, BYTES));
        fanin_plan *const there = plan_of(counts[i], kDLCUDA, device), *const here = plan_of(counts[i], kDLCPU, host);
        assert_int_equal(fanin_plan_run(there, NULL), FANIN_OK);
        assert_int_equal(fanin_plan_run(here, NULL), FANIN_OK);
        assert_cuda(cudaMemcpy(copy, device, BYTES, cudaMemcpyDeviceToHost));
        assert_memory_equal(copy, host, BYTES);
        fanin_plan_free(there);
        fanin_plan_free(here);
    }
}

/* ------------------------------------------------ large tensors ---------------------------------------------------------- */

/* Past 2^32 elements; the host fills what is looked at as shards of the same parameter. */
static void test_large(void **state)
{
    (void)state;
    enum { WINDOW = 100000 };
    const int64_t count = (INT64_C(1) << 32) + WINDOW + 12345;
    const struct type *const type = &types[1];
    void *memory = NULL;
    size_t free_bytes = 0, total = 0;
    /* What is left is for other processes: tests run side by side. */
    const size_t needed = (size_t)count * 2 + ((size_t)4 << 30);
    assert_cuda(cudaMemGetInfo(&free_bytes, &total));
    if (free_bytes < needed || cudaMalloc(&memory, (size_t)count * 2) != cudaSuccess) {
        (void)cudaGetLastError();
        print_message("skipped: %zu bytes of device memory are free, %zu are needed\n", free_bytes, needed);
        skip();
    }
    const struct view whole = {.ndim = 1, .shape = {count}};
    const int64_t places[] = {0, (INT64_C(1) << 31) - WINDOW / 2, (INT64_C(1) << 32) - WINDOW / 2, count - WINDOW};
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_int_equal(fill(kDLCUDA, memory, "normal", type, &whole, &options), FANIN_OK);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct view window = {.ndim = 1, .shape = {WINDOW}, .sharded = true, .global = {count}, .start = {places[i]}};
        assert_int_equal(fill(kDLCPU, host, "normal", type, &window, &options), FANIN_OK);
        assert_cuda(cudaMemcpy(copy, (char *)memory + 2 * places[i], 2 * WINDOW, cudaMemcpyDeviceToHost));
        assert_memory_equal(copy, host, 2 * WINDOW);
    }
    assert_cuda(cudaFree(memory));
}

int main(void)
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    if (!memories_make()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_row_of_the_caller),
        cmocka_unit_test(test_sizes_and_alignments),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_large),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    memories_free();
    return failed;
}
