/* A plan with many faults names all of them at once and writes nothing, not even the parameters that are right; and texts that
 * are deep or costly to read. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PLACE = 256, PLACES = 32 };

/* Adds a float32 vector of 8 elements at the given place of 256 bytes. */
static fanin_status add(fanin_plan *plan, const struct api_memory *memory, int place, const char *spec, const char *name)
{
    int64_t shape[] = {8};
    fanin_initializer *const initializer = api_create(spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    const DLTensor tensor = {.data = memory->got + place * PLACE,
                             .device = {kDLCPU, 0},
                             .ndim = 1,
                             .dtype = api_dtypes[API_FLOAT32].type,
                             .shape = shape,
                             .byte_offset = 64};
    const fanin_status status = fanin_plan_add(plan, initializer, &desc, &tensor);
    fanin_release(initializer);
    return status;
}

static void expect_words(const char *const *words)
{
    for (int i = 0; words[i]; i++) {
        if (!strstr(fanin_last_error(), words[i])) {
            fail_msg("the message lacks \"%s\": %s", words[i], fanin_last_error());
        }
    }
}

static void expect_refused(fanin_plan *plan, fanin_status expected, const char *const *words)
{
    char *text = NULL;
    assert_int_equal(fanin_plan_check(plan), expected);
    expect_words(words);
    assert_int_equal(fanin_plan_dumps(plan, &text), expected);
    expect_words(words);
    assert_null(text);
    for (int threads = 0; threads < 3; threads++) {
        fanin_options options = FANIN_OPTIONS_INIT;
        options.threads = threads;
        assert_int_equal(fanin_plan_run(plan, &options), expected);
        expect_words(words);
    }
}

static void test_all_at_once(void **state)
{
    (void)state;
    struct api_memory memory = api_memory_open(PLACE * PLACES);
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    static const struct {
        const char *spec, *name;
    } parameters[] = {
        {"one", "right_weight"},        {"one", "running_mean"}, /* no rule covers it */
        {NULL, "lonely_weight"},        {"xavier", "flat_weight"},    {"[\"constant\", {\"value\": 1e39}]", "large_weight"},
        {"one", "running_var"},         {"one", "also_right_weight"}, {"zero", "right_weight"}, /* a second meaning */
        {"one", "num_batches_tracked"},
    };
    const int count = sizeof parameters / sizeof *parameters;
    for (int i = 0; i < count; i++) {
        assert_int_equal(add(plan, &memory, i, parameters[i].spec, parameters[i].name), FANIN_OK);
    }
    /* Upon the memory of another one. */
    assert_int_equal(add(plan, &memory, 6, "one", "intruder_weight"), FANIN_OK);
    static const char *const words[] = {"8 problems",
                                        "'running_mean'",
                                        "'lonely_weight'",
                                        "'flat_weight'",
                                        "1e+39",
                                        "'running_var'",
                                        "'num_batches_tracked'",
                                        "'intruder_weight'",
                                        "'also_right_weight'",
                                        "[\"zero\", {}]",
                                        "[\"one\", {}]",
                                        NULL};
    expect_refused(plan, FANIN_ERROR_UNCOVERED, words);
    assert_null(strstr(fanin_last_error(), "'right_weight': its tensor"));
    api_memory_check(&memory, "a plan with many faults");
    fanin_plan_free(plan);
    api_memory_close(&memory);
}

/* A thousand uncovered names, in the plan's order. */
static void test_many_uncovered(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct api_memory memory = api_memory_open(PLACE * PLACES);
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    char name[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "layer.%d.running_mean", i);
        assert_int_equal(add(plan, &memory, i % PLACES, "one", name), FANIN_OK);
    }
    assert_int_equal(fanin_plan_run(plan, NULL), FANIN_ERROR_UNCOVERED);
    const char *at = fanin_last_error();
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "'layer.%d.running_mean': no rule", i);
        at = strstr(at, name);
        if (!at) {
            fail_msg("%s is not listed in its place", name);
        }
    }
    api_memory_check(&memory, "a plan of uncovered parameters");
    fanin_plan_free(plan);
    api_memory_close(&memory);
}

