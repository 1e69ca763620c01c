/* Items: every element of a tensor goes to its place in the domain, in as few dimensions as there can be. */
#include "test_helpers.h"

#include "item.h"
#include "cpu_helpers.h"

static const struct fill fill = {.kind = FILL_UNIFORM};

static struct tensor checked(int ndim, const int64_t *shape, const int64_t *strides, const int64_t *global,
                             const int64_t *offset)
{
    DLTensor source = {.data = (void *)(uintptr_t)0x40000000,
                       .device = {kDLCPU, 0},
                       .ndim = ndim,
                       .dtype = {kDLFloat, 32, 1},
                       .shape = (int64_t *)(uintptr_t)shape,
                       .strides = (int64_t *)(uintptr_t)strides};
    struct tensor tensor;
    assert_status(tensor_check("w", &source, global, offset, &tensor), FANIN_OK);
    return tensor;
}

static int64_t numbers[3 * FANIN_MAX_NDIM];

static struct item whole(const struct tensor *tensor)
{
    struct item item;
    assert_true(item_make(tensor, &fill, "w", 0, tensor->global_size, 0, numbers, &item));
    assert_ptr_equal(item.fill, &fill);
    assert_string_equal(item.name, "w");
    assert_int_equal(item.dtype, tensor->dtype);
    return item;
}

static void assert_dimensions(const struct item *item, int ndim, const int64_t *extent, const int64_t *stride,
                              const int64_t *step)
{
    assert_int_equal(item->ndim, ndim);
    assert_memory_equal(item->extent, extent, (size_t)ndim * sizeof *extent);
    assert_memory_equal(item->stride, stride, (size_t)ndim * sizeof *stride);
    assert_memory_equal(item->step, step, (size_t)ndim * sizeof *step);
}

#define LIST(...) ((const int64_t[]){__VA_ARGS__})

static void merged(void **state)
{
    (void)state;
    struct tensor tensor = checked(4, LIST(2, 3, 4, 5), NULL, NULL, NULL);
    struct item item = whole(&tensor);
    assert_dimensions(&item, 1, LIST(120), LIST(1), LIST(1));
    assert_int_equal(item.start, 0);
    assert_int_equal(item.size, 120);

    /* Backwards in memory, one dimension still. */
    tensor = checked(3, LIST(2, 3, 4), LIST(-12, -4, -1), NULL, NULL);
    item = whole(&tensor);
    assert_dimensions(&item, 1, LIST(24), LIST(-1), LIST(1));

    tensor = checked(2, LIST(3, 4), LIST(1, 3), NULL, NULL);
    item = whole(&tensor);
    assert_dimensions(&item, 2, LIST(3, 4), LIST(1, 3), LIST(4, 1));

    /* A band of rows is one dimension, a band of columns two. */
    tensor = checked(2, LIST(3, 10), NULL, LIST(8, 10), LIST(2, 0));
    item = whole(&tensor);
    assert_dimensions(&item, 1, LIST(30), LIST(1), LIST(1));
    assert_int_equal(item.start, 20);
    tensor = checked(2, LIST(8, 3), NULL, LIST(8, 10), LIST(0, 2));
    item = whole(&tensor);
    assert_dimensions(&item, 2, LIST(8, 3), LIST(3, 1), LIST(10, 1));
    assert_int_equal(item.start, 2);

    /* Padded rows; extents of 1 between, with strides that mean nothing. */
    tensor = checked(5, LIST(1, 4, 1, 5, 1), LIST(7, 8, -3, 1, 99), NULL, NULL);
    item = whole(&tensor);
    assert_dimensions(&item, 2, LIST(4, 5), LIST(8, 1), LIST(5, 1));

    tensor = checked(32, LIST(2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1),
                     NULL, NULL, NULL);
    item = whole(&tensor);
    assert_dimensions(&item, 1, LIST(65536), LIST(1), LIST(1));
}

static void single_elements(void **state)
{
    (void)state;
    struct tensor tensor = checked(0, NULL, NULL, NULL, NULL);
    struct item item = whole(&tensor);
    assert_int_equal(item.ndim, 0);
    assert_int_equal(item.size, 1);
    assert_int_equal(item.start, 0);
    tensor = checked(3, LIST(1, 1, 1), NULL, LIST(3, 4, 5), LIST(2, 1, 4));
    item = whole(&tensor);
    assert_int_equal(item.ndim, 0);
    assert_int_equal(item.start, 2 * 20 + 1 * 5 + 4);
}

static void nothing(void **state)
{
    (void)state;
    struct item item;
    struct tensor tensor = checked(2, LIST(3, 0), NULL, LIST(3, 5), LIST(0, 5));
    assert_false(item_make(&tensor, &fill, "w", 0, 15, 0, numbers, &item));
    tensor = checked(2, LIST(0, 5), NULL, NULL, NULL);
    assert_false(item_make(&tensor, &fill, "w", 0, 0, 0, numbers, &item));
    /* Rows 1 and 2 of 8, of which the box has 4 and on. */
    tensor = checked(2, LIST(3, 5), NULL, LIST(8, 5), LIST(4, 0));
    assert_false(item_make(&tensor, &fill, "w", 5, 10, 0, numbers, &item));
    assert_false(item_make(&tensor, &fill, "w", 35, 5, 0, numbers, &item));
    assert_false(item_make(&tensor, &fill, "w", 25, 0, 0, numbers, &item));
    assert_true(item_make(&tensor, &fill, "w", 15, 10, 0, numbers, &item));
}

