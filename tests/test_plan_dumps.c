/* The dry run's JSON, letter by letter. Streams are FNV-1a 64 of the names, from an independent program. */
#include "plan_helpers.h"

static float memory[1 << 10];

static fanin_status write_nothing(const fanin_custom_call *call)
{
    (void)call;
    fail_msg("a custom fill was called by a dry run");
    return FANIN_OK;
}

static fanin_status lower_custom(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "triangle";
    custom.cpu = write_nothing;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static void assert_dump(const fanin_plan *plan, const char *expected)
{
    char *text = NULL;
    assert_status(fanin_plan_dumps(plan, &text), FANIN_OK);
    assert_string_equal(text, expected);
    fanin_string_free(text);
}

static void name_rule(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const xavier = create("[\"xavier\", {\"magnitude\": 3}]");
    DLTensor quantized = VECTOR(NULL, 3);
    quantized.dtype = (DLDataType){kDLInt, 8, 1};
    assert_status(add(plan, xavier, "fc1_weight", MATRIX(NULL, 2, 10)), FANIN_OK);
    assert_status(add(plan, xavier, "fc1_bias", VECTOR(NULL, 2)), FANIN_OK);
    assert_status(add(plan, xavier, "a_gamma", tensor_of(NULL, 0, NULL)), FANIN_OK);
    assert_status(add(plan, NULL, "w_weight_quantize", quantized), FANIN_OK);
    assert_dump(plan,
                "{\"contract\": 1, \"parameters\": ["
                "{\"name\": \"fc1_weight\", \"dtype\": \"float32\", \"shape\": [2, 10], "
                "\"initializer\": [\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": 3}], "
                "\"rule\": \"weight\", \"fills\": [{\"kind\": \"uniform\", \"low\": -0.7071067811865476, "
                "\"high\": 0.7071067811865476, \"stream\": \"0x80a5e231b5711ede\", \"domain\": [2, 10]}], \"elements\": 20}, "
                "{\"name\": \"fc1_bias\", \"dtype\": \"float32\", \"shape\": [2], \"initializer\": [\"zero\", {}], "
                "\"rule\": \"bias\", \"fills\": [{\"kind\": \"constant\", \"value\": 0.0, "
                "\"stream\": \"0x7940b098a7c3e9fb\", \"domain\": [2]}], \"elements\": 2}, "
                "{\"name\": \"a_gamma\", \"dtype\": \"float32\", \"shape\": [], \"initializer\": [\"one\", {}], "
                "\"rule\": \"gamma\", \"fills\": [{\"kind\": \"constant\", \"value\": 1.0, "
                "\"stream\": \"0xa15368a0e249858e\", \"domain\": []}], \"elements\": 1}, "
                "{\"name\": \"w_weight_quantize\", \"dtype\": \"int8\", \"shape\": [3], \"initializer\": null, "
                "\"rule\": \"weight_quantize\", \"fills\": [{\"kind\": \"integer\", \"low\": -127, \"high\": 126, "
                "\"stream\": \"0x04687212e9ad2833\", \"domain\": [3]}], \"elements\": 3}"
                "], \"elements\": 26, \"bytes\": 95}");
    fanin_release(xavier);
    fanin_plan_free(plan);
}

/* A box of columns, whose gates are rows of the whole; rules; a rule that takes any name. */
static void boxes_and_ranges(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_rules *rules = NULL;
    assert_status(fanin_rules_create("[[\"l\\\\d\", [\"lstmbias\", {\"forget_bias\": 2.5}]]]", &rules), FANIN_OK);
    fanin_desc desc = desc_of("l0");
    desc.rules = rules;
    desc.global_shape = (const int64_t[]){8, 4};
    desc.offset = (const int64_t[]){0, 2};
    DLTensor tensor = MATRIX(memory, 8, 2);
    tensor.dtype = (DLDataType){kDLFloat, 64, 1};
    assert_status(fanin_plan_add(plan, NULL, &desc, &tensor), FANIN_OK);
    fanin_rules_free(rules);
    assert_dump(plan, "{\"contract\": 1, \"parameters\": ["
                      "{\"name\": \"l0\", \"dtype\": \"float64\", \"shape\": [8, 2], \"global_shape\": [8, 4], "
                      "\"offset\": [0, 2], \"initializer\": [\"lstmbias\", {\"forget_bias\": 2.5}], "
                      "\"rule\": \"pattern l\\\\d\", \"fills\": ["
                      "{\"kind\": \"constant\", \"value\": 0.0, \"stream\": \"0x08ad1007b553b341\", \"domain\": [8, 4], "
                      "\"range\": [0, 8]}, "
                      "{\"kind\": \"constant\", \"value\": 2.5, \"stream\": \"0x08ad1007b553b341\", \"domain\": [8, 4], "
                      "\"range\": [8, 16]}, "
                      "{\"kind\": \"constant\", \"value\": 0.0, \"stream\": \"0x08ad1007b553b341\", \"domain\": [8, 4], "
                      "\"range\": [16, 32]}], \"elements\": 16}], \"elements\": 16, \"bytes\": 128}");
    fanin_plan_free(plan);
}

