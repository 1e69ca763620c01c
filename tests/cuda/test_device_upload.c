/* Constants that are arrays and stored tensors: read on the host, copied or scattered on the device; against the host, and
 * while a stream is being captured. Needs a GPU. */
#include "device_compare.h"

#include <string.h>

static const char row_of_numbers[] = "[\"constant\", {\"value\": [1, 0, 2, 3, 0, 1, 7]}]";

static void test_layouts(void **state)
{
    (void)state;
    static const struct view views[] = {
        {.ndim = 1, .shape = {7}},
        {.ndim = 2, .shape = {1000, 7}},
        {.ndim = 1, .shape = {7}, .strides = {-3}, .strided = true, .offset = 18},
        {.ndim = 2, .shape = {50, 7}, .strides = {1, 50}, .strided = true},
        {.ndim = 3, .shape = {9, 80, 7}, .strides = {8, 128, 1}, .strided = true, .offset = 5},
        {.ndim = 2, .shape = {300, 4}, .sharded = true, .global = {500, 7}, .start = {100, 2}},
        {.ndim = 2, .shape = {100, 7}, .sharded = true, .global = {500, 7}, .start = {400, 0}},
        {.ndim = 2, .shape = {4000, 5}, .strides = {-7, 1}, .strided = true, .offset = 28000},
    };
    for (size_t t = 0; t < TYPES; t++) {
        for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
            const bool fits = views[v].shape[views[v].ndim - 1] == 7 || views[v].sharded;
            const bool is_filled = compare(row_of_numbers, &types[t], &views[v]);
            assert_int_equal(is_filled, fits && strcmp(types[t].name, "bool") != 0); /* which holds no 7 */
        }
    }
}

/* More than both buffers hold, in one line and in rows with gaps. */
static void test_large(void **state)
{
    (void)state;
    enum { ROWS = 3001, COLUMNS = 2003, PITCH = 2048 };
    const size_t bytes = (size_t)ROWS * PITCH * sizeof(float);
    int64_t shape[] = {ROWS, COLUMNS}, pitched[] = {PITCH, 1};
    float *const values = malloc(bytes), *const back = malloc(bytes);
    void *memory = NULL;
    assert_true(values != NULL && back != NULL);
    assert_cuda(cudaMalloc(&memory, bytes));
    for (int64_t i = 0; i < (int64_t)ROWS * COLUMNS; i++) {
        values[i] = (float)(i * 37 % 65521);
    }
    const DLTensor source = {values, {kDLCPU, 0}, 2, types[2].dtype, shape, NULL, 0};
    fanin_initializer *constant = NULL;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "block.weight";
    assert_int_equal(fanin_constant_tensor(&source, &constant), FANIN_OK);
    for (int strided = 0; strided < 2; strided++) {
        const DLTensor there = {memory, {kDLCUDA, 0}, 2, types[2].dtype, shape, strided ? pitched : NULL, 0};
        const int64_t pitch = strided ? PITCH : COLUMNS;
        assert_cuda(cudaMemset(memory, POISON, bytes));
        assert_int_equal(fanin_init(constant, &desc, &there, NULL), FANIN_OK);
        assert_cuda(cudaMemcpy(back, memory, bytes, cudaMemcpyDeviceToHost));
        for (int64_t row = 0; row < ROWS; row++) {
            assert_memory_equal(back + row * pitch, values + row * COLUMNS, COLUMNS * sizeof(float));
            for (int64_t gap = COLUMNS; gap < pitch; gap++) {
                assert_int_equal(*((unsigned char *)(back + row * pitch + gap)), POISON);
            }
        }
    }
    fanin_release(constant);
    assert_cuda(cudaFree(memory));
    free(values);
    free(back);
}

/* Stored tensors in every dtype that they are converted to, whole and as a box. */
static void test_load(void **state)
{
    (void)state;
    enum { ROWS = 130, COLUMNS = 301 };
    static float values[ROWS * COLUMNS];
    static const struct view whole = {.ndim = 2, .shape = {ROWS, COLUMNS}};
    static const struct view box = {
        .ndim = 2, .shape = {60, 100}, .sharded = true, .global = {ROWS, COLUMNS}, .start = {70, 201}};
    const char *const names[] = {"block.weight"};
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        values[i] = (float)(i % 1201) / 16.0f;
    }
    const DLTensor source = {values, {kDLCPU, 0}, 2, types[2].dtype, (int64_t *)whole.shape, NULL, 0};
    fanin_initializer *load = NULL;
    assert_int_equal(fanin_load_tensors(names, &source, 1, NULL, 0, &load), FANIN_OK);
    for (size_t t = 0; t < TYPES; t++) {
        for (int part = 0; part < 2; part++) {
            const struct view *const view = part ? &box : &whole;
            const size_t bytes = (size_t)(view->shape[0] * view->shape[1]) * types[t].dtype.bits / 8;
            DLTensor tensor = {host, {kDLCPU, 0}, 2, types[t].dtype, (int64_t *)view->shape, NULL, 0};
            fanin_desc desc = FANIN_DESC_INIT;
            desc.name = "block.weight";
            desc.global_shape = part ? view->global : NULL;
            desc.offset = part ? view->start : NULL;
            assert_int_equal(fanin_init(load, &desc, &tensor, NULL), FANIN_OK);
            tensor.data = device;
            tensor.device.device_type = kDLCUDA;
            assert_cuda(cudaMemset(device, POISON, bytes));
            assert_int_equal(fanin_init(load, &desc, &tensor, NULL), FANIN_OK);
            assert_cuda(cudaMemcpy(copy, device, bytes, cudaMemcpyDeviceToHost));
            assert_memory_equal(copy, host, bytes);
        }
    }
    fanin_release(load);
}

/* It would have to wait: refused, and the capture goes on. */
static void test_capture(void **state)
{
    (void)state;
    static const struct view view = {.ndim = 1, .shape = {7}};
    cudaStream_t stream;
    cudaGraph_t graph = NULL;
    size_t nodes = 1;
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    options.cuda_stream = stream;
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_int_equal(fill(kDLCUDA, device, row_of_numbers, &types[2], &view, &options), FANIN_ERROR_CAPTURE);
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_cuda(cudaGraphGetNodes(graph, NULL, &nodes));
    assert_int_equal(nodes, 0);
    assert_cuda(cudaGraphDestroy(graph));
    assert_cuda(cudaStreamDestroy(stream));
    assert_true(compare(row_of_numbers, &types[2], &view));
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
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_capture),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    memories_free();
    return failed;
}
