/* Mixed and rules: the first pattern that matches picks the initializer. */
#include "test_helpers.h"

#include "rules.h"

static fanin_status lower_name(const fanin_initializer *initializer, const char *name, const char *attribute,
                               struct lowering *out)
{
    const fanin_attr attr = {"__init__", attribute};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    desc.attrs = &attr;
    desc.n_attrs = 1;
    return lower_vector(initializer, &desc, 4, out);
}

/* The constant that fills the parameter. */
static void assert_constant(const fanin_initializer *initializer, const char *name, const char *attribute, double value)
{
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_name(initializer, name, attribute, &lowering), FANIN_OK);
    assert_int_equal(lowering.count, 1);
    assert_int_equal(lowering.fills[0].fill.kind, FILL_CONSTANT);
    if (lowering.fills[0].fill.a != value) {
        fail_msg("%s is filled with %g, expected %g", name, lowering.fills[0].fill.a, value);
    }
    lower_free(&lowering);
}

static const char mixed_spec[] = "[\"mixed\", {\"patterns\": [\"fc|conv\", \".*bn\", \".*\"], \"initializers\": "
                                 "[[\"constant\", {\"value\": 2}], [\"one\", {}], [\"constant\", {\"value\": 3.5}]]}]";

/* It acts on the whole name; what it picks goes on by the name rule. */
static void test_choice(void **state)
{
    (void)state;
    fanin_initializer *const mixed = create(mixed_spec);
    assert_constant(mixed, "fc1_weight", NULL, 2.0);
    assert_constant(mixed, "conv1_weight", NULL, 2.0);
    assert_constant(mixed, "my_conv_weight", NULL, 3.5);
    assert_constant(mixed, "my_bn_weight", NULL, 1.0);
    assert_constant(mixed, "fc1_bias", NULL, 0.0);
    assert_constant(mixed, "my_bn_gamma", NULL, 1.0);
    assert_constant(mixed, "fc1", "zero", 0.0);
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_name(mixed, "fc1", NULL, &lowering), FANIN_ERROR_UNCOVERED);
    assert_message("'fc1'", "ends with none", NULL);

    char *dumps = NULL;
    assert_status(fanin_dumps(mixed, &dumps), FANIN_OK);
    assert_string_equal(dumps, mixed_spec);
    fanin_string_free(dumps);
    fanin_release(mixed);
}

static void test_no_match(void **state)
{
    (void)state;
    fanin_initializer *const mixed = create("[\"mixed\", {\"patterns\": [\"fc\"], \"initializers\": [\"one\"]}]");
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_name(mixed, "conv_weight", NULL, &lowering), FANIN_ERROR_UNCOVERED);
    assert_message("'conv_weight'", "\".*\"", NULL);
    /* Mixed comes before the attribute, as in MXNet, and before the name. */
    assert_status(lower_name(mixed, "conv_weight", "one", &lowering), FANIN_ERROR_UNCOVERED);
    assert_status(lower_name(mixed, "conv_bias", NULL, &lowering), FANIN_ERROR_UNCOVERED);
    fanin_release(mixed);

    fanin_initializer *const empty = create("[\"mixed\", {\"patterns\": [], \"initializers\": []}]");
    assert_status(lower_name(empty, "fc_weight", NULL, &lowering), FANIN_ERROR_UNCOVERED);
    char *dumps = NULL;
    assert_status(fanin_dumps(empty, &dumps), FANIN_OK);
    assert_string_equal(dumps, "[\"mixed\", {\"patterns\": [], \"initializers\": []}]");
    fanin_string_free(dumps);
    fanin_release(empty);
}

