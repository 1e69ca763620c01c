/* What is the caller's: fills of its own on a device, and the last error of its own CUDA runtime; with stand-ins for both
 * runtimes. */
#include "mock_items.h"

#include "cuda/context.h"

#include <stdio.h>
#include <unistd.h>

/* ------------------------------------------------ fills of the caller's -------------------------------------------------- */

static struct {
    fanin_custom_call call;
    void *current;
    int count;
} seen;
static cudaError_t *fake_last; /* of the caller's runtime */

static fanin_status fill_sevens(const fanin_custom_call *call)
{
    seen.call = *call;
    seen.current = mock.current;
    seen.count++;
    for (int64_t i = 0; i < call->view->shape[0]; i++) {
        ((float *)call->view->data)[i] = 7.0f;
    }
    return FANIN_OK;
}

static fanin_status fail_elsewhere(const fanin_custom_call *call)
{
    (void)call;
    mock.current = &mock.other[1];
    return fanin_fail(FANIN_ERROR_FILE, "the tape is torn");
}

static fanin_status leave_error(const fanin_custom_call *call)
{
    (void)call;
    mock.current = NULL;
    *fake_last = cudaErrorInvalidConfiguration;
    return FANIN_OK;
}

static fanin_status push_and_leave(const fanin_custom_call *call)
{
    (void)call;
    mock_push(&mock.other[0]);
    mock_push(&mock.other[1]);
    return FANIN_OK;
}

static fanin_status fail_and_leave_error(const fanin_custom_call *call)
{
    *fake_last = cudaErrorInvalidConfiguration;
    return fail_elsewhere(call);
}

static fanin_status call_custom(fanin_status (*function)(const fanin_custom_call *), float *data, void *stream)
{
    const struct fill fill = {.kind = FILL_CUSTOM, .custom = {.kind = "sevens", .cuda = function}};
    struct item item = item_of(data, 1, COUNT);
    item.fill = &fill;
    const int64_t shape[] = {COUNT};
    const DLTensor view = {data, item.device, 1, {kDLFloat, 32, 1}, (int64_t *)shape, NULL, 0};
    fanin_custom_call call = {.size = sizeof call, .view = &view};
    const fanin_options options = options_of(stream);
    fanin_status status = cuda_backend.supports(&item);
    status = status == FANIN_OK ? cuda_backend.check(&item, 1, false, &options) : status;
    return status == FANIN_OK ? cuda_backend.run_custom(&item, &options, &call) : status;
}

static void test_custom_fill(void **state)
{
    (void)state;
    char stream;
    mock.current = &mock.other[0];
    memset(&seen, 0, sizeof seen);
    assert_int_equal(call_custom(fill_sevens, on_device[1], &stream), FANIN_OK);
    assert_int_equal(seen.count, 1);
    assert_ptr_equal(seen.call.cuda_stream, &stream);
    assert_ptr_equal(seen.current, &mock.primary[1]);
    assert_ptr_equal(mock.current, &mock.other[0]);
    assert_true(on_device[1][COUNT - 1] == 7.0f);
    assert_int_equal(mock.synchronizations, 0);
}

/* Refused before it is called. */
static void test_custom_fill_that_cannot(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    assert_failure(call_custom(NULL, on_device[1], NULL), FANIN_ERROR_DEVICE,
                   "its fill 'sevens' has no function for tensors on CUDA devices");
    assert_failure(call_custom(fill_sevens, pageable, NULL), FANIN_ERROR_DEVICE, "found host memory");
    assert_failure(call_custom(fill_sevens, on_device[0], NULL), FANIN_ERROR_DEVICE, "memory of CUDA device 0");
    mock.last = cudaErrorInvalidValue;
    assert_failure(call_custom(fill_sevens, on_device[1], NULL), FANIN_ERROR_DEVICE, "is pending");
    mock.last = cudaSuccess;
    assert_int_equal(seen.count, 0);
    assert_works();
}

/* Whatever it does, the caller's context is current again. */
static void test_custom_fill_that_fails(void **state)
{
    (void)state;
    assert_failure(call_custom(fail_elsewhere, on_device[1], NULL), FANIN_ERROR_FILE, "the tape is torn");
    assert_works();
    memset(mock.launches, 0, sizeof mock.launches);
    mock.current = &mock.primary[1];
    assert_failure(call_custom(leave_error, on_device[1], NULL), FANIN_ERROR_DEVICE, "it left the CUDA error");
    assert_ptr_equal(mock.current, &mock.primary[1]);
    assert_int_equal(*fake_last, cudaSuccess);
    /* Its own words are told rather than what CUDA says. */
    assert_failure(call_custom(fail_and_leave_error, on_device[1], NULL), FANIN_ERROR_FILE, "the tape is torn");
    assert_ptr_equal(mock.current, &mock.primary[1]);
    assert_int_equal(*fake_last, cudaSuccess);
}

