/* The caller's floating-point environment: it changes no bit of a fill, and comes back as it was, in workers too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "cpu/parallel.h"
#include "float_environment.h"
#include "test_cpu.h"

#include <omp.h>

#if !defined(__SSE2__)

static void environments(void **state)
{
    (void)state;
    print_message("the test is written for x86's MXCSR\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(environments)};
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 77 : 1;
}

#else

#define CONTRACT    0x1F80u
#define FLUSH       0x8040u /* FTZ and DAZ */
#define ROUND_DOWN  0x2000u
#define ROUND_UP    0x4000u
#define ROUND_ZERO  0x6000u
#define DIVIDE_FLAG 0x0004u /* sticky: something divided by zero */
#define COUNT       200000
#define THREADS     4

static const unsigned environments[] = {
    CONTRACT,
    CONTRACT | FLUSH,
    CONTRACT | ROUND_DOWN,
    CONTRACT | ROUND_UP,
    CONTRACT | ROUND_ZERO,
    CONTRACT | FLUSH | ROUND_UP | DIVIDE_FLAG,
    0x0000u | ROUND_DOWN, /* every exception traps, the inexact one too */
};
enum { ENVIRONMENTS = sizeof environments / sizeof environments[0] };

static unsigned char found[COUNT * 8], expected[COUNT * 8];

/* What a thread of a team keeps from one team to the next: LLVM's runtime clears the sticky flags. */
#ifdef __clang__
#define KEPT_BITS 0xFFC0u
#else
#define KEPT_BITS 0xFFFFu
#endif

/* Sets the register of the caller and of the OpenMP threads that work for it. LLVM's runtime gives the threads the caller's
 * control bits at each fork and takes what the caller's became back at the join, GNU's does neither. */
static void set_all(unsigned mxcsr)
{
#pragma omp parallel num_threads(THREADS)
    _mm_setcsr(mxcsr);
    _mm_setcsr(mxcsr);
}

/* How many of them have another one. */
static int count_others(unsigned mxcsr)
{
    int others = 0;
#pragma omp parallel num_threads(THREADS) reduction(+ : others)
    others += ((_mm_getcsr() ^ mxcsr) & KEPT_BITS) != 0;
    return others;
}

static void check_fill(const struct fill *fill, enum dtype dtype)
{
    const struct item item = test_row(fill, dtype, found, 1, COUNT);
    const int size = dtype_table[dtype].size;
    for (int64_t i = 0; i < COUNT; i++) {
        reference_element(fill, dtype, 9, 1 + i, expected + i * size);
    }
    for (int threads = 1; threads <= THREADS; threads += THREADS - 1) {
        for (int e = 0; e < ENVIRONMENTS; e++) {
            fanin_options options = FANIN_OPTIONS_INIT;
            options.seed = 9;
            options.threads = threads;
            memset(found, 0xA5, sizeof found);
            set_all(environments[e]);
            const fanin_status status = cpu_backend.run(&item, 1, &options);
            const unsigned after = _mm_getcsr();
            const int others = count_others(environments[e]);
            set_all(CONTRACT);
            assert_int_equal(status, FANIN_OK);
            assert_int_equal(after, environments[e]);
            assert_int_equal(others, 0);
            if (memcmp(found, expected, (size_t)COUNT * (size_t)size) != 0) {
                fail_msg("%s, %s: MXCSR %#x changes its bits", fill_kind_table[fill->kind].name, dtype_table[dtype].name,
                         environments[e]);
            }
        }
    }
}

static void fills(void **state)
{
    (void)state;
    for (int kind = 0; kind < FILL_CUSTOM; kind++) {
        for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
            if (test_fills((enum fill_kind)kind, (enum dtype)dtype)) {
                const struct fill fill = test_fill((enum fill_kind)kind, (enum dtype)dtype);
                check_fill(&fill, (enum dtype)dtype);
            }
        }
    }
}

/* What flush-to-zero would destroy: bounds and values below the smallest normal number. */
static void subnormals(void **state)
{
    (void)state;
    static const struct {
        enum dtype dtype;
        double unit;
    } cases[] = {{DTYPE_FLOAT32, 0x1p-149}, {DTYPE_BFLOAT16, 0x1p-133}, {DTYPE_FLOAT16, 0x1p-24}, {DTYPE_FLOAT64, 0x1p-1074}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fill fill = test_fill(FILL_UNIFORM, cases[i].dtype);
        fill.a = -50 * cases[i].unit;
        fill.b = 60 * cases[i].unit;
        check_fill(&fill, cases[i].dtype);
        fill = test_fill(FILL_CONSTANT, cases[i].dtype);
        fill.a = 3 * cases[i].unit;
        check_fill(&fill, cases[i].dtype);
    }
}

static void norms(void **state)
{
    (void)state;
    const struct fill fill = test_fill(FILL_NORMAL, DTYPE_FLOAT64);
    const struct item item = test_row(&fill, DTYPE_FLOAT64, found, 0, COUNT);
    struct tensor tensor = {.data = (char *)found, .dtype = DTYPE_FLOAT64, .ndim = 1, .size = COUNT, .global_size = COUNT};
    tensor.shape[0] = COUNT;
    tensor.stride[0] = 1;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = THREADS;
    double reference;
    assert_int_equal(cpu_backend.run(&item, 1, &options), FANIN_OK);
    assert_int_equal(cpu_backend.norm(&tensor, &options, &reference), FANIN_OK);
    for (int e = 0; e < ENVIRONMENTS; e++) {
        double norm = 0.0;
        set_all(environments[e]);
        const fanin_status status = cpu_backend.norm(&tensor, &options, &norm);
        const unsigned after = _mm_getcsr();
        const int others = count_others(environments[e]);
        set_all(CONTRACT);
        assert_int_equal(status, FANIN_OK);
        assert_int_equal(after, environments[e]);
        assert_int_equal(others, 0);
        assert_memory_equal(&norm, &reference, sizeof norm);
    }
}

static fanin_status expect_contract(const void *context, int64_t begin, int64_t end)
{
    (void)context;
    (void)begin;
    (void)end;
    return _mm_getcsr() == CONTRACT ? FANIN_OK : fanin_fail(FANIN_ERROR_ARGUMENT, "MXCSR %#x", _mm_getcsr());
}

static void workers(void **state)
{
    (void)state;
    for (int e = 0; e < ENVIRONMENTS; e++) {
        set_all(environments[e]);
        const fanin_status many = parallel_for(1000, 1, THREADS, expect_contract, NULL);
        const fanin_status one = parallel_for(10, 10, 1, expect_contract, NULL);
        set_all(CONTRACT);
        assert_int_equal(many, FANIN_OK);
        assert_int_equal(one, FANIN_OK);
    }
}

int main(void)
{
    /* The same threads for every team, so that what was set in them is still there. */
    omp_set_dynamic(0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills),
        cmocka_unit_test(subnormals),
        cmocka_unit_test(norms),
        cmocka_unit_test(workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
