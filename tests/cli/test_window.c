/* Cutting a file's data into windows: boxes that tile any run, and windows that hold the bits of whole tensors. */
#include "../../cli/window.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/safetensors.h"

#include <stdlib.h>
#include <string.h>

/* Walks the run and checks that box after box holds the next elements in order; returns how many boxes. */
static int check_run(const int64_t *shape, int ndim, int64_t begin, int64_t end)
{
    int boxes = 0;
    for (int64_t at = begin; at < end; boxes++) {
        int64_t offset[4], extent[4], coordinates[4] = {0};
        const int64_t count = window_box(shape, ndim, at, end, offset, extent);
        int64_t product = 1;
        for (int d = 0; d < ndim; d++) {
            assert_true(extent[d] >= 1 && offset[d] >= 0 && offset[d] + extent[d] <= shape[d]);
            product *= extent[d];
        }
        assert_int_equal(product, count);
        for (int64_t i = 0; i < count; i++, at++) {
            int64_t index = 0;
            for (int d = 0; d < ndim; d++) {
                index = index * shape[d] + offset[d] + coordinates[d];
            }
            assert_int_equal(index, at);
            for (int d = ndim - 1; d >= 0 && ++coordinates[d] == extent[d]; d--) {
                coordinates[d] = 0;
            }
        }
        assert_true(at <= end);
    }
    return boxes;
}

