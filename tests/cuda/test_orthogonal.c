/* The orthogonal fill on a device, with stand-ins for the runtime and for cuSOLVER: what is computed, and what of it is
 * written where. test_orthogonal_errors.c has the rest. */
#include "stream/round.h" /* before mock_items.h, whose names it has too */
#include "mock_items.h"

#include "mock_cusolver.h"
#include "orthogonal_reference.h"

#include <math.h>

#define SEED 5 /* options_of's */

static const struct {
    int64_t rows, columns;
} shapes[] = {{1, 1},   {1, 7},    {7, 1},    {2, 2},   {5, 5},   {12, 5},  {5, 12},  {33, 32}, {32, 33},
              {40, 40}, {1100, 2}, {2, 1100}, {66, 70}, {70, 66}, {65, 65}, {64, 64}, {512, 3}, {513, 3}};

static const enum dtype dtypes[] = {DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT32, DTYPE_FLOAT64};

static int setup_solver(void **state)
{
    memset(&mock_cusolver, 0, sizeof mock_cusolver);
    mock_cusolver.note = mock_note;
    return setup(state);
}

/* Nothing is left behind, nothing was written or called that may not be. */
static int check_after(void **state)
{
    (void)state;
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.strays, 0);
    assert_int_equal(mock.foreign_rows, 0);
    assert_int_equal(mock.calls_not_relaxed, 0);
    assert_int_equal(mock_cusolver.refused, 0);
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    return 0;
}

static double epsilon_of(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT64 ? 0x1p-52 : dtype == DTYPE_FLOAT32 ? 0x1p-23 : dtype == DTYPE_FLOAT16 ? 0x1p-10 : 0x1p-7;
}

static bool fits(const struct item *item)
{
    return item->size * dtype_table[item->dtype].size <= (int64_t)sizeof on_device[0];
}

static void fill_items(const struct item *items, size_t count)
{
    int stream;
    const fanin_options options = options_of(&stream);
    mock_cusolver.stream = NULL;
    const fanin_status status = run_items(items, count, &options);
    if (status != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
    assert_true(mock_cusolver.stream == NULL || mock_cusolver.stream == (cudaStream_t)&stream);
    assert_ptr_equal(mock.last_stream, (cudaStream_t)&stream);
}

static void test_haar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t d = 0; d < sizeof dtypes / sizeof dtypes[0]; d++) {
            const struct fill fill =
                reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, shapes[i].rows, shapes[i].columns);
            const struct item item = reference_item(&fill, dtypes[d], on_device[0], 0);
            struct orthogonal shape;
            if (!fits(&item)) {
                continue;
            }
            orthogonal_describe(&fill, dtypes[d], &shape);
            fill_items(&item, 1);
            const double tolerance = 4.0 * epsilon_of(dtypes[d]) * sqrt((double)shape.longer);
            assert_true(reference_error(&shape, dtypes[d], on_device[0]) <= tolerance);
            double *const random = reference_random(&fill, dtypes[d], SEED), *const wanted = reference_haar(&shape, random);
            for (int64_t e = 0; e < item.size; e++) {
                assert_true(fabs(reference_get(dtypes[d], on_device[0], e) - fill.a * wanted[e]) <= tolerance);
            }
            free(random);
            free(wanted);
        }
    }
    assert_int_equal(mock_cusolver.gesvd + mock_cusolver.gesvdp, 0);
    assert_int_equal(mock_cusolver.orgqr, 3 * 4 + 3 * 3); /* the others are small */
}

