/* Which variant is chosen, and that FANIN_CPU forces one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpu/variant.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static enum cpu_variant best(void)
{
    int variant = CPU_VARIANT_COUNT - 1;
    struct cpu_kernels kernels;
    while (!cpu_kernels_of((enum cpu_variant)variant, &kernels)) {
        variant--;
    }
    return (enum cpu_variant)variant;
}

/* The choice is made once in a process, so each value of the variable has one of its own. */
static enum cpu_variant chosen_with(const char *value)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (value != NULL) {
            setenv("FANIN_CPU", value, 1);
        } else {
            unsetenv("FANIN_CPU");
        }
        const enum cpu_variant chosen = cpu_variant_chosen();
        struct cpu_kernels kernels;
        const bool same = cpu_kernels_of(chosen, &kernels) &&
                          cpu_kernels_chosen()->fill[FILL_NORMAL][DTYPE_FLOAT32] == kernels.fill[FILL_NORMAL][DTYPE_FLOAT32];
        setenv("FANIN_CPU", "portable", 1);
        _exit(same && cpu_variant_chosen() == chosen ? (int)chosen : 99);
    }
    int state;
    assert_int_equal(waitpid(child, &state, 0), child);
    assert_true(WIFEXITED(state));
    return (enum cpu_variant)WEXITSTATUS(state);
}

static void the_best_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(chosen_with(NULL), best());
}

static void a_variant_can_be_forced(void **state)
{
    (void)state;
    for (int variant = 0; variant < CPU_VARIANT_COUNT; variant++) {
        struct cpu_kernels kernels;
        const bool runs = cpu_kernels_of((enum cpu_variant)variant, &kernels);
        assert_int_equal(chosen_with(cpu_variant_name((enum cpu_variant)variant)), runs ? variant : (int)best());
    }
}

static void other_values_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(chosen_with(""), best());
    assert_int_equal(chosen_with("sse9"), best());
    assert_int_equal(chosen_with("PORTABLE"), best());
}

static void tables_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(cpu_kernels_named(NULL), cpu_kernels_chosen());
    assert_null(cpu_kernels_named("sse9"));
    assert_null(cpu_kernels_named(""));
    for (int variant = 0; variant < CPU_VARIANT_COUNT; variant++) {
        struct cpu_kernels expected;
        const struct cpu_kernels *const found = cpu_kernels_named(cpu_variant_name((enum cpu_variant)variant));
        const bool runs = cpu_kernels_of((enum cpu_variant)variant, &expected);
        assert_int_equal(found != NULL, runs);
        if (runs) {
            assert_memory_equal(found, &expected, sizeof expected);
        }
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(cpu_variant_name(CPU_PORTABLE), "portable");
    assert_string_equal(cpu_variant_name(CPU_AVX2), "avx2");
    assert_string_equal(cpu_variant_name(CPU_AVX512), "avx512");
    assert_string_equal(cpu_variant_name(CPU_NEON), "neon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_chosen),
        cmocka_unit_test(a_variant_can_be_forced),
        cmocka_unit_test(other_values_are_ignored),
        cmocka_unit_test(tables_by_name),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
