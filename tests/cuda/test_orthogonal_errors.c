/* Orthogonal fills on a device that cannot be done, or go wrong half way, with stand-ins for the runtime and for cuSOLVER: the
 * parameter is named, nothing is left behind, and the next fill works. */
#include "mock_items.h"

#include "mock_cusolver.h"
#include "orthogonal_reference.h"

#include <limits.h>

#define ROWS    70 /* more than small matrices have */
#define COLUMNS 66
#define OTHER   4700 /* where the elementwise item begins */

static struct fill fill;
static struct item items[2]; /* one of each sort, the elementwise one first */
static int handles;          /* that are kept */

static int setup_plan(void **state)
{
    handles = mock_cusolver.handles;
    memset(&mock_cusolver, 0, sizeof mock_cusolver);
    mock_cusolver.handles = mock_cusolver.params = handles;
    mock_cusolver.note = mock_note;
    mock_cusolver.failure = CUSOLVER_STATUS_INTERNAL_ERROR;
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
    const int result = setup(state);
    items[0] = item_of(on_device[0] + OTHER, 0, 100);
    items[0].name = "other";
    items[1] = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
    return result;
}

static fanin_status run_plan(void)
{
    static char stream;
    const fanin_options options = options_of(&stream);
    memset(mock.order, 0, sizeof mock.order);
    memset(mock.launches, 0, sizeof mock.launches);
    return run_items(items, 2, &options);
}

/* What holds after a failure, and that the next run works. */
static void check_after(void)
{
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.freed_in_use, 0);
    assert_int_equal(mock.calls_not_relaxed, 0);
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    assert_int_equal(mock_cusolver.refused, 0);
    assert_int_equal(mock_cusolver.handles, mock_cusolver.params);
    mock_cusolver.fail_call = 0;
    mock_cusolver.info = 0;
    mock.fail_allocation = 0;
    mock.launch_error = mock.pool_error = cudaSuccess;
    assert_int_equal(run_plan(), FANIN_OK);
    assert_int_equal(mock.frees_left, 0);
    assert_memory_equal(on_device[0] + OTHER, expected, 100 * sizeof(float));
}

static void assert_says(const char *words)
{
    if (strstr(fanin_last_error(), words) == NULL) {
        fail_msg("'%s' is not in: %s", words, fanin_last_error());
    }
}

/* Nothing was written, nor begun. */
static void assert_untouched(void)
{
    for (int i = 0; i < COUNT; i++) {
        assert_true(on_device[0][i] == 0.0f);
    }
    assert_null(strpbrk(mock.order, "FRSCGPQ"));
}

static void test_capture(void **state)
{
    (void)state;
    mock.capturing = true;
    assert_failure(run_plan(), FANIN_ERROR_CAPTURE, "'weight'");
    assert_untouched();
    assert_string_equal(mock.order, "");
    /* Elementwise fills are not held up. */
    const fanin_options options = options_of(NULL);
    assert_int_equal(run_items(items, 1, &options), FANIN_OK);
    mock.capturing = false;
    check_after();
}

static void test_memory(void **state)
{
    (void)state;
    mock.fail_allocation = 1;
    /* 4620 elements, 66 factors and 66 taus, each part from a multiple of 256 bytes on; orgqr's 77 elements; an info. */
    assert_failure(run_plan(), FANIN_ERROR_MEMORY, "'weight': making its orthogonal matrix of 70 × 66 needs 20024 bytes");
    assert_untouched();
    check_after();
    /* A device without pools. */
    mock.pool_error = cudaErrorNotSupported;
    assert_int_equal(run_plan(), FANIN_OK);
    assert_null(strchr(mock.order, 'E'));
    assert_int_equal(mock.frees_left, 0);
    memset(on_device, 0, sizeof on_device);
    mock.fail_allocation = 1;
    assert_failure(run_plan(), FANIN_ERROR_MEMORY, "20024 bytes");
    assert_untouched();
    mock.pool_error = cudaErrorInvalidValue;
    assert_failure(run_plan(), FANIN_ERROR_DEVICE, "'weight': CUDA says");
    assert_untouched();
    check_after();
}

