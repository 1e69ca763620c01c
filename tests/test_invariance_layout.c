/* A parameter's bits do not depend on where and how it lies in memory, and nothing outside it is written. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GUARD = 128 };
static const uint64_t seed = 42;

/* Random shapes of 0 to 7 dimensions and extents of 1 among them; axes in any order and direction, with gaps. */
static void test_any_strides(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int k = 0; k < API_KINDS; k++) {
        const struct api_kind *const kind = &api_kinds[k];
        for (int t = 0; t < API_DTYPES; t++) {
            const struct api_dtype *const dtype = &api_dtypes[t];
            if (!api_takes(kind, dtype)) {
                continue;
            }
            for (int i = 0; i < 60; i++) {
                const int most = kind->max_ndim < 7 ? kind->max_ndim : 7;
                const int ndim = kind->min_ndim + (int)api_random_below(&random, most - kind->min_ndim + 1);
                int64_t shape[7];
                for (int d = 0; d < ndim; d++) {
                    shape[d] = 1 + api_random_below(&random, ndim < 3 ? 90 : ndim < 5 ? 9 : 4);
                }
                if (ndim > 0) {
                    shape[0] *= kind->rows_multiple;
                }
                size_t bytes;
                const struct api_view view = api_random_view(ndim, shape, dtype->size, GUARD, &random, &bytes);
                struct api_memory memory = api_memory_open(bytes);
                DLTensor tensor = api_tensor(&memory, &view, dtype);
                if (i % 2 == 1) { /* the same place, said otherwise */
                    tensor.data = memory.got;
                    tensor.byte_offset = view.origin;
                }
                api_fill(kind, &tensor, seed, 1 + i % 3, NULL, NULL);
                void *const whole = api_whole(kind, dtype, ndim, shape, seed);
                api_expect(&memory, &view, dtype->size, whole, NULL, NULL);
                free(whole);
                char what[100];
                snprintf(what, sizeof what, "%s, %s, %d dimensions, layout %d", kind->label, dtype->name, ndim, i);
                api_memory_check(&memory, what);
                api_memory_close(&memory);
            }
        }
    }
}

static void check_start(const struct api_kind *kind, const struct api_dtype *dtype, size_t start, int64_t size,
                        const void *whole, struct api_memory *memory)
{
    api_memory_poison(memory);
    const struct api_view view = api_row_major(1, &size, start);
    DLTensor tensor = api_tensor(memory, &view, dtype);
    tensor.strides = NULL;
    if (size % 2 == 1) {
        tensor.data = memory->got;
        tensor.byte_offset = start;
    }
    api_fill(kind, &tensor, seed, 1, NULL, NULL);
    api_expect(memory, &view, dtype->size, whole, NULL, NULL);
    char what[100];
    snprintf(what, sizeof what, "%s, %s, %d elements from byte %d", kind->label, dtype->name, (int)size, (int)start);
    api_memory_check(memory, what);
}

/* Every start within a cache line that suits the dtype, with every size up to some vectors and some large ones. */
static void test_unaligned_starts(void **state)
{
    (void)state;
    static const int kinds[] = {API_UNIFORM, API_NORMAL, API_INTEGER, API_CONSTANT};
    static const int64_t large[] = {255, 256, 257, 1031};
    const int64_t longest = 1031;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct api_kind *const kind = &api_kinds[kinds[k]];
        for (int t = 0; t < API_DTYPES; t++) {
            const struct api_dtype *const dtype = &api_dtypes[t];
            if (!api_takes(kind, dtype)) {
                continue;
            }
            void *const whole = api_whole(kind, dtype, 1, &longest, seed);
            struct api_memory small = api_memory_open(2 * GUARD + 64 + 80 * dtype->size);
            struct api_memory whole_memory = api_memory_open(2 * GUARD + 64 + (size_t)longest * dtype->size);
            for (size_t start = GUARD; start < GUARD + 64; start += dtype->size) {
                for (int64_t size = 0; size <= 40; size++) {
                    check_start(kind, dtype, start, size, whole, &small);
                }
                for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
                    check_start(kind, dtype, start, large[i], whole, &whole_memory);
                }
            }
            api_memory_close(&small);
            api_memory_close(&whole_memory);
            free(whole);
        }
    }
}

