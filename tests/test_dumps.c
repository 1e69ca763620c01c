/* fanin_dumps: MXNet's recorded texts, byte for byte, and the typed constructors. */
#include "recorded.h"

#include <math.h>

static const char choices[] = "choices are checked by create";
static const char numbers[] = "JSON has no infinities and no NaN";
static const char exact[] = "integers lie within ±2^53";
static const char negative[] = "a negative scale is refused";
static const char early[] = "parameters are checked by create";
static const char base_class[] = "the base class is no initializer";

/* The key is MXNet's Python expression. */
static struct deviation deviations[] = {
    {"Xavier(rnd_type='')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='a\"b')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='back\\\\slash')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='tab\\tnl\\n')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='\\x00\\x1f\\x7f')", FANIN_ERROR_SPEC, NULL, "strings have no NUL", 0},
    {"Xavier(rnd_type='\\u00e9\\u2028')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='\\U0001F600')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='/')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='\\b\\f\\r')", FANIN_ERROR_PARAMETER, NULL, choices, 0},
    {"Xavier(rnd_type='\\ud800')", FANIN_ERROR_SPEC, NULL, "a lone surrogate is no character", 0},
    {"Constant(10**20)", FANIN_ERROR_PARAMETER, NULL, exact, 0},
    {"Constant(9007199254740993)", FANIN_ERROR_PARAMETER, NULL, exact, 0},
    {"Uniform(10**20)", FANIN_ERROR_PARAMETER, NULL, exact, 0},
    {"Uniform(9007199254740993)", FANIN_ERROR_PARAMETER, NULL, exact, 0},
    {"Normal(9007199254740993)", FANIN_ERROR_PARAMETER, NULL, exact, 0},
    {"Constant(float('inf'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Constant(float('-inf'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Constant(float('nan'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Uniform(float('inf'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Uniform(float('-inf'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Uniform(float('nan'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Normal(float('inf'))", FANIN_ERROR_SPEC, NULL, numbers, 0},
    {"Uniform(-1)", FANIN_ERROR_PARAMETER, NULL, negative, 0},
    {"Uniform(-1.5)", FANIN_ERROR_PARAMETER, NULL, negative, 0},
    {"Normal(-1.5)", FANIN_ERROR_PARAMETER, NULL, negative, 0},
    {"Constant(None)", FANIN_ERROR_PARAMETER, NULL, early, 0},
    {"Constant('0.5')", FANIN_ERROR_PARAMETER, NULL, early, 0},
    {"Uniform('0.5')", FANIN_ERROR_PARAMETER, NULL, early, 0},
    {"Uniform(None)", FANIN_ERROR_PARAMETER, NULL, early, 0},
    {"Constant([1, 2])", FANIN_OK, NULL, "MXNet makes one that it cannot dump", 0},
    {"Initializer(a=1, b=None)", FANIN_ERROR_UNKNOWN, NULL, base_class, 0},
    {"FusedRNN(One(), '10', 2.0, 'foo', 1)", FANIN_ERROR_PARAMETER, NULL, early, 0},
};
#define DEVIATIONS (sizeof deviations / sizeof *deviations)

static void assert_dumps(const fanin_initializer *initializer, const char *expected)
{
    char *dumps = NULL;
    assert_status(fanin_dumps(initializer, &dumps), FANIN_OK);
    assert_string_equal(dumps, expected);
    fanin_string_free(dumps);
}

/* What the constructor of one number makes of a number that MXNet printed as a float. */
static bool check_typed(const char *dumps)
{
    static const struct {
        const char *begin;
        fanin_status (*make)(double, fanin_initializer **);
    } makers[] = {
        {"[\"constant\", {\"value\": ", fanin_constant},
        {"[\"uniform\", {\"scale\": ", fanin_uniform},
        {"[\"normal\", {\"sigma\": ", fanin_normal},
        {"[\"lstmbias\", {\"forget_bias\": ", fanin_lstmbias},
    };
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        const char *const number = dumps + strlen(makers[i].begin);
        if (strncmp(dumps, makers[i].begin, strlen(makers[i].begin)) != 0 || !strpbrk(number, ".e") ||
            !strchr("-0123456789", number[0])) {
            continue;
        }
        fanin_initializer *initializer = NULL;
        assert_status(makers[i].make(strtod(number, NULL), &initializer), FANIN_OK);
        assert_dumps(initializer, dumps);
        fanin_release(initializer);
        return true;
    }
    return false;
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("dumps.json");
    int agreed = 0, departed = 0, textless = 0, typed = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        const char *const spec = recorded_text(record, "spec"), *const dumps = recorded_text(record, "dumps");
        const char *const text = spec ? spec : dumps;
        if (!text) {
            textless++;
            continue;
        }
        const struct deviation *const deviation = deviation_find(deviations, DEVIATIONS, recorded_text(record, "python"));
        fanin_initializer *initializer = NULL;
        const fanin_status status = fanin_create(text, &initializer);
        if (deviation) {
            if (status != deviation->status) {
                fail_msg("%s: %s, expected %s", text, fanin_status_name(status), fanin_status_name(deviation->status));
            }
            departed++;
        } else {
            if (status != FANIN_OK) {
                fail_msg("%s: %s", text, fanin_last_error());
            }
            assert_dumps(initializer, dumps);
            typed += check_typed(dumps);
            agreed++;
        }
        fanin_release(initializer);
    }
    deviations_all_met(deviations, DEVIATIONS);
    assert_int_equal(agreed + departed + textless, cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(data, "cases")));
    /* Calls that Python refuses, or whose arguments are Python objects. */
    assert_int_equal(textless, 21);
    assert_int_equal(departed, 32);
    assert_true(typed > 40);
    print_message("dumps.json: %d as MXNet (%d of them typed too), %d on purpose otherwise, %d without a text\n", agreed, typed,
                  departed, textless);
    cJSON_Delete(data);
}