/* Of several matrices the largest is told; they share the memory. */
static void test_memory_of_the_largest(void **state)
{
    (void)state;
    const struct fill larger = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 33, 40);
    items[0] = reference_item(&larger, DTYPE_FLOAT64, managed, 0);
    items[0].name = "larger";
    mock.fail_allocation = 1;
    /* Twice 1320 doubles (to a multiple of 256: 10752), 33 factors, 33 singular values (512), 1089 of Vᵀ (8960), work, to a
     * multiple of 4, 2 infos. */
    const int bytes = 2 * 10752 + 2 * 512 + 8960 + (MOCK_CUSOLVER_DEVICE_BYTES + 3) / 4 * 4 + 8;
    char words[100];
    snprintf(words, sizeof words, "'larger': making its orthogonal matrix of 33 × 40 needs %d bytes", bytes);
    assert_failure(run_plan(), FANIN_ERROR_MEMORY, words);
    assert_int_equal(run_plan(), FANIN_OK);
    assert_string_equal(mock.order, "AFGSCFRQCWE");
}

static void test_too_large(void **state)
{
    (void)state;
    /* One element of a matrix of 2^31 rows. */
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, (int64_t)INT_MAX + 1, 1);
    items[1].ndim = 0;
    items[1].size = 1;
    assert_failure(run_plan(), FANIN_ERROR_SHAPE, "'weight': found an orthogonal matrix of 2147483648 × 1");
    assert_untouched();
    /* As many rows as cuSOLVER can count, which are only too many for the device. */
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, INT_MAX, 1);
    mock.fail_allocation = 1;
    assert_failure(run_plan(), FANIN_ERROR_MEMORY, "'weight': making its orthogonal matrix of 2147483647 × 1 needs 85899");
    assert_untouched();
    /* Two of 2^60 elements each, of 8 bytes; three of 4 bytes are more than 2^63 together. */
    fill = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, INT64_C(1) << 30, INT64_C(1) << 30);
    items[1].dtype = DTYPE_FLOAT64;
    assert_failure(run_plan(), FANIN_ERROR_MEMORY,
                   "'weight': an orthogonal matrix of 1073741824 × 1073741824 needs 2^63 bytes");
    items[1].dtype = DTYPE_FLOAT32;
    assert_failure(run_plan(), FANIN_ERROR_MEMORY,
                   "'weight': an orthogonal matrix of 1073741824 × 1073741824 needs 2^63 bytes");
    assert_untouched();
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
    items[1] = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
    check_after();
}

/* Each call of cuSOLVER's fails once, then each launch. */
static void check_each_call(fanin_orthogonal_method method, const char *const calls[], int count)
{
    fill = reference_fill(method, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
    for (int i = 0; i < count; i++) {
        mock.current = NULL;
        mock_cusolver.fail_call = i + 1;
        assert_int_equal(run_plan(), FANIN_ERROR_SOLVER);
        assert_says("parameter 'weight'");
        assert_says(calls[i]);
        /* What was begun is waited for, and the handle may be as wrong as its call. */
        assert_true(strchr(mock.order, 'E') == NULL || strstr(mock.order, "WE") != NULL);
        assert_int_equal(mock_cusolver.handles, 0);
        check_after(); /* keeps a handle: none has to be made for the next */
        assert_int_equal(mock_cusolver.handles, 1);
    }
    mock_cusolver.fail_call = count + 1;
    assert_int_equal(run_plan(), FANIN_OK);
}

static void test_calls(void **state)
{
    (void)state;
    static const char *const haar[] = {"set_stream", "orgqr_bufferSize", "orgqr"};
    static const char *const svd[] = {"set_stream", "Xgesvd_bufferSize", "Xgesvd"};
    assert_int_equal(run_plan(), FANIN_OK);
    check_each_call(FANIN_ORTHOGONAL_HAAR, haar, 3);
    check_each_call(FANIN_ORTHOGONAL_SVD, svd, 3);
}

static void test_calls_polar(void **state)
{
    (void)state;
    static const char *const calls[] = {"set_stream", "Xgesvd_bufferSize", "Xgesvdp_bufferSize", "Xgesvdp", "Xgesvd "};
    mock_cusolver.is_shallow = true;
    mock_cusolver.moved = 1.0;
    for (int i = 0; i < 5; i++) {
        fill = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 1024, 1024);
        mock_cusolver.fail_call = i + 1;
        assert_int_equal(run_plan(), FANIN_ERROR_SOLVER);
        assert_says(calls[i]);
        fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
        check_after();
    }
}

