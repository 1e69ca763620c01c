/* What else the module does, with the runtime's stand-in: the statistic, and the program's buffers. */
#include "mock_items.h"

#include "cuda/stage.h"

#include <fenv.h>

/* ------------------------------------------------ the statistic ----------------------------------------------------------- */

static struct tensor tensor_of(float *data, int device, int64_t count)
{
    return (struct tensor){.data = (char *)data,
                           .device = {kDLCUDA, device},
                           .dtype = DTYPE_FLOAT32,
                           .ndim = 1,
                           .shape = {count},
                           .stride = {1},
                           .size = count,
                           .low = 0,
                           .high = count * 4};
}

static void test_statistic(void **state)
{
    (void)state;
    assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
    char stream;
    const fanin_options options = options_of(&stream);
    for (int64_t count = 0; count <= COUNT; count += 500) {
        const struct tensor there = tensor_of(on_device[1], 1, count), here = tensor_of(expected, 0, count);
        double found = -1.0, wanted = -2.0;
        assert_int_equal(cuda_backend.norm(&there, &options, &found), FANIN_OK);
        assert_int_equal(cpu_backend.norm(&here, &options, &wanted), FANIN_OK);
        assert_memory_equal(&found, &wanted, sizeof found);
    }
    /* Many blocks of tiles, all of one element: in another order the sum is another. */
    struct tensor there = tensor_of(on_device[1] + 1, 1, 1), here = tensor_of(expected + 1, 0, 1);
    double found = -1.0, wanted = -2.0;
    there.shape[0] = there.size = here.shape[0] = here.size = 1000000;
    there.stride[0] = here.stride[0] = 0;
    assert_int_equal(cuda_backend.norm(&there, &options, &found), FANIN_OK);
    assert_int_equal(cpu_backend.norm(&here, &options, &wanted), FANIN_OK);
    assert_memory_equal(&found, &wanted, sizeof found);
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.freed_in_use, 0);
    assert_int_equal(mock.calls_not_relaxed, 0);
    assert_int_equal(mock.mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
    assert_null(mock.current);
}

static void test_statistic_errors(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    const struct tensor tensor = tensor_of(on_device[0], 0, COUNT), host = tensor_of(pageable, 0, COUNT);
    double found = -1.0;
    assert_failure(cuda_backend.norm(&host, &options, &found), FANIN_ERROR_DEVICE, "found host memory");
    mock.capturing = true;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_CAPTURE, "a stream that is being captured");
    assert_null(mock.last_stream);
    mock.capturing = false;
    /* The default stream beside a capture that it would have to wait for. */
    mock.capture_error = cudaErrorStreamCaptureImplicit;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_CAPTURE, "found the default stream while one that it");
    assert_int_equal(mock.last, cudaSuccess);
    mock.capture_error = cudaErrorUnknown;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_DEVICE, "CUDA says");
    mock.capture_error = cudaSuccess;
    mock.fail_copy = 1;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_DEVICE, "CUDA says");
    mock.fail_wait = 1;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_DEVICE, "CUDA says");
    assert_int_equal(mock.frees_left, 0);
    mock.fail_allocation = 1;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_MEMORY, "CUDA");
    /* What fails when the memory is given back is not told, nor left pending. */
    double sum = -1.0;
    mock.fail_release = 1;
    assert_int_equal(cuda_backend.norm(&tensor, &options, &sum), FANIN_OK);
    assert_true(sum == 0.0);
    assert_int_equal(mock.fail_release, 0);
    assert_int_equal(mock.last, cudaSuccess);
    mock.launch_error = cudaErrorInvalidConfiguration;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_DEVICE, "CUDA says");
    assert_int_equal(mock.frees_left, 0);
    assert_true(found == -1.0);
    mock.launch_error = cudaSuccess;
    mock.pool_error = cudaErrorNotSupported;
    assert_int_equal(cuda_backend.norm(&tensor, &options, &found), FANIN_OK);
    assert_true(found == 0.0);
    assert_int_equal(mock.frees_left, 0);
    assert_works();
}

