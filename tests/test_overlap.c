/* Whether layouts share memory: against a count of every byte, and on layouts too large to count. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "overlap.h"
#include "assert_between.h"
#include "cpu_helpers.h"

#include <stdlib.h>
#include <time.h>

/* Bytes around the address that small layouts stand at. */
#define ARENA 4096

static unsigned char taken[2 * ARENA];

/* Nothing is read or written at it. */
static char *const base = (char *)(uintptr_t)0x100000;

static struct tensor layout(enum dtype dtype, int ndim, const int64_t *shape, const int64_t *stride, int64_t place)
{
    struct tensor tensor = {.data = base + place, .dtype = dtype, .ndim = ndim, .size = 1};
    const int64_t size = dtype_table[dtype].size;
    tensor.high = size;
    for (int d = 0; d < ndim; d++) {
        tensor.shape[d] = shape[d];
        tensor.stride[d] = stride[d];
        tensor.size *= shape[d];
        const int64_t reach = stride[d] * (shape[d] - 1) * size;
        *(reach < 0 ? &tensor.low : &tensor.high) += reach;
    }
    return tensor;
}

static struct tensor random_layout(uint64_t *random)
{
    int64_t shape[4], stride[4];
    const int ndim = (int)test_between(random, 0, 4);
    for (int d = 0; d < ndim; d++) {
        shape[d] = test_between(random, 1, 5);
        stride[d] = test_between(random, -25, 25);
    }
    const enum dtype dtype = (enum dtype)test_between(random, 0, DTYPE_COUNT - 1);
    return layout(dtype, ndim, shape, stride, test_between(random, -60, 60));
}

/* Writes `mark` on the bytes of every element; the number of bytes that had another mark already. */
static int count_bytes(const struct tensor *tensor, unsigned char mark, unsigned char other)
{
    int shared = 0;
    const int64_t size = dtype_table[tensor->dtype].size;
    for (int64_t n = 0; n < tensor->size; n++) {
        int64_t place = ARENA + (tensor->data - base), rest = n;
        for (int d = tensor->ndim - 1; d >= 0; d--) {
            place += rest % tensor->shape[d] * tensor->stride[d] * size;
            rest /= tensor->shape[d];
        }
        for (int64_t b = 0; b < size; b++) {
            assert_between(place + b, 0, sizeof taken - 1);
            shared += taken[place + b] == other;
            taken[place + b] = mark;
        }
    }
    return shared;
}

static void within_as_counted(void **state)
{
    (void)state;
    uint64_t random = 1;
    int found = 0;
    for (int round = 0; round < 100000; round++) {
        const struct tensor tensor = random_layout(&random);
        memset(taken, 0, sizeof taken);
        const bool shared = count_bytes(&tensor, 1, 1) > 0;
        found += shared;
        if (overlap_within(tensor.ndim, tensor.shape, tensor.stride) != (shared ? OVERLAP_FOUND : OVERLAP_NONE)) {
            fail_msg("round %d: %d dimensions, shared %d", round, tensor.ndim, shared);
        }
    }
    assert_between(found, 20000, 80000);
}

static void between_as_counted(void **state)
{
    (void)state;
    uint64_t random = 2;
    int found = 0, close = 0;
    for (int round = 0; round < 100000; round++) {
        const struct tensor a = random_layout(&random), b = random_layout(&random);
        memset(taken, 0, sizeof taken);
        count_bytes(&a, 1, 9);
        const bool shared = count_bytes(&b, 2, 1) > 0;
        found += shared;
        close += !shared && a.data + a.low < b.data + b.high && b.data + b.low < a.data + a.high;
        const enum overlap expected = shared ? OVERLAP_FOUND : OVERLAP_NONE;
        if (overlap_between(&a, &b) != expected || overlap_between(&b, &a) != expected) {
            fail_msg("round %d: %d and %d dimensions, shared %d", round, a.ndim, b.ndim, shared);
        }
    }
    assert_between(found, 10000, 90000);
    assert_between(close, 10000, 90000);
}

