/* The numbers that xavier, msraprelu, uniform and normal lower to: MXNet's recorded doubles, bit for bit; and lstmbias. */
#include "recorded.h"

#include <fenv.h>
#include <math.h>

static void assert_draw(const cJSON *draw, const struct lowering *lowering)
{
    const bool uniform = strcmp(recorded_text(draw, "fn"), "uniform") == 0;
    assert_int_equal(lowering->count, 1);
    const struct fill *const fill = &lowering->fills[0].fill;
    assert_int_equal(fill->kind, uniform ? FILL_UNIFORM : FILL_NORMAL);
    assert_true(fill->a == cJSON_GetObjectItemCaseSensitive(draw, uniform ? "low" : "loc")->valuedouble);
    assert_true(fill->b == cJSON_GetObjectItemCaseSensitive(draw, uniform ? "high" : "scale")->valuedouble);
}

static void check_case(const cJSON *record)
{
    const char *const name = recorded_text(record, "name");
    const struct shape shape = recorded_shape(record);
    fanin_initializer *const initializer = create(recorded_text(record, "spec"));
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_shape(initializer, &desc, DTYPE_FLOAT64, &shape, &lowering), FANIN_OK);
    assert_draw(cJSON_GetObjectItemCaseSensitive(record, "draw"), &lowering);
    assert_covered(&lowering, shape_size(&shape));
    assert_int_equal(lowering.fills[0].fill.stream, fanin_stream(name));
    assert_int_equal(lowering.fills[0].fill.ndim, shape.ndim);
    assert_memory_equal(lowering.fills[0].fill.domain, shape.extent, (size_t)shape.ndim * sizeof(int64_t));
    lower_free(&lowering);
    fanin_release(initializer);
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("xavier.json");
    int cases = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        check_case(record);
        cases++;
    }
    assert_int_equal(cases, 129);
    cJSON_Delete(data);
}

/* The same under a caller's rounding mode, whose flags stay as they were. */
static void test_float_environment(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("xavier.json");
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < 3; i++) {
        const cJSON *record;
        cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
        {
            feclearexcept(FE_ALL_EXCEPT);
            fesetround(modes[i]);
            check_case(record);
            assert_int_equal(fegetround(), modes[i]);
            assert_int_equal(fetestexcept(FE_ALL_EXCEPT), 0);
            fesetround(FE_TONEAREST);
        }
    }
    cJSON_Delete(data);
}

static const char divides_by_zero[] = "MXNet's bounds are not finite";
static struct deviation edge_deviations[] = {
    {"[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"in\", \"magnitude\": 3}] [4,0,3]", FANIN_ERROR_SHAPE, NULL,
     divides_by_zero, 0},
    {"[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"in\", \"magnitude\": 3}] [4,3,0]", FANIN_ERROR_SHAPE, NULL,
     divides_by_zero, 0},
    {"[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": -1}] [4,3]", FANIN_ERROR_PARAMETER,
     NULL, "MXNet's bounds are NaN", 0},
    {"[\"uniform\", {\"scale\": -1}] [4,2]", FANIN_ERROR_PARAMETER, NULL, "MXNet draws from a reversed interval", 0},
    {"[\"normal\", {\"sigma\": -1}] [4,2]", FANIN_ERROR_PARAMETER, NULL, "a standard deviation is not negative", 0},
    {"[\"xavier\", {\"rnd_type\": \"foo\", \"factor_type\": \"avg\", \"magnitude\": 3}] [2,3]", FANIN_ERROR_PARAMETER, NULL,
     "create checks choices", 0},
    {"[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"bar\", \"magnitude\": 3}] [2,3]", FANIN_ERROR_PARAMETER, NULL,
     "create checks choices", 0},
    {"[\"xavier\", {\"rnd_type\": \"foo\", \"factor_type\": \"bar\", \"magnitude\": 3}] [2,3]", FANIN_ERROR_PARAMETER, NULL,
     "create checks choices", 0},
    {"[\"xavier\", {\"rnd_type\": \"foo\", \"factor_type\": \"bar\", \"magnitude\": 3}] [2]", FANIN_ERROR_PARAMETER, NULL,
     "create checks choices", 0},
    {"[\"msraprelu\", {\"factor_type\": \"sum\", \"slope\": 0.25}] [2,3]", FANIN_ERROR_PARAMETER, NULL, "create checks choices",
     0},
    {"[\"xavier\", {\"rnd_type\": \"Uniform\", \"factor_type\": \"avg\", \"magnitude\": 3}] [2,3]", FANIN_ERROR_PARAMETER, NULL,
     "create checks choices", 0},
};
#define EDGE_DEVIATIONS (sizeof edge_deviations / sizeof *edge_deviations)