static void test_svd(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t d = 0; d < 2 * sizeof dtypes / sizeof dtypes[0]; d++) {
            const enum dtype dtype = dtypes[d / 2];
            const struct fill fill =
                reference_fill(FANIN_ORTHOGONAL_SVD, (fanin_distribution)(d % 2), shapes[i].rows, shapes[i].columns);
            const struct item item = reference_item(&fill, dtype, on_device[0], 0);
            struct orthogonal shape;
            if (!fits(&item)) {
                continue;
            }
            orthogonal_describe(&fill, dtype, &shape);
            assert_int_equal(shape.sign_stream, stream_of_name("weight/sign"));
            fill_items(&item, 1);
            assert_int_equal(mock_cusolver.rows, shape.longer);
            assert_int_equal(mock_cusolver.columns, shape.shorter);
            const double tolerance = 64.0 * epsilon_of(dtype) * sqrt((double)shape.longer);
            assert_true(reference_error(&shape, dtype, on_device[0]) <= tolerance);
            double *const random = reference_random(&fill, dtype, SEED);
            assert_true(reference_residual(&shape, dtype, random, on_device[0]) <= tolerance);
            /* Rounding to 16 bits makes ties of what were none. */
            if (dtype == DTYPE_FLOAT32 || dtype == DTYPE_FLOAT64) {
                assert_int_equal(reference_wrong_signs(&shape, dtype, on_device[0], SEED), 0);
            }
            free(random);
        }
    }
    assert_int_equal(mock_cusolver.gesvdp + mock_cusolver.orgqr, 0);
}

/* The host makes the same matrices, to rounding: of singular vectors that is so for small ones, up to signs that a near tie of
 * the largest elements decides. */
static void test_host(void **state)
{
    (void)state;
    fanin_options options = options_of(NULL);
    options.threads = 1;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int method = FANIN_ORTHOGONAL_SVD; method <= FANIN_ORTHOGONAL_HAAR; method++) {
            for (int is_double = 0; is_double < 2; is_double++) {
                const enum dtype dtype = is_double ? DTYPE_FLOAT64 : DTYPE_FLOAT32;
                const struct fill fill = reference_fill((fanin_orthogonal_method)method, FANIN_DISTRIBUTION_GAUSSIAN,
                                                        shapes[i].rows, shapes[i].columns);
                struct item item = reference_item(&fill, dtype, on_device[0], 0);
                struct orthogonal shape;
                if (!fits(&item)) {
                    continue;
                }
                orthogonal_describe(&fill, dtype, &shape);
                fill_items(&item, 1);
                item.data = (char *)managed;
                item.device.device_type = kDLCPU;
                const fanin_status status = backend_run(&cpu_backend, &item, 1, &options);
                if (status != FANIN_OK) {
                    fail_msg("%s", fanin_last_error());
                }
                const bool is_svd = method == FANIN_ORTHOGONAL_SVD;
                const double tolerance = (is_svd ? 5000.0 : 4.0) * epsilon_of(dtype) * sqrt((double)shape.longer);
                assert_true(reference_difference(&shape, dtype, on_device[0], managed, is_svd) <= tolerance);
            }
        }
    }
}

/* 16-bit results are the float32 results, rounded once. */
static void test_rounding(void **state)
{
    (void)state;
    for (int method = FANIN_ORTHOGONAL_SVD; method <= FANIN_ORTHOGONAL_HAAR; method++) {
        const struct fill fill = reference_fill((fanin_orthogonal_method)method, FANIN_DISTRIBUTION_GAUSSIAN, 20, 30);
        const struct item single = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
        const struct item half = reference_item(&fill, DTYPE_FLOAT16, managed, 0);
        const struct item items[] = {single, half};
        fill_items(items, 2);
        for (int i = 0; i < 600; i++) {
            assert_int_equal(((const uint16_t *)managed)[i], round_to_float16(on_device[0][i]));
        }
    }
}

/* Boxes and strides of one parameter are cut from one matrix, which is made once. */
static void test_boxes(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        const struct fill fill =
            reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, wide ? 66 : 70, wide ? 70 : 66);
        struct item whole = reference_item(&fill, DTYPE_FLOAT32, managed, 0);
        const int64_t columns = fill.domain[1];
        /* Rows 4, 6, 8, … 22 and columns 3 to 19, transposed, upside down. */
        struct item box = whole;
        item_numbers(&box, 2);
        box.data = (char *)(on_device[0] + 9);
        box.start = 4 * columns + 3;
        box.ndim = 2;
        box.extent[0] = 10;
        box.step[0] = 2 * columns;
        box.stride[0] = -1;
        box.extent[1] = 17;
        box.step[1] = 1;
        box.stride[1] = 20;
        box.size = 170;
        /* One element. */
        struct item one = whole;
        one.data = (char *)(on_device[0] + 4000);
        one.start = 7 * columns + 11;
        one.ndim = 0;
        one.size = 1;
        const struct item items[] = {box, whole, one};
        mock_cusolver.orgqr = 0;
        for (int i = 0; i < COUNT; i++) {
            on_device[0][i] = -7.0f;
        }
        fill_items(items, 3);
        assert_int_equal(mock_cusolver.orgqr, 1);
        for (int64_t i = 0; i < 10; i++) {
            for (int64_t j = 0; j < 17; j++) {
                const float wanted = managed[(4 + 2 * i) * columns + 3 + j];
                assert_memory_equal(&on_device[0][9 - i + 20 * j], &wanted, sizeof wanted);
            }
        }
        assert_memory_equal(&on_device[0][4000], &managed[7 * columns + 11], sizeof(float));
        int untouched = 0;
        for (int i = 0; i < COUNT; i++) {
            untouched += on_device[0][i] == -7.0f;
        }
        assert_int_equal(untouched, COUNT - 171);
    }
}

