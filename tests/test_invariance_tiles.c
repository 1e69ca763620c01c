/* Layouts across memory that are large enough for many tiles, bands and threads: transposed matrices, weights of convolutions
 * in the order of other frameworks, boxes of them. Each element has the bits that it has in a row-major parameter. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GUARD 64

static const uint64_t seed = 77;

static const struct {
    int ndim;
    int64_t shape[5];
} shapes[] = {
    {2, {300, 701}},     {2, {4099, 33}},     {2, {2, 30011}},       {2, {30011, 2}},
    {2, {150, 1031}},    {3, {67, 9, 257}},   {3, {513, 130, 3}},    {3, {5, 7000, 5}},
    {4, {64, 33, 3, 3}}, {4, {3, 3, 96, 65}}, {4, {16, 16, 17, 17}}, {5, {9, 8, 7, 6, 31}},
};

/* An interval of the box in each axis: all of it, one index, or some. */
static void choose_box(int ndim, const int64_t *global, uint64_t *random, int64_t *offset, int64_t *shape)
{
    for (int d = 0; d < ndim; d++) {
        const int64_t choice = api_random_below(random, 3);
        shape[d] = choice == 0 ? global[d] : choice == 1 ? 1 : 1 + api_random_below(random, global[d]);
        offset[d] = api_random_below(random, global[d] - shape[d] + 1);
    }
}

static void check_layouts(int kind_index, const struct api_dtype *dtype, int layouts)
{
    const struct api_kind *const kind = &api_kinds[kind_index];
    uint64_t random = (uint64_t)kind_index * 100 + dtype->size;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int ndim = shapes[s].ndim;
        if (!api_takes_shape(kind, ndim, shapes[s].shape)) {
            continue;
        }
        void *const whole = api_whole(kind, dtype, ndim, shapes[s].shape, seed);
        for (int i = 0; i < layouts; i++) {
            int64_t offset[5], shape[5];
            choose_box(ndim, shapes[s].shape, &random, offset, shape);
            size_t bytes;
            const struct api_view view = api_random_view(ndim, shape, dtype->size, GUARD, &random, &bytes);
            struct api_memory memory = api_memory_open(bytes);
            const DLTensor tensor = api_tensor(&memory, &view, dtype);
            api_fill(kind, &tensor, seed, 1 + i % 3, shapes[s].shape, offset);
            api_expect(&memory, &view, dtype->size, whole, shapes[s].shape, offset);
            char what[100];
            snprintf(what, sizeof what, "%s, %s, shape %d, layout %d", kind->label, dtype->name, (int)s, i);
            api_memory_check(&memory, what);
            api_memory_close(&memory);
        }
        free(whole);
    }
}

static void test_layouts(void **state)
{
    (void)state;
    static const struct {
        int kind, dtype;
    } cases[] = {{API_UNIFORM, API_FLOAT32},  {API_NORMAL, API_FLOAT32}, {API_INTEGER, API_INT8},
                 {API_BILINEAR, API_FLOAT32}, {API_PACKED, API_FLOAT32}, {API_CONSTANT, API_FLOAT32}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_layouts(cases[i].kind, &api_dtypes[cases[i].dtype], 12);
    }
    for (int t = 0; t < 4; t++) {
        check_layouts(API_NORMAL, &api_dtypes[t], 6);
    }
}