/* Each clash alone. */
static void test_clashes(void **state)
{
    (void)state;
    /* Two names with one FNV-1a hash of 64 bits. */
    static const char *const cases[][4] = {
        {"one", "a_weight", "zero", "a_weight"},
        {"uniform", "8yn0iYCKYHlIj4-BwPqk", "uniform", "GReLUrM4wMqfg9yzV3KQ"},
    };
    for (int i = 0; i < 2; i++) {
        struct api_memory memory = api_memory_open(PLACE * PLACES);
        fanin_plan *plan = NULL;
        assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
        for (int k = 0; k < 2; k++) {
            int64_t shape[] = {8};
            fanin_initializer *const initializer = api_create(cases[i][2 * k]);
            fanin_desc desc = FANIN_DESC_INIT;
            desc.name = cases[i][2 * k + 1];
            desc.rule = FANIN_RULE_WEIGHT;
            const DLTensor tensor = {.data = memory.got + k * PLACE,
                                     .device = {kDLCPU, 0},
                                     .ndim = 1,
                                     .dtype = api_dtypes[API_FLOAT32].type,
                                     .shape = shape};
            assert_int_equal(fanin_plan_add(plan, initializer, &desc, &tensor), FANIN_OK);
            fanin_release(initializer);
        }
        const char *const words[] = {cases[i][1], cases[i][3], NULL};
        expect_refused(plan, FANIN_ERROR_CLASH, words);
        api_memory_check(&memory, "a plan with a clash");
        fanin_plan_free(plan);
        api_memory_close(&memory);
    }
}

/* A parameter whose `__init__` is `text`; the status that a plan reports. */
static fanin_status try_attribute(const char *name, const char *text)
{
    struct api_memory memory = api_memory_open(PLACE);
    int64_t shape[] = {8};
    const fanin_attr attribute = {"__init__", text};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    desc.attrs = &attribute;
    desc.n_attrs = 1;
    const DLTensor tensor = {
        .data = memory.got + 64, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    assert_int_equal(fanin_plan_add(plan, NULL, &desc, &tensor), FANIN_OK);
    const fanin_status status = fanin_plan_run(plan, NULL);
    assert_non_null(strstr(fanin_last_error(), name));
    assert_int_equal(fanin_init(NULL, &desc, &tensor, NULL), status);
    assert_non_null(strstr(fanin_last_error(), name));
    fanin_plan_free(plan);
    api_memory_check(&memory, name);
    api_memory_close(&memory);
    return status;
}

/* Brackets beyond the limit, initializers within initializers, and a pattern that would run forever. */
static void test_deep_and_costly(void **state)
{
    (void)state;
    enum { DEPTH = 100000, LEVELS = 40 };
    char *const deep = malloc(DEPTH + 1);
    assert_non_null(deep);
    memset(deep, '[', DEPTH);
    deep[DEPTH] = '\0';
    assert_int_equal(try_attribute("deep_weight", deep), FANIN_ERROR_SPEC);
    free(deep);

    char nested[LEVELS * 80] = "";
    for (int i = 0; i < LEVELS; i++) {
        strcat(nested, "{\"initializer\": \"mixed\", \"patterns\": [\".*\"], \"initializers\": [");
    }
    strcat(nested, "\"one\"");
    for (int i = 0; i < LEVELS; i++) {
        strcat(nested, "]}");
    }
    assert_int_equal(try_attribute("nested_weight", nested), FANIN_ERROR_SPEC);
    assert_int_equal(try_attribute("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_weight",
                                   "[\"mixed\", {\"patterns\": [\"(a*)*(a*)*(a*)*b\"], \"initializers\": [\"one\"]}]"),
                     FANIN_ERROR_PATTERN);
}

/* A file of names that cost a rule as many steps as there may be: the plan gives up, long before the last. */
static void test_many_costly_names(void **state)
{
    (void)state;
    fanin_rules *rules = NULL;
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_rules_create("[[\"(a*)*(a*)*(a*)*b\", \"one\"]]", &rules), FANIN_OK);
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    fanin_status status = FANIN_OK;
    int added = 0;
    while (status == FANIN_OK && added < 1000) {
        char name[80];
        snprintf(name, sizeof name, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_%d_weight", added);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = name;
        desc.rules = rules;
        const DLTensor tensor = {.data = NULL, .device = {kDLCPU, 0}, .ndim = 0, .dtype = {kDLFloat, 32, 1}};
        status = fanin_plan_add(plan, NULL, &desc, &tensor);
        added += status == FANIN_OK;
    }
    assert_int_equal(status, FANIN_ERROR_PATTERN);
    assert_int_equal(added, 10);
    assert_non_null(strstr(fanin_last_error(), "_10_weight"));
    assert_int_equal(fanin_plan_check(plan), FANIN_ERROR_PATTERN);
    fanin_plan_free(plan);
    fanin_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_at_once),     cmocka_unit_test(test_many_uncovered),    cmocka_unit_test(test_clashes),
        cmocka_unit_test(test_deep_and_costly), cmocka_unit_test(test_many_costly_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