static void test_constructors(void **state)
{
    (void)state;
    fanin_initializer *made = NULL;
    assert_status(fanin_zero(&made), FANIN_OK);
    assert_dumps(made, "[\"zero\", {}]");
    fanin_release(made);
    assert_status(fanin_one(&made), FANIN_OK);
    assert_dumps(made, "[\"one\", {}]");
    fanin_release(made);
    assert_status(fanin_xavier(FANIN_DISTRIBUTION_GAUSSIAN, FANIN_FACTOR_IN, 3, &made), FANIN_OK);
    assert_dumps(made, "[\"xavier\", {\"rnd_type\": \"gaussian\", \"factor_type\": \"in\", \"magnitude\": 3.0}]");
    fanin_release(made);
    assert_status(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, FANIN_FACTOR_AVG, 2.34, &made), FANIN_OK);
    assert_dumps(made, "[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": 2.34}]");
    fanin_release(made);
    assert_status(fanin_msraprelu(FANIN_FACTOR_OUT, 0, &made), FANIN_OK);
    assert_dumps(made, "[\"msraprelu\", {\"factor_type\": \"out\", \"slope\": 0.0}]");
    fanin_release(made);
    assert_status(fanin_bilinear(0, &made), FANIN_OK);
    assert_dumps(made, "[\"bilinear\", {}]");
    fanin_release(made);
    assert_status(fanin_bilinear(7, &made), FANIN_OK);
    assert_dumps(made, "[\"bilinear\", {\"centred\": true}]");
    fanin_release(made);
    assert_status(fanin_orthogonal(1, FANIN_DISTRIBUTION_GAUSSIAN, FANIN_ORTHOGONAL_SVD, &made), FANIN_OK);
    assert_dumps(made, "[\"orthogonal\", {\"scale\": 1.0, \"rand_type\": \"normal\"}]");
    fanin_release(made);
    assert_status(fanin_orthogonal(-0.5, FANIN_DISTRIBUTION_UNIFORM, FANIN_ORTHOGONAL_HAAR, &made), FANIN_OK);
    assert_dumps(made, "[\"orthogonal\", {\"scale\": -0.5, \"rand_type\": \"uniform\", \"method\": \"haar\"}]");
    fanin_release(made);
}

static void test_constructor_errors(void **state)
{
    (void)state;
    fanin_initializer *made = NULL;
    static const double wrong[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        assert_status(fanin_constant(wrong[i], &made), FANIN_ERROR_PARAMETER);
        assert_message("'constant'", "finite", NULL);
        assert_status(fanin_uniform(wrong[i], &made), FANIN_ERROR_PARAMETER);
        assert_status(fanin_normal(wrong[i], &made), FANIN_ERROR_PARAMETER);
        assert_status(fanin_lstmbias(wrong[i], &made), FANIN_ERROR_PARAMETER);
        assert_status(fanin_msraprelu(FANIN_FACTOR_AVG, wrong[i], &made), FANIN_ERROR_PARAMETER);
        assert_status(fanin_orthogonal(wrong[i], FANIN_DISTRIBUTION_UNIFORM, FANIN_ORTHOGONAL_SVD, &made),
                      FANIN_ERROR_PARAMETER);
        assert_status(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, FANIN_FACTOR_AVG, wrong[i], &made), FANIN_ERROR_PARAMETER);
    }
    assert_status(fanin_uniform(-0.5, &made), FANIN_ERROR_PARAMETER);
    assert_message("-0.5", "at least 0", NULL);
    assert_status(fanin_normal(-5e-324, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, FANIN_FACTOR_AVG, -1, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_xavier((fanin_distribution)2, FANIN_FACTOR_AVG, 3, &made), FANIN_ERROR_PARAMETER);
    assert_message("rnd_type", "\"gaussian\"", NULL);
    assert_status(fanin_msraprelu((fanin_factor)-1, 0, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_orthogonal(1, (fanin_distribution)2, FANIN_ORTHOGONAL_SVD, &made), FANIN_ERROR_PARAMETER);
    assert_message("rand_type", "\"normal\"", NULL);
    assert_status(fanin_orthogonal(1, FANIN_DISTRIBUTION_UNIFORM, (fanin_orthogonal_method)2, &made), FANIN_ERROR_PARAMETER);
    assert_message("method", "\"haar\"", NULL);
    assert_status(fanin_zero(NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_xavier(FANIN_DISTRIBUTION_UNIFORM, FANIN_FACTOR_AVG, 3, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_mixed(NULL, NULL, 0, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_mixed(NULL, NULL, 1, &made), FANIN_ERROR_ARGUMENT);
    assert_null(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_constructors),
        cmocka_unit_test(test_constructor_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
