/* The library as a guest of its caller's CUDA: capture, memory of other kinds, what is refused, the caller's state, the log.
 * Needs a GPU. */
#include "device_compare.h"

#include <string.h>

static void test_capture(void **state)
{
    (void)state;
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t replay;
    fanin_plan *const there = plan_of(500, kDLCUDA, device), *const here = plan_of(500, kDLCPU, host);
    fanin_options options = FANIN_OPTIONS_INIT;
    memset(host, POISON, BYTES);
    assert_int_equal(fanin_plan_run(here, &options), FANIN_OK);
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    options.cuda_stream = stream;
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_int_equal(fanin_plan_run(there, &options), FANIN_OK);
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_cuda(cudaGraphInstantiateWithFlags(&replay, graph, 0));
    for (int i = 0; i < 3; i++) {
        assert_cuda(cudaMemsetAsync(device, POISON, BYTES, stream));
        assert_cuda(cudaGraphLaunch(replay, stream));
        assert_cuda(cudaMemcpyAsync(copy, device, BYTES, cudaMemcpyDeviceToHost, stream));
        assert_cuda(cudaStreamSynchronize(stream));
        assert_memory_equal(copy, host, BYTES);
    }
    assert_cuda(cudaGraphExecDestroy(replay));
    assert_cuda(cudaGraphDestroy(graph));
    assert_cuda(cudaStreamDestroy(stream));
    fanin_plan_free(there);
    fanin_plan_free(here);
}

/* ------------------------------------------------ memory of other kinds, errors ------------------------------------------ */

static const struct view small = {.ndim = 1, .shape = {1000}};

static void assert_works(void)
{
    assert_true(compare("normal", &types[2], &small));
    assert_cuda(cudaPeekAtLastError());
}