/* Matrices of 2^20 rows and 2^20 columns. */
static void slices(void **state)
{
    (void)state;
    const int64_t n = INT64_C(1) << 20;
    const int64_t whole[] = {n, n}, rows[] = {n, 1}, half[] = {n, n / 2}, upper[] = {n / 2, n}, twice[] = {2 * n, 2};
    const enum dtype dtype = DTYPE_FLOAT32;
    const struct tensor matrix = layout(dtype, 2, whole, rows, 0);
    const struct tensor left = layout(dtype, 2, half, rows, 0), right = layout(dtype, 2, half, rows, n / 2 * 4);
    const struct tensor top = layout(dtype, 2, upper, rows, 0), bottom = layout(dtype, 2, upper, rows, n / 2 * n * 4);
    const struct tensor even = layout(dtype, 2, half, twice, 0), odd = layout(dtype, 2, half, twice, 4);
    const struct tensor transposed = layout(dtype, 2, whole, (const int64_t[]){1, n}, 0);
    const struct tensor one_too_wide = layout(dtype, 2, (const int64_t[]){n, n / 2 + 1}, rows, 0);
    const struct tensor last = layout(dtype, 0, NULL, NULL, (n * n - 1) * 4), past = layout(dtype, 0, NULL, NULL, n * n * 4);
    const struct tensor flipped = layout(dtype, 2, half, (const int64_t[]){-n, -1}, (n * n - 1) * 4);
    const struct {
        const struct tensor *a, *b;
        enum overlap expected;
    } cases[] = {
        {&left, &right, OVERLAP_NONE},          {&top, &bottom, OVERLAP_NONE},    {&even, &matrix, OVERLAP_FOUND},
        {&left, &top, OVERLAP_FOUND},           {&right, &bottom, OVERLAP_FOUND}, {&matrix, &transposed, OVERLAP_FOUND},
        {&one_too_wide, &right, OVERLAP_FOUND}, {&matrix, &last, OVERLAP_FOUND},  {&matrix, &past, OVERLAP_NONE},
        {&left, &last, OVERLAP_NONE},           {&right, &last, OVERLAP_FOUND},   {&flipped, &left, OVERLAP_NONE},
        {&flipped, &right, OVERLAP_FOUND},      {&even, &odd, OVERLAP_NONE},      {&odd, &matrix, OVERLAP_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (overlap_between(cases[i].a, cases[i].b) != cases[i].expected ||
            overlap_between(cases[i].b, cases[i].a) != cases[i].expected) {
            fail_msg("case %zu", i);
        }
    }
    /* Shifted by one byte, float32s of the left half reach into the right one. */
    const struct tensor shifted = layout(dtype, 2, half, rows, 1);
    assert_int_equal(overlap_between(&shifted, &right), OVERLAP_FOUND);
    assert_int_equal(overlap_between(&shifted, &left), OVERLAP_FOUND);
}

static void dense_in_every_order_of_axes(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 2000; round++) {
        int64_t shape[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM];
        const int ndim = (int)test_between(&random, 1, FANIN_MAX_NDIM);
        int order[FANIN_MAX_NDIM];
        for (int d = 0; d < ndim; d++) {
            const int other = (int)test_between(&random, 0, d);
            order[d] = order[other];
            order[other] = d;
        }
        int64_t next = 1;
        for (int k = 0; k < ndim; k++) {
            const int d = order[k];
            shape[d] = test_between(&random, 1, 3);
            stride[d] = test_between(&random, 0, 1) ? next : -next;
            next *= shape[d];
        }
        assert_int_equal(overlap_within(ndim, shape, stride), OVERLAP_NONE);
        /* One step less for the outermost axis: its second index falls upon what the others filled. */
        const int outer = order[ndim - 1];
        if (shape[outer] > 1 && next / shape[outer] > 1) {
            stride[outer] += stride[outer] > 0 ? -1 : 1;
            assert_int_equal(overlap_within(ndim, shape, stride), OVERLAP_FOUND);
        }
    }
}

/* The largest spans that there can be: sums go up to 2^64. */
static void the_whole_address_space(void **state)
{
    (void)state;
    const int64_t most = INT64_MAX - 1;
    assert_int_equal(overlap_within(1, (const int64_t[]){2}, (const int64_t[]){most}), OVERLAP_NONE);
    assert_int_equal(overlap_within(1, (const int64_t[]){2}, (const int64_t[]){-most}), OVERLAP_NONE);
    assert_int_equal(overlap_within(1, (const int64_t[]){INT64_MAX}, (const int64_t[]){1}), OVERLAP_NONE);
    assert_int_equal(
        overlap_within(2, (const int64_t[]){INT64_C(1) << 31, INT64_C(1) << 31}, (const int64_t[]){(INT64_C(1) << 32) - 1, 1}),
        OVERLAP_NONE);
    assert_int_equal(
        overlap_within(2, (const int64_t[]){INT64_C(1) << 31, INT64_C(1) << 31}, (const int64_t[]){(INT64_C(1) << 31) - 1, 1}),
        OVERLAP_FOUND);
    /* 3·2^60 = 3·2^60 and nothing below it. */
    assert_int_equal(overlap_within(2, (const int64_t[]){2, 3}, (const int64_t[]){INT64_C(3) << 60, INT64_C(1) << 60}),
                     OVERLAP_NONE);
    assert_int_equal(overlap_within(2, (const int64_t[]){2, 4}, (const int64_t[]){INT64_C(3) << 60, INT64_C(1) << 60}),
                     OVERLAP_FOUND);
}

/* Subsets of a set of random numbers that have one sum: no method is known that is fast for all. */
static void entangled(void **state)
{
    (void)state;
    uint64_t random = 4;
    int64_t shape[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM];
    int undecided = 0;
    const clock_t start = clock();
    for (int round = 0; round < 10; round++) {
        for (int d = 0; d < FANIN_MAX_NDIM; d++) {
            shape[d] = 2;
            stride[d] = test_between(&random, INT64_C(1) << 56, INT64_C(1) << 57);
        }
        undecided += overlap_within(FANIN_MAX_NDIM, shape, stride) == OVERLAP_UNDECIDED;
    }
    assert_true(undecided > 0);
    /* The search is given up; measured: 3 ms each. */
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_as_counted),
        cmocka_unit_test(between_as_counted),
        cmocka_unit_test(slices),
        cmocka_unit_test(dense_in_every_order_of_axes),
        cmocka_unit_test(the_whole_address_space),
        cmocka_unit_test(entangled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
