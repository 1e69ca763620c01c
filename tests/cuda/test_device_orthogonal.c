/* Orthogonal fills on the device: their bounds, the host's matrices, boxes and strides of one matrix, and what they do to
 * streams. Needs a GPU and cuSOLVER. FANIN_TEST_FILTER=test_haar runs that test alone, without its largest matrices:
 * compute-sanitizer takes minutes for the thousands of launches of an SVD, and for long columns. */
#include "device_compare.h"
#include "orthogonal_check.h"

#include <math.h>
#include <string.h>

#define SEED 0x123456789abcdef0u

static const char *const haar = "[\"orthogonal\", {\"method\": \"haar\"}]";
static const char *const svds[] = {"orthogonal", "[\"orthogonal\", {\"rand_type\": \"normal\", \"scale\": 0.5}]"};

static const struct view views[] = {
    {.ndim = 2, .shape = {1, 1}},      {.ndim = 2, .shape = {1, 300}},      {.ndim = 2, .shape = {300, 1}},
    {.ndim = 2, .shape = {2, 2}},      {.ndim = 2, .shape = {31, 33}},      {.ndim = 2, .shape = {33, 31}},
    {.ndim = 2, .shape = {64, 64}},    {.ndim = 2, .shape = {64, 9}},       {.ndim = 2, .shape = {9, 64}},
    {.ndim = 3, .shape = {20, 3, 7}},  {.ndim = 4, .shape = {64, 8, 3, 3}}, {.ndim = 4, .shape = {256, 16, 3, 3}},
    {.ndim = 2, .shape = {513, 257}},  {.ndim = 2, .shape = {257, 513}},    {.ndim = 2, .shape = {400, 400}},
    {.ndim = 2, .shape = {100000, 3}}, {.ndim = 2, .shape = {3, 100000}},
};
enum { VIEWS = sizeof views / sizeof views[0] };

static double epsilon_of(size_t type)
{
    static const double epsilons[FLOATS] = {0x1p-10, 0x1p-7, 0x1p-23, 0x1p-52};
    return epsilons[type];
}

static enum dtype dtype_of(size_t type)
{
    static const enum dtype dtypes[FLOATS] = {DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT32, DTYPE_FLOAT64};
    return dtypes[type];
}

static struct orthogonal shape_of(const struct view *view, fanin_orthogonal_method method, double scale, size_t type)
{
    struct orthogonal shape;
    const struct fill fill = {.kind = FILL_ORTHOGONAL,
                              .a = scale,
                              .stream = stream_of_name("block.weight"), /* the name that `fill` gives */
                              .ndim = view->ndim,
                              .domain = view->shape,
                              .orthogonal = {method, FANIN_DISTRIBUTION_GAUSSIAN}};
    orthogonal_describe(&fill, dtype_of(type), &shape);
    return shape;
}

static void fill_device(const char *spec, const struct type *type, const struct view *view, size_t bytes)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    assert_true(bytes <= BYTES);
    assert_cuda(cudaMemset(device, POISON, bytes));
    if (fill(kDLCUDA, device, spec, type, view, &options) != FANIN_OK) {
        fail_msg("%s: %s", spec, fanin_last_error());
    }
    assert_cuda(cudaMemcpy(copy, device, bytes, cudaMemcpyDeviceToHost));
}

static void fill_host(const char *spec, const struct type *type, const struct view *view)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    if (fill(kDLCPU, host, spec, type, view, &options) != FANIN_OK) {
        fail_msg("%s: %s", spec, fanin_last_error());
    }
}

static size_t bytes_of(const struct orthogonal *shape, const struct type *type)
{
    return (size_t)(shape->rows * shape->columns) * type->dtype.bits / 8;
}

/* ------------------------------------------------ bounds, and the host --------------------------------------------------- */

static void check_bound(const char *what, double found, double bound, const struct orthogonal *shape, const struct type *type)
{
    if (!(found <= bound)) {
        fail_msg("%s of %lld × %lld, %s: found %g, expected no more than %g", what, (long long)shape->rows,
                 (long long)shape->columns, type->name, found, bound);
    }
}

static void test_haar(void **state)
{
    (void)state;
    const int64_t most = getenv("FANIN_TEST_FILTER") != NULL ? 140000 : INT64_MAX;
    for (size_t v = 0; v < VIEWS; v++) {
        for (size_t t = 0; t < FLOATS; t++) {
            const struct orthogonal shape = shape_of(&views[v], FANIN_ORTHOGONAL_HAAR, 1.414, t);
            if (shape.rows * shape.columns > most) {
                continue;
            }
            const double bound = 4.0 * epsilon_of(t) * sqrt((double)shape.longer);
            fill_device(haar, &types[t], &views[v], bytes_of(&shape, &types[t]));
            fill_host(haar, &types[t], &views[v]);
            check_bound("the error", reference_error(&shape, dtype_of(t), copy), bound, &shape, &types[t]);
            check_bound("the difference", reference_difference(&shape, dtype_of(t), copy, host, false), bound, &shape,
                        &types[t]);
        }
    }
}

