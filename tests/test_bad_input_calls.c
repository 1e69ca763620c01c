/* Calls that cannot be right: NULL everywhere, options and descriptors that make no sense, initializers that cannot be made.
 * Outputs stay as they were. */
#include "api_helpers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(fanin_status status, fanin_status expected, const char *word)
{
    if (status != expected || (expected != FANIN_OK && !strstr(fanin_last_error(), word))) {
        fail_msg("%s (%s), expected %s with \"%s\"", fanin_status_name(status), fanin_last_error(), fanin_status_name(expected),
                 word);
    }
}

static void expect_argument(fanin_status status, const char *word)
{
    expect(status, FANIN_ERROR_ARGUMENT, word);
}

/* A place for an output that no success has touched. */
static void *const untouched = (void *)&untouched;

static void test_null_initializers(void **state)
{
    (void)state;
    fanin_initializer *initializer = untouched;
    fanin_initializer *const one = api_create("one");
    char *text = untouched;
    expect_argument(fanin_create(NULL, &initializer), "NULL");
    expect_argument(fanin_create("one", NULL), "NULL");
    expect_argument(fanin_create(NULL, NULL), "NULL");
    expect_argument(fanin_dumps(NULL, &text), "NULL");
    expect_argument(fanin_dumps(one, NULL), "NULL");
    expect_argument(fanin_zero(NULL), "NULL");
    expect_argument(fanin_one(NULL), "NULL");
    expect_argument(fanin_constant(1.0, NULL), "NULL");
    expect_argument(fanin_uniform(1.0, NULL), "NULL");
    expect_argument(fanin_normal(1.0, NULL), "NULL");
    expect_argument(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, FANIN_FACTOR_AVG, 3.0, NULL), "NULL");
    expect_argument(fanin_msraprelu(FANIN_FACTOR_AVG, 0.25, NULL), "NULL");
    expect_argument(fanin_bilinear(0, NULL), "NULL");
    expect_argument(fanin_lstmbias(1.0, NULL), "NULL");
    const char *const patterns[] = {"a", NULL};
    const fanin_initializer *const initializers[] = {one, NULL};
    expect_argument(fanin_mixed(patterns, initializers, 1, NULL), "NULL");
    expect_argument(fanin_mixed(NULL, initializers, 1, &initializer), "NULL");
    expect_argument(fanin_mixed(patterns, NULL, 1, &initializer), "NULL");
    expect_argument(fanin_mixed(patterns, initializers, 2, &initializer), "NULL");
    fanin_rules *rules = untouched;
    expect_argument(fanin_rules_create(NULL, &rules), "NULL");
    expect_argument(fanin_rules_create("[]", NULL), "NULL");
    assert_ptr_equal(initializer, untouched);
    assert_ptr_equal(text, untouched);
    assert_ptr_equal(rules, untouched);
    assert_null(fanin_retain(NULL));
    fanin_release(NULL);
    fanin_string_free(NULL);
    fanin_rules_free(NULL);
    fanin_plan_free(NULL);
    fanin_release(one);
}

