/* A parameter's bits do not depend on how it is cut into boxes, on how many threads fill it, or on its size. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GUARD = 64 };
static const uint64_t seed = 0x123456789abcdef0u;

struct shape {
    int ndim;
    int64_t extents[4];
};

/* Goes on to the next box begin[d] <= end[d] <= extents[d], empty ones included; false after the last. */
static bool next_box(const struct shape *shape, int64_t *begin, int64_t *end)
{
    for (int d = shape->ndim - 1; d >= 0; d--) {
        if (end[d] < shape->extents[d]) {
            end[d]++;
            return true;
        }
        if (begin[d] < shape->extents[d]) {
            begin[d]++;
            end[d] = begin[d];
            return true;
        }
        begin[d] = end[d] = 0;
    }
    return false;
}

struct cut {
    const struct api_kind *kind;
    const struct api_dtype *dtype;
    const struct shape *shape;
    const void *whole;
    uint64_t random; /* state */
};

static void fill_and_check(const struct cut *cut, const struct api_view *view, size_t bytes, const int64_t *offset, int threads)
{
    struct api_memory memory = api_memory_open(bytes);
    const DLTensor tensor = api_tensor(&memory, view, cut->dtype);
    api_fill(cut->kind, &tensor, seed, threads, cut->shape->extents, offset);
    api_expect(&memory, view, cut->dtype->size, cut->whole, cut->shape->extents, offset);
    char what[160];
    int used = snprintf(what, sizeof what, "%s, %s, box", cut->kind->label, cut->dtype->name);
    for (int d = 0; d < view->ndim; d++) {
        used +=
            snprintf(what + used, sizeof what - (size_t)used, " [%d, %d)", (int)offset[d], (int)(offset[d] + view->shape[d]));
    }
    api_memory_check(&memory, what);
    api_memory_close(&memory);
}

static void check_box(struct cut *cut, const int64_t *begin, const int64_t *end)
{
    const int ndim = cut->shape->ndim;
    const size_t item = cut->dtype->size;
    int64_t extents[4] = {0};
    for (int d = 0; d < ndim; d++) {
        extents[d] = end[d] - begin[d];
    }
    /* Alone in its memory. */
    const struct api_view packed = api_row_major(ndim, extents, GUARD);
    fill_and_check(cut, &packed, 2 * GUARD + (size_t)api_product(ndim, extents) * item, begin, 1);

    /* Where it lies in a row-major array that is larger by one on all sides. */
    int64_t larger[4];
    for (int d = 0; d < ndim; d++) {
        larger[d] = cut->shape->extents[d] + 2;
    }
    struct api_view within = api_row_major(ndim, larger, 0);
    int64_t first = 0;
    for (int d = 0; d < ndim; d++) {
        within.shape[d] = extents[d];
        first += (begin[d] + 1) * within.stride[d];
    }
    within.origin = (size_t)first * item;
    fill_and_check(cut, &within, (size_t)api_product(ndim, larger) * item, begin, 2);

    /* With axes in any order and direction, and gaps. */
    size_t bytes;
    const struct api_view random = api_random_view(ndim, extents, item, GUARD, &cut->random, &bytes);
    fill_and_check(cut, &random, bytes, begin, 3);
}

static void every_box(const struct shape *shape)
{
    for (int k = 0; k < API_KINDS; k++) {
        for (int t = 0; t < API_DTYPES; t++) {
            struct cut cut = {&api_kinds[k], &api_dtypes[t], shape, NULL, 1};
            if (!api_takes(cut.kind, cut.dtype) || !api_takes_shape(cut.kind, shape->ndim, shape->extents)) {
                continue;
            }
            void *const whole = api_whole(cut.kind, cut.dtype, shape->ndim, shape->extents, seed);
            cut.whole = whole;
            int64_t begin[4] = {0}, end[4] = {0};
            int empty = 0;
            do {
                bool is_empty = false;
                for (int d = 0; d < shape->ndim; d++) {
                    is_empty = is_empty || begin[d] == end[d];
                }
                empty += is_empty;
                /* There are many more empty boxes than others in 3 and 4 dimensions: some will do. */
                if (!is_empty || shape->ndim < 3 || empty % 17 == 0) {
                    check_box(&cut, begin, end);
                }
            } while (next_box(shape, begin, end));
            free(whole);
        }
    }
}

static void test_boxes_of_1_dimension(void **state)
{
    (void)state;
    every_box(&(struct shape){1, {7}});
    every_box(&(struct shape){1, {8}});
}

static void test_boxes_of_2_dimensions(void **state)
{
    (void)state;
    every_box(&(struct shape){2, {3, 5}});
    every_box(&(struct shape){2, {4, 3}});
}

static void test_boxes_of_3_dimensions(void **state)
{
    (void)state;
    every_box(&(struct shape){3, {2, 3, 4}});
    every_box(&(struct shape){3, {4, 1, 3}});
}

static void test_boxes_of_4_dimensions(void **state)
{
    (void)state;
    every_box(&(struct shape){4, {2, 2, 3, 3}});
    every_box(&(struct shape){4, {4, 1, 2, 2}});
}