/* Elementwise only the small ones, in the dtypes that are not rounded afterwards: an error of rounding, in units of the norm,
 * counts by the inverse of the smallest gap of singular values, which is some thousands here. */
static void check_svd(const char *spec, double scale, const struct view *view, size_t t)
{
    const struct orthogonal shape = shape_of(view, FANIN_ORTHOGONAL_SVD, scale, t);
    const double root = sqrt((double)shape.longer), epsilon = epsilon_of(t);
    fill_device(spec, &types[t], view, bytes_of(&shape, &types[t]));
    check_bound("the error", reference_error(&shape, dtype_of(t), copy), 64.0 * epsilon * root, &shape, &types[t]);
    if (types[t].dtype.bits == 16) {
        return;
    }
    assert_int_equal(reference_wrong_signs(&shape, dtype_of(t), copy, SEED), 0);
    if (shape.longer <= 64) {
        fill_host(spec, &types[t], view);
        check_bound("the difference", reference_difference(&shape, dtype_of(t), copy, host, true), 5000.0 * epsilon * root,
                    &shape, &types[t]);
    }
}

static void test_svd(void **state)
{
    (void)state;
    for (size_t v = 0; v < VIEWS; v++) {
        for (size_t t = 0; t < FLOATS; t++) {
            check_svd(svds[0], 1.414, &views[v], t);
            check_svd(svds[1], 0.5, &views[v], t);
        }
    }
}

/* By way of the polar decomposition. */
static void test_polar(void **state)
{
    (void)state;
    static const struct view large[] = {{.ndim = 2, .shape = {512, 512}}, {.ndim = 2, .shape = {1025, 1500}}};
    for (size_t v = 0; v < 2; v++) {
        check_svd(svds[v], v == 0 ? 1.414 : 0.5, &large[v], 2);
    }
    check_svd(svds[0], 1.414, &large[0], 3);
}

/* ------------------------------------------------ one matrix ------------------------------------------------------------- */

/* The same call gives the same bits; a 16-bit one is a float32 one, rounded. */
static void test_repeated(void **state)
{
    (void)state;
    static const struct view view = {.ndim = 2, .shape = {300, 200}};
    const char *const specs[] = {haar, svds[0], svds[1]};
    for (size_t i = 0; i < 3; i++) {
        const struct orthogonal shape = shape_of(&view, FANIN_ORTHOGONAL_HAAR, 1.0, 2);
        const size_t bytes = bytes_of(&shape, &types[2]);
        fill_device(specs[i], &types[2], &view, bytes);
        memcpy(host, copy, bytes);
        fill_device(specs[i], &types[2], &view, bytes);
        assert_memory_equal(copy, host, bytes);
        fill_device(specs[i], &types[0], &view, bytes / 2);
        for (int64_t e = 0; e < 60000; e++) {
            const double exact = reference_get(DTYPE_FLOAT32, host, e), found = reference_get(DTYPE_FLOAT16, copy, e);
            assert_true(fabs(found - exact) <= fmax(0x1p-11 * fabs(exact), 0x1p-25));
        }
    }
}

/* Boxes of a matrix, with and without gaps, transposed and upside down, are parts of the whole, bit for bit. */
static void test_boxes(void **state)
{
    (void)state;
    enum { ROWS = 90, COLUMNS = 120 };
    static const struct view whole = {.ndim = 2, .shape = {ROWS, COLUMNS}};
    static const struct view boxes[] = {
        {.ndim = 2, .shape = {40, 120}, .sharded = true, .global = {ROWS, COLUMNS}, .start = {50, 0}},
        {.ndim = 2, .shape = {90, 30}, .sharded = true, .global = {ROWS, COLUMNS}, .start = {0, 77}},
        {.ndim = 2,
         .shape = {7, 11},
         .strides = {1, 9},
         .strided = true,
         .sharded = true,
         .global = {ROWS, COLUMNS},
         .start = {80, 5},
         .offset = 3},
        {.ndim = 2, .shape = {ROWS, COLUMNS}, .strides = {-128, 1}, .strided = true, .offset = 128 * (ROWS - 1)},
    };
    const char *const specs[] = {haar, svds[0]};
    for (size_t s = 0; s < 2; s++) {
        for (size_t t = 0; t < FLOATS; t++) {
            const size_t size = types[t].dtype.bits / 8;
            fill_device(specs[s], &types[t], &whole, ROWS * COLUMNS * size);
            memcpy(host, copy, ROWS * COLUMNS * size);
            for (size_t b = 0; b < sizeof boxes / sizeof boxes[0]; b++) {
                const struct view *const box = &boxes[b];
                fill_device(specs[s], &types[t], box, 1 << 20);
                for (int64_t i = 0; i < box->shape[0]; i++) {
                    for (int64_t j = 0; j < box->shape[1]; j++) {
                        const int64_t down = box->strided ? box->strides[0] : box->shape[1];
                        const int64_t across = box->strided ? box->strides[1] : 1;
                        const int64_t there = box->offset + i * down + j * across;
                        const int64_t here = (box->start[0] + i) * COLUMNS + box->start[1] + j;
                        assert_memory_equal(copy + there * (int64_t)size, host + here * (int64_t)size, size);
                    }
                }
            }
        }
    }
}

