/* The table of cuSOLVER's functions, and the handles that are kept. */
#include "mock_items.h"

#include "cuda/context.h"
#include "cuda/handles.h"
#include "mock_cusolver.h"

static int setup_solver(void **state)
{
    memset(&mock_cusolver, 0, sizeof mock_cusolver);
    return setup(state);
}

static void test_open(void **state)
{
    (void)state;
    struct solver solver;
    assert_int_equal(solver_open("weight", MOCK_CUSOLVER, &solver), FANIN_OK);
    assert_ptr_equal(solver.create, cusolverDnCreate);
    assert_ptr_equal(solver.orgqr_double, cusolverDnDorgqr);
    assert_non_null(solver.set_deterministic_mode);
    assert_failure(solver_open("weight", "libno_such_cusolver.so.1", &solver), FANIN_ERROR_SOLVER,
                   "'weight': an orthogonal fill on a CUDA device needs cuSOLVER");
    assert_failure(solver_open("weight", "libno_such_cusolver.so.1", &solver), FANIN_ERROR_SOLVER, "libno_such_cusolver.so.1");
    assert_failure(solver_open("weight", "libm.so.6", &solver), FANIN_ERROR_SOLVER, "libm.so.6, that lacks cusolverDnCreate");
}

/* The real one, where it is: all functions are in it. It takes a second or more to load. */
static void test_toolkit(void **state)
{
    (void)state;
    struct solver solver;
    if (getenv("FANIN_TEST_LONG") == NULL) {
        print_message("skipped: FANIN_TEST_LONG is not set\n");
        skip();
    }
    if (solver_open("weight", TOOLKIT_CUSOLVER, &solver) != FANIN_OK) {
        assert_non_null(strstr(fanin_last_error(), "cannot be opened"));
        print_message("skipped: %s\n", fanin_last_error());
        skip();
    }
    assert_ptr_not_equal(solver.create, cusolverDnCreate);
    assert_non_null(solver.gesvdp);
}

static void test_errors(void **state)
{
    (void)state;
    assert_failure(solver_fail("weight", "orgqr", CUSOLVER_STATUS_ALLOC_FAILED), FANIN_ERROR_MEMORY,
                   "'weight': cuSOLVER's orgqr says allocation failed (2)");
    assert_failure(solver_fail("weight", "orgqr", CUSOLVER_STATUS_INTERNAL_ERROR), FANIN_ERROR_SOLVER, "internal error (7)");
    assert_failure(solver_fail("weight", "orgqr", CUSOLVER_STATUS_ZERO_PIVOT), FANIN_ERROR_SOLVER, "(10)");
}

/* ------------------------------------------------ handles ---------------------------------------------------------------- */

static void take(struct handle *out, int device)
{
    int stream;
    struct context_scope scope;
    assert_int_equal(context_enter("weight", device, &scope), FANIN_OK);
    assert_int_equal(handles_take("weight", (cudaStream_t)&stream, out), FANIN_OK);
    context_leave(&scope);
    assert_ptr_equal(mock_cusolver.stream, (cudaStream_t)&stream);
}

/* One for each context and fill at a time. All that this program keeps is in the end what this test put. */
static void test_handles(void **state)
{
    (void)state;
    struct handle first, second, other, own;
    take(&first, 0);
    take(&second, 0);
    take(&other, 1);
    mock.current = &mock.other[0]; /* not the primary one of its device */
    take(&own, 0);
    mock.current = NULL;
    assert_int_equal(mock_cusolver.made, 4);
    assert_int_equal(mock_cusolver.deterministic, SOLVER_DETERMINISTIC);
    handles_put(&first, true);
    handles_put(&second, true);
    handles_put(&other, true);
    handles_put(&own, true);
    assert_int_equal(mock_cusolver.handles, 4);
    struct handle again[17];
    take(&again[0], 0);
    take(&again[1], 0);
    take(&again[2], 1);
    assert_int_equal(mock_cusolver.made, 4);
    assert_int_equal(again[0].context, first.context);
    assert_int_equal(again[2].context, other.context);
    take(&again[3], 1);
    assert_int_equal(mock_cusolver.made, 5);
    /* What failed is not kept. */
    for (int i = 0; i < 4; i++) {
        handles_put(&again[i], false);
    }
    assert_int_equal(mock_cusolver.handles, 1);
    assert_int_equal(mock_cusolver.params, 1);
    /* One is still kept: 15 more are, not 16. */
    for (int i = 0; i < 17; i++) {
        take(&again[i], 1);
    }
    for (int i = 0; i < 17; i++) {
        handles_put(&again[i], true);
    }
    assert_int_equal(mock_cusolver.handles, 16);
    assert_int_equal(mock_cusolver.refused, 0);
}

/* Where the driver does not tell contexts apart, no handle is kept: it might be used in another one. */
static void test_unknown_context(void **state)
{
    (void)state;
    struct handle handle;
    mock.no_numbers = true;
    for (int i = 0; i < 2; i++) {
        take(&handle, 0);
        handles_put(&handle, true);
        assert_int_equal(mock_cusolver.handles, 0);
    }
    assert_int_equal(mock_cusolver.made, 2);
}

static void test_no_handle(void **state)
{
    (void)state;
    struct context_scope scope;
    struct handle handle;
    const int before = mock_cusolver.handles;
    mock.current = &mock.other[1]; /* none of it is kept */
    assert_int_equal(context_enter("weight", 1, &scope), FANIN_OK);
    static const char *const calls[] = {"create", "create_params", "set_deterministic_mode", "set_stream"};
    for (int i = 0; i < 4; i++) {
        mock_cusolver.fail_call = i + 1;
        mock_cusolver.failure = CUSOLVER_STATUS_ALLOC_FAILED;
        assert_failure(handles_take("weight", NULL, &handle), FANIN_ERROR_MEMORY, calls[i]);
        assert_int_equal(mock_cusolver.handles, before);
        assert_int_equal(mock_cusolver.params, before);
    }
    context_leave(&scope);
    mock.current = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_open, setup_solver),
        cmocka_unit_test_setup(test_toolkit, setup_solver),
        cmocka_unit_test_setup(test_errors, setup_solver),
        cmocka_unit_test_setup(test_no_handle, setup_solver),
        cmocka_unit_test_setup(test_unknown_context, setup_solver), /* while there is room for more */
        cmocka_unit_test_setup(test_handles, setup_solver),
    };
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
