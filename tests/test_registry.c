/* The registry and initializers of the caller's own: schema, defaults, bounds, overrides, replacement, listing. */
#include "recorded.h"

#include "registry/initializer.h"

#include <math.h>

/* ---- one row that uses everything ---- */

static int user_mark;

static fanin_status lower_demo(const fanin_args *args, fanin_emitter *emitter)
{
    assert_ptr_equal(fanin_emitter_user(emitter), &user_mark);
    const double number = fanin_args_number(args, "number") + (double)fanin_args_integer(args, "integer") +
                          (fanin_args_integer(args, "boolean") ? 1000.0 : 0.0);
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, number);
}

static fanin_status lower_demo_bias(const fanin_args *args, fanin_emitter *emitter)
{
    assert_ptr_equal(fanin_emitter_user(emitter), &user_mark);
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, -fanin_args_number(args, "number"));
}

static fanin_status lower_demo_default(const fanin_args *args, fanin_emitter *emitter)
{
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, (double)strlen(fanin_args_text(args, "text")));
}

static const char *const colours[] = {"red", "green", NULL};
static const fanin_param demo_params[] = {
    {"number", FANIN_PARAM_NUMBER, "0.5", -1.0, 2.0, NULL, 0, "A number."},
    {"integer", FANIN_PARAM_INTEGER, "3", 0.0, INFINITY, NULL, 0, "An integer."},
    {"boolean", FANIN_PARAM_BOOLEAN, "false", 0, 0, NULL, FANIN_PARAM_QUIET, "A boolean."},
    {"colour", FANIN_PARAM_CHOICE, "\"red\"", 0, 0, colours, 0, "A colour."},
    {"text", FANIN_PARAM_TEXT, "\"\"", 0, 0, NULL, 0, "A text."},
    {"inner", FANIN_PARAM_INITIALIZER, "null", 0, 0, NULL, 0, "An initializer."},
    {"words", FANIN_PARAM_TEXTS, "[]", 0, 0, NULL, 0, "Some texts."},
    {"list", FANIN_PARAM_INITIALIZERS, "[\"one\"]", 0, 0, NULL, FANIN_PARAM_QUIET, "Some initializers."},
};
static const fanin_override demo_overrides[] = {
    {FANIN_ENDING_BIAS, lower_demo_bias},
    {FANIN_ENDING_DEFAULT, lower_demo_default},
};

static fanin_row demo_row(void)
{
    static const char *const aliases[] = {"DemoAlias", NULL};
    fanin_row row = FANIN_ROW_INIT;
    row.name = "Demo.Row-1_x";
    row.aliases = aliases;
    row.help = "A demonstration.";
    row.params = demo_params;
    row.n_params = sizeof demo_params / sizeof *demo_params;
    row.lower = lower_demo;
    row.overrides = demo_overrides;
    row.n_overrides = 2;
    row.user = &user_mark;
    return row;
}

static void assert_dumps(const fanin_initializer *initializer, const char *expected)
{
    char *dumps = NULL;
    assert_status(fanin_dumps(initializer, &dumps), FANIN_OK);
    assert_string_equal(dumps, expected);
    fanin_string_free(dumps);
}

/* The constant of the parameter's only fill. */
static double lowered_constant(const fanin_initializer *initializer, const fanin_desc *desc)
{
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_vector(initializer, desc, 4, &lowering), FANIN_OK);
    assert_int_equal(lowering.count, 1);
    assert_int_equal(lowering.fills[0].fill.kind, FILL_CONSTANT);
    const double value = lowering.fills[0].fill.a;
    lower_free(&lowering);
    return value;
}

static double constant_of(const fanin_initializer *initializer, const char *name)
{
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    return lowered_constant(initializer, &desc);
}

static int register_demo(void **state)
{
    (void)state;
    const fanin_row row = demo_row();
    return fanin_register(&row, 0) == FANIN_OK ? 0 : -1;
}

