/* Orthogonal fills on a device where what has cuSOLVER's name cannot be used: small ones of Haar's need none, all others say
 * so each time. */
#include "mock_items.h"

#include "orthogonal_reference.h"

static fanin_status run_matrix(fanin_orthogonal_method method, int64_t rows)
{
    const struct fill fill = reference_fill(method, FANIN_DISTRIBUTION_GAUSSIAN, rows, 8);
    const struct item item = reference_item(&fill, DTYPE_FLOAT32, on_device[0], 0);
    const fanin_options options = options_of(NULL);
    memset(mock.launches, 0, sizeof mock.launches);
    return run_items(&item, 1, &options);
}

static void test_no_solver(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_failure(run_matrix(FANIN_ORTHOGONAL_SVD, 8), FANIN_ERROR_SOLVER, "'weight': found a cuSOLVER, libcusolver.so.");
        assert_failure(run_matrix(FANIN_ORTHOGONAL_HAAR, 600), FANIN_ERROR_SOLVER, "that lacks cusolverDnCreate");
        assert_int_equal(mock.frees_left, 0);
        assert_int_equal(mock.last, cudaSuccess);
        assert_null(mock.current);
        assert_true(on_device[0][0] == 0.0f);
    }
    assert_int_equal(run_matrix(FANIN_ORTHOGONAL_HAAR, 8), FANIN_OK);
    assert_true(on_device[0][0] != 0.0f);
    assert_int_equal(mock.frees_left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(test_no_solver, setup)};
    /* Open already, so that it is what the name finds. */
    if (dlopen(NO_CUSOLVER, RTLD_NOW | RTLD_LOCAL) == NULL) {
        print_error("%s\n", dlerror());
        return 1;
    }
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