/* The status of create, or of the lowering. */
static fanin_status run_case(const cJSON *record, struct lowering *lowering)
{
    fanin_initializer *initializer = NULL;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = recorded_text(record, "name");
    /* One name, "a weight", has a blank; all end in weight. */
    fanin_status status = fanin_create(recorded_text(record, "spec"), &initializer);
    if (status == FANIN_OK) {
        const struct shape shape = recorded_shape(record);
        status = lower_shape(initializer, &desc, DTYPE_FLOAT32, &shape, lowering);
        if (status != FANIN_OK) {
            assert_message(desc.name, NULL);
        }
    }
    fanin_release(initializer);
    return status;
}

static void test_edges(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("xavier.json");
    int cases = 0, textless = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "edge_cases"))
    {
        cases++;
        const char *const spec = recorded_text(record, "spec");
        if (!spec) {
            textless++;
            continue;
        }
        char *const shape = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(record, "shape"));
        char key[256];
        snprintf(key, sizeof key, "%s %s", spec, shape);
        cJSON_free(shape);
        const struct deviation *const deviation = deviation_find(edge_deviations, EDGE_DEVIATIONS, key);
        const cJSON *const error = cJSON_GetObjectItemCaseSensitive(record, "error");
        const fanin_status expected = deviation ? deviation->status : error ? recorded_status(error) : FANIN_OK;
        struct lowering lowering = {.fills = NULL};
        const fanin_status status = run_case(record, &lowering);
        if (status != expected) {
            fail_msg("%s: %s, expected %s", key, fanin_status_name(status), fanin_status_name(expected));
        }
        if (status == FANIN_OK) {
            assert_draw(cJSON_GetObjectItemCaseSensitive(record, "draw"), &lowering);
        }
        lower_free(&lowering);
    }
    deviations_all_met(edge_deviations, EDGE_DEVIATIONS);
    assert_int_equal(cases, 22);
    assert_int_equal(textless, 2); /* MXNet itself has no text for magnitude 'two' and None */
    cJSON_Delete(data);
}