static void test_schema(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        fanin_status status;
        const char *result; /* dumps, or a part of the message */
    } cases[] = {
        {"DEMO.row-1_X", FANIN_OK,
         "[\"demo.row-1_x\", {\"number\": 0.5, \"integer\": 3, \"colour\": \"red\", \"text\": \"\", \"inner\": null, "
         "\"words\": []}]"},
        {"[\"demoalias\", {\"words\": [\"a\", \"\\u00e9\"], \"boolean\": true, \"number\": 2, \"inner\": \"ones\", \"list\": "
         "[]}]",
         FANIN_OK,
         "[\"demo.row-1_x\", {\"number\": 2, \"integer\": 3, \"boolean\": true, \"colour\": \"red\", \"text\": \"\", "
         "\"inner\": "
         "[\"one\", {}], \"words\": [\"a\", \"\\u00e9\"], \"list\": []}]"},
        {"[\"demoalias\", {\"number\": 2.01}]", FANIN_ERROR_PARAMETER, "from -1.0 to 2.0"},
        {"[\"demoalias\", {\"number\": -1.01}]", FANIN_ERROR_PARAMETER, "from -1.0 to 2.0"},
        {"[\"demoalias\", {\"number\": \"1\"}]", FANIN_ERROR_PARAMETER, "expected a number"},
        {"[\"demoalias\", {\"integer\": -1}]", FANIN_ERROR_PARAMETER, "at least 0"},
        {"[\"demoalias\", {\"integer\": 1.0}]", FANIN_ERROR_PARAMETER, "expected an integer"},
        {"[\"demoalias\", {\"integer\": true}]", FANIN_ERROR_PARAMETER, "expected an integer"},
        {"[\"demoalias\", {\"integer\": 9007199254740993}]", FANIN_ERROR_PARAMETER, "expected an integer"},
        {"[\"demoalias\", {\"boolean\": 0}]", FANIN_ERROR_PARAMETER, "true or false"},
        {"[\"demoalias\", {\"colour\": \"blue\"}]", FANIN_ERROR_PARAMETER, "one of \"red\", \"green\""},
        {"[\"demoalias\", {\"text\": 1}]", FANIN_ERROR_PARAMETER, "a string"},
        {"[\"demoalias\", {\"inner\": 1}]", FANIN_ERROR_SPEC, "'inner'"},
        {"[\"demoalias\", {\"inner\": \"oen\"}]", FANIN_ERROR_UNKNOWN, "'one'"},
        {"[\"demoalias\", {\"inner\": [\"demoalias\", {\"number\": 3}]}]", FANIN_ERROR_PARAMETER, "'inner'"},
        {"[\"demoalias\", {\"colours\": 1}]", FANIN_ERROR_PARAMETER,
         "number, integer, boolean, colour, text, inner, words, list"},
        {"demoalais", FANIN_ERROR_UNKNOWN, "'demoalias'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fanin_initializer *initializer = NULL;
        assert_status(fanin_create(cases[i].spec, &initializer), cases[i].status);
        if (cases[i].status == FANIN_OK) {
            assert_dumps(initializer, cases[i].result);
        } else {
            assert_message(cases[i].result, NULL);
        }
        fanin_release(initializer);
    }
}

/* In specs, Mixed, rules, attributes and endings of names. */
static void test_usable_everywhere(void **state)
{
    (void)state;
    fanin_initializer *const demo = create("[\"demoalias\", {\"number\": 2, \"integer\": 40, \"text\": \"seven__\"}]");
    assert_true(constant_of(demo, "a_weight") == 42.0);
    assert_true(constant_of(demo, "a_bias") == -2.0);
    assert_true(constant_of(demo, "a_gamma") == 1.0);
    assert_true(constant_of(demo, "a_kernel") == 7.0);

    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "a_bias";
    desc.rule = FANIN_RULE_WEIGHT;
    assert_true(lowered_constant(demo, &desc) == 42.0);
    desc.rule = FANIN_RULE_LEGACY;
    assert_true(lowered_constant(demo, &desc) == -2.0);
    desc.name = "moving_mean";
    assert_true(lowered_constant(demo, &desc) == 0.0);
    desc.name = "kernel";
    assert_true(lowered_constant(demo, &desc) == 7.0);
    desc.rule = FANIN_RULE_NAME;

    /* The attribute applies the weight rule to any name. */
    const fanin_attr attr = {"__init__", "[\"demoalias\", {\"boolean\": true}]"};
    desc.name = "a_bias";
    desc.attrs = &attr;
    desc.n_attrs = 1;
    assert_true(lowered_constant(NULL, &desc) == 1003.5);
    desc.n_attrs = 0;
    fanin_rules *rules = NULL;
    assert_status(fanin_rules_create("[[\"a\", [\"demoalias\", {\"integer\": 0}]]]", &rules), FANIN_OK);
    desc.rules = rules;
    assert_true(lowered_constant(NULL, &desc) == 0.5);
    fanin_rules_free(rules);

    fanin_initializer *const mixed = create("[\"mixed\", {\"patterns\": [\"a\"], \"initializers\": [\"demoalias\"]}]");
    assert_true(constant_of(mixed, "a_weight") == 3.5);
    assert_true(constant_of(mixed, "a_bias") == -0.5);
    fanin_release(mixed);
    fanin_release(demo);
}