static void blocks_and_kinds(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const normal = create("[\"normal\", {\"sigma\": 0.25}]");
    fanin_desc desc = desc_of("wq");
    desc.rule = FANIN_RULE_WEIGHT;
    const DLTensor vector = VECTOR(memory + 500, 4);
    assert_status(add_with(plan, "packed", "p", MATRIX(memory, 3, 4)), FANIN_OK);
    assert_status(add_with(plan, "[\"bilinear\", {}]", "up", tensor_of(memory + 100, 4, (const int64_t[]){1, 2, 3, 3})),
                  FANIN_OK);
    assert_status(add_with(plan, "custom_rows", "größe", VECTOR(memory + 200, 4)), FANIN_OK);
    assert_status(fanin_plan_add(plan, normal, &desc, &vector), FANIN_OK);
    fanin_release(normal);
    assert_dump(plan,
                "{\"contract\": 1, \"parameters\": ["
                "{\"name\": \"p\", \"dtype\": \"float32\", \"shape\": [3, 4], \"initializer\": [\"packed\", {}], "
                "\"rule\": \"packed\", \"fills\": ["
                "{\"kind\": \"constant\", \"value\": 1.0, \"stream\": \"0xaf63ed4c8602096f\", \"domain\": [3, 4], "
                "\"range\": [0, 4]}, "
                "{\"kind\": \"uniform\", \"low\": -1.0, \"high\": 1.0, \"stream\": \"0x2820f3ff5b4e005f\", "
                "\"domain\": [2, 4], \"block\": \"p/rest_weight\", \"range\": [4, 12], \"first\": 0}], \"elements\": 12}, "
                "{\"name\": \"up\", \"dtype\": \"float32\", \"shape\": [1, 2, 3, 3], \"initializer\": [\"bilinear\", {}], "
                "\"rule\": \"[\\\"bilinear\\\", {}]\", \"fills\": [{\"kind\": \"bilinear\", \"centred\": false, "
                "\"stream\": \"0x08c43a07b566d980\", \"domain\": [1, 2, 3, 3]}], \"elements\": 18}, "
                "{\"name\": \"gr\\u00f6\\u00dfe\", \"dtype\": \"float32\", \"shape\": [4], "
                "\"initializer\": [\"custom_rows\", {}], \"rule\": \"custom_rows\", \"fills\": [{\"kind\": \"triangle\", "
                "\"stream\": \"0xb7450e1ef58140da\", \"domain\": [4]}], \"elements\": 4}, "
                "{\"name\": \"wq\", \"dtype\": \"float32\", \"shape\": [4], \"initializer\": [\"normal\", {\"sigma\": 0.25}], "
                "\"rule\": \"weight\", \"fills\": [{\"kind\": \"normal\", \"mean\": 0.0, \"sigma\": 0.25, "
                "\"stream\": \"0x08cb4707b56d0e45\", \"domain\": [4]}], \"elements\": 4}"
                "], \"elements\": 38, \"bytes\": 152}");
    fanin_plan_free(plan);
}

/* No memory is needed, however large; what is too much to count is an error. */
static void huge(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    const int64_t side = INT64_C(1) << 30;
    assert_status(add(plan, NULL, "a_bias", MATRIX(NULL, side, side)), FANIN_OK);
    assert_dump(
        plan, "{\"contract\": 1, \"parameters\": [{\"name\": \"a_bias\", \"dtype\": \"float32\", "
              "\"shape\": [1073741824, 1073741824], \"initializer\": [\"zero\", {}], \"rule\": \"bias\", \"fills\": "
              "[{\"kind\": \"constant\", \"value\": 0.0, \"stream\": \"0x78758b1e413545e8\", "
              "\"domain\": [1073741824, 1073741824]}], \"elements\": 1152921504606846976}], \"elements\": 1152921504606846976, "
              "\"bytes\": 4611686018427387904}");
    assert_status(add(plan, NULL, "b_bias", MATRIX(NULL, side, side)), FANIN_OK);
    char *text = NULL;
    assert_status(fanin_plan_dumps(plan, &text), FANIN_ERROR_LAYOUT);
    assert_null(text);
    assert_message("'b_bias'", "2^63 bytes", NULL);
    fanin_plan_free(plan);
}

int main(void)
{
    register_packed();
    fanin_row row = FANIN_ROW_INIT;
    row.name = "custom_rows";
    row.help = "A fill of the caller's.";
    row.lower = lower_custom;
    if (fanin_register(&row, 0) != FANIN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_rule),
        cmocka_unit_test(boxes_and_ranges),
        cmocka_unit_test(blocks_and_kinds),
        cmocka_unit_test(huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