/* The thread's stack of contexts is as empty as before; where one was current it is so again. */
static void test_custom_fill_that_pushes(void **state)
{
    (void)state;
    assert_int_equal(call_custom(push_and_leave, on_device[1], NULL), FANIN_OK);
    assert_int_equal(mock.depth, 0);
    assert_works();
    mock.current = &mock.other[0];
    assert_int_equal(call_custom(push_and_leave, on_device[1], NULL), FANIN_OK);
    assert_ptr_equal(mock.current, &mock.other[0]);
}

/* ------------------------------------------------ the caller's runtime --------------------------------------------------- */

static void test_pending_in_the_callers_runtime(void **state)
{
    (void)state;
    *fake_last = cudaErrorInvalidValue;
    for (int i = 0; i < 2; i++) {
        assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "an earlier CUDA error of the caller's is pending");
        assert_int_equal(*fake_last, cudaErrorInvalidValue);
        assert_null(mock.current);
    }
    *fake_last = cudaErrorLaunchFailure;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "the CUDA context is lost");
    /* Work of the caller's that goes on is no error. */
    *fake_last = cudaErrorNotReady;
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    assert_int_equal(*fake_last, cudaErrorNotReady);
    *fake_last = cudaSuccess;
    assert_works();
}

/* One that is newer than the driver, or finds no device, says so when it is asked; nobody may use it. */
static void test_useless_runtime(void **state)
{
    (void)state;
    static const cudaError_t errors[] = {cudaErrorInsufficientDriver, cudaErrorInitializationError, cudaErrorNoDevice};
    for (int i = 0; i < 3; i++) {
        *fake_last = errors[i];
        assert_works();
        assert_int_equal(call_custom(fill_sevens, on_device[1], NULL), FANIN_OK);
        assert_int_equal(*fake_last, errors[i]);
    }
    *fake_last = cudaSuccess;
    /* The module's own is used. */
    mock.last = cudaErrorNoDevice;
    memset(mock.launches, 0, sizeof mock.launches);
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "an earlier CUDA error of the caller's is pending");
}

/* Opens a copy of the caller's runtime, which has a last error of its own. */
static cudaError_t *open_copy(const char *folder, int number)
{
    static char bytes[1 << 20];
    char path[300];
    snprintf(path, sizeof path, "%s/libcudart.so.%d", folder, number);
    FILE *const from = fopen(FAKE_RUNTIME, "rb"), *const to = fopen(path, "wb");
    assert_true(from != NULL && to != NULL);
    const size_t size = fread(bytes, 1, sizeof bytes, from);
    assert_true(size > 0 && size < sizeof bytes);
    assert_int_equal(fwrite(bytes, 1, size, to), size);
    assert_int_equal(fclose(from) + fclose(to), 0);
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    assert_int_equal(unlink(path), 0);
    cudaError_t *const last = dlsym(library, "fake_last");
    assert_true(last != NULL && last != fake_last);
    return last;
}

/* One after another, with work in between: each is known once. Eight are; of more, none is asked. */
static void test_many_runtimes(void **state)
{
    (void)state;
    char folder[] = "/tmp/fanin_runtimes_XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (int number = 2; number <= 11; number++) {
        cudaError_t *const last = open_copy(folder, number);
        assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
        memset(mock.launches, 0, sizeof mock.launches);
        *last = cudaErrorInvalidValue;
        if (number <= 8) {
            assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "error of the caller's is pending");
        } else {
            assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
        }
        assert_int_equal(*last, cudaErrorInvalidValue);
        *last = cudaSuccess;
    }
    memset(mock.launches, 0, sizeof mock.launches);
    *fake_last = cudaErrorInvalidValue;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "error of the caller's is pending");
    *fake_last = cudaSuccess;
    assert_int_equal(rmdir(folder), 0);
    assert_works();
}

/* The caller opens its runtime when the module has been at work for long. */
static int open_runtime(void **state)
{
    if (setup(state) != 0 || run_one(on_device[0], 0, NULL) != FANIN_OK) {
        return 1;
    }
    void *const library = dlopen(FAKE_RUNTIME, RTLD_NOW | RTLD_LOCAL);
    fake_last = library != NULL ? dlsym(library, "fake_last") : NULL;
    return fake_last == NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_custom_fill, setup),
        cmocka_unit_test_setup(test_custom_fill_that_cannot, setup),
        cmocka_unit_test_setup(test_custom_fill_that_fails, setup),
        cmocka_unit_test_setup(test_custom_fill_that_pushes, setup),
        cmocka_unit_test_setup(test_pending_in_the_callers_runtime, setup),
        cmocka_unit_test_setup(test_useless_runtime, setup),
        cmocka_unit_test_setup(test_many_runtimes, setup),
    };
    return open_driver() ? cmocka_run_group_tests(tests, open_runtime, NULL) : 1;
}