static void test_null_fills(void **state)
{
    (void)state;
    fanin_initializer *const one = api_create("one");
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "some_weight";
    float data[4] = {7, 7, 7, 7};
    int64_t shape[] = {4};
    DLTensor tensor = {.data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
    fanin_plan *plan = NULL, *nowhere = NULL;
    char *text = untouched;
    expect(fanin_plan_create(&plan), FANIN_OK, "");
    expect_argument(fanin_init(NULL, NULL, NULL, NULL), "NULL");
    expect_argument(fanin_init(one, NULL, &tensor, NULL), "NULL");
    expect_argument(fanin_init(one, &desc, NULL, NULL), "some_weight");
    expect_argument(fanin_plan_create(NULL), "NULL");
    expect_argument(fanin_plan_add(NULL, one, &desc, &tensor), "NULL");
    expect_argument(fanin_plan_add(plan, one, NULL, &tensor), "NULL");
    expect_argument(fanin_plan_add(plan, one, &desc, NULL), "some_weight");
    expect_argument(fanin_plan_check(NULL), "NULL");
    expect_argument(fanin_plan_dumps(NULL, &text), "NULL");
    expect_argument(fanin_plan_dumps(plan, NULL), "NULL");
    expect_argument(fanin_plan_run(NULL, NULL), "NULL");
    tensor.data = NULL;
    expect_argument(fanin_init(one, &desc, &tensor, NULL), "some_weight");
    /* A plan may be dumped without memory, but not run. */
    expect(fanin_plan_add(plan, one, &desc, &tensor), FANIN_OK, "");
    expect(fanin_plan_check(plan), FANIN_OK, "");
    expect_argument(fanin_plan_run(plan, NULL), "some_weight");
    tensor.data = data;
    tensor.shape = NULL;
    expect_argument(fanin_init(one, &desc, &tensor, NULL), "some_weight");
    assert_ptr_equal(text, untouched);
    assert_null(nowhere);
    for (int i = 0; i < 4; i++) {
        assert_true(data[i] == 7.0f);
    }
    fanin_plan_free(plan);
    fanin_release(one);
}

static void test_null_registry(void **state)
{
    (void)state;
    expect_argument(fanin_register(NULL, 0), "NULL");
    expect_argument(fanin_registry_dumps(NULL, NULL), "NULL");
    assert_null(fanin_row_find(NULL));
    assert_null(fanin_row_find(""));
    assert_null(fanin_row_at(SIZE_MAX));
    assert_true(fanin_stream(NULL) == 0);
    assert_string_equal(fanin_status_name((fanin_status)1000), "FANIN_ERROR_?");
    assert_string_equal(fanin_status_name((fanin_status)-1), "FANIN_ERROR_?");
    assert_non_null(fanin_status_text((fanin_status)-1));
    assert_null(fanin_emitter_name(NULL));
    assert_int_equal(fanin_emitter_ndim(NULL), 0);
    assert_null(fanin_emitter_shape(NULL));
    assert_int_equal(fanin_emitter_dtype(NULL).bits, 0);
    assert_null(fanin_emitter_user(NULL));
    assert_true(fanin_args_number(NULL, "a") == 0.0);
    assert_int_equal(fanin_args_integer(NULL, "a"), 0);
    assert_null(fanin_args_text(NULL, "a"));
    assert_null(fanin_args_initializer(NULL, "a"));
    const int64_t extent = 4;
    fanin_custom custom = FANIN_CUSTOM_INIT;
    expect_argument(fanin_emit_constant(NULL, 1, 0.0), "NULL");
    expect_argument(fanin_emit_uniform(NULL, 1, 0.0, 1.0), "NULL");
    expect_argument(fanin_emit_normal(NULL, 1, 0.0, 1.0), "NULL");
    expect_argument(fanin_emit_custom(NULL, 1, &custom), "NULL");
    expect_argument(fanin_emit_sub_parameter(NULL, 1, NULL, "a", 1, &extent), "NULL");
}

/* What a lower function of the caller's does wrong; `mistake` chooses. */
static int mistake;

static fanin_status lower_wrongly(const fanin_args *args, fanin_emitter *emitter)
{
    fanin_custom custom = FANIN_CUSTOM_INIT;
    const int64_t shape[] = {2, 2};
    assert_true(fanin_args_number(args, NULL) == 0.0 && !fanin_args_text(args, "unknown"));
    switch (mistake) {
    case 0:
        return fanin_emit_custom(emitter, FANIN_ALL_ROWS, NULL);
    case 1:
        return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom); /* no function */
    case 2:
        return fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, NULL, NULL, 2, shape);
    case 3:
        return fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, NULL, "block_bias", 2, NULL);
    case 4:
        return fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, NULL, "block_bias", 33, shape);
    case 5:
        return fanin_emit_constant(emitter, -7, 0.0);
    case 6:
        return fanin_emit_constant(emitter, 5, 0.0); /* of 4 rows */
    case 7:
        return fanin_emit_constant(emitter, 3, 0.0);
    case 8:
        return fanin_emit_constant(emitter, FANIN_ALL_ROWS, NAN);
    case 9:
        return fanin_emit_uniform(emitter, FANIN_ALL_ROWS, 1.0, -1.0);
    case 10:
        return fanin_emit_uniform(emitter, FANIN_ALL_ROWS, -INFINITY, 1.0);
    case 11:
        return fanin_emit_normal(emitter, FANIN_ALL_ROWS, 0.0, -1.0);
    case 12:
        fanin_emit_constant(emitter, FANIN_ALL_ROWS, INFINITY); /* and keeps silent */
        return FANIN_OK;
    case 13:
        return FANIN_ERROR_CUSTOM;
    default:
        return (fanin_status)12345;
    }
}

