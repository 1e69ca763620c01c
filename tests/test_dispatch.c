/* Dispatch by name: MXNet's recorded answers, as fills, and the order in which attributes, rules and names decide. */
#include "recorded.h"

#include "copy.h"

#include <math.h>

static const char absent[] = "not in this version";
static const char python[] = "a Python object that no text stands for";
static const char base_class[] = "the base class is no initializer";

/* The key is "INIT NAME SHAPE ATTR". */
static struct deviation deviations[] = {
    {"Constant(7) q [2] [\"one\"]", FANIN_OK, NULL, "parameters may be left out", 0},
    {"Constant(7) q [2]  ", FANIN_ERROR_SPEC, NULL, "an empty spec is malformed rather than unknown", 0},
    {"Constant(7) v [3] mixed", FANIN_ERROR_PARAMETER, NULL, "mixed is in the registry", 0},
    {"Constant(7) q [2] python None", FANIN_OK, NULL, python, 0},
    {"Constant(7) q_weight [2] python None", FANIN_OK, NULL, python, 0},
    {"Constant(7) q [2] python One()", FANIN_OK, NULL, python, 0},
    {"Constant(7) q [2] python {'initializer': 'one'}", FANIN_OK, NULL, python, 0},
    {"Initializer() a_weight [2]", FANIN_OK, NULL, base_class, 0},
    {"Initializer() a_bias [2]", FANIN_OK, NULL, base_class, 0},
};
static struct deviation legacy_deviations[] = {
    {"Constant(7) stn_loc_bias [6,6]", FANIN_ERROR_SHAPE, NULL, "MXNet repeats the 6 numbers in each row", 0},
};

static fanin_initializer *create_python(const char *expression)
{
    static const char *const specs[][2] = {
        {"Constant(7)", "[\"constant\", {\"value\": 7}]"},
        {"LSTMBias(2.0)", "[\"lstmbias\", {\"forget_bias\": 2.0}]"},
        {"Bilinear()", "bilinear"},
        {"Constant(nd.array([1, 2, 3]))", "[\"constant\", {\"value\": [1.0, 2.0, 3.0]}]"},
        {"Constant(np.array([[5.0], [6.0]]))", "[\"constant\", {\"value\": [[5.0], [6.0]]}]"},
        {"Zero()", "zero"},
        {"One()", "one"},
        {"Xavier()", "xavier"},
        {"Mixed(['.*bias', '.*'], [One(), Constant(7)])",
         "[\"mixed\", {\"patterns\": [\".*bias\", \".*\"], \"initializers\": [\"one\", [\"constant\", {\"value\": 7}]]}]"},
        {"Mixed(['.*'], [Constant(7)])",
         "[\"mixed\", {\"patterns\": [\".*\"], \"initializers\": [[\"constant\", {\"value\": 7}]]}]"},
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        if (strcmp(specs[i][0], expression) == 0) {
            return create(specs[i][1]);
        }
    }
    fail_msg("no spec is known for %s", expression);
    return NULL;
}

/* MXNet's bilinear filter, written anew from its formula. */
static double bilinear_value(const struct fill *fill, int64_t i)
{
    const double width = (double)fill->domain[3];
    const double f = ceil(width / 2.0), c = (2.0 * f - 1.0 - fmod(f, 2.0)) / (2.0 * f);
    const double x = (double)(i % fill->domain[3]), y = (double)(i / fill->domain[3] % fill->domain[2]);
    return (double)(float)((1.0 - fabs(x / f - c)) * (1.0 - fabs(y / f - c)));
}

static double value_at(const struct lowered *part, int64_t k)
{
    if (part->fill.kind == FILL_COPY) {
        const struct copy_map *const map = &part->fill.copy->map;
        const int last = map->ndim - 1;
        const int64_t number = part->first + k, extent = last < 0 ? 1 : map->extent[last];
        return map->values[copy_map_row(map, number / extent) + (last < 0 ? 0 : number % extent * map->stride[last])];
    }
    assert_true(part->fill.kind == FILL_CONSTANT || part->fill.kind == FILL_BILINEAR);
    return part->fill.kind == FILL_CONSTANT ? part->fill.a : bilinear_value(&part->fill, part->first + k);
}

static void assert_values(const struct lowering *lowering, const cJSON *values, const cJSON *all)
{
    const cJSON *value = values ? values->child : NULL;
    for (size_t i = 0; i < lowering->count; i++) {
        for (int64_t k = 0; k < lowering->fills[i].count; k++) {
            assert_true(value_at(&lowering->fills[i], k) == (all ? all : value)->valuedouble);
            value = value ? value->next : NULL;
        }
    }
    assert_null(value);
}