/* What was not found is not written. */
static void assert_no_matrix(void)
{
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        assert_true(on_device[0][i] == 0.0f);
    }
}

static void test_info(void **state)
{
    (void)state;
    mock_cusolver.info = 3;
    assert_int_equal(run_plan(), FANIN_ERROR_SOLVER);
    assert_says("'weight': cuSOLVER's orgqr of its matrix of 70 × 66 failed: found info 3");
    assert_no_matrix();
    check_after();
    fill.orthogonal.method = FANIN_ORTHOGONAL_SVD;
    mock_cusolver.info = -2;
    memset(on_device[0], 0, ROWS * COLUMNS * sizeof(float));
    assert_int_equal(run_plan(), FANIN_ERROR_SOLVER);
    assert_says("SVD of its matrix of 70 × 66 failed: found info -2");
    assert_no_matrix();
    check_after();
}

static void test_launch(void **state)
{
    (void)state;
    mock.launch_error = cudaErrorInvalidValue;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_untouched();
    /* The plan's elementwise fills were begun first. */
    assert_says("'other'");
    check_after();
    mock.launch_error = cudaErrorInvalidValue;
    const fanin_options options = options_of(NULL);
    assert_int_equal(run_items(&items[1], 1, &options), FANIN_ERROR_DEVICE);
    assert_says("'weight'");
    check_after();
}

/* Each launch, copy and wait fails once. */
static void check_each_failure(int *number, int count)
{
    for (int i = 1; i <= count; i++) {
        *number = i;
        assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
        assert_says(i == 1 && number == &mock.fail_launch ? "parameter 'other'" : "parameter 'weight'");
        assert_int_equal(*number, 0);
        check_after();
    }
    *number = count + 1;
    assert_int_equal(run_plan(), FANIN_OK);
    assert_int_equal(*number, 1);
    *number = 0;
}

static void test_each_failure(void **state)
{
    (void)state;
    check_each_failure(&mock.fail_launch, 4); /* FFRC */
    check_each_failure(&mock.fail_set, 1);    /* the info */
    check_each_failure(&mock.fail_copy, 1);
    check_each_failure(&mock.fail_wait, 1);
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, 8, 9);
    items[1] = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
    check_each_failure(&mock.fail_launch, 4); /* FFHC */
    fill = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
    items[1] = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
    check_each_failure(&mock.fail_launch, 4); /* FFSC */
    check_each_failure(&mock.fail_wait, 1);
    /* By the polar way, and by the other one after it. */
    mock_cusolver.is_shallow = true;
    mock_cusolver.moved = 1.0;
    fill = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, 1024, 1024);
    items[1] = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
    items[1].extent[0] = 1;
    items[1].size = 1024;
    check_each_failure(&mock.fail_launch, 5); /* FFFSC */
    check_each_failure(&mock.fail_wait, 2);
}