/* A box that starts at any element, at any place: the index and the address are aligned independently of one another. */
static void test_index_and_address_apart(void **state)
{
    (void)state;
    static const int kinds[] = {API_UNIFORM, API_NORMAL, API_INTEGER, API_CONSTANT};
    const int64_t global = 400;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct api_kind *const kind = &api_kinds[kinds[k]];
        for (int t = 0; t < API_DTYPES; t++) {
            const struct api_dtype *const dtype = &api_dtypes[t];
            if (!api_takes(kind, dtype)) {
                continue;
            }
            void *const whole = api_whole(kind, dtype, 1, &global, seed);
            struct api_memory memory = api_memory_open(2 * GUARD + 64 + (size_t)global * dtype->size);
            for (int64_t offset = 0; offset < 36; offset++) {
                for (size_t start = GUARD; start < GUARD + 64; start += dtype->size) {
                    const int64_t size = 1 + (offset * 37 + (int64_t)start * 11) % 300;
                    api_memory_poison(&memory);
                    const struct api_view view = api_row_major(1, &size, start);
                    const DLTensor tensor = api_tensor(&memory, &view, dtype);
                    api_fill(kind, &tensor, seed, 1, &global, &offset);
                    api_expect(&memory, &view, dtype->size, whole, &global, &offset);
                    char what[100];
                    snprintf(what, sizeof what, "%s, %s, elements %d to %d at byte %d", kind->label, dtype->name, (int)offset,
                             (int)(offset + size), (int)start);
                    api_memory_check(&memory, what);
                }
            }
            api_memory_close(&memory);
            free(whole);
        }
    }
}

static void fill_empty(const struct api_dtype *dtype, int ndim, int64_t *shape, int64_t *strides, void *data)
{
    const DLTensor tensor = {
        .data = data, .device = {kDLCPU, 0}, .ndim = ndim, .dtype = dtype->type, .shape = shape, .strides = strides};
    api_fill(&api_kinds[API_CONSTANT], &tensor, seed, 2, NULL, NULL);
}

/* A tensor without elements writes nothing, whatever its other extents, strides and address. */
static void test_empty_tensors(void **state)
{
    (void)state;
    struct api_memory memory = api_memory_open(256);
    for (int t = 0; t < API_DTYPES; t++) {
        const struct api_dtype *const dtype = &api_dtypes[t];
        fill_empty(dtype, 1, (int64_t[]){0}, NULL, memory.got + 64);
        fill_empty(dtype, 1, (int64_t[]){0}, NULL, NULL);
        fill_empty(dtype, 2, (int64_t[]){3, 0}, (int64_t[]){0, 0}, memory.got + 64);
        fill_empty(dtype, 3, (int64_t[]){INT64_C(1) << 40, 0, INT64_C(1) << 40}, NULL, memory.got + 64);
    }
    api_memory_check(&memory, "empty tensors");
    api_memory_close(&memory);
}

/* No dimensions and 32 of them: one element each. */
static void test_one_element(void **state)
{
    (void)state;
    int64_t ones[FANIN_MAX_NDIM], strides[FANIN_MAX_NDIM];
    for (int d = 0; d < FANIN_MAX_NDIM; d++) {
        ones[d] = 1;
        strides[d] = d % 2 ? 0 : -d; /* of an extent of 1: they reach nothing */
    }
    for (int t = 0; t < API_DTYPES; t++) {
        const struct api_dtype *const dtype = &api_dtypes[t];
        const struct api_kind *const kind = &api_kinds[dtype->is_float ? API_UNIFORM : API_CONSTANT];
        void *const element = api_whole(kind, dtype, 0, NULL, seed);
        for (int ndim = 0; ndim <= FANIN_MAX_NDIM; ndim += FANIN_MAX_NDIM) {
            for (int strided = 0; strided < 2; strided++) {
                struct api_memory memory = api_memory_open(256);
                const struct api_view view = api_row_major(ndim, ones, 64);
                DLTensor tensor = api_tensor(&memory, &view, dtype);
                tensor.strides = strided ? strides : NULL;
                api_fill(kind, &tensor, seed, 1, NULL, NULL);
                api_expect(&memory, &view, dtype->size, element, NULL, NULL);
                api_memory_check(&memory, dtype->name);
                api_memory_close(&memory);
            }
        }
        free(element);
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
        cmocka_unit_test(test_any_strides),
        cmocka_unit_test(test_unaligned_starts),
        cmocka_unit_test(test_index_and_address_apart),
        cmocka_unit_test(test_empty_tensors),
        cmocka_unit_test(test_one_element),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