static void assert_result(const cJSON *record, const struct lowering *lowering, int64_t size)
{
    const cJSON *const draw = cJSON_GetObjectItemCaseSensitive(record, "draw");
    const cJSON *const all = cJSON_GetObjectItemCaseSensitive(record, "all");
    assert_covered(lowering, size);
    const struct fill *const first = &lowering->fills[0].fill;
    if (cJSON_HasObjectItem(record, "random_int8")) {
        assert_int_equal(first->kind, FILL_INTEGER);
        assert_true(first->a == -127.0 && first->b == 126.0);
        assert_null(lowering->initializer);
    } else if (draw) {
        const bool uniform = strcmp(recorded_text(draw, "fn"), "uniform") == 0;
        assert_int_equal(first->kind, uniform ? FILL_UNIFORM : FILL_NORMAL);
        assert_true(first->a == cJSON_GetObjectItemCaseSensitive(draw, uniform ? "low" : "loc")->valuedouble);
        assert_true(first->b == cJSON_GetObjectItemCaseSensitive(draw, uniform ? "high" : "scale")->valuedouble);
    } else {
        assert_values(lowering, cJSON_GetObjectItemCaseSensitive(record, "values"), all);
        assert_non_null(strstr(recorded_text(record, "name"), "stn_loc_bias") && !all ? (void *)first : lowering->initializer);
    }
}

static char *case_key(const cJSON *record)
{
    const cJSON *const attr = cJSON_GetObjectItemCaseSensitive(record, "attr");
    char *const shape = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(record, "shape"));
    char *key = NULL;
    const char *const text = cJSON_IsObject(attr) ? recorded_text(attr, "python") : cJSON_GetStringValue(attr);
    assert_true(asprintf(&key, "%s %s %s%s%s%s", recorded_text(record, "init"), recorded_text(record, "name"), shape,
                         attr ? " " : "", cJSON_IsObject(attr) ? "python " : "", text ? text : "") > 0);
    cJSON_free(shape);
    return key;
}

static fanin_status lower_record(const cJSON *record, fanin_rule rule, struct lowering *out)
{
    const char *const attribute = recorded_text(record, "attr"), *const dtype_name = recorded_text(record, "dtype");
    enum dtype dtype = DTYPE_FLOAT32;
    assert_true(!dtype_name || dtype_from_name(dtype_name, &dtype));
    const fanin_attr attrs[] = {{"lr_mult", "2"}, {"__init__", attribute}};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = recorded_text(record, "name");
    desc.attrs = attrs;
    desc.n_attrs = attribute ? 2 : 1;
    desc.rule = rule;
    const struct shape shape = recorded_shape(record);
    fanin_initializer *const initializer = create_python(recorded_text(record, "init"));
    const fanin_status status = lower_shape(initializer, &desc, dtype, &shape, out);
    fanin_release(initializer);
    return status;
}

static void assert_labels(const cJSON *record, fanin_rule rule, const struct lowering *lowering)
{
    const char *const attribute = recorded_text(record, "attr"), *const name = recorded_text(record, "name");
    assert_non_null(lowering->rule);
    if (attribute && attribute[0] != '\0') {
        assert_string_equal(lowering->rule, attribute);
    } else if (rule == FANIN_RULE_NAME) {
        assert_string_equal(lowering->rule, name + strlen(name) - strlen(lowering->rule));
    }
    if (rule == FANIN_RULE_LEGACY) {
        assert_null(lowering->log_rule);
    } else {
        assert_string_equal(lowering->log_rule, lowering->rule);
    }
}

static void check_record(const cJSON *record, fanin_rule rule, const char *key, const struct deviation *deviation)
{
    const cJSON *const error = cJSON_GetObjectItemCaseSensitive(record, "error");
    const fanin_status expected = deviation ? deviation->status : error ? recorded_status(error) : FANIN_OK;
    struct lowering lowering = {.fills = NULL};
    const fanin_status status = lower_record(record, rule, &lowering);
    if (status != expected) {
        fail_msg("%s: %s, expected %s (%s)", key, fanin_status_name(status), fanin_status_name(expected), fanin_last_error());
    }
    if (status != FANIN_OK) {
        assert_non_null(strstr(fanin_last_error(), recorded_text(record, "name")));
        assert_null(lowering.fills);
    } else if (!error) {
        const struct shape shape = recorded_shape(record);
        assert_result(record, &lowering, shape_size(&shape));
        assert_labels(record, rule, &lowering);
    }
    lower_free(&lowering);
}