/* More dimensions: all but the first are the columns. */
static void test_dimensions(void **state)
{
    (void)state;
    const struct fill flat = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_UNIFORM, 6, 24);
    static const int64_t domain[] = {6, 2, 3, 4};
    struct fill deep = flat;
    deep.ndim = 4;
    deep.domain = domain;
    struct item item = reference_item(&flat, DTYPE_FLOAT64, on_device[0], 0);
    fill_items(&item, 1);
    item.fill = &deep;
    item.data = (char *)managed;
    fill_items(&item, 1);
    assert_memory_equal(managed, on_device[0], 144 * sizeof(double));
}

/* What differs is not shared; elementwise fills of the plan are launched together, first. */
static void test_plan(void **state)
{
    (void)state;
    const struct fill one = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, 8, 8);
    struct fill scaled = one, other = one, turned = one;
    scaled.a = 2.0;
    other.stream = 77;
    turned.orthogonal.method = FANIN_ORTHOGONAL_SVD;
    const struct fill reshaped = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, 8, 4);
    const struct item items[] = {reference_item(&one, DTYPE_FLOAT32, on_device[0], 0),
                                 reference_item(&scaled, DTYPE_FLOAT32, on_device[0] + 64, 0),
                                 item_of(on_device[0] + 1000, 0, 100),
                                 reference_item(&other, DTYPE_FLOAT32, on_device[0] + 128, 0),
                                 reference_item(&turned, DTYPE_FLOAT32, on_device[0] + 192, 0),
                                 reference_item(&one, DTYPE_FLOAT32, on_device[0] + 256, 0),
                                 item_of(on_device[0] + 1100, 0, 100),
                                 reference_item(&reshaped, DTYPE_FLOAT32, on_device[0] + 320, 0)};
    fill_items(items, 8);
    assert_string_equal(mock.order, "AFFHCCCCFGSCCWE");
    assert_memory_equal(on_device[0], on_device[0] + 256, 64 * sizeof(float));
    for (int i = 0; i < 64; i++) {
        assert_float_equal(on_device[0][64 + i], on_device[0][i] / 1.414f * 2.0f, 1e-6);
    }
    assert_memory_not_equal(on_device[0], on_device[0] + 128, 64 * sizeof(float));
    assert_memory_not_equal(on_device[0], on_device[0] + 192, 64 * sizeof(float));
    assert_memory_equal(on_device[0] + 1000, expected, 100 * sizeof(float));
}

/* Of one parameter's name, so that only what a matrix is made from tells them apart: each is what it is alone. */
static void test_of_one_name(void **state)
{
    (void)state;
    static const int64_t deep[] = {6, 8, 2};
    struct fill fills[] = {reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 6, 8),
                           reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_UNIFORM, 6, 8),
                           reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 6, 16)};
    fills[2].ndim = 3;
    fills[2].domain = deep;
    static const enum dtype of_items[] = {DTYPE_FLOAT32, DTYPE_FLOAT32, DTYPE_FLOAT32, DTYPE_FLOAT64, DTYPE_FLOAT16};
    struct item items[5];
    for (int i = 0; i < 5; i++) {
        items[i] = reference_item(&fills[i < 3 ? i : 0], of_items[i], on_device[0] + 200 * i, 0);
    }
    fill_items(items, 5);
    for (int i = 0; i < 5; i++) {
        struct item alone = items[i];
        alone.data = (char *)managed;
        fill_items(&alone, 1);
        assert_memory_equal(managed, items[i].data, (size_t)items[i].size * dtype_table[items[i].dtype].size);
    }
}