static void test_lowering_labels(void **state)
{
    (void)state;
    fanin_initializer *const demo = create("demoalias");
    static const char *const names[][2] = {{"a_bias", "bias"}, {"a_kernel", "default"}, {"a_weight", "weight"}};
    for (size_t i = 0; i < 3; i++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = names[i][0];
        struct lowering lowering = {.fills = NULL};
        assert_status(lower_vector(demo, &desc, 4, &lowering), FANIN_OK);
        assert_ptr_equal(lowering.initializer, demo);
        assert_string_equal(lowering.rule, names[i][1]);
        assert_string_equal(lowering.log_rule, names[i][1]);
        lower_free(&lowering);
    }
    fanin_release(demo);
}

static void test_args(void **state)
{
    (void)state;
    fanin_initializer *const demo = create("[\"demoalias\", {\"colour\": \"green\", \"inner\": \"one\", \"integer\": 7}]");
    const fanin_args *const args = &demo->args;
    assert_true(fanin_args_number(args, "number") == 0.5);
    assert_true(fanin_args_number(args, "integer") == 7.0);
    assert_true(fanin_args_number(args, "text") == 0.0);
    assert_true(fanin_args_number(args, "Number") == 0.0);
    assert_int_equal(fanin_args_integer(args, "colour"), 1);
    assert_int_equal(fanin_args_integer(args, "number"), 0);
    assert_string_equal(fanin_args_text(args, "colour"), "green");
    assert_string_equal(fanin_args_text(args, "text"), "");
    assert_null(fanin_args_text(args, "words"));
    assert_null(fanin_args_text(args, "number"));
    assert_dumps(fanin_args_initializer(args, "inner"), "[\"one\", {}]");
    assert_null(fanin_args_initializer(args, "list"));
    assert_null(fanin_args_initializer(args, "nothing"));
    assert_int_equal(fanin_args_count(args, "words"), 0);
    assert_null(fanin_args_text_at(args, "words", 0));
    assert_int_equal(fanin_args_count(args, "list"), 1);
    assert_dumps(fanin_args_initializer_at(args, "list", 0), "[\"one\", {}]");
    assert_null(fanin_args_initializer_at(args, "list", 1));
    assert_null(fanin_args_initializer_at(args, "words", 0));
    fanin_release(demo);

    fanin_initializer *const lists =
        create("[\"demoalias\", {\"words\": [\"a\", \"b\"], \"list\": [\"zero\", \"one\"], \"inner\": \"one\"}]");
    assert_int_equal(fanin_args_count(&lists->args, "words"), 2);
    assert_string_equal(fanin_args_text_at(&lists->args, "words", 0), "a");
    assert_string_equal(fanin_args_text_at(&lists->args, "words", 1), "b");
    assert_null(fanin_args_text_at(&lists->args, "words", 2));
    assert_null(fanin_args_text_at(&lists->args, "list", 0));
    assert_int_equal(fanin_args_count(&lists->args, "list"), 2);
    assert_dumps(fanin_args_initializer_at(&lists->args, "list", 1), "[\"one\", {}]");
    /* Of other types there is no place. */
    assert_int_equal(fanin_args_count(&lists->args, "text"), 0);
    assert_int_equal(fanin_args_count(&lists->args, "inner"), 0);
    assert_null(fanin_args_text_at(&lists->args, "text", 0));
    assert_null(fanin_args_initializer_at(&lists->args, "inner", 0));
    fanin_release(lists);
    assert_int_equal(fanin_args_count(NULL, "words"), 0);
    assert_null(fanin_args_text_at(NULL, "words", 0));
    assert_null(fanin_args_initializer_at(NULL, NULL, 0));
    assert_true(fanin_args_number(NULL, "x") == 0.0 && fanin_args_integer(NULL, "x") == 0);
    assert_null(fanin_args_text(NULL, NULL));
    assert_null(fanin_args_initializer(args, NULL));
}