/* A device that cannot be made current, at whichever step; where that is the last one, all was done. */
static void test_each_switch(void **state)
{
    (void)state;
    int failures = 0;
    for (int number = 1; mock.fail_set_device == 0; number++) {
        mock.current = NULL;
        mock.fail_set_device = number;
        const fanin_status status = run_plan();
        assert_true(status == FANIN_OK || status == FANIN_ERROR_DEVICE);
        failures += status != FANIN_OK;
        assert_int_equal(mock.frees_left, 0);
        assert_int_equal(mock.last, cudaSuccess);
        assert_null(mock.current);
    }
    mock.fail_set_device = 0;
    assert_int_equal(failures, 4); /* checks, memory, launches, copies */
    check_after();
}

/* What fails when the memory is given back is not told, nor left pending. */
static void test_release(void **state)
{
    (void)state;
    for (int is_pooled = 0; is_pooled < 2; is_pooled++) {
        mock.pool_error = is_pooled ? cudaSuccess : cudaErrorNotSupported;
        mock.fail_release = 1;
        assert_int_equal(run_plan(), FANIN_OK);
        assert_int_equal(mock.fail_release, 0);
        check_after();
    }
}

/* What the module left in the device's memory, which a stream may still use. */
static void free_left(void)
{
    mock_finish(NULL);
    assert_int_equal(mock.frees_left, 1);
    assert_int_equal(cudaFree((void *)(uintptr_t)mock.regions[mock.region_count - 1].base), cudaSuccess);
    mock.calls_not_relaxed--;
    check_after();
}

/* The default stream of a device that cannot be made current any more is not that of whichever is: nothing is waited for, and
 * memory that may be in use is left. */
static void test_default_stream_elsewhere(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    mock.fail_set_device = 5; /* checks, memory, launches, copies, this */
    assert_int_equal(run_items(items, 2, &options), FANIN_ERROR_DEVICE);
    assert_says("parameter 'weight': CUDA device 0 cannot be made current");
    assert_int_equal(mock.fail_set_device, 0);
    assert_string_equal(mock.order, "AFFRQC");
    assert_int_equal(mock.copies, 0);
    free_left();
    /* Words of an earlier error remain. */
    mock.fail_set_device = 4;
    mock.fail_launch = 1;
    assert_int_equal(run_items(items, 2, &options), FANIN_ERROR_DEVICE);
    assert_says("parameter 'other': CUDA says");
    free_left();
    /* The handle is not for others while its work may go on. */
    const struct fill read = {.kind = FILL_COPY};
    items[0].fill = &read;
    mock_cusolver.destroyed = 0;
    mock.fail_set_device = 5;
    mock.fail_read = 1;
    assert_int_equal(run_items(items, 2, &options), FANIN_ERROR_FILE);
    assert_int_equal(mock_cusolver.destroyed, 1);
    items[0].fill = &normal;
    free_left();
}

/* What makes a wait fail made the call of cuSOLVER's before it fail, too; what failed otherwise remains as it was told. */
static void test_two_failures(void **state)
{
    (void)state;
    mock_cusolver.fail_call = 3;
    mock.fail_wait = 1;
    mock.current = NULL;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_says("'weight': CUDA says");
    check_after();
    mock.fail_launch = 1;
    mock.fail_wait = 1;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_says("'other': CUDA says");
    assert_int_equal(mock.fail_wait, 0);
    check_after();
}

/* Of two matrices the second one fails: only that is not written. */
static void fail_second(char what)
{
    (void)what;
    mock_cusolver.info = mock_cusolver.orgqr == 2 ? 5 : 0;
}

static void test_second_info(void **state)
{
    (void)state;
    struct fill second = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
    second.stream = 3;
    items[0] = reference_item(&fill, DTYPE_FLOAT32, managed, 0);
    items[1] = reference_item(&second, DTYPE_FLOAT32, on_device[0], 0);
    items[1].name = "second";
    mock_cusolver.note = fail_second;
    mock_cusolver.orgqr = 0;
    assert_int_equal(run_plan(), FANIN_ERROR_SOLVER);
    assert_says("'second': cuSOLVER's orgqr of its matrix of 70 × 66 failed: found info 5");
    assert_no_matrix();
    assert_true(managed[0] != 0.0f);
    assert_int_equal(mock.frees_left, 0);
}