/* The caller rounds up: it changes no bit, and the caller still does. */
static void test_statistic_rounding(void **state)
{
    (void)state;
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    const fanin_options options = options_of(NULL);
    const struct tensor tensor = tensor_of(on_device[0], 0, COUNT);
    double found = -1.0, wanted = -2.0;
    assert_int_equal(cuda_backend.norm(&tensor, &options, &wanted), FANIN_OK);
    assert_int_equal(fesetround(FE_UPWARD), 0);
    const fanin_status status = cuda_backend.norm(&tensor, &options, &found);
    const bool still_up = rounds_up();
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_int_equal(status, FANIN_OK);
    assert_true(still_up);
    assert_memory_equal(&found, &wanted, sizeof found);
}

/* A run that a statistic follows is refused before its first launch; one without is captured. */
static void test_capture(void **state)
{
    (void)state;
    const struct item items[] = {item_of(on_device[1], 1, COUNT), item_of(on_device[0], 0, COUNT)};
    const fanin_options options = options_of(NULL);
    mock.capturing = true;
    assert_failure(cuda_backend.check(items, 2, true, &options), FANIN_ERROR_CAPTURE,
                   "'weight': found a stream that is being captured");
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    assert_int_equal(run_items(items, 2, &options), FANIN_OK);
    mock.capturing = false;
    assert_int_equal(cuda_backend.check(items, 2, true, &options), FANIN_OK);
}

/* More tiles than are brought to the host at once. */
static void test_statistic_rounds(void **state)
{
    (void)state;
    if (getenv("FANIN_TEST_LONG") == NULL) {
        print_message("skipped: 2^26 elements are for FANIN_TEST_LONG\n");
        skip();
    }
    const int64_t count = (INT64_C(1) << 26) + 2500;
    unsigned char *const memory = malloc((size_t)count);
    assert_non_null(memory);
    for (int64_t i = 0; i < count; i++) {
        memory[i] = (unsigned char)(i * 7 + (i >> 12));
    }
    mock_add_region(memory, (size_t)count, cudaMemoryTypeDevice, 0);
    struct tensor tensor = tensor_of((float *)memory, 0, count);
    tensor.dtype = DTYPE_UINT8;
    tensor.high = count;
    const fanin_options options = options_of(NULL);
    double found = -1.0, wanted = -2.0;
    assert_int_equal(cuda_backend.norm(&tensor, &options, &found), FANIN_OK);
    assert_int_equal(cpu_backend.norm(&tensor, &options, &wanted), FANIN_OK);
    assert_memory_equal(&found, &wanted, sizeof found);
    free(memory);
}

/* ------------------------------------------------ the program's buffers --------------------------------------------------- */

static void test_stage(void **state)
{
    (void)state;
    struct cuda_stage *stage = NULL;
    assert_int_equal(stage_open(1, 4096, &stage), FANIN_OK);
    assert_null(mock.current);
    const void *hosts[2] = {NULL, NULL};
    for (int i = 0; i < 8; i++) {
        const void *host = NULL;
        unsigned char numbers[4096];
        memset(numbers, i, sizeof numbers);
        /* What is under way in the stream of the fills comes before the copy. */
        assert_int_equal(
            cudaMemcpyAsync(stage_device(stage, i % 2), numbers, sizeof numbers, cudaMemcpyHostToDevice, stage_stream(stage)),
            cudaSuccess);
        assert_int_equal(stage_copy(stage, i % 2, 4000), FANIN_OK);
        assert_null(mock.current);
        if (i >= 4) {
            /* The next fill does not wait for the copy. */
            assert_int_equal(cudaStreamSynchronize(stage_stream(stage)), cudaSuccess);
            assert_memory_not_equal(hosts[i % 2], numbers, 4000);
        }
        assert_int_equal(stage_wait(stage, i % 2, &host), FANIN_OK);
        assert_false(mock_is_busy());
        assert_null(mock.current);
        assert_memory_equal(host, numbers, 4000);
        hosts[i % 2] = host;
    }
    assert_non_null(stage_stream(stage));
    assert_ptr_not_equal(stage_device(stage, 0), stage_device(stage, 1));
    /* Closed while a fill and a copy are under way. */
    static const char last[64];
    assert_int_equal(stage_copy(stage, 0, 64), FANIN_OK);
    assert_int_equal(cudaMemcpyAsync(stage_device(stage, 1), last, 64, cudaMemcpyHostToDevice, stage_stream(stage)),
                     cudaSuccess);
    stage_close(stage);
    stage_close(NULL);
    assert_null(mock.current);
    assert_int_equal(mock.freed_in_use, 0);
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.streams_left, 0);
    assert_int_equal(mock.events_left, 0);
}

