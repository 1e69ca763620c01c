/* The number of threads that BLAS uses in the process: those who need the same share it, others wait. */
#include "cpu/solver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { CALLERS = 8, ROUNDS = 2000, BEFORE = 5 };

static int blas_threads = BEFORE;

static int set_threads(int threads)
{
    const int before = blas_threads;
    blas_threads = threads;
    return before;
}

static const struct lapack lapack = {.set_threads = set_threads};

static atomic_int inside[3]; /* of those who asked for 1 or 2 */
static atomic_int mixed;

/* Callers of both numbers, again and again: never are both inside, and the number is theirs. */
static void *call(void *argument)
{
    const int threads = *(const int *)argument;
    for (int i = 0; i < ROUNDS; i++) {
        cpu_solver_enter(&lapack, threads);
        atomic_fetch_add(&inside[threads], 1);
        atomic_fetch_add(&mixed, atomic_load(&inside[3 - threads]) > 0 || blas_threads != threads);
        atomic_fetch_sub(&inside[threads], 1);
        cpu_solver_leave(&lapack);
    }
    return NULL;
}

static void test_many(void **state)
{
    (void)state;
    static const int numbers[2] = {1, 2};
    pthread_t callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_create(&callers[i], NULL, call, (void *)(uintptr_t)&numbers[i % 2]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(callers[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&mixed), 0);
    assert_int_equal(blas_threads, BEFORE);
}

/* The same number at once, from one thread too. */
static void test_shared(void **state)
{
    (void)state;
    cpu_solver_enter(&lapack, 3);
    cpu_solver_enter(&lapack, 3);
    assert_int_equal(blas_threads, 3);
    cpu_solver_leave(&lapack);
    assert_int_equal(blas_threads, 3);
    cpu_solver_leave(&lapack);
    assert_int_equal(blas_threads, BEFORE);
}

static atomic_int order, place_of_other, place_of_same;

static void *come(void *argument)
{
    const int threads = *(const int *)argument;
    cpu_solver_enter(&lapack, threads);
    atomic_store(threads == 2 ? &place_of_other : &place_of_same, atomic_fetch_add(&order, 1) + 1);
    cpu_solver_leave(&lapack);
    return NULL;
}

static void pause_a_little(void)
{
    nanosleep(&(const struct timespec){0, 50000000}, NULL);
}

/* Who waits for another number is not overtaken for good by ever new callers of the present one. */
static void test_waiting(void **state)
{
    (void)state;
    static const int other = 2, same = 1;
    pthread_t waits, comes;
    cpu_solver_enter(&lapack, 1);
    assert_int_equal(pthread_create(&waits, NULL, come, (void *)(uintptr_t)&other), 0);
    pause_a_little();
    assert_int_equal(pthread_create(&comes, NULL, come, (void *)(uintptr_t)&same), 0);
    pause_a_little();
    assert_int_equal(atomic_load(&order), 0);
    cpu_solver_leave(&lapack);
    assert_int_equal(pthread_join(waits, NULL), 0);
    assert_int_equal(pthread_join(comes, NULL), 0);
    assert_int_equal(atomic_load(&place_of_other) + atomic_load(&place_of_same), 3);
    assert_int_equal(blas_threads, BEFORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