static fanin_status lower_named(const char *spec, const struct shape *shape, enum dtype dtype, struct lowering *lowering)
{
    fanin_initializer *const initializer = create(spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "huge_weight";
    const fanin_status status = lower_shape(initializer, &desc, dtype, shape, lowering);
    fanin_release(initializer);
    return status;
}

/* Fans of shapes whose product is within int64, or 0, do not overflow. */
static void test_huge_fans(void **state)
{
    (void)state;
    const int64_t large = INT64_C(1) << 40;
    static const char in[] = "[\"xavier\", {\"factor_type\": \"in\"}]";
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_named(in, &(struct shape){4, {1, large, 1 << 10, 1 << 10}}, DTYPE_FLOAT64, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.b == sqrt(3.0 / 0x1p60));
    lower_free(&lowering);
    assert_status(lower_named("xavier", &(struct shape){2, {INT64_MAX / 2, 2}}, DTYPE_FLOAT64, &lowering), FANIN_OK);
    assert_true(fabs(lowering.fills[0].fill.b / sqrt(3.0 / 0x1p61) - 1.0) < 1e-15);
    lower_free(&lowering);
    /* Empty, with a fan in of 2^80. */
    assert_status(lower_named(in, &(struct shape){3, {0, large, large}}, DTYPE_FLOAT64, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.b == sqrt(3.0 / 0x1p80));
    assert_covered(&lowering, 0);
    lower_free(&lowering);
    struct shape empty = {FANIN_MAX_NDIM, {0}};
    for (int d = 1; d < FANIN_MAX_NDIM; d++) {
        empty.extent[d] = INT64_C(1) << 62;
    }
    assert_status(lower_named(in, &empty, DTYPE_FLOAT64, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.b == 0.0);
    lower_free(&lowering);
    empty.extent[FANIN_MAX_NDIM - 1] = 0;
    assert_status(lower_named(in, &empty, DTYPE_FLOAT64, &lowering), FANIN_ERROR_SHAPE);
    assert_message("xavier divides by it", NULL);
    assert_status(lower_named("msraprelu", &(struct shape){1, {4}}, DTYPE_FLOAT32, &lowering), FANIN_ERROR_SHAPE);
    assert_message("msraprelu needs at least 2 dimensions", NULL);
    /* Only the fan that is divided by counts. */
    assert_status(lower_named("xavier", &(struct shape){2, {4, 0}}, DTYPE_FLOAT32, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.b == sqrt(3.0 / 2.0));
    lower_free(&lowering);
}

/* The values of a lowering of constants, as float32. */
static void assert_constants(const struct lowering *lowering, const cJSON *values)
{
    const cJSON *value = values->child;
    assert_covered(lowering, cJSON_GetArraySize(values));
    for (size_t i = 0; i < lowering->count; i++) {
        const struct lowered *const part = &lowering->fills[i];
        assert_int_equal(part->fill.kind, FILL_CONSTANT);
        assert_int_equal(part->first, part->begin);
        for (int64_t k = 0; k < part->count; k++, value = value->next) {
            assert_true((double)(float)part->fill.a == value->valuedouble);
        }
    }
    assert_null(value);
}

static void check_lstmbias(const cJSON *record, fanin_status expected)
{
    char attribute[128];
    char *const number = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(record, "forget_bias"));
    snprintf(attribute, sizeof attribute, "[\"lstmbias\", {\"forget_bias\": %s}]", number);
    cJSON_free(number);
    const fanin_attr attr = {"__init__", attribute};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "lstm_i2h_bias";
    desc.attrs = &attr;
    desc.n_attrs = 1;
    const struct shape shape = recorded_shape(record);
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_shape(NULL, &desc, DTYPE_FLOAT32, &shape, &lowering), expected);
    if (expected == FANIN_OK) {
        assert_constants(&lowering, cJSON_GetObjectItemCaseSensitive(record, "values"));
        assert_string_equal(lowering.rule, attribute);
        assert_string_equal(lowering.log_rule, attribute);
    } else {
        assert_message("'lstm_i2h_bias'", "4", NULL);
    }
    lower_free(&lowering);
}

static void test_lstmbias(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("lstmbias.json");
    int cases = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        check_lstmbias(record, FANIN_OK);
        cases++;
    }
    assert_int_equal(cases, 9);
    /* MXNet fills a quarter, rounded down; here 4 must divide axis 0. */
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "edge_cases"))
    {
        check_lstmbias(record, FANIN_ERROR_SHAPE);
        cases++;
    }
    assert_int_equal(cases, 13);
    cJSON_Delete(data);
    struct lowering lowering = {.fills = NULL};
    assert_status(lower_named("lstmbias", &(struct shape){.ndim = 0}, DTYPE_FLOAT32, &lowering), FANIN_ERROR_SHAPE);
    assert_status(lower_named("lstmbias", &(struct shape){2, {0, 3}}, DTYPE_FLOAT32, &lowering), FANIN_OK);
    assert_covered(&lowering, 0);
    lower_free(&lowering);
}

struct value_case {
    const char *spec;
    enum dtype dtype;
    fanin_status status;
};