/* A Mixed that the attribute or a pair of rules names is called with that attribute taken away. */
static void test_attribute(void **state)
{
    (void)state;
    fanin_initializer *const seven = create("[\"constant\", {\"value\": 7}]");
    assert_constant(seven, "fc1_weight", mixed_spec, 2.0);
    assert_constant(NULL, "fc1_weight", mixed_spec, 2.0);
    assert_constant(seven, "fc1_bias", mixed_spec, 0.0);
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_name(seven, "fc1", mixed_spec, &lowering), FANIN_ERROR_UNCOVERED);

    fanin_rules *rules = NULL;
    char text[512];
    snprintf(text, sizeof text, "[[\"fc\", %s], [\"f\", \"zero\"]]", mixed_spec);
    assert_status(fanin_rules_create(text, &rules), FANIN_OK);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.rules = rules;
    desc.name = "fc1_weight";
    assert_status(lower_vector(NULL, &desc, 4, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.a == 2.0);
    assert_string_equal(lowering.rule, "pattern fc");
    assert_string_equal(lowering.log_rule, mixed_spec);
    char *dumps = NULL;
    assert_status(fanin_dumps(lowering.initializer, &dumps), FANIN_OK);
    assert_string_equal(dumps, "[\"constant\", {\"value\": 2}]");
    fanin_string_free(dumps);
    lower_free(&lowering);
    /* As the attribute is taken away, so are the rules: the name decides. */
    const fanin_attr attr = {"__init__", mixed_spec};
    desc.attrs = &attr;
    desc.n_attrs = 1;
    desc.name = "fc1_bias";
    assert_status(lower_vector(seven, &desc, 4, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.a == 0.0);
    lower_free(&lowering);
    fanin_rules_free(rules);
    fanin_release(seven);
}

static void test_nested(void **state)
{
    (void)state;
    fanin_initializer *const inner = create(mixed_spec), *const seven = create("[\"constant\", {\"value\": 7}]");
    const char *const patterns[] = {"fc2", ".*"};
    const fanin_initializer *const initializers[] = {seven, inner};
    fanin_initializer *outer = NULL;
    assert_status(fanin_mixed(patterns, initializers, 2, &outer), FANIN_OK);
    fanin_release(inner);
    fanin_release(seven);
    assert_constant(outer, "fc1_weight", NULL, 2.0);
    assert_constant(outer, "fc2_weight", NULL, 7.0);
    assert_constant(outer, "fc2", "one", 1.0);

    char *dumps = NULL, expected[1024];
    assert_status(fanin_dumps(outer, &dumps), FANIN_OK);
    snprintf(expected, sizeof expected,
             "[\"mixed\", {\"patterns\": [\"fc2\", \".*\"], \"initializers\": [[\"constant\", {\"value\": 7}], %s]}]",
             mixed_spec);
    assert_string_equal(dumps, expected);
    fanin_initializer *const again = create(dumps);
    assert_constant(again, "fc1_weight", NULL, 2.0);
    fanin_release(again);
    fanin_string_free(dumps);
    fanin_release(outer);
}

/* A text that is escaped on its way. */
static void test_text(void **state)
{
    (void)state;
    const char *const patterns[] = {"gr\xc3\xb6\xc3\x9f\x65\\.\"x\"", ".*"};
    fanin_initializer *const one = create("one");
    const fanin_initializer *const initializers[] = {one, one};
    fanin_initializer *mixed = NULL;
    assert_status(fanin_mixed(patterns, initializers, 2, &mixed), FANIN_OK);
    char *dumps = NULL;
    assert_status(fanin_dumps(mixed, &dumps), FANIN_OK);
    assert_string_equal(dumps, "[\"mixed\", {\"patterns\": [\"gr\\u00f6\\u00dfe\\\\.\\\"x\\\"\", \".*\"], \"initializers\": "
                               "[[\"one\", {}], [\"one\", {}]]}]");
    fanin_string_free(dumps);
    fanin_release(mixed);
    fanin_release(one);
}

static void test_bad_mixed(void **state)
{
    (void)state;
    fanin_initializer *made = NULL;
    assert_status(fanin_create("[\"mixed\", {\"patterns\": [\"a\", \"b\"], \"initializers\": [\"one\"]}]", &made),
                  FANIN_ERROR_PARAMETER);
    assert_message("2 patterns", "1 init", NULL);
    assert_status(fanin_create("[\"mixed\", {\"patterns\": [\"a\"]}]", &made), FANIN_ERROR_PARAMETER);
    assert_message("'initializers'", NULL);
    assert_status(fanin_create("[\"mixed\", {\"patterns\": [\"a\", \"(\"], \"initializers\": [\"one\", \"one\"]}]", &made),
                  FANIN_ERROR_PATTERN);
    assert_message("pattern 2", NULL);
    fanin_initializer *const one = create("one");
    const char *const patterns[] = {"a", NULL};
    const fanin_initializer *const initializers[] = {NULL, one};
    assert_status(fanin_mixed(patterns, initializers, 1, &made), FANIN_ERROR_ARGUMENT);
    assert_message("initializer 1", NULL);
    assert_status(fanin_mixed(&patterns[1], &initializers[1], 1, &made), FANIN_ERROR_ARGUMENT);
    assert_message("pattern 1", NULL);
    assert_null(made);
    fanin_release(one);
}

static void test_rules(void **state)
{
    (void)state;
    static const char text[] = "[[\"upscore\", [\"bilinear\", {}]],\n [\"score_\", \"zero\"],\n [\".*_bias$\", "
                               "{\"value\": 1e-05, \"initializer\": \"Constant\"}]]\n";
    fanin_rules *rules = NULL;
    assert_status(fanin_rules_create(text, &rules), FANIN_OK);
    const struct rules_pair *pair = NULL;
    assert_status(rules_match(rules, "score_fr_weight", &pair), FANIN_OK);
    assert_string_equal(pair->label, "pattern score_");
    assert_string_equal(pair->spec, "zero");
    assert_status(rules_match(rules, "x_bias", &pair), FANIN_OK);
    assert_string_equal(pair->label, "pattern .*_bias$");
    assert_string_equal(pair->spec, "{\"value\": 1e-05, \"initializer\": \"Constant\"}");
    assert_status(rules_match(rules, "upscore2_weight", &pair), FANIN_OK);
    assert_string_equal(pair->spec, "[\"bilinear\", {}]");
    assert_status(rules_match(rules, "conv1_weight", &pair), FANIN_OK);
    assert_null(pair);
    fanin_rules_free(rules);
}

static void test_bad_rules(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        fanin_status status;
        const char *part;
    } cases[] = {
        {"", FANIN_ERROR_SPEC, "rules"},
        {"{}", FANIN_ERROR_SPEC, "array of pairs"},
        {"[[\"a\", \"one\"]", FANIN_ERROR_SPEC, "line 1"},
        {"[[\"a\", \"one\"], [\"b\"]]", FANIN_ERROR_SPEC, "pair 2"},
        {"[[\"a\", \"one\", 1]]", FANIN_ERROR_SPEC, "pair 1"},
        {"[[1, \"one\"]]", FANIN_ERROR_SPEC, "pair 1"},
        {"[\"a\", \"one\"]", FANIN_ERROR_SPEC, "pair 1"},
        {"[[\"a\", null]]", FANIN_ERROR_SPEC, "pair 1"},
        {"[[\"a\", \"one\"], [\"b\", \"oone\"]]", FANIN_ERROR_UNKNOWN, "pair 2"},
        {"[[\"a\", [\"one\", {\"x\": 1}]]]", FANIN_ERROR_PARAMETER, "pair 1"},
        {"[[\"a\", \"one\"], [\"(\", \"one\"]]", FANIN_ERROR_PATTERN, "pair 2"},
    };
    fanin_rules *rules = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_status(fanin_rules_create(cases[i].text, &rules), cases[i].status);
        assert_message(cases[i].part, NULL);
        assert_null(rules);
    }
    assert_status(fanin_rules_create(NULL, &rules), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_rules_create("[]", NULL), FANIN_ERROR_ARGUMENT);
    fanin_rules_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice), cmocka_unit_test(test_no_match),  cmocka_unit_test(test_attribute),
        cmocka_unit_test(test_nested), cmocka_unit_test(test_text),      cmocka_unit_test(test_bad_mixed),
        cmocka_unit_test(test_rules),  cmocka_unit_test(test_bad_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