/* Any shapes: extents of all sizes, few of them large, so that all hold at most some ten thousand elements. */
static void test_any_shapes(void **state)
{
    (void)state;
    static const int kinds[] = {API_UNIFORM, API_NORMAL, API_CONSTANT};
    const int cases = getenv("FANIN_TEST_LONG") != NULL ? 60000 : 1500;
    uint64_t random = 21;
    for (int i = 0; i < cases; i++) {
        const struct api_kind *const kind = &api_kinds[kinds[i % 3]];
        const struct api_dtype *const dtype = &api_dtypes[api_random_below(&random, 4)];
        const int ndim = 2 + (int)api_random_below(&random, 4);
        int64_t global[5], left = 40000;
        for (int d = 0; d < ndim; d++) {
            int64_t extent = 1 + api_random_below(&random, INT64_C(1) << api_random_below(&random, 15));
            extent = extent > left ? left : extent;
            global[d] = extent;
            left /= extent;
        }
        /* Not always the first axis is the one that may be large. */
        const int other = (int)api_random_below(&random, ndim);
        const int64_t first = global[0];
        global[0] = global[other];
        global[other] = first;
        int64_t offset[5], shape[5];
        choose_box(ndim, global, &random, offset, shape);
        size_t bytes;
        const struct api_view view = api_random_view(ndim, shape, dtype->size, GUARD, &random, &bytes);
        void *const whole = api_whole(kind, dtype, ndim, global, seed);
        struct api_memory memory = api_memory_open(bytes);
        const DLTensor tensor = api_tensor(&memory, &view, dtype);
        api_fill(kind, &tensor, seed, 1 + i % 2, global, offset);
        api_expect(&memory, &view, dtype->size, whole, global, offset);
        char what[100];
        snprintf(what, sizeof what, "%s, %s, case %d", kind->label, dtype->name, i);
        api_memory_check(&memory, what);
        api_memory_close(&memory);
        free(whole);
    }
}

/* One index of the last axes, of tensors that lie with their first axis fastest: rows of a tile are then parts of the domain
 * with gaps in them as large as those axes. */
static void test_one_index(void **state)
{
    (void)state;
    static const struct {
        int ndim;
        int64_t shape[5];
    } wholes[] = {{3, {64, 2, 175}}, {3, {4, 2, 3000}},   {3, {3, 2, 4079}},  {3, {8, 4, 400}},
                  {3, {4, 2, 2047}}, {3, {300, 3, 41}},   {3, {2, 9, 1365}},  {3, {2, 2, 12288}},
                  {3, {1000, 1, 3}}, {4, {33, 5, 7, 11}}, {4, {5, 4, 3, 800}}};
    uint64_t random = 5;
    for (size_t s = 0; s < sizeof wholes / sizeof *wholes; s++) {
        const int ndim = wholes[s].ndim;
        const int64_t *const global = wholes[s].shape;
        for (int d = 0; d < 8; d++) {
            const struct api_dtype *const dtype = &api_dtypes[d % 4];
            const struct api_kind *const kind = &api_kinds[d < 4 ? API_UNIFORM : API_NORMAL];
            void *const whole = api_whole(kind, dtype, ndim, global, seed);
            for (int single = 1; single < ndim; single++) {
                int64_t offset[5] = {0}, shape[5];
                for (int axis = 0; axis < ndim; axis++) {
                    shape[axis] = axis < ndim - single ? global[axis] : 1;
                    offset[axis] = api_random_below(&random, global[axis] - shape[axis] + 1);
                }
                struct api_view view = api_row_major(ndim, shape, GUARD);
                int64_t stride = 1;
                for (int axis = 0; axis < ndim; axis++) {
                    view.stride[axis] = stride;
                    stride *= shape[axis];
                }
                struct api_memory memory = api_memory_open((size_t)stride * dtype->size + 2 * GUARD);
                const DLTensor tensor = api_tensor(&memory, &view, dtype);
                api_fill(kind, &tensor, seed, 1 + d % 2, global, offset);
                api_expect(&memory, &view, dtype->size, whole, global, offset);
                char what[100];
                snprintf(what, sizeof what, "%s, %s, shape %d, %d single axes", kind->label, dtype->name, (int)s, single);
                api_memory_check(&memory, what);
                api_memory_close(&memory);
            }
            free(whole);
        }
    }
}

int main(void)
{
    api_register();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layouts), cmocka_unit_test(test_any_shapes),
                                       cmocka_unit_test(test_one_index)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
