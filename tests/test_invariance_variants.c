/* The variants of the CPU's kernels, each chosen by fanin_options.cpu: the same bits of every kind and dtype, in any layout;
 * one that cannot be had is refused before anything is written. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GUARD 64

static const char *const variants[] = {"portable", "avx2", "avx512", "neon"};
#define VARIANTS (sizeof variants / sizeof *variants)

static fanin_status fill(const struct api_kind *kind, const DLTensor *tensor, const char *cpu, int threads)
{
    fanin_initializer *const initializer = api_create(kind->spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = kind->name;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 99;
    options.threads = threads;
    options.cpu = cpu;
    const fanin_status status = fanin_init(initializer, &desc, tensor, &options);
    fanin_release(initializer);
    return status;
}

/* Whether the variant runs here; portable always does. */
static bool runs(const char *cpu)
{
    float value;
    const DLTensor tensor = {&value, {kDLCPU, 0}, 0, {kDLFloat, 32, 1}, NULL, NULL, 0};
    const fanin_status status = fill(&api_kinds[API_UNIFORM], &tensor, cpu, 1);
    if (status != FANIN_OK) {
        assert_int_equal(status, FANIN_ERROR_ARGUMENT);
        assert_non_null(strstr(fanin_last_error(), "fanin_options: found cpu '"));
        assert_non_null(strstr(fanin_last_error(), "runs here: portable"));
        assert_true(strcmp(cpu, "portable") != 0);
    }
    return status == FANIN_OK;
}

/* Fills a view of poisoned memory. */
static struct api_memory filled(const struct api_kind *kind, const struct api_dtype *dtype, const struct api_view *view,
                                size_t bytes, const char *cpu, int threads)
{
    struct api_memory memory = api_memory_open(bytes);
    const DLTensor tensor = api_tensor(&memory, view, dtype);
    if (fill(kind, &tensor, cpu, threads) != FANIN_OK) {
        fail_msg("%s, %s, %s: %s", cpu, kind->label, dtype->name, fanin_last_error());
    }
    return memory;
}

static void check_kind(const struct api_kind *kind, const struct api_dtype *dtype, const bool *running, uint64_t *random)
{
    static const int64_t shapes[][4] = {{1, 1, 1, 1}, {4, 3, 5, 7}, {4, 17, 3, 33}, {8, 1, 61, 67}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int ndim = kind->max_ndim < 4 ? 1 : 4;
        int64_t shape[4];
        memcpy(shape, shapes[s], sizeof shape);
        shape[0] = (ndim == 1 ? api_product(4, shapes[s]) : shape[0]) * kind->rows_multiple;
        size_t bytes;
        const struct api_view view = api_random_view(ndim, shape, dtype->size, GUARD, random, &bytes);
        struct api_memory expected = filled(kind, dtype, &view, bytes, "portable", 1);
        for (size_t v = 1; v < VARIANTS; v++) {
            if (running[v]) {
                struct api_memory memory = filled(kind, dtype, &view, bytes, variants[v], 1 + (int)v % 2);
                memcpy(memory.want, expected.got, bytes);
                char what[100];
                snprintf(what, sizeof what, "%s, %s, %s, shape %d", variants[v], kind->label, dtype->name, (int)s);
                api_memory_check(&memory, what);
                api_memory_close(&memory);
            }
        }
        api_memory_close(&expected);
    }
}

static void same_bits(void **state)
{
    (void)state;
    uint64_t random = 5;
    bool running[VARIANTS];
    for (size_t v = 0; v < VARIANTS; v++) {
        running[v] = runs(variants[v]);
    }
    for (int k = 0; k < API_KINDS; k++) {
        for (int t = 0; t < API_DTYPES; t++) {
            for (int layout = 0; layout < 3 && api_takes(&api_kinds[k], &api_dtypes[t]); layout++) {
                check_kind(&api_kinds[k], &api_dtypes[t], running, &random);
            }
        }
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "sse9", "PORTABLE", "avx", "avx2 ", "a\nb"};
    float values[4] = {7.0f, 7.0f, 7.0f, 7.0f};
    int64_t shape[] = {4};
    const DLTensor tensor = {values, {kDLCPU, 0}, 1, {kDLFloat, 32, 1}, shape, NULL, 0};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "a_bias";
    assert_int_equal(fanin_plan_add(plan, NULL, &desc, &tensor), FANIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(fill(&api_kinds[API_UNIFORM], &tensor, bad[i], 1), FANIN_ERROR_ARGUMENT);
        assert_non_null(strstr(fanin_last_error(), "runs here: portable"));
        fanin_options options = FANIN_OPTIONS_INIT;
        options.cpu = bad[i];
        assert_int_equal(fanin_plan_run(plan, &options), FANIN_ERROR_ARGUMENT);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(values[i] == 7.0f);
    }
    fanin_plan_free(plan);
}

int main(void)
{
    api_register();
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