struct tally {
    int agreed, departed, missing;
};

static struct tally check_records(const cJSON *records, fanin_rule rule, struct deviation *list, size_t count)
{
    struct tally tally = {0, 0, 0};
    const cJSON *record;
    cJSON_ArrayForEach(record, records)
    {
        char *const key = case_key(record);
        const struct deviation *const deviation = deviation_find(list, count, key);
        if (deviation && (deviation->reason == absent || deviation->reason == python || deviation->reason == base_class)) {
            tally.missing++;
        } else {
            check_record(record, rule, key, deviation);
            *(deviation ? &tally.departed : &tally.agreed) += 1;
        }
        free(key);
    }
    deviations_all_met(list, count);
    assert_int_equal(tally.agreed + tally.departed + tally.missing, cJSON_GetArraySize(records));
    return tally;
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("dispatch.json");
    const struct tally tally = check_records(cJSON_GetObjectItemCaseSensitive(data, "cases"), FANIN_RULE_NAME, deviations,
                                             sizeof deviations / sizeof *deviations);
    assert_int_equal(tally.departed, 3);
    assert_int_equal(tally.missing, 6);
    const struct tally legacy = check_records(cJSON_GetObjectItemCaseSensitive(data, "legacy_cases"), FANIN_RULE_LEGACY,
                                              legacy_deviations, sizeof legacy_deviations / sizeof *legacy_deviations);
    assert_int_equal(legacy.departed, 1);
    assert_int_equal(legacy.missing, 0);
    print_message("dispatch.json: %d and %d as MXNet, %d and %d on purpose otherwise, %d of Python alone or %s\n", tally.agreed,
                  legacy.agreed, tally.departed, legacy.departed, tally.missing, absent);
    /* The integers' range is that of 6007 recorded draws. */
    const cJSON *const range = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(data, "weight_quantize_range"), 0);
    assert_true(cJSON_GetObjectItemCaseSensitive(range, "min")->valuedouble == -127.0);
    assert_true(cJSON_GetObjectItemCaseSensitive(range, "max")->valuedouble == 126.0);
    cJSON_Delete(data);
}

struct order_case {
    const char *attribute, *rules;
    fanin_rule rule;
    bool with_initializer;
    fanin_status status;
    double value;
    const char *label, *log;
};

/* Attribute, then rules, then the name. */
static void test_order(void **state)
{
    (void)state;
    static const char pairs[] = "[[\"other\", \"one\"], [\"fc\", [\"constant\",{\"value\":5}]], [\".*\", \"zero\"]]";
    static const char text[] = "[\"constant\", {\"value\": 5}]";
    static const struct order_case cases[] = {
        {NULL, NULL, FANIN_RULE_NAME, true, FANIN_OK, 7.0, "weight", "weight"},
        {"one", NULL, FANIN_RULE_NAME, true, FANIN_OK, 1.0, "one", "one"},
        {" one ", pairs, FANIN_RULE_NAME, true, FANIN_OK, 1.0, " one ", " one "},
        {"", pairs, FANIN_RULE_NAME, true, FANIN_OK, 5.0, "pattern fc", text},
        {NULL, pairs, FANIN_RULE_NAME, false, FANIN_OK, 5.0, "pattern fc", text},
        {NULL, "[[\"c1\", \"one\"]]", FANIN_RULE_NAME, true, FANIN_OK, 7.0, "weight", "weight"},
        {NULL, "[]", FANIN_RULE_NAME, true, FANIN_OK, 7.0, "weight", "weight"},
        {NULL, "[[\"\", \" one\"]]", FANIN_RULE_NAME, true, FANIN_OK, 1.0, "pattern ", " one"},
        {NULL, NULL, FANIN_RULE_NAME, false, FANIN_ERROR_UNCOVERED, 0.0, NULL, NULL},
        {NULL, NULL, FANIN_RULE_WEIGHT, true, FANIN_OK, 7.0, "weight", "weight"},
        {NULL, NULL, FANIN_RULE_WEIGHT, false, FANIN_ERROR_UNCOVERED, 0.0, NULL, NULL},
        {"one", NULL, FANIN_RULE_LEGACY, true, FANIN_OK, 1.0, "one", NULL},
        {NULL, pairs, FANIN_RULE_LEGACY, true, FANIN_OK, 5.0, "pattern fc", NULL},
        {NULL, NULL, FANIN_RULE_LEGACY, false, FANIN_ERROR_UNCOVERED, 0.0, NULL, NULL},
        {"onne", pairs, FANIN_RULE_NAME, true, FANIN_ERROR_UNKNOWN, 0.0, NULL, NULL},
    };
    fanin_initializer *const seven = create("[\"constant\", {\"value\": 7}]");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct order_case *const order = &cases[i];
        fanin_rules *rules = NULL;
        if (order->rules) {
            assert_status(fanin_rules_create(order->rules, &rules), FANIN_OK);
        }
        const fanin_attr attrs[] = {{"lr_mult", "zero"}, {"__init__", order->attribute}, {"__INIT__", "zero"}};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "fc_weight";
        desc.attrs = attrs;
        desc.n_attrs = 3;
        desc.rule = order->rule;
        desc.rules = rules;
        struct lowering lowering = {.fills = NULL};
        assert_status(lower_vector(order->with_initializer ? seven : NULL, &desc, 3, &lowering), order->status);
        if (order->status == FANIN_OK) {
            assert_int_equal(lowering.count, 1);
            assert_true(lowering.fills[0].fill.a == order->value);
            assert_string_equal(lowering.rule, order->label);
            assert_true(order->log ? lowering.log_rule && strcmp(lowering.log_rule, order->log) == 0 : !lowering.log_rule);
        } else {
            assert_message("'fc_weight'", NULL);
        }
        lower_free(&lowering);
        fanin_rules_free(rules);
    }
    fanin_release(seven);
}

