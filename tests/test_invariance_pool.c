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

static void fill_in_strange_environment(const char *spec, const struct api_dtype *dtype, void *out)
{
    fesetround(FE_UPWARD);
#if defined(__SSE2__)
    const unsigned control = _mm_getcsr();
    _mm_setcsr(control | FTZ_AND_DAZ);
#endif
    fill(spec, dtype, THREADS, out);
#if defined(__SSE2__)
    _mm_setcsr(control);
#endif
    fesetround(FE_TONEAREST);
}

static void test_threads_born_elsewhere(void **state)
{
    (void)state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads_born_elsewhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