static void test_every_run(void **state)
{
    (void)state;
    static const struct {
        int ndim;
        int64_t shape[4];
    } cases[] = {{0, {0}},       {1, {1}},       {1, {9}},       {2, {4, 5}},       {2, {1, 7}},       {2, {7, 1}},
                 {3, {3, 4, 5}}, {3, {3, 1, 5}}, {3, {1, 4, 1}}, {4, {2, 3, 4, 3}}, {4, {3, 2, 1, 5}}, {4, {2, 2, 2, 2}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t count;
        assert_true(header_elements(cases[i].shape, cases[i].ndim, &count));
        const int most = cases[i].ndim == 0 ? 1 : 2 * cases[i].ndim - 1;
        for (int64_t begin = 0; begin < count; begin++) {
            for (int64_t end = begin + 1; end <= count; end++) {
                assert_true(check_run(cases[i].shape, cases[i].ndim, begin, end) <= most);
            }
        }
    }
}

/* Products near the end of int64 do not overflow. */
static void test_large(void **state)
{
    (void)state;
    const int64_t shape[2] = {INT64_C(1) << 31, INT64_C(1) << 31};
    int64_t offset[2], extent[2];
    assert_int_equal(window_box(shape, 2, 0, INT64_C(1) << 62, offset, extent), INT64_C(1) << 62);
    assert_int_equal(window_box(shape, 2, (INT64_C(1) << 62) - 3, INT64_C(1) << 62, offset, extent), 3);
    assert_int_equal(offset[0], (INT64_C(1) << 31) - 1);
    assert_int_equal(offset[1], (INT64_C(1) << 31) - 3);
}

static void test_cut(void **state)
{
    (void)state;
    /* As torch.chunk: rows of each part. */
    static const struct {
        int64_t rows, parts, counts[6];
    } cases[] = {{10, 3, {4, 4, 2}}, {7, 5, {2, 2, 2, 1, 0}}, {3, 5, {1, 1, 1, 0, 0}},
                 {0, 2, {0, 0}},     {6, 3, {2, 2, 2}},       {5, 1, {5}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t begin, count, at = 0;
        for (int64_t part = 0; part < cases[i].parts; part++) {
            model_cut(cases[i].rows, part, cases[i].parts, &begin, &count);
            assert_int_equal(count, cases[i].counts[part]);
            assert_int_equal(begin, at);
            at += count;
        }
        assert_int_equal(at, cases[i].rows);
    }
    int64_t begin, count;
    model_cut(INT64_MAX, INT32_MAX - 1, INT32_MAX, &begin, &count);
    assert_int_equal(begin + count, INT64_MAX);
}

static const char manifest[] =
    "{\"u.weight\": {\"dtype\": \"F32\", \"shape\": [3, 4, 5, 2]}, \"n.bias\": {\"dtype\": \"F16\", \"shape\": [31]},"
    "\"s\": {\"dtype\": \"F32\", \"shape\": []}, \"e\": {\"dtype\": \"F32\", \"shape\": [0, 2]},"
    "\"d.weight\": {\"dtype\": \"F64\", \"shape\": [9, 7]}, \"l\": {\"dtype\": \"F32\", \"shape\": [12]},"
    "\"b.weight\": {\"dtype\": \"BF16\", \"shape\": [6, 11]}, \"i\": {\"dtype\": \"I8\", \"shape\": [13]}}";
static const char rules_text[] =
    "[[\"[ud].weight\", [\"normal\", {\"sigma\": 2}]], [\"[nbse]\", \"uniform\"], [\"l\", \"lstmbias\"],"
    "[\"i\", [\"constant\", {\"value\": 7}]]]";

static void make_model(struct model *model, int64_t shard, int64_t shards)
{
    const struct init_options options = {.device = {kDLCPU, 0}, .shard = shard, .shards = shards};
    struct header like = {0};
    fanin_rules *rules;
    assert_int_equal(safetensors_parse_manifest("manifest", manifest, strlen(manifest), &like), FANIN_OK);
    assert_int_equal(fanin_rules_create(rules_text, &rules), FANIN_OK);
    assert_int_equal(model_create(model, &options, &like, NULL, rules), FANIN_OK);
    assert_int_equal(safetensors_arrange(&model->header), FANIN_OK);
}

/* The data of the file by windows of `capacity` bytes. */
static char *fill_by_windows(const struct model *model, int64_t capacity)
{
    const int64_t total = safetensors_data_size(&model->header);
    char *const data = calloc(1, (size_t)total + 1);
    char *const buffer = aligned_alloc(64, (size_t)(capacity + 63) / 64 * 64);
    assert_true(data && buffer);
    struct window_cursor cursor = {0};
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 5;
    int64_t done = 0, size;
    fanin_plan *plan;
    while (assert_int_equal(window_next(model, &cursor, buffer, capacity, &plan, &size), FANIN_OK), size > 0) {
        assert_true(size <= capacity && done + size <= total);
        assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
        fanin_plan_free(plan);
        memcpy(data + done, buffer, (size_t)size);
        done += size;
    }
    assert_int_equal(done, total);
    free(buffer);
    return data;
}

/* The same by one call of the library for each tensor. */
static char *fill_whole(const struct model *model)
{
    char *const data = aligned_alloc(64, (size_t)(safetensors_data_size(&model->header) / 64 + 1) * 64);
    assert_non_null(data);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 5;
    for (size_t i = 0; i < model->header.count; i++) {
        const struct header_tensor *const tensor = &model->header.tensors[i];
        const DLTensor view = {
            data + tensor->begin, {kDLCPU, 0}, tensor->ndim, dtype_to_dlpack(tensor->dtype), tensor->shape, NULL, 0};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = tensor->name;
        desc.rules = model->rules;
        assert_int_equal(fanin_init(NULL, &desc, &view, &options), FANIN_OK);
    }
    return data;
}

static void test_windows(void **state)
{
    (void)state;
    struct model model;
    make_model(&model, 0, 1);
    const size_t size = (size_t)safetensors_data_size(&model.header);
    char *const whole = fill_whole(&model);
    for (int64_t capacity = 8; capacity <= 2048; capacity += capacity < 128 ? 8 : 128) {
        char *const windows = fill_by_windows(&model, capacity);
        assert_memory_equal(windows, whole, size);
        free(windows);
    }
    free(whole);
    model_free(&model);
}

/* A tensor that must not be cut is in one window as a whole, and windows are as large as it needs. */
static void test_whole_tensors(void **state)
{
    (void)state;
    struct model model;
    make_model(&model, 0, 1);
    assert_int_equal(window_capacity(&model, 4096), 4096);
    int64_t largest = 0;
    for (size_t i = 0; i < model.header.count; i++) {
        const struct header_tensor *const tensor = &model.header.tensors[i];
        model.parameters[tensor->tag].whole = strcmp(tensor->name, "u.weight") == 0 || strcmp(tensor->name, "d.weight") == 0;
        if (model.parameters[tensor->tag].whole && tensor->end - tensor->begin > largest) {
            largest = tensor->end - tensor->begin;
        }
    }
    assert_int_equal(window_capacity(&model, 0), (largest + 4095) / 4096 * 4096);

    char *const whole = fill_whole(&model), *const windows = fill_by_windows(&model, largest);
    assert_memory_equal(windows, whole, (size_t)safetensors_data_size(&model.header));
    char *const buffer = malloc((size_t)largest);
    assert_non_null(buffer);
    struct window_cursor cursor = {0};
    int64_t size;
    fanin_plan *plan;
    for (;;) {
        assert_int_equal(window_next(&model, &cursor, buffer, largest, &plan, &size), FANIN_OK);
        if (size == 0) {
            break;
        }
        fanin_plan_free(plan);
        assert_true(cursor.element == 0 || !model.parameters[model.header.tensors[cursor.tensor].tag].whole);
    }
    free(buffer);
    free(whole);
    free(windows);
    model_free(&model);
}

/* Parts by small windows, put together. */
static void test_parts(void **state)
{
    (void)state;
    struct model model, part;
    make_model(&model, 0, 1);
    char *const whole = fill_whole(&model);
    for (int64_t shards = 2; shards <= 5; shards++) {
        int64_t *const done = calloc(model.header.count, sizeof *done);
        assert_non_null(done);
        for (int64_t shard = 0; shard < shards; shard++) {
            make_model(&part, shard, shards);
            char *const data = fill_by_windows(&part, 24);
            for (size_t i = 0; i < part.header.count; i++) {
                const struct header_tensor *const tensor = &part.header.tensors[i];
                const int64_t bytes = tensor->end - tensor->begin;
                const int64_t at = model.header.tensors[i].begin + (tensor->ndim == 0 ? 0 : done[i]);
                assert_memory_equal(data + tensor->begin, whole + at, (size_t)bytes);
                done[i] += bytes;
            }
            free(data);
            model_free(&part);
        }
        for (size_t i = 0; i < model.header.count; i++) {
            const struct header_tensor *const tensor = &model.header.tensors[i];
            assert_int_equal(done[i], (tensor->end - tensor->begin) * (tensor->ndim == 0 ? shards : 1));
        }
        free(done);
    }
    free(whole);
    model_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_run), cmocka_unit_test(test_large),         cmocka_unit_test(test_cut),
        cmocka_unit_test(test_windows),   cmocka_unit_test(test_whole_tensors), cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