/* Boxes whose rows are long enough for vector code, at random places; rows of 4 n elements among them. */
static void test_large_boxes(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{2, {44, 531}}, {3, {8, 12, 148}}, {4, {4, 6, 33, 17}}};
    uint64_t random = 2;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct shape *const shape = &shapes[s];
        for (int k = 0; k < API_KINDS; k++) {
            for (int t = 0; t < API_DTYPES; t++) {
                struct cut cut = {&api_kinds[k], &api_dtypes[t], shape, NULL, random};
                if (!api_takes(cut.kind, cut.dtype) || !api_takes_shape(cut.kind, shape->ndim, shape->extents)) {
                    continue;
                }
                void *const whole = api_whole(cut.kind, cut.dtype, shape->ndim, shape->extents, seed);
                cut.whole = whole;
                for (int i = 0; i < 6; i++) {
                    int64_t begin[4], end[4];
                    for (int d = 0; d < shape->ndim; d++) {
                        begin[d] = api_random_below(&random, shape->extents[d]);
                        end[d] = begin[d] + 1 + api_random_below(&random, shape->extents[d] - begin[d]);
                    }
                    check_box(&cut, begin, end);
                }
                free(whole);
            }
        }
    }
}

/* Each size has the bits of the same elements of a larger parameter, where the fill's numbers do not depend on the shape. */
static void test_sizes_from_0_to_1000(void **state)
{
    (void)state;
    static const int kinds[] = {API_UNIFORM, API_NORMAL, API_INTEGER, API_CONSTANT};
    const int64_t longest = 1000;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (int t = 0; t < API_DTYPES; t++) {
            const struct api_kind *const kind = &api_kinds[kinds[k]];
            const struct api_dtype *const dtype = &api_dtypes[t];
            if (!api_takes(kind, dtype)) {
                continue;
            }
            void *const whole = api_whole(kind, dtype, 1, &longest, seed);
            struct api_memory memory = api_memory_open(2 * GUARD + (size_t)longest * dtype->size);
            for (int64_t size = 0; size <= longest; size++) {
                api_memory_poison(&memory);
                const struct api_view view = api_row_major(1, &size, GUARD);
                const DLTensor tensor = api_tensor(&memory, &view, dtype);
                api_fill(kind, &tensor, seed, size % 5 == 0 ? 4 : 1, NULL, NULL);
                api_expect(&memory, &view, dtype->size, whole, NULL, NULL);
                char what[100];
                snprintf(what, sizeof what, "%s, %s, %d elements", kind->label, dtype->name, (int)size);
                api_memory_check(&memory, what);
            }
            api_memory_close(&memory);
            free(whole);
        }
    }
}

/* 1 to 8 threads, more than the machine may have, on enough work for each to get a share; whole, in a box, and transposed. */
static void test_threads(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{1, {524300}}, {2, {804, 653}}, {4, {28, 38, 23, 19}}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct shape *const shape = &shapes[s];
        for (int k = 0; k < API_KINDS; k++) {
            const struct api_kind *const kind = &api_kinds[k];
            for (int t = 0; t < API_DTYPES; t++) {
                const struct api_dtype *const dtype = &api_dtypes[t];
                if (!api_takes(kind, dtype) || !api_takes_shape(kind, shape->ndim, shape->extents)) {
                    continue;
                }
                char *const whole = api_whole(kind, dtype, shape->ndim, shape->extents, seed);
                const struct api_view view = api_row_major(shape->ndim, shape->extents, GUARD);
                const size_t bytes = (size_t)api_product(shape->ndim, shape->extents) * dtype->size;
                struct api_memory memory = api_memory_open(bytes + 2 * GUARD);
                memcpy(memory.want + GUARD, whole, bytes);
                for (int threads = 2; threads <= 8; threads += s == 0 ? 1 : 3) {
                    memset(memory.got + GUARD, 0x5a, bytes);
                    const DLTensor tensor = api_tensor(&memory, &view, dtype);
                    api_fill(kind, &tensor, seed, threads, NULL, NULL);
                    char what[100];
                    snprintf(what, sizeof what, "%s, %s, %d threads", kind->label, dtype->name, threads);
                    api_memory_check(&memory, what);
                }
                api_memory_close(&memory);
                free(whole);
            }
        }
    }
}

static void test_threads_of_cut_and_turned_parameters(void **state)
{
    (void)state;
    static const struct shape shape = {3, {60, 91, 53}};
    static const int64_t begin[] = {3, 7, 1}, extents[] = {55, 80, 50};
    for (int k = 0; k < API_KINDS; k++) {
        for (int t = 0; t < API_DTYPES; t++) {
            const struct cut cut = {&api_kinds[k], &api_dtypes[t], &shape, NULL, 0};
            if (!api_takes(cut.kind, cut.dtype) || !api_takes_shape(cut.kind, shape.ndim, shape.extents)) {
                continue;
            }
            void *const whole = api_whole(cut.kind, cut.dtype, shape.ndim, shape.extents, seed);
            uint64_t random = (uint64_t)(k * API_DTYPES + t);
            for (int threads = 1; threads <= 8; threads += 2) {
                size_t bytes;
                const struct api_view view = api_random_view(shape.ndim, extents, cut.dtype->size, GUARD, &random, &bytes);
                struct cut filled = cut;
                filled.whole = whole;
                fill_and_check(&filled, &view, bytes, begin, threads);
            }
            free(whole);
        }
    }
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
        cmocka_unit_test(test_boxes_of_1_dimension),
        cmocka_unit_test(test_boxes_of_2_dimensions),
        cmocka_unit_test(test_boxes_of_3_dimensions),
        cmocka_unit_test(test_boxes_of_4_dimensions),
        cmocka_unit_test(test_large_boxes),
        cmocka_unit_test(test_sizes_from_0_to_1000),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_of_cut_and_turned_parameters),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
