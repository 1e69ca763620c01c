/* Threads of a pool keep the floating-point environment that they were born in; what they compute is right all the same. A
 * program of its own, because its first parallel fill must be the strange one. */
#include "api_helpers.h"

#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

enum { SIZE = 300007, THREADS = 4, FTZ_AND_DAZ = 0x8040 };

static void fill(const char *spec, const struct api_dtype *dtype, int threads, void *out)
{
    int64_t shape[] = {SIZE};
    fanin_initializer *const initializer = api_create(spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "pool_weight";
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = threads;
    const DLTensor tensor = {.data = out, .device = {kDLCPU, 0}, .ndim = 1, .dtype = dtype->type, .shape = shape};
    assert_int_equal(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    fanin_release(initializer);
}

static void enter_strange_environment(void)
{
    fesetround(FE_UPWARD);
#if defined(__SSE2__)
    _mm_setcsr(_mm_getcsr() | FTZ_AND_DAZ);
#endif
}

static void leave_strange_environment(void)
{
#if defined(__SSE2__)
    _mm_setcsr(_mm_getcsr() & ~(unsigned)FTZ_AND_DAZ);
#endif
    fesetround(FE_TONEAREST);
}

static void fill_in_strange_environment(const char *spec, const struct api_dtype *dtype, void *out)
{
    enter_strange_environment();
    fill(spec, dtype, THREADS, out);
    leave_strange_environment();
}

/* In a strange environment, in the plain one with the same threads, and by the calling thread alone: the same bits. */
static void compare_fills(void)
{
    /* Rounded values, and subnormal ones. */
    static const char *const specs[] = {"[\"uniform\", {\"scale\": 0.3}]", "[\"normal\", {\"sigma\": 0.7}]",
                                        "[\"normal\", {\"sigma\": 1e-39}]"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        for (int t = 0; t <= API_FLOAT64; t++) {
            const struct api_dtype *const dtype = &api_dtypes[t];
            const size_t bytes = SIZE * dtype->size;
            char *const strange = malloc(bytes), *const later = malloc(bytes), *const alone = malloc(bytes);
            assert_true(strange && later && alone);
            fill_in_strange_environment(specs[i], dtype, strange);
            fill(specs[i], dtype, THREADS, later);
            fill(specs[i], dtype, 1, alone);
            assert_memory_equal(strange, alone, bytes);
            assert_memory_equal(later, alone, bytes);
            free(strange);
            free(later);
            free(alone);
        }
    }
}

static void test_threads_born_elsewhere(void **state)
{
    (void)state;
    compare_fills();
}

/* How many threads of the caller's pool are in the strange environment; some runtimes give them the calling thread's. */
static int count_strange(void)
{
    int count = 0;
#pragma omp parallel num_threads(THREADS) reduction(+ : count)
    count += fegetround() == FE_UPWARD;
    return count;
}

/* The caller's own parallel region has left the pool in a strange environment, and finds it as it was. */
static void test_threads_of_the_caller(void **state)
{
    (void)state;
#pragma omp parallel num_threads(THREADS)
    enter_strange_environment();
    leave_strange_environment();
    const int before = count_strange();
    compare_fills();
    assert_int_equal(count_strange(), before);
#pragma omp parallel num_threads(THREADS)
    leave_strange_environment();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads_born_elsewhere),
                                       cmocka_unit_test(test_threads_of_the_caller)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