/* Numbers that the dtype cannot hold, or cannot compute with. */
static void test_values(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"[\"constant\", {\"value\": 255}]", DTYPE_UINT8, FANIN_OK},
        {"[\"constant\", {\"value\": 256}]", DTYPE_UINT8, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": -1}]", DTYPE_UINT8, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 0.5}]", DTYPE_UINT8, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": -0.0}]", DTYPE_UINT8, FANIN_OK},
        {"[\"constant\", {\"value\": -128}]", DTYPE_INT8, FANIN_OK},
        {"[\"constant\", {\"value\": -129}]", DTYPE_INT8, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 128}]", DTYPE_INT8, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 65535}]", DTYPE_UINT16, FANIN_OK},
        {"[\"constant\", {\"value\": 65536}]", DTYPE_UINT16, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": -32768}]", DTYPE_INT16, FANIN_OK},
        {"[\"constant\", {\"value\": 32768}]", DTYPE_INT16, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": -2147483648}]", DTYPE_INT32, FANIN_OK},
        {"[\"constant\", {\"value\": 2147483648}]", DTYPE_INT32, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 4294967295}]", DTYPE_UINT32, FANIN_OK},
        {"[\"constant\", {\"value\": 4294967296}]", DTYPE_UINT32, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": -9223372036854775808.0}]", DTYPE_INT64, FANIN_OK},
        {"[\"constant\", {\"value\": 9223372036854774784.0}]", DTYPE_INT64, FANIN_OK},
        {"[\"constant\", {\"value\": 9223372036854775807.0}]", DTYPE_INT64, FANIN_ERROR_VALUE}, /* the double is 2^63 */
        {"[\"constant\", {\"value\": 18446744073709549568.0}]", DTYPE_UINT64, FANIN_OK},
        {"[\"constant\", {\"value\": 1.8446744073709552e19}]", DTYPE_UINT64, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 1}]", DTYPE_BOOL, FANIN_OK},
        {"[\"constant\", {\"value\": false}]", DTYPE_BOOL, FANIN_OK},
        {"[\"constant\", {\"value\": 2}]", DTYPE_BOOL, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 0.5}]", DTYPE_BOOL, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 65519.99}]", DTYPE_FLOAT16, FANIN_OK},
        {"[\"constant\", {\"value\": 65520}]", DTYPE_FLOAT16, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": -65520}]", DTYPE_FLOAT16, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 3.39e38}]", DTYPE_BFLOAT16, FANIN_OK},
        {"[\"constant\", {\"value\": 3.4e38}]", DTYPE_BFLOAT16, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 3.4028235e38}]", DTYPE_FLOAT32, FANIN_OK},
        {"[\"constant\", {\"value\": 3.4028236e38}]", DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 1e39}]", DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {"[\"constant\", {\"value\": 1e39}]", DTYPE_FLOAT64, FANIN_OK},
        {"[\"uniform\", {\"scale\": 0.1}]", DTYPE_INT32, FANIN_ERROR_DTYPE},
        {"normal", DTYPE_BOOL, FANIN_ERROR_DTYPE},
        {"[\"uniform\", {\"scale\": 1e39}]", DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {"[\"uniform\", {\"scale\": 3e38}]", DTYPE_FLOAT32, FANIN_ERROR_VALUE}, /* its width */
        {"[\"uniform\", {\"scale\": 1.7e38}]", DTYPE_FLOAT32, FANIN_OK},
        {"[\"uniform\", {\"scale\": 1e308}]", DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {"[\"uniform\", {\"scale\": 8e307}]", DTYPE_FLOAT64, FANIN_OK},
        {"[\"uniform\", {\"scale\": 65504}]", DTYPE_FLOAT16, FANIN_OK},
        {"[\"uniform\", {\"scale\": 70000}]", DTYPE_FLOAT16, FANIN_ERROR_VALUE},
        {"[\"uniform\", {\"scale\": 1e-30}]", DTYPE_FLOAT16, FANIN_OK}, /* zeros: the one number in there */
        {"[\"normal\", {\"sigma\": 1e39}]", DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {"[\"normal\", {\"sigma\": 1e38}]", DTYPE_FLOAT32, FANIN_ERROR_VALUE}, /* at 6.7 of them it is infinite */
        {"[\"normal\", {\"sigma\": 5e37}]", DTYPE_FLOAT32, FANIN_OK},
        {"[\"normal\", {\"sigma\": 9000}]", DTYPE_FLOAT16, FANIN_OK},
        {"[\"normal\", {\"sigma\": 10000}]", DTYPE_FLOAT16, FANIN_ERROR_VALUE},
        {"[\"normal\", {\"sigma\": 1e308}]", DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {"[\"normal\", {\"sigma\": 0}]", DTYPE_FLOAT16, FANIN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lowering lowering = {.fills = NULL};
        const fanin_status status = lower_named(cases[i].spec, &(struct shape){1, {8}}, cases[i].dtype, &lowering);
        if (status != cases[i].status) {
            fail_msg("%s as %s: %s, expected %s", cases[i].spec, dtype_table[cases[i].dtype].name, fanin_status_name(status),
                     fanin_status_name(cases[i].status));
        }
        if (status != FANIN_OK) {
            assert_message("'huge_weight'", dtype_table[cases[i].dtype].name, NULL);
        }
        lower_free(&lowering);
    }
}

/* Fills that only a caller's initializer can make. */
static void test_fill_check(void **state)
{
    (void)state;
    static const struct {
        struct fill fill;
        enum dtype dtype;
        fanin_status status;
    } cases[] = {
        {{.kind = FILL_UNIFORM, .a = 1.0, .b = 0.5}, DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {{.kind = FILL_UNIFORM, .a = 0.5, .b = 0.5}, DTYPE_FLOAT32, FANIN_OK},
        {{.kind = FILL_UNIFORM, .a = 0.5, .b = 0.5}, DTYPE_FLOAT16, FANIN_OK},
        {{.kind = FILL_UNIFORM, .a = 0.1, .b = 0.1}, DTYPE_FLOAT16, FANIN_ERROR_VALUE}, /* no float16 lies in there */
        {{.kind = FILL_UNIFORM, .a = 1.001, .b = 1.003}, DTYPE_FLOAT16, FANIN_OK},
        {{.kind = FILL_UNIFORM, .a = 1.001, .b = 1.003}, DTYPE_BFLOAT16, FANIN_ERROR_VALUE},
        {{.kind = FILL_UNIFORM, .a = NAN, .b = 1.0}, DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {{.kind = FILL_UNIFORM, .a = 0.0, .b = INFINITY}, DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {{.kind = FILL_NORMAL, .a = NAN, .b = 1.0}, DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {{.kind = FILL_NORMAL, .a = 0.0, .b = -1.0}, DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {{.kind = FILL_NORMAL, .a = 0.0, .b = NAN}, DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {{.kind = FILL_NORMAL, .a = 65000.0, .b = 1.0}, DTYPE_FLOAT16, FANIN_OK},
        {{.kind = FILL_NORMAL, .a = 65000.0, .b = 100.0}, DTYPE_FLOAT16, FANIN_ERROR_VALUE},
        {{.kind = FILL_CONSTANT, .a = NAN}, DTYPE_FLOAT64, FANIN_ERROR_VALUE},
        {{.kind = FILL_CONSTANT, .a = NAN}, DTYPE_INT32, FANIN_ERROR_VALUE},
        {{.kind = FILL_INTEGER, .a = -127.0, .b = 126.0}, DTYPE_INT8, FANIN_OK},
        {{.kind = FILL_INTEGER, .a = -127.0, .b = 126.0}, DTYPE_FLOAT16, FANIN_OK},
        {{.kind = FILL_INTEGER, .a = -127.0, .b = 126.0}, DTYPE_UINT8, FANIN_ERROR_VALUE},
        {{.kind = FILL_INTEGER, .a = -127.0, .b = 126.0}, DTYPE_BOOL, FANIN_ERROR_VALUE},
        {{.kind = FILL_BILINEAR}, DTYPE_INT32, FANIN_ERROR_DTYPE},
        {{.kind = FILL_BILINEAR}, DTYPE_FLOAT16, FANIN_OK},
        {{.kind = FILL_CUSTOM}, DTYPE_BOOL, FANIN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const fanin_status status = fill_check("custom", &cases[i].fill, cases[i].dtype);
        if (status != cases[i].status) {
            fail_msg("case %zu: %s, expected %s", i, fanin_status_name(status), fanin_status_name(cases[i].status));
        }
    }
    for (int kind = 0; kind < FILL_KIND_COUNT; kind++) {
        assert_non_null(fill_kind_table[kind].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),   cmocka_unit_test(test_float_environment), cmocka_unit_test(test_edges),
        cmocka_unit_test(test_huge_fans),  cmocka_unit_test(test_lstmbias),          cmocka_unit_test(test_values),
        cmocka_unit_test(test_fill_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