/* ---- taken names, replacement ---- */

static fanin_status lower_eleven(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 11.0);
}

static void test_taken_names(void **state)
{
    (void)state;
    static const char *const names[] = {"xavier", "XAVIER", "DEMO.ROW-1_X", "zeros", "demoalias"};
    fanin_row row = FANIN_ROW_INIT;
    row.lower = lower_eleven;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        row.name = names[i];
        assert_status(fanin_register(&row, 0), FANIN_ERROR_EXISTS);
        assert_message(i < 3 ? "' is registered already; FANIN_REGISTER_REPLACE replaces it" : "is taken by the initializer '",
                       NULL);
    }
    static const char *const aliases[] = {"free_name", "Ones", NULL};
    row.name = "free_too";
    row.aliases = aliases;
    assert_status(fanin_register(&row, 0), FANIN_ERROR_EXISTS);
    assert_message("'one'", NULL);
    assert_status(fanin_register(&row, FANIN_REGISTER_REPLACE), FANIN_ERROR_EXISTS);
    assert_null(fanin_row_find("free_name"));
    /* In place of an alias, "zero" would go too. */
    row.name = "zeros";
    row.aliases = NULL;
    assert_status(fanin_register(&row, FANIN_REGISTER_REPLACE), FANIN_ERROR_EXISTS);
    assert_message("alias", "'zero'", NULL);
}

static size_t count_rows(void)
{
    size_t count = 0;
    while (fanin_row_at(count)) {
        count++;
    }
    return count;
}

static void test_replace(void **state)
{
    (void)state;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "LSTMBias";
    row.lower = lower_eleven;
    const size_t count = count_rows();
    const fanin_row *const old_row = fanin_row_find("lstmbias");
    fanin_initializer *const old = create("lstmbias");
    assert_status(fanin_register(&row, FANIN_REGISTER_REPLACE), FANIN_OK);
    fanin_initializer *const new = create("lstmbias");
    assert_int_equal(count_rows(), count);
    const fanin_row *const new_row = fanin_row_find("lstmbias");
    assert_ptr_not_equal(new_row, old_row);
    assert_string_equal(new_row->name, "lstmbias");
    assert_int_equal(new_row->n_params, 0);

    /* The old object and the typed constructor keep the row that they were made from. */
    assert_true(constant_of(new, "a_weight") == 11.0);
    assert_dumps(old, "[\"lstmbias\", {\"forget_bias\": 1.0}]");
    assert_dumps(new, "[\"lstmbias\", {}]");
    fanin_initializer *typed = NULL;
    assert_status(fanin_lstmbias(2, &typed), FANIN_OK);
    for (int i = 0; i < 2; i++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "a_weight";
        struct lowering lowering = {.fills = NULL};
        assert_status(lower_vector(i == 0 ? old : typed, &desc, 4, &lowering), FANIN_OK);
        assert_int_equal(lowering.count, 3);
        assert_true(lowering.fills[1].fill.a == 1.0 + i);
        lower_free(&lowering);
    }
    fanin_release(typed);
    fanin_release(new);
    fanin_release(old);

    /* Back, by way of the copy that the registry hands out; and again, over a row of the user's own. */
    assert_status(fanin_register(old_row, FANIN_REGISTER_REPLACE), FANIN_OK);
    fanin_initializer *const back = create("[\"lstmbias\", {\"forget_bias\": 3}]");
    assert_dumps(back, "[\"lstmbias\", {\"forget_bias\": 3}]");
    fanin_release(back);
    assert_int_equal(count_rows(), count);
}