static void test_stage_errors(void **state)
{
    (void)state;
    struct cuda_stage *stage = NULL;
    const void *host = NULL;
    assert_int_equal(stage_open(0, 64, &stage), FANIN_OK);
    int *const numbers[] = {&mock.fail_record, &mock.fail_copy, &mock.fail_set_device};
    for (size_t i = 0; i < 3; i++) {
        *numbers[i] = 1;
        assert_failure(stage_copy(stage, 0, 64), FANIN_ERROR_DEVICE, "CUDA says");
        assert_int_equal(mock.last, cudaSuccess);
        assert_null(mock.current);
    }
    mock.fail_record = 2;
    assert_failure(stage_copy(stage, 0, 64), FANIN_ERROR_DEVICE, "CUDA says");
    assert_int_equal(stage_copy(stage, 0, 64), FANIN_OK);
    mock.fail_wait = 1;
    assert_failure(stage_wait(stage, 0, &host), FANIN_ERROR_DEVICE, "CUDA says");
    assert_null(host);
    assert_null(mock.current);
    /* What fails while it is closed is not told, nor left pending. */
    mock.fail_wait = 1;
    stage_close(stage);
    assert_int_equal(mock.last, cudaSuccess);
    assert_int_equal(mock.frees_left + mock.streams_left + mock.events_left, 0);
    assert_int_equal(stage_open(0, 64, &stage), FANIN_OK);
    mock.fail_set_device = 1;
    stage_close(stage);
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    assert_int_equal(mock.frees_left + mock.streams_left + mock.events_left, 0);
    assert_works();
}

/* Whichever allocation fails, nothing is left. */
static void test_stage_without_memory(void **state)
{
    (void)state;
    int failures = 0;
    for (int number = 1;; number++) {
        struct cuda_stage *stage = NULL;
        mock.fail_allocation = number;
        const fanin_status status = stage_open(0, 64, &stage);
        if (status == FANIN_OK) {
            stage_close(stage);
            break;
        }
        failures++;
        assert_failure(status, FANIN_ERROR_MEMORY, "CUDA says");
        assert_null(stage);
        assert_int_equal(mock.frees_left, 0);
        assert_int_equal(mock.streams_left, 0);
        assert_int_equal(mock.events_left, 0);
        assert_int_equal(mock.last, cudaSuccess);
    }
    assert_int_equal(failures, 10);
    mock.fail_allocation = 0;
    struct cuda_stage *stage = NULL;
    assert_failure(stage_open(7, 64, &stage), FANIN_ERROR_DEVICE, "found CUDA device 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_statistic, setup),        cmocka_unit_test_setup(test_statistic_rounding, setup),
        cmocka_unit_test_setup(test_statistic_errors, setup), cmocka_unit_test_setup(test_statistic_rounds, setup),
        cmocka_unit_test_setup(test_capture, setup),          cmocka_unit_test_setup(test_stage, setup),
        cmocka_unit_test_setup(test_stage_errors, setup),     cmocka_unit_test_setup(test_stage_without_memory, setup),
    };
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