/* Blocks of a packed vector, each a matrix of its own; the vector's size is that of 6 inputs. */
static void test_fusedrnn(void **state)
{
    (void)state;
    static const char spec[] = "[\"fusedrnn\", {\"init\": [\"orthogonal\", {\"method\": \"haar\"}], "
                               "\"num_hidden\": 8, \"num_layers\": 1, \"mode\": \"lstm\"}]";
    static const struct view view = {.ndim = 1, .shape = {512}};
    for (size_t t = 2; t < FLOATS; t++) {
        fill_device(spec, &types[t], &view, 512 * types[t].dtype.bits / 8);
        fill_host(spec, &types[t], &view);
        for (int64_t i = 0; i < 512; i++) {
            assert_true(fabs(reference_get(dtype_of(t), copy, i) - reference_get(dtype_of(t), host, i)) <=
                        16.0 * epsilon_of(t));
        }
    }
}

/* ------------------------------------------------ streams and memory ----------------------------------------------------- */

/* Refused on a stream that is being captured, and the capture goes on. */
static void test_capture(void **state)
{
    (void)state;
    static const struct view view = {.ndim = 2, .shape = {30, 20}};
    cudaStream_t stream;
    cudaGraph_t graph = NULL;
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    options.cuda_stream = stream;
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_int_equal(fill(kDLCUDA, device, haar, &types[2], &view, &options), FANIN_ERROR_CAPTURE);
    assert_int_equal(fill(kDLCUDA, device, "normal", &types[2], &view, &options), FANIN_OK);
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_non_null(graph);
    assert_cuda(cudaGraphDestroy(graph));
    assert_int_equal(fill(kDLCUDA, device, haar, &types[2], &view, &options), FANIN_OK);
    assert_cuda(cudaStreamDestroy(stream));
}

/* The memory goes back to the pool: many fills need no more of it than one. */
static void test_pool(void **state)
{
    (void)state;
    static const struct view view = {.ndim = 2, .shape = {500, 500}};
    fanin_options options = FANIN_OPTIONS_INIT;
    cudaMemPool_t pool;
    uint64_t before = 0, after = 0;
    const cudaError_t found = cudaDeviceGetDefaultMemPool(&pool, 0);
    if (found == cudaErrorNotSupported) {
        (void)cudaGetLastError();
        print_message("skipped: the device has no pools\n");
        skip();
    }
    assert_cuda(found);
    assert_cuda(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &before));
    for (int i = 0; i < 20; i++) {
        assert_int_equal(fill(kDLCUDA, device, i % 2 == 0 ? haar : svds[0], &types[2], &view, &options), FANIN_OK);
    }
    assert_cuda(cudaDeviceSynchronize());
    assert_cuda(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &after));
    assert_int_equal(after, before);
}

/* One row of a matrix that no device can hold: refused, by cuSOLVER or for want of memory, and the next fill works. */
static void test_too_large(void **state)
{
    (void)state;
    static const struct view large = {
        .ndim = 2, .shape = {1, 10}, .sharded = true, .global = {2000000, 2000000}, .start = {5, 0}};
    static const struct view view = {.ndim = 2, .shape = {30, 20}};
    fanin_options options = FANIN_OPTIONS_INIT;
    const fanin_status status = fill(kDLCUDA, device, haar, &types[2], &large, &options);
    assert_true(status == FANIN_ERROR_MEMORY || status == FANIN_ERROR_SOLVER);
    assert_non_null(strstr(fanin_last_error(), "block.weight"));
    assert_int_equal(fill(kDLCUDA, device, haar, &types[2], &view, &options), FANIN_OK);
    assert_cuda(cudaGetLastError());
}

/* Says why not. The matrix is larger than those that need no cuSOLVER. */
static bool solver_is_there(void)
{
    static const struct view view = {.ndim = 2, .shape = {600, 65}};
    fanin_options options = FANIN_OPTIONS_INIT;
    const bool is_missing = fill(kDLCUDA, device, haar, &types[2], &view, &options) == FANIN_ERROR_SOLVER &&
                            strstr(fanin_last_error(), "cannot be opened") != NULL;
    if (is_missing) {
        printf("skipped: %s\n", fanin_last_error());
    }
    return !is_missing;
}

int main(void)
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    if (!memories_make()) {
        return 1;
    }
    if (!solver_is_there()) {
        memories_free();
        return DEVICE_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_haar),     cmocka_unit_test(test_svd),   cmocka_unit_test(test_polar),
        cmocka_unit_test(test_repeated), cmocka_unit_test(test_boxes), cmocka_unit_test(test_fusedrnn),
        cmocka_unit_test(test_capture),  cmocka_unit_test(test_pool),  cmocka_unit_test(test_too_large),
    };
    const char *const filter = getenv("FANIN_TEST_FILTER");
    if (filter != NULL) {
        cmocka_set_test_filter(filter);
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    memories_free();
    return failed;
}