static void assert_refused(DLDeviceType where, void *memory, int ordinal, void *stream, const char *words)
{
    DLTensor tensor = {memory, {where, ordinal}, 1, types[2].dtype, (int64_t *)small.shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    fanin_initializer *normal = NULL;
    desc.name = "block.weight";
    options.cuda_stream = stream;
    assert_int_equal(fanin_create("normal", &normal), FANIN_OK);
    assert_int_equal(fanin_init(normal, &desc, &tensor, &options), FANIN_ERROR_DEVICE);
    fanin_release(normal);
    if (strstr(fanin_last_error(), words) == NULL) {
        fail_msg("'%s' is not in: %s", words, fanin_last_error());
    }
    assert_works();
}

static void test_managed_and_pinned(void **state)
{
    (void)state;
    fanin_options options = FANIN_OPTIONS_INIT;
    void *managed = NULL, *pinned = NULL;
    assert_int_equal(fill(kDLCPU, host, "normal", &types[2], &small, &options), FANIN_OK);
    assert_cuda(cudaMallocManaged(&managed, 4000, cudaMemAttachGlobal));
    assert_int_equal(fill(kDLCUDAManaged, managed, "normal", &types[2], &small, &options), FANIN_OK);
    assert_cuda(cudaDeviceSynchronize());
    assert_memory_equal(managed, host, 4000);
    assert_cuda(cudaFree(managed));
    assert_cuda(cudaHostAlloc(&pinned, 4000, cudaHostAllocDefault));
    assert_int_equal(fill(kDLCUDAHost, pinned, "normal", &types[2], &small, &options), FANIN_OK);
    assert_memory_equal(pinned, host, 4000);
    assert_refused(kDLCUDA, pinned, 0, NULL, "pinned host memory");
    assert_cuda(cudaFreeHost(pinned));
}

static void test_wrong_pointers(void **state)
{
    (void)state;
    void *freed = NULL;
    assert_refused(kDLCUDA, host, 0, NULL, "found host memory");
    assert_cuda(cudaMalloc(&freed, 64 << 20));
    assert_cuda(cudaFree(freed));
    assert_refused(kDLCUDA, freed, 0, NULL, "found host memory, or none");
}

static void test_wrong_devices(void **state)
{
    (void)state;
    int count = 0;
    assert_cuda(cudaGetDeviceCount(&count));
    assert_refused(kDLCUDA, device, count, NULL, "expected 0 to ");
    assert_refused(kDLCUDA, device, -1, NULL, "expected 0 to ");
    if (count > 1) {
        cudaStream_t stream;
        assert_cuda(cudaSetDevice(1));
        assert_cuda(cudaStreamCreate(&stream));
        assert_cuda(cudaSetDevice(0));
        assert_refused(kDLCUDA, device, 0, stream, "a stream of another device or context");
        assert_refused(kDLCUDA, device, 1, NULL, "memory of CUDA device 0");
        assert_cuda(cudaStreamDestroy(stream));
    } else {
        print_message("one GPU: the stream of another one is not tested\n");
    }
}

/* The caller's device and error are its own. */
static void test_state_of_the_caller(void **state)
{
    (void)state;
    int count = 0, current = -1;
    assert_cuda(cudaGetDeviceCount(&count));
    const int other = count - 1;
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_int_equal(fill(kDLCPU, host, "normal", &types[2], &small, &options), FANIN_OK);
    assert_cuda(cudaMemset(device, POISON, 4000));
    assert_cuda(cudaDeviceSynchronize());
    assert_cuda(cudaSetDevice(other));
    assert_int_equal(fill(kDLCUDA, device, "normal", &types[2], &small, &options), FANIN_OK);
    assert_cuda(cudaGetDevice(&current));
    assert_int_equal(current, other);
    /* The default stream of the other device would not wait for the fill. */
    assert_cuda(cudaSetDevice(0));
    assert_cuda(cudaMemcpy(copy, device, 4000, cudaMemcpyDeviceToHost));
    assert_memory_equal(copy, host, 4000);

    assert_int_equal(cudaSetDevice(count), cudaErrorInvalidDevice);
    assert_int_equal(cudaPeekAtLastError(), cudaErrorInvalidDevice);
    (void)fill(kDLCUDA, device, "normal", &types[2], &small, &options);
    assert_int_equal(cudaGetLastError(), cudaErrorInvalidDevice);
    assert_works();
}

/* ------------------------------------------------ the log ---------------------------------------------------------------- */

static void keep_lines(void *context, const char *line)
{
    char *const text = context;
    assert_true(strlen(text) + strlen(line) + 2 < 65536);
    strcat(strcat(text, line), "\n");
}

static void test_log(void **state)
{
    (void)state;
    static char lines[2][65536];
    static const DLDeviceType where[2] = {kDLCPU, kDLCUDA};
    unsigned char *const memory[2] = {host, device};
    for (int i = 0; i < 2; i++) {
        fanin_plan *const plan = plan_of(300, where[i], memory[i]);
        fanin_options options = FANIN_OPTIONS_INIT;
        options.verbose = 1;
        options.log = keep_lines;
        options.context = lines[i];
        lines[i][0] = '\0';
        assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
        fanin_plan_free(plan);
    }
    assert_true(strlen(lines[0]) > 300);
    assert_string_equal(lines[1], lines[0]);
}

static void ignore_line(void *context, const char *line)
{
    (void)context, (void)line;
}

/* A statistic would have to wait; it is refused, and the capture is not ended by it. */
static void test_statistic_while_capturing(void **state)
{
    (void)state;
    cudaStream_t stream;
    cudaGraph_t graph = NULL;
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    options.cuda_stream = stream;
    options.verbose = 1;
    options.log = ignore_line;
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_int_equal(fill(kDLCUDA, device, "normal", &types[2], &small, &options), FANIN_ERROR_CAPTURE);
    assert_non_null(strstr(fanin_last_error(), "being captured"));
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_cuda(cudaGraphDestroy(graph));
    assert_cuda(cudaStreamDestroy(stream));
    assert_works();
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
        cmocka_unit_test(test_capture),
        cmocka_unit_test(test_managed_and_pinned),
        cmocka_unit_test(test_wrong_pointers),
        cmocka_unit_test(test_wrong_devices),
        cmocka_unit_test(test_state_of_the_caller),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_statistic_while_capturing),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    memories_free();
    return failed;
}
