/* The caller's floating-point environment: it changes no bit of a fill, and comes back as it was, in workers too. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "cpu/parallel.h"
#include "float_environment.h"
#include "cpu_helpers.h"

#include <omp.h>

#if !defined(__SSE2__) && !defined(__aarch64__)

static void environments(void **state)
{
    (void)state;
    print_message("the test is written for x86's MXCSR and AArch64's FPCR\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(environments)};
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 77 : 1;
}

#else

#define COUNT   200000
#define THREADS 4

#ifdef __SSE2__

/* MXCSR */
typedef uint32_t control;

#define CONTRACT    0x1F80u
#define FLUSH       0x8040u /* FTZ and DAZ */
#define ROUND_DOWN  0x2000u
#define ROUND_UP    0x4000u
#define ROUND_ZERO  0x6000u
#define OTHERS      0x0000u
#define TRAPS       0x1F80u /* cleared: every exception traps, the inexact one too */
#define FLAGS       0x003Fu /* sticky */
#define DIVIDE_FLAG 0x0004u /* something divided by zero */

static control get(void)
{
    return _mm_getcsr();
}

static void set(control value)
{
    _mm_setcsr(value);
}

#else

/* FPCR, and above it FPSR. */
typedef uint64_t control;

#define CONTRACT    0x0u
#define FLUSH       0x01080000u /* FZ and FZ16 */
#define ROUND_DOWN  0x00800000u
#define ROUND_UP    0x00400000u
#define ROUND_ZERO  0x00C00000u
#define OTHERS      0x06000000u /* DN: default NaNs; AHP: float16 without infinities */
#define TRAPS       0x0u        /* few processors have any */
#define FLAGS       0x9F00000000u
#define DIVIDE_FLAG 0x0200000000u

static control get(void)
{
    uint64_t fpcr, fpsr;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(fpcr), "=r"(fpsr) : : "memory");
    return fpcr | fpsr << 32;
}

static void set(control value)
{
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" ::"r"(value & 0xffffffffu), "r"(value >> 32) : "memory");
}

#endif

static const control environments[] = {
    CONTRACT,
    CONTRACT | FLUSH,
    CONTRACT | ROUND_DOWN,
    CONTRACT | ROUND_UP,
    CONTRACT | ROUND_ZERO,
    CONTRACT | OTHERS,
    CONTRACT | FLUSH | ROUND_UP | DIVIDE_FLAG,
    (CONTRACT & ~TRAPS) | ROUND_DOWN,
};
enum { ENVIRONMENTS = sizeof environments / sizeof environments[0] };

static unsigned char found[COUNT * 8], expected[COUNT * 8];

/* What a thread of a team keeps from one team to the next: LLVM's runtime clears the sticky flags. */
#ifdef __clang__
#define KEPT_BITS (~(control)FLAGS)
#else
#define KEPT_BITS (~(control)0)
#endif

/* Sets the register of the caller and of the OpenMP threads that work for it. LLVM's runtime gives the threads the caller's
 * control bits at each fork and takes what the caller's became back at the join, GNU's does neither. */
static void set_all(control value)
{
#pragma omp parallel num_threads(THREADS)
    set(value);
    set(value);
}

/* How many of them have another one. */
static int count_others(control value)
{
    int others = 0;
#pragma omp parallel num_threads(THREADS) reduction(+ : others)
    others += ((get() ^ value) & KEPT_BITS) != 0;
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
            const fanin_status status = backend_run(&cpu_backend, &item, 1, &options);
            const control after = get();
            const int others = count_others(environments[e]);
            set_all(CONTRACT);
            assert_int_equal(status, FANIN_OK);
            assert_int_equal(after, environments[e]);
            assert_int_equal(others, 0);
            if (memcmp(found, expected, (size_t)COUNT * (size_t)size) != 0) {
                fail_msg("%s, %s: the environment %#llx changes its bits", fill_kind_table[fill->kind].name,
                         dtype_table[dtype].name, (unsigned long long)environments[e]);
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
    assert_int_equal(backend_run(&cpu_backend, &item, 1, &options), FANIN_OK);
    assert_int_equal(cpu_backend.norm(&tensor, &options, &reference), FANIN_OK);
    for (int e = 0; e < ENVIRONMENTS; e++) {
        double norm = 0.0;
        set_all(environments[e]);
        const fanin_status status = cpu_backend.norm(&tensor, &options, &norm);
        const control after = get();
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
    const control found_there = get() & ~(control)FLAGS;
    return found_there == CONTRACT ? FANIN_OK
                                   : fanin_fail(FANIN_ERROR_ARGUMENT, "environment %#llx", (unsigned long long)found_there);
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