/* Hundreds of small ones need no cuSOLVER, and few launches; each is what it would be alone. */
static void test_small(void **state)
{
    (void)state;
    enum { MATRICES = 500, SIZE = 8 };
    static struct fill fills[MATRICES];
    static struct item items[MATRICES];
    for (int i = 0; i < MATRICES; i++) {
        fills[i] = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, i % 2 == 0 ? 2 : 4, i % 2 == 0 ? 4 : 2);
        fills[i].stream = (uint64_t)i + 1;
        items[i] = reference_item(&fills[i], DTYPE_FLOAT32, on_device[0] + SIZE * i, 0);
    }
    const fanin_options options = options_of(NULL);
    assert_int_equal(run_items(items, MATRICES, &options), FANIN_OK);
    assert_memory_equal(mock.order, "AFHFHFHCC", 9); /* the table of a launch has room for 185 draws of two axes */
    assert_int_equal(mock_cusolver.orgqr + mock_cusolver.made, 0);
    for (int i = 0; i < MATRICES; i += 7) {
        struct item alone = items[i];
        alone.data = (char *)managed;
        assert_int_equal(run_items(&alone, 1, &options), FANIN_OK);
        assert_memory_equal(managed, on_device[0] + SIZE * i, SIZE * sizeof(float));
    }
}

static void test_two_devices(void **state)
{
    (void)state;
    const struct fill fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, 66, 70);
    const struct item items[] = {reference_item(&fill, DTYPE_FLOAT32, on_device[1], 1), item_of(managed, 1, 10),
                                 reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0)};
    const fanin_options options = options_of(NULL);
    assert_int_equal(run_items(items, 3, &options), FANIN_OK);
    assert_memory_equal(on_device[0], on_device[1], 4620 * sizeof(float));
    /* All is acquired before anything is written, and the devices work side by side. */
    assert_string_equal(mock.order, "AAFRQCFFRQCWEWE");
}

static void say_moved(void)
{
    if (mock_cusolver.moved_to != NULL) {
        *mock_cusolver.moved_to = mock_cusolver.moved;
        mock_cusolver.moved_to = NULL;
    }
}

/* From 512 kept vectors on the polar way is taken, and gesvd where it moved singular values by more than rounding. */
static void test_polar(void **state)
{
    (void)state;
    mock_cusolver.is_shallow = true;
    const struct fill below = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 511, 1030);
    const struct fill fill = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 1030, 512);
    struct item item = reference_item(&below, DTYPE_FLOAT32, on_device[0], 0);
    item.extent[0] = item.size = 100;
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFGSCWE");
    item.fill = &fill;
    memset(mock.order, 0, sizeof mock.order);
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFPWSCWE");
    const double first = mock_cusolver.first;
    assert_true(first != 0.0);
    /* 64·eps·(√1030 + √512) is 4.17e-4. */
    mock_cusolver.moved = 4.1e-4;
    memset(mock.order, 0, sizeof mock.order);
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFPWSCWE");
    mock_cusolver.moved = 4.3e-4;
    memset(mock.order, 0, sizeof mock.order);
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFPWFGSCWE");
    assert_true(mock_cusolver.first == first);
    /* Uniform numbers have a third of the variance: 2.41e-4. */
    const struct fill uniform = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_UNIFORM, 1030, 512);
    item.fill = &uniform;
    mock_cusolver.moved = 2.3e-4;
    memset(mock.order, 0, sizeof mock.order);
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFPWSCWE");
    mock_cusolver.moved = 2.5e-4;
    memset(mock.order, 0, sizeof mock.order);
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFPWFGSCWE");
    /* By how much may be known when all is done, and not before. */
    mock_cusolver.is_late = true;
    mock_cusolver.moved = 2.3e-4;
    mock.when_waited = say_moved;
    memset(mock.order, 0, sizeof mock.order);
    fill_items(&item, 1);
    assert_string_equal(mock.order, "AFPWSCWE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_haar, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_svd, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_host, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_rounding, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_boxes, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_dimensions, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_plan, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_of_one_name, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_small, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_two_devices, setup_solver, check_after),
        cmocka_unit_test_setup_teardown(test_polar, setup_solver, check_after),
    };
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