/* Where another backend's error comes between, nothing is waited for in vain, and that error's message stays. */
static void test_acquired_in_vain(void **state)
{
    (void)state;
    static char stream;
    const fanin_options options = options_of(&stream);
    void *acquired = NULL;
    assert_int_equal(cuda_backend.check(items, 2, false, &options), FANIN_OK);
    assert_int_equal(cuda_backend.acquire(items, 2, &options, &acquired), FANIN_OK);
    assert_true(mock.frees_left > 0);
    (void)fanin_fail(FANIN_ERROR_FILE, "the tape is torn");
    cuda_backend.release(acquired);
    assert_says("the tape is torn");
    assert_int_equal(mock.copies + mock.sets, 0);
    assert_untouched();
    check_after();
    /* Not even what is found by waiting is told in its place. */
    assert_int_equal(cuda_backend.acquire(items, 2, &options, &acquired), FANIN_OK);
    (void)fanin_fail(FANIN_ERROR_FILE, "the tape is torn");
    mock.lost = cudaErrorLaunchFailure;
    cuda_backend.release(acquired);
    assert_says("the tape is torn");
    mock.lost = mock.last = cudaSuccess;
    check_after();
}

/* A context that is lost while the work is being done: it is told, and the host's memory is not lost with it. */
static void lose(char what)
{
    (void)what;
    mock.lost = cudaErrorLaunchFailure;
}

static void lose_now(void)
{
    lose('W');
}

static void test_lost(void **state)
{
    (void)state;
    mock_cusolver.note = lose;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_says("the CUDA context is lost");
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock_cusolver.handles, mock_cusolver.params);
    mock.lost = mock.last = cudaSuccess;
    mock_cusolver.note = mock_note;
    check_after();
}

/* Or before it begins, which cuSOLVER's calls do not tell. */
static void test_lost_before(void **state)
{
    (void)state;
    static const cusolverStatus_t failures[] = {CUSOLVER_STATUS_INTERNAL_ERROR, CUSOLVER_STATUS_ALLOC_FAILED};
    mock_cusolver.when_failed = lose_now;
    for (int i = 0; i < 2; i++) {
        mock_cusolver.failure = failures[i];
        for (int call = 1; call <= 2; call++) {
            mock_cusolver.fail_call = call;
            assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
            assert_says("'weight': the CUDA context is lost");
            mock.lost = mock.last = cudaSuccess;
        }
    }
    mock_cusolver.when_failed = NULL;
    check_after();
}

/* cuSOLVER may say that there is no memory because the context is lost. */
static void test_lost_without_memory(void **state)
{
    (void)state;
    mock_cusolver.failure = CUSOLVER_STATUS_ALLOC_FAILED;
    mock_cusolver.fail_call = 3; /* orgqr */
    mock.fail_wait = 1;
    assert_int_equal(run_plan(), FANIN_ERROR_MEMORY);
    assert_says("cuSOLVER's orgqr says allocation failed");
    check_after();
    mock_cusolver.fail_call = 3;
    mock.when_waited = lose_now;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_says("'weight': the CUDA context is lost");
    mock.when_waited = NULL;
    mock.lost = mock.last = cudaSuccess;
    check_after();
}