static void test_wrong_lower_functions(void **state)
{
    (void)state;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "test_wrong";
    row.help = "Cannot fill.";
    row.lower = lower_wrongly;
    expect(fanin_register(&row, 0), FANIN_OK, "");
    fanin_initializer *const wrong = api_create("test_wrong");
    for (mistake = 0; mistake <= 14; mistake++) {
        float data[4] = {7, 7, 7, 7};
        int64_t shape[] = {4};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "wrong_weight";
        const DLTensor tensor = {
            .data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
        const fanin_status status = fanin_init(wrong, &desc, &tensor, NULL);
        if (status == FANIN_OK || !strstr(fanin_last_error(), "wrong_weight")) {
            fail_msg("mistake %d: %s: %s", mistake, fanin_status_name(status), fanin_last_error());
        }
        for (int i = 0; i < 4; i++) {
            assert_true(data[i] == 7.0f);
        }
    }
    fanin_release(wrong);
}

static void test_rows(void **state)
{
    (void)state;
    const fanin_row plain = {.size = sizeof plain, .name = "test_plain", .help = "Nothing.", .lower = lower_wrongly};
    fanin_row row = plain;
    row.size = 0;
    expect_argument(fanin_register(&row, 0), "size");
    row = plain;
    row.name = NULL;
    expect_argument(fanin_register(&row, 0), "name");
    row.name = "";
    expect_argument(fanin_register(&row, 0), "name");
    row.name = "two words";
    expect_argument(fanin_register(&row, 0), "two words");
    row = plain;
    row.lower = NULL;
    expect_argument(fanin_register(&row, 0), "lower");
    row = plain;
    row.n_params = 1;
    expect_argument(fanin_register(&row, 0), "params");
    row = plain;
    row.n_overrides = 1;
    expect_argument(fanin_register(&row, 0), "overrides");
    const fanin_param bad_default[] = {{"a", FANIN_PARAM_NUMBER, "2.0", 0.0, 1.0, NULL, 0, "Too large."}};
    row = plain;
    row.params = bad_default;
    row.n_params = 1;
    expect_argument(fanin_register(&row, 0), "'a'");
    row = plain;
    row.name = "Xavier";
    expect(fanin_register(&row, 0), FANIN_ERROR_EXISTS, "xavier");
    row.name = "zeros";
    expect(fanin_register(&row, 0), FANIN_ERROR_EXISTS, "zeros");
    assert_null(fanin_row_find("test_plain"));
}

static void test_options(void **state)
{
    (void)state;
    fanin_initializer *const one = api_create("one");
    fanin_plan *plan = NULL;
    expect(fanin_plan_create(&plan), FANIN_OK, "");
    static const struct {
        size_t size;
        int contract, threads;
        const char *word;
    } cases[] = {
        {0, 0, 0, "size"},
        {4, 0, 0, "size"},
        {SIZE_MAX, 0, 0, "size"},
        {sizeof(fanin_options), 2, 0, "contract 2"},
        {sizeof(fanin_options), -1, 0, "contract -1"},
        {sizeof(fanin_options), 0, -1, "-1 threads"},
        {sizeof(fanin_options), 1, INT32_MIN, "threads"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float data[4] = {7, 7, 7, 7};
        int64_t shape[] = {4};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "some_weight";
        const DLTensor tensor = {
            .data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
        const fanin_options options = {.size = cases[i].size, .contract = cases[i].contract, .threads = cases[i].threads};
        expect_argument(fanin_init(one, &desc, &tensor, &options), cases[i].word);
        expect(fanin_plan_add(plan, one, &desc, &tensor), FANIN_OK, "");
        expect_argument(fanin_plan_run(plan, &options), cases[i].word);
        for (int k = 0; k < 4; k++) {
            assert_true(data[k] == 7.0f);
        }
        fanin_plan_free(plan);
        plan = NULL;
        expect(fanin_plan_create(&plan), FANIN_OK, "");
    }
    fanin_plan_free(plan);
    fanin_release(one);
}

static void test_descriptors(void **state)
{
    (void)state;
    const fanin_desc plain = {.size = sizeof plain, .name = "some_weight"};
    const fanin_attr keyless = {NULL, "one"}, twice[] = {{"__init__", "one"}, {"__init__", "zero"}};
    fanin_desc descs[16];
    const char *words[16];
    size_t count = 0;
#define WRONG(word, member, value)                                                                                             \
    do {                                                                                                                       \
        descs[count] = plain;                                                                                                  \
        descs[count].member = value;                                                                                           \
        words[count++] = word;                                                                                                 \
    } while (0)
    WRONG("size", size, 0);
    WRONG("size", size, SIZE_MAX);
    WRONG("name", name, NULL);
    WRONG("name", name, "");
    WRONG("UTF-8", name, "\xff_weight");
    WRONG("UTF-8", name, "cut_\xe2\x82");
    WRONG("UTF-8", name, "overlong_\xc0\xaf_weight");
    WRONG("UTF-8", name, "surrogate_\xed\xa0\x80_weight");
    WRONG("UTF-8", name, "beyond_\xf4\x90\x80\x80_weight");
    WRONG("rule 3", rule, (fanin_rule)3);
    WRONG("rule -1", rule, (fanin_rule)-1);
    WRONG("attributes", n_attrs, 1);
    WRONG("key", attrs, &keyless);
    descs[count - 1].n_attrs = 1;
    WRONG("twice", attrs, twice);
    descs[count - 1].n_attrs = 2;
#undef WRONG
    fanin_initializer *const one = api_create("one");
    for (size_t i = 0; i < count; i++) {
        float data[4] = {7, 7, 7, 7};
        int64_t shape[] = {4};
        const DLTensor tensor = {
            .data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
        expect_argument(fanin_init(one, &descs[i], &tensor, NULL), words[i]);
        for (int k = 0; k < 4; k++) {
            assert_true(data[k] == 7.0f);
        }
    }
    fanin_release(one);
}

static void test_numbers_of_constructors(void **state)
{
    (void)state;
    fanin_initializer *out = untouched;
    const fanin_status wrong = FANIN_ERROR_PARAMETER;
    static const double not_finite[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        expect(fanin_constant(not_finite[i], &out), wrong, "value");
        expect(fanin_uniform(not_finite[i], &out), wrong, "scale");
        expect(fanin_normal(not_finite[i], &out), wrong, "sigma");
        expect(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, FANIN_FACTOR_AVG, not_finite[i], &out), wrong, "magnitude");
        expect(fanin_msraprelu(FANIN_FACTOR_AVG, not_finite[i], &out), wrong, "slope");
        expect(fanin_lstmbias(not_finite[i], &out), wrong, "forget_bias");
    }
    expect(fanin_uniform(-0.5, &out), wrong, "-0.5");
    expect(fanin_normal(-1e-300, &out), wrong, "sigma");
    expect(fanin_xavier(FANIN_DISTRIBUTION_GAUSSIAN, FANIN_FACTOR_OUT, -1.0, &out), wrong, "magnitude");
    expect(fanin_xavier((fanin_distribution)2, FANIN_FACTOR_OUT, 1.0, &out), wrong, "rnd_type");
    expect(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, (fanin_factor)-1, 1.0, &out), wrong, "factor_type");
    expect(fanin_msraprelu((fanin_factor)3, 1.0, &out), wrong, "factor_type");
    assert_ptr_equal(out, untouched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_initializers),
        cmocka_unit_test(test_null_fills),
        cmocka_unit_test(test_null_registry),
        cmocka_unit_test(test_wrong_lower_functions),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_numbers_of_constructors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