/* A plan that is only printed: no address is computed from NULL. */
static void without_data(void **state)
{
    (void)state;
    DLTensor source = {.device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 32, 1}, .shape = (int64_t[]){6}};
    struct tensor tensor;
    struct item item;
    assert_status(tensor_check("w", &source, NULL, NULL, &tensor), FANIN_OK);
    assert_true(item_make(&tensor, &fill, "w", 3, 3, 0, numbers, &item));
    assert_null(item.data);
    assert_int_equal(item.start, 0);
    assert_int_equal(item.size, 3);
}

/* Elements around the first one: more than any tensor here spans. */
#define PLACES 40000

struct places {
    int64_t index[PLACES]; /* of the domain's element at an address, -1: none */
};
static struct places expected, found;

/* Every element of the box by its coordinates. */
static void expect(const struct tensor *tensor, int64_t begin, int64_t count, int64_t first)
{
    memset(&expected, 0xff, sizeof expected);
    for (int64_t n = 0; n < tensor->size; n++) {
        int64_t rest = n, place = PLACES / 2, index = 0, weight = 1;
        for (int d = tensor->ndim - 1; d >= 0; d--) {
            const int64_t coordinate = rest % tensor->shape[d];
            rest /= tensor->shape[d];
            place += coordinate * tensor->stride[d];
            index += (tensor->offset[d] + coordinate) * weight;
            weight *= tensor->global[d];
        }
        if (index >= begin && index < begin + count) {
            assert_int_equal(expected.index[place], -1);
            expected.index[place] = index - begin + first;
        }
    }
}

static void follow(const struct tensor *tensor, const struct item *item)
{
    for (int64_t n = 0; n < item->size; n++) {
        int64_t rest = n, place = PLACES / 2 + (item->data - tensor->data) / 4, index = item->start;
        for (int d = item->ndim - 1; d >= 0; d--) {
            const int64_t coordinate = rest % item->extent[d];
            rest /= item->extent[d];
            place += coordinate * item->stride[d];
            index += coordinate * item->step[d];
        }
        assert_int_equal(rest, 0);
        assert_int_equal(found.index[place], -1);
        found.index[place] = index;
    }
}

static void assert_well_formed(const struct item *item)
{
    int64_t size = 1;
    for (int d = 0; d < item->ndim; d++) {
        assert_true(item->extent[d] > 1);
        assert_true(item->step[d] > 0);
        size *= item->extent[d];
        if (d + 1 < item->ndim) {
            assert_true(item->step[d] > item->step[d + 1]);
            assert_false(item->step[d] == item->step[d + 1] * item->extent[d + 1] &&
                         item->stride[d] == item->stride[d + 1] * item->extent[d + 1]);
        }
    }
    assert_int_equal(item->size, size);
}

static struct tensor random_box(uint64_t *random)
{
    const int ndim = (int)test_between(random, 0, 5);
    int64_t shape[5], strides[5], global[5], offset[5];
    int order[5];
    for (int d = 0; d < ndim; d++) {
        global[d] = test_between(random, 1, 6);
        const bool all = test_between(random, 0, 1);
        shape[d] = all ? global[d] : test_between(random, 0, global[d]);
        offset[d] = test_between(random, 0, global[d] - shape[d]);
        const int other = (int)test_between(random, 0, d);
        order[d] = order[other];
        order[other] = d;
    }
    if (test_between(random, 0, 2) == 0) {
        return checked(ndim, shape, NULL, global, offset);
    }
    const bool sorted = test_between(random, 0, 1), gaps = test_between(random, 0, 1);
    int64_t next = 1;
    for (int k = 0; k < ndim; k++) {
        const int d = sorted ? ndim - 1 - k : order[k];
        strides[d] = test_between(random, 0, 3) == 0 ? -next : next;
        next *= shape[d] > 0 ? shape[d] : 1;
        next += gaps ? test_between(random, 0, 2) : 0;
    }
    return checked(ndim, shape, strides, global, offset);
}

static void as_counted(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < 3000; round++) {
        const struct tensor tensor = random_box(&random);
        const int64_t rows = tensor.ndim == 0 ? 1 : tensor.global[0], row_size = tensor.global_size / rows;
        /* Up to three ranges of rows that cover the parameter, with domains of their own. */
        const int64_t cut = test_between(&random, 0, rows), second_cut = test_between(&random, cut, rows);
        const int64_t cuts[] = {0, cut, second_cut, rows};
        for (int part = 0; part < 3; part++) {
            const int64_t begin = cuts[part] * row_size, count = (cuts[part + 1] - cuts[part]) * row_size;
            const int64_t first = test_between(&random, 0, 1) ? begin : test_between(&random, 0, INT64_C(1) << 40);
            expect(&tensor, begin, count, first);
            memset(&found, 0xff, sizeof found);
            struct item item;
            if (item_make(&tensor, &fill, "w", begin, count, first, numbers, &item)) {
                assert_well_formed(&item);
                follow(&tensor, &item);
            }
            if (memcmp(&expected, &found, sizeof found) != 0) {
                fail_msg("round %d, part %d", round, part);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged),       cmocka_unit_test(single_elements), cmocka_unit_test(nothing),
        cmocka_unit_test(without_data), cmocka_unit_test(as_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