/* A handle that did nothing wrong is kept: to destroy one may wait for all of the device. */
static void test_handles(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    void *acquired = NULL;
    assert_int_equal(run_plan(), FANIN_OK);
    mock_cusolver.made = mock_cusolver.destroyed = 0;
    mock.fail_allocation = 1;
    assert_int_equal(run_plan(), FANIN_ERROR_MEMORY);
    fill = reference_fill(FANIN_ORTHOGONAL_SVD, FANIN_DISTRIBUTION_GAUSSIAN, INT64_C(1) << 30, INT64_C(1) << 30);
    assert_int_equal(run_plan(), FANIN_ERROR_MEMORY);
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, (int64_t)INT_MAX + 1, 1);
    assert_int_equal(run_plan(), FANIN_ERROR_SHAPE);
    fill = reference_fill(FANIN_ORTHOGONAL_HAAR, FANIN_DISTRIBUTION_GAUSSIAN, ROWS, COLUMNS);
    assert_int_equal(cuda_backend.acquire(items, 2, &options, &acquired), FANIN_OK);
    cuda_backend.release(acquired);
    mock_cusolver.failure = CUSOLVER_STATUS_ALLOC_FAILED;
    mock_cusolver.fail_call = 3; /* orgqr */
    assert_int_equal(run_plan(), FANIN_ERROR_MEMORY);
    mock_cusolver.fail_call = 0;
    /* What is read while the matrix is made. */
    const struct fill read = {.kind = FILL_COPY};
    items[0].fill = &read;
    mock.fail_read = 1;
    assert_int_equal(run_plan(), FANIN_ERROR_FILE);
    assert_non_null(strchr(mock.order, 'Q'));
    items[0].fill = &normal;
    /* The elementwise items' launch. */
    mock.fail_launch = 1;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_int_equal(mock_cusolver.made + mock_cusolver.destroyed, 0);
    /* The matrix's; and its stream, whatever else was the error. */
    mock.fail_launch = 2;
    assert_int_equal(run_plan(), FANIN_ERROR_DEVICE);
    assert_int_equal(mock_cusolver.destroyed, 1);
    check_after();
    mock.when_waited = lose_now;
    assert_int_equal(cuda_backend.acquire(items, 2, &options, &acquired), FANIN_OK);
    cuda_backend.release(acquired);
    assert_int_equal(mock_cusolver.destroyed, 2);
    mock.when_waited = NULL;
    mock.lost = mock.last = cudaSuccess;
    check_after();
    /* Of two devices' only that of the second one, which is waited for first. */
    items[0] = reference_item(&fill, DTYPE_FLOAT32, on_device[1], 1);
    mock_cusolver.note = fail_second;
    mock_cusolver.orgqr = mock_cusolver.destroyed = 0;
    assert_int_equal(run_items(items, 2, &options), FANIN_ERROR_SOLVER);
    assert_int_equal(mock_cusolver.orgqr, 2);
    assert_int_equal(mock_cusolver.destroyed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_capture, setup_plan),
        cmocka_unit_test_setup(test_memory, setup_plan),
        cmocka_unit_test_setup(test_memory_of_the_largest, setup_plan),
        cmocka_unit_test_setup(test_too_large, setup_plan),
        cmocka_unit_test_setup(test_calls, setup_plan),
        cmocka_unit_test_setup(test_calls_polar, setup_plan),
        cmocka_unit_test_setup(test_info, setup_plan),
        cmocka_unit_test_setup(test_launch, setup_plan),
        cmocka_unit_test_setup(test_each_failure, setup_plan),
        cmocka_unit_test_setup(test_each_switch, setup_plan),
        cmocka_unit_test_setup(test_release, setup_plan),
        cmocka_unit_test_setup(test_default_stream_elsewhere, setup_plan),
        cmocka_unit_test_setup(test_two_failures, setup_plan),
        cmocka_unit_test_setup(test_second_info, setup_plan),
        cmocka_unit_test_setup(test_acquired_in_vain, setup_plan),
        cmocka_unit_test_setup(test_lost, setup_plan),
        cmocka_unit_test_setup(test_lost_before, setup_plan),
        cmocka_unit_test_setup(test_lost_without_memory, setup_plan),
        cmocka_unit_test_setup(test_handles, setup_plan),
    };
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