/* What the name rule itself writes is not the user's to replace by accident. */
static void test_name_rule_keeps_its_zero(void **state)
{
    (void)state;
    const fanin_row *const zero = fanin_row_find("zero");
    fanin_row row = *zero;
    row.lower = lower_eleven;
    assert_status(fanin_register(&row, FANIN_REGISTER_REPLACE), FANIN_OK);
    fanin_initializer *const eleven = create("zeros");
    assert_true(constant_of(eleven, "a_weight") == 11.0);
    assert_true(constant_of(eleven, "a_bias") == 0.0);
    fanin_release(eleven);
    assert_status(fanin_register(zero, FANIN_REGISTER_REPLACE), FANIN_OK);
}

/* ---- listing ---- */

static void test_listing(void **state)
{
    (void)state;
    static const char *const first[] = {"zero",     "one",      "constant",   "uniform",  "normal", "xavier", "msraprelu",
                                        "bilinear", "lstmbias", "orthogonal", "fusedrnn", "load",   "mixed",  "demo.row-1_x"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        assert_string_equal(fanin_row_at(i)->name, first[i]);
        assert_ptr_equal(fanin_row_find(first[i]), fanin_row_at(i));
    }
    assert_null(fanin_row_at(SIZE_MAX));
    assert_null(fanin_row_find(NULL));
    assert_null(fanin_row_find(""));
    assert_null(fanin_row_find("zer"));
    assert_ptr_equal(fanin_row_find("ZEROS"), fanin_row_at(0));

    char *text = NULL;
    assert_status(fanin_registry_dumps(NULL, &text), FANIN_OK);
    cJSON *const list = cJSON_Parse(text);
    assert_int_equal(cJSON_GetArraySize(list), count_rows());
    cJSON_Delete(list);
    fanin_string_free(text);

    assert_status(fanin_registry_dumps("Xavier", &text), FANIN_OK);
    assert_string_equal(
        text,
        "[{\"name\": \"xavier\", \"aliases\": [], \"help\": \"Random numbers whose scale keeps the variance between layers "
        "(Glorot & Bengio 2010).\", \"parameters\": [{\"name\": \"rnd_type\", \"type\": \"choice\", \"default\": \"uniform\", "
        "\"choices\": [\"uniform\", \"gaussian\"], \"help\": \"The distribution: U(-s, s) or N(0, s^2).\"}, {\"name\": "
        "\"factor_type\", \"type\": \"choice\", \"default\": \"avg\", \"choices\": [\"avg\", \"in\", \"out\"], \"help\": "
        "\"What the magnitude is divided by: the mean of both fans, fan in, or fan out.\"}, {\"name\": \"magnitude\", "
        "\"type\": \"number\", \"default\": 3, \"min\": 0, \"help\": \"m in s = sqrt(m / factor).\"}]}]");
    fanin_string_free(text);
    assert_status(fanin_registry_dumps("demoalias", &text), FANIN_OK);
    assert_non_null(strstr(text, "\"aliases\": [\"demoalias\"]"));
    assert_non_null(strstr(text, "\"name\": \"number\", \"type\": \"number\", \"default\": 0.5, \"min\": -1, \"max\": 2"));
    assert_non_null(strstr(text, "\"name\": \"inner\", \"type\": \"initializer\", \"default\": null"));
    assert_non_null(strstr(text, "\"name\": \"words\", \"type\": \"texts\", \"default\": []"));
    fanin_string_free(text);
    text = NULL;
    assert_status(fanin_registry_dumps("xaver", &text), FANIN_ERROR_UNKNOWN);
    assert_message("'xavier'", NULL);
    assert_status(fanin_registry_dumps(NULL, NULL), FANIN_ERROR_ARGUMENT);
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema),  cmocka_unit_test(test_usable_everywhere),
        cmocka_unit_test(test_listing), cmocka_unit_test(test_lowering_labels),
        cmocka_unit_test(test_args),    cmocka_unit_test(test_taken_names),
        cmocka_unit_test(test_replace), cmocka_unit_test(test_name_rule_keeps_its_zero),
    };
    return cmocka_run_group_tests(tests, register_demo, NULL);
}