static void test_weight_rule(void **state)
{
    (void)state;
    fanin_initializer *const seven = create("[\"constant\", {\"value\": 7}]");
    static const char *const names[] = {"attn.wq", "kernel", "x_bias", "gamma", "\xe9"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = names[i];
        desc.rule = FANIN_RULE_WEIGHT;
        struct lowering lowering = {.fills = NULL};
        assert_status(lower_vector(seven, &desc, 3, &lowering), FANIN_OK);
        assert_true(lowering.fills[0].fill.a == 7.0);
        assert_ptr_equal(lowering.initializer, seven);
        lower_free(&lowering);
    }
    fanin_release(seven);
}

/* Without an initializer the name decides alone. */
static void test_no_initializer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        fanin_status status;
    } cases[] = {
        {"a_bias", FANIN_OK},
        {"a_gamma", FANIN_OK},
        {"weight_quantize", FANIN_OK},
        {"a_weight", FANIN_ERROR_UNCOVERED},
        {"kernel", FANIN_ERROR_UNCOVERED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = cases[i].name;
        struct lowering lowering = {.fills = NULL};
        assert_status(lower_vector(NULL, &desc, 3, &lowering), cases[i].status);
        lower_free(&lowering);
    }
    assert_message("'kernel'", "weight, bias, gamma, beta, min, max, weight_quantize, bias_quantize", "__init__", NULL);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "kernel";
    desc.rule = FANIN_RULE_LEGACY;
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_vector(NULL, &desc, 3, &lowering), FANIN_ERROR_UNCOVERED);
    assert_message("moving_inv_var", NULL);
}

static void test_repeated_attribute(void **state)
{
    (void)state;
    const fanin_attr attrs[] = {{"__init__", "one"}, {"__init__", "zero"}};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "q";
    desc.attrs = attrs;
    desc.n_attrs = 2;
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_vector(NULL, &desc, 3, &lowering), FANIN_ERROR_ARGUMENT);
    assert_message("'q'", "twice", NULL);
}

/* Integers take what they can hold. */
static void test_integers(void **state)
{
    (void)state;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "weight_quantize";
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_shape(NULL, &desc, DTYPE_UINT8, &(struct shape){1, {4}}, &lowering), FANIN_ERROR_VALUE);
    assert_message("'weight_quantize'", "-127.0", "uint8", NULL);
    assert_status(lower_shape(NULL, &desc, DTYPE_INT16, &(struct shape){.ndim = 0}, &lowering), FANIN_OK);
    assert_covered(&lowering, 1);
    lower_free(&lowering);
    desc.name = "num_batches_tracked_max";
    assert_status(lower_shape(NULL, &desc, DTYPE_BOOL, &(struct shape){.ndim = 0}, &lowering), FANIN_OK);
    lower_free(&lowering);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),           cmocka_unit_test(test_order),
        cmocka_unit_test(test_weight_rule),        cmocka_unit_test(test_no_initializer),
        cmocka_unit_test(test_repeated_attribute), cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
