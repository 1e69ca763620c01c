/* BLAS's number of threads in the process: one while anybody is inside, then what it was. */
#include "cpu/solver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

enum { CALLERS = 8, ROUNDS = 2000, BEFORE = 5 };

static atomic_int blas_threads = BEFORE;

static int set_threads(int threads)
{
    return atomic_exchange(&blas_threads, threads);
}

static const struct lapack lapack = {.set_threads = set_threads};

static atomic_int wrong;

static void *call(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        cpu_solver_enter(&lapack);
        atomic_fetch_add(&wrong, atomic_load(&blas_threads) != 1);
        cpu_solver_leave(&lapack);
    }
    return NULL;
}

static void test_many(void **state)
{
    (void)state;
    pthread_t callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_create(&callers[i], NULL, call, NULL), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(callers[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&blas_threads), BEFORE);
}

static void test_nested(void **state)
{
    (void)state;
    cpu_solver_enter(&lapack);
    cpu_solver_enter(&lapack);
    assert_int_equal(atomic_load(&blas_threads), 1);
    cpu_solver_leave(&lapack);
    assert_int_equal(atomic_load(&blas_threads), 1);
    cpu_solver_leave(&lapack);
    assert_int_equal(atomic_load(&blas_threads), BEFORE);
}

/* A BLAS whose number cannot be set. */
static int set_nothing(int threads)
{
    assert_int_equal(threads, 1);
    return 0;
}

static void test_without(void **state)
{
    (void)state;
    static const struct lapack other = {.set_threads = set_nothing};
    cpu_solver_enter(&other);
    cpu_solver_leave(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
