/* fanin_create: MXNet's recorded answers, and bad input. */
#include "comma_locale.h"
#include "recorded.h"

static struct deviation deviations[] = {
    {" xavier", FANIN_OK, "[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": 3}]",
     "blanks are fine anywhere", 0},
    {"xavier ", FANIN_OK, "[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": 3}]",
     "blanks are fine anywhere", 0},
    {" [\"zero\", {}]", FANIN_OK, "[\"zero\", {}]", "blanks are fine anywhere", 0},
    {"[\"zero\"]", FANIN_OK, "[\"zero\", {}]", "parameters may be left out", 0},
    {"mixed", FANIN_ERROR_PARAMETER, NULL, "mixed is in the registry", 0},
    {"load", FANIN_ERROR_PARAMETER, NULL, "load is in the registry", 0},
    {"", FANIN_ERROR_SPEC, NULL, "an empty spec is malformed rather than unknown", 0},
    {"[\"constant\", {\"value\": null}]", FANIN_ERROR_PARAMETER, NULL, "parameters are checked by create", 0},
    {"[\"uniform\", {\"scale\": NaN}]", FANIN_ERROR_SPEC, NULL, "JSON has no NaN", 0},
    {"[\"uniform\", {\"scale\": Infinity}]", FANIN_ERROR_SPEC, NULL, "JSON has no Infinity", 0},
    {"[\"uniform\", {\"scale\": 1e400}]", FANIN_ERROR_SPEC, NULL, "no double holds it", 0},
    {"[\"uniform\", {\"scale\": \"0.1\"}]", FANIN_ERROR_PARAMETER, NULL, "a string is no number", 0},
    {"[\"uniform\", {\"scale\": 1, \"scale\": 2}]", FANIN_ERROR_SPEC, NULL, "repeated keys are an error", 0},
    {"[\"xavier\", {\"rnd_type\": \"b\\u00e9ta\"}]", FANIN_ERROR_PARAMETER, NULL, "choices are checked by create", 0},
    {"[\"xavier\", {\"rnd_type\": \"b\u00e9ta\"}]", FANIN_ERROR_PARAMETER, NULL, "choices are checked by create", 0},
    {"[\"uniform\", {\"scale\": 12345678901234567890}]", FANIN_ERROR_PARAMETER, NULL, "integers lie within ±2^53", 0},
    {"[\"fusedrnn\", {\"init\": \"[\\\"xavier\\\", {}]\", \"num_hidden\": 4, \"num_layers\": 1, \"mode\": \"lstm\"}]", FANIN_OK,
     "[\"fusedrnn\", {\"init\": \"[\\\"xavier\\\", {\\\"rnd_type\\\": \\\"uniform\\\", \\\"factor_type\\\": \\\"avg\\\", "
     "\\\"magnitude\\\": 3}]\", \"num_hidden\": 4, \"num_layers\": 1, \"mode\": \"lstm\", \"bidirectional\": false, "
     "\"forget_bias\": 1.0}]",
     "MXNet writes this form and fails to read it", 0},
    {"[\"constant\", {\"value\": [1, 2.5]}]", FANIN_OK, "[\"constant\", {\"value\": [1, 2.5]}]",
     "MXNet makes one that it cannot dump", 0},
};
#define DEVIATIONS (sizeof deviations / sizeof *deviations)

static void check_dumps(const char *spec, const fanin_initializer *initializer, const char *expected)
{
    char *dumps = NULL;
    assert_status(fanin_dumps(initializer, &dumps), FANIN_OK);
    if (strcmp(dumps, expected) != 0) {
        fail_msg("%s dumps %s, expected %s", spec, dumps, expected);
    }
    /* What dumps writes, create reads. */
    fanin_initializer *const again = create(dumps);
    char *dumps_again = NULL;
    assert_status(fanin_dumps(again, &dumps_again), FANIN_OK);
    assert_string_equal(dumps_again, dumps);
    fanin_string_free(dumps_again);
    fanin_release(again);
    fanin_string_free(dumps);
}

static void check_spec(const char *spec, fanin_status expected, const char *dumps)
{
    fanin_initializer *initializer = NULL;
    const fanin_status status = fanin_create(spec, &initializer);
    if (status != expected) {
        fail_msg("%s: %s, expected %s (%s)", spec, fanin_status_name(status), fanin_status_name(expected), fanin_last_error());
    }
    if (status == FANIN_OK) {
        check_dumps(spec, initializer, dumps);
    } else {
        assert_null(initializer);
        assert_message("", NULL);
        assert_true(strlen(fanin_last_error()) > 10);
    }
    fanin_release(initializer);
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("create.json");
    int agreed = 0, departed = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        const char *const spec = recorded_text(record, "spec");
        const struct deviation *const deviation = deviation_find(deviations, DEVIATIONS, spec);
        if (deviation) {
            check_spec(spec, deviation->status, deviation->result);
            departed++;
            continue;
        }
        const cJSON *const error = cJSON_GetObjectItemCaseSensitive(record, "error");
        check_spec(spec, error ? recorded_status(error) : FANIN_OK, recorded_text(record, "dumps"));
        agreed++;
    }
    deviations_all_met(deviations, DEVIATIONS);
    assert_int_equal(agreed + departed, cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(data, "cases")));
    assert_int_equal(departed, 18);
    print_message("create.json: %d as MXNet, %d on purpose otherwise\n", agreed, departed);
    cJSON_Delete(data);
}

struct bad {
    const char *spec;
    fanin_status status;
    const char *part; /* of the message */
};

static void test_bad_input(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        /* Malformed. */
        {"   ", FANIN_ERROR_SPEC, "empty"},
        {"[\"\", {}]", FANIN_ERROR_SPEC, "empty"},
        {"[[\"xavier\"], {}]", FANIN_ERROR_SPEC, "name"},
        {"[{\"initializer\": \"one\"}, {}]", FANIN_ERROR_SPEC, "name"},
        {"[\"zero\", {}, {}]", FANIN_ERROR_SPEC, "array of 3"},
        {"[\"zero\", \"x\"]", FANIN_ERROR_SPEC, "parameters"},
        {"[\"zero\", {}]]", FANIN_ERROR_SPEC, "line 1"},
        {"[\"zero\", {},]", FANIN_ERROR_SPEC, "line 1"},
        {"{\"initializer\": 1}", FANIN_ERROR_SPEC, "no name"},
        {"{\"Initializer\": \"zero\"}", FANIN_ERROR_SPEC, "without"},
        {"{\"initializer\": {\"initializer\": \"one\"}, \"value\": 1}", FANIN_ERROR_SPEC, "nested"},
        {"{\"initializer\": \"[\\\"one\\\", {}]\", \"value\": 1}", FANIN_ERROR_SPEC, "nested"},
        {"{\"initializer\": \"[\"}", FANIN_ERROR_SPEC, "line 1"},
        {"[\"zero\" // comment\n, {}]", FANIN_ERROR_SPEC, "line 1"},
        {"[\"z\xff\", {}]", FANIN_ERROR_SPEC, "UTF-8"},
        {"[\"zero\\u0000\", {}]", FANIN_ERROR_SPEC, NULL},
        /* Unknown names, with the nearest. */
        {"xaver", FANIN_ERROR_UNKNOWN, "'xavier'"},
        {"xvaier", FANIN_ERROR_UNKNOWN, "'xavier'"},
        {"UNIFORN", FANIN_ERROR_UNKNOWN, "'uniform'"},
        {"[\"msraperlu\", {}]", FANIN_ERROR_UNKNOWN, "'msraprelu'"},
        {"zeroes", FANIN_ERROR_UNKNOWN, "'zeros', 'zero'"},
        {"gaussian", FANIN_ERROR_UNKNOWN, "zero, one, constant, uniform, normal, xavier"},
        {"one two\nthree", FANIN_ERROR_UNKNOWN, "'one two?three'"},
        /* Parameters. */
        {"constant", FANIN_ERROR_PARAMETER, "'value'"},
        {"[\"constant\", {\"value\": \"1\"}]", FANIN_ERROR_PARAMETER, "expected a number"},
        {"[\"constant\", {\"value\": {}}]", FANIN_ERROR_PARAMETER, "expected a number"},
        {"[\"constant\", {\"value\": [[1, 2], [3]]}]", FANIN_ERROR_PARAMETER,
         "ragged: found a list of 1 at level 2, expected 2"},
        {"[\"constant\", {\"value\": [[1, 2], 3]}]", FANIN_ERROR_PARAMETER, "element 3, expected a list"},
        {"[\"constant\", {\"value\": [1, [2]]}]", FANIN_ERROR_PARAMETER, "element [2], expected a number"},
        {"[\"constant\", {\"value\": [[], [1]]}]", FANIN_ERROR_PARAMETER, "ragged: found a list of 1 at level 2, expected 0"},
        {"[\"constant\", {\"value\": [[[1]], [[]]]}]", FANIN_ERROR_PARAMETER, "ragged"},
        {"[\"constant\", {\"value\": [1, \"2\"]}]", FANIN_ERROR_PARAMETER, "element \"2\", expected a number"},
        {"[\"constant\", {\"value\": [null]}]", FANIN_ERROR_PARAMETER, "element null"},
        {"[\"constant\", {\"value\": [{}]}]", FANIN_ERROR_PARAMETER, "element {}"},
        {"[\"constant\", {\"value\": [-9007199254740993]}]", FANIN_ERROR_PARAMETER, "2^53"},
        {"[\"constant\", {\"value\": [NaN]}]", FANIN_ERROR_SPEC, NULL},
        {"[\"constant\", {\"value\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}]",
         FANIN_ERROR_PARAMETER, "more than 32 deep"},
        {"[\"uniform\", {\"scale\": [1]}]", FANIN_ERROR_PARAMETER, "expected a number"},
        {"[\"constant\", {\"Value\": 1}]", FANIN_ERROR_PARAMETER, "it takes value"},
        {"[\"xavier\", {\"sigma\": 1}]", FANIN_ERROR_PARAMETER, "it takes rnd_type, factor_type, magnitude"},
        {"[\"zero\", {\"value\": 1}]", FANIN_ERROR_PARAMETER, "it takes none"},
        {"[\"normal\", {\"sigma\": -0.5}]", FANIN_ERROR_PARAMETER, "at least 0"},
        {"[\"uniform\", {\"scale\": -1}]", FANIN_ERROR_PARAMETER, "at least 0"},
        {"[\"xavier\", {\"magnitude\": -1e-300}]", FANIN_ERROR_PARAMETER, "at least 0"},
        {"[\"xavier\", {\"magnitude\": \"-1\"}]", FANIN_ERROR_PARAMETER, "at least 0"},
        {"[\"xavier\", {\"magnitude\": \"two\"}]", FANIN_ERROR_PARAMETER, "string that holds one"},
        {"[\"xavier\", {\"magnitude\": \"nan\"}]", FANIN_ERROR_PARAMETER, "finite"},
        {"[\"xavier\", {\"magnitude\": \"Infinity\"}]", FANIN_ERROR_PARAMETER, "finite"},
        {"[\"xavier\", {\"magnitude\": \"1e999\"}]", FANIN_ERROR_PARAMETER, "finite"},
        {"[\"xavier\", {\"magnitude\": \"\"}]", FANIN_ERROR_PARAMETER, "number"},
        {"[\"xavier\", {\"magnitude\": \"1__0\"}]", FANIN_ERROR_PARAMETER, "number"},
        {"[\"xavier\", {\"magnitude\": \"1_\"}]", FANIN_ERROR_PARAMETER, "number"},
        {"[\"xavier\", {\"magnitude\": \"0x10\"}]", FANIN_ERROR_PARAMETER, "number"},
        {"[\"xavier\", {\"magnitude\": null}]", FANIN_ERROR_PARAMETER, "number"},
        {"[\"xavier\", {\"rnd_type\": \"Uniform\"}]", FANIN_ERROR_PARAMETER, "\"uniform\", \"gaussian\""},
        {"[\"xavier\", {\"rnd_type\": 0}]", FANIN_ERROR_PARAMETER, "\"uniform\", \"gaussian\""},
        {"[\"msraprelu\", {\"factor_type\": \"sum\"}]", FANIN_ERROR_PARAMETER, "\"avg\", \"in\", \"out\""},
        {"[\"bilinear\", {\"centred\": 1}]", FANIN_ERROR_PARAMETER, "true or false"},
        {"[\"constant\", {\"value\": 9007199254740993}]", FANIN_ERROR_PARAMETER, "2^53"},
        {"[\"fusedrnn\", {\"init\": 3, \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"gru\"}]", FANIN_ERROR_SPEC, "'init'"},
        {"[\"fusedrnn\", {\"init\": \"[\", \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"gru\"}]", FANIN_ERROR_SPEC,
         "'init'"},
        {"[\"fusedrnn\", {\"init\": \"uniforn\", \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"gru\"}]",
         FANIN_ERROR_UNKNOWN, "'uniform'"},
        {"[\"fusedrnn\", {\"init\": null, \"num_hidden\": 0, \"num_layers\": 1, \"mode\": \"gru\"}]", FANIN_ERROR_PARAMETER,
         "at least 1"},
        {"[\"fusedrnn\", {\"init\": null, \"num_hidden\": 2.0, \"num_layers\": 1, \"mode\": \"gru\"}]", FANIN_ERROR_PARAMETER,
         "'num_hidden'"},
        {"[\"fusedrnn\", {\"init\": null, \"num_hidden\": 1, \"num_layers\": 0, \"mode\": \"gru\"}]", FANIN_ERROR_PARAMETER,
         "from 1 to 4096"},
        {"[\"fusedrnn\", {\"init\": null, \"num_hidden\": 1, \"num_layers\": 4097, \"mode\": \"gru\"}]", FANIN_ERROR_PARAMETER,
         "from 1 to 4096"},
        {"[\"fusedrnn\", {\"init\": null, \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"LSTM\"}]", FANIN_ERROR_PARAMETER,
         "\"rnn_relu\", \"rnn_tanh\", \"lstm\", \"gru\""},
        {"[\"fusedrnn\", {\"init\": null, \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"gru\", \"bidirectional\": 1}]",
         FANIN_ERROR_PARAMETER, "true or false"},
        {"[\"mixed\", {\"patterns\": \".*\", \"initializers\": [\"one\"]}]", FANIN_ERROR_PARAMETER, "array of strings"},
        {"[\"mixed\", {\"patterns\": [1], \"initializers\": [\"one\"]}]", FANIN_ERROR_PARAMETER, "array of strings"},
        {"[\"mixed\", {\"patterns\": [\"a\"], \"initializers\": {}}]", FANIN_ERROR_PARAMETER, "array of initializers"},
        {"[\"mixed\", {\"patterns\": [\"a\"], \"initializers\": [null]}]", FANIN_ERROR_SPEC, "'initializers'"},
        {"[\"mixed\", {\"patterns\": [\"a\"], \"initializers\": [\"on\"]}]", FANIN_ERROR_UNKNOWN, "'one'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_spec(cases[i].spec, cases[i].status, NULL);
        if (cases[i].part) {
            assert_message(cases[i].part, NULL);
        }
    }
}

static void test_forms(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\n\t zeros \r\n", "[\"zero\", {}]"},
        {"{\"initializer\": \" one \"}", "[\"one\", {}]"},
        {"[\" one \", {}]", "[\"one\", {}]"},
        {"{\"initializer\": {\"initializer\": {\"initializer\": \"normal\", \"sigma\": 2}}}", "[\"normal\", {\"sigma\": 2}]"},
        {"[\"xavier\", {\"magnitude\": true}]",
         "[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": true}]"},
        {"[\"xavier\", {\"magnitude\": \" +1_0.5e-1 \"}]",
         "[\"xavier\", {\"rnd_type\": \"uniform\", \"factor_type\": \"avg\", \"magnitude\": \" +1_0.5e-1 \"}]"},
        {"[\"constant\", {\"value\": 9007199254740992}]", "[\"constant\", {\"value\": 9007199254740992}]"},
        {"[\"constant\", {\"value\": -9007199254740992}]", "[\"constant\", {\"value\": -9007199254740992}]"},
        {"[\"constant\", {\"value\": 9007199254740993.0}]", "[\"constant\", {\"value\": 9007199254740992.0}]"},
        {"[\"constant\", {\"value\": []}]", "[\"constant\", {\"value\": []}]"},
        {"[\"constant\", {\"value\": [[], []]}]", "[\"constant\", {\"value\": [[], []]}]"},
        {"[\"constant\", {\"value\": [[1,true],[2.50,-1e5]]}]", "[\"constant\", {\"value\": [[1, true], [2.5, -100000.0]]}]"},
        {"[\"constant\", {\"value\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}]",
         "[\"constant\", {\"value\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}]"},
        {"[\"bilinear\", {\"centred\": true}]", "[\"bilinear\", {\"centred\": true}]"},
        {"[\"bilinear\", {\"centred\": false}]", "[\"bilinear\", {}]"},
        {"{\"initializer\": \"FusedRNN\", \"mode\": \"gru\", \"init\": {\"initializer\": \"Constant\", \"value\": -1e5}, "
         "\"num_layers\": 4096, "
         "\"num_hidden\": 1}",
         "[\"fusedrnn\", {\"init\": \"[\\\"constant\\\", {\\\"value\\\": -100000.0}]\", \"num_hidden\": 1, \"num_layers\": "
         "4096, "
         "\"mode\": \"gru\", \"bidirectional\": false, \"forget_bias\": 1.0}]"},
        {"[\"fusedrnn\", {\"init\": [\"mixed\", {\"patterns\": [\"\\u00e9\\\"\"], \"initializers\": [\"one\"]}], "
         "\"num_hidden\": 1, "
         "\"num_layers\": 1, \"mode\": \"gru\"}]",
         "[\"fusedrnn\", {\"init\": \"[\\\"mixed\\\", {\\\"patterns\\\": [\\\"\\\\u00e9\\\\\\\"\\\"], \\\"initializers\\\": "
         "[[\\\"one\\\", {}]]}]\", \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"gru\", \"bidirectional\": false, "
         "\"forget_bias\": 1.0}]"},
        {"[\"fusedrnn\", {\"init\": \" zeros\", \"num_hidden\": 9007199254740992, \"num_layers\": 1, \"mode\": \"rnn_relu\", "
         "\"forget_bias\": "
         "2}]",
         "[\"fusedrnn\", {\"init\": \"[\\\"zero\\\", {}]\", \"num_hidden\": 9007199254740992, \"num_layers\": 1, \"mode\": "
         "\"rnn_relu\", "
         "\"bidirectional\": false, \"forget_bias\": 2}]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_spec(cases[i][0], FANIN_OK, cases[i][1]);
    }
}

/* Wraps a spec into `depth` Mixed or objects. */
static char *nest(const char *spec, int depth, const char *before, const char *after)
{
    const size_t size = strlen(spec) + (size_t)depth * (strlen(before) + strlen(after)) + 1;
    char *const text = malloc(size);
    assert_non_null(text);
    char *end = text;
    for (int i = 0; i < depth; i++) {
        end = stpcpy(end, before);
    }
    end = stpcpy(end, spec);
    for (int i = 0; i < depth; i++) {
        end = stpcpy(end, after);
    }
    return text;
}

/* Ragged lists are told before memory for what their first ones promise is asked for: here 2^77 elements. */
static void test_ragged_promise(void **state)
{
    (void)state;
    static char text[7 * 2 * 2048 + 256];
    strcpy(text, "[\"constant\", {\"value\": ");
    for (int level = 0; level < 7; level++) {
        strcat(text, "[");
    }
    for (int level = 0; level < 7; level++) {
        for (int i = 0; i < 2047; i++) {
            strcat(text, i == 0 && level == 0 ? "0" : ",0");
        }
        strcat(text, "]");
    }
    strcat(text, "}]");
    check_spec(text, FANIN_ERROR_PARAMETER, NULL);
    assert_message("expected a list, as the first one of its level", NULL);
}

static void test_depth(void **state)
{
    (void)state;
    static const char *const wraps[][2] = {
        {"[\"mixed\", {\"patterns\": [\".*\"], \"initializers\": [", "]}]"},
        {"{\"initializer\": ", "}"},
    };
    for (size_t i = 0; i < 2; i++) {
        char *text = nest("{\"initializer\": \"one\"}", 16, wraps[i][0], wraps[i][1]);
        fanin_initializer *const deepest = create(text);
        fanin_release(deepest);
        free(text);
        text = nest("{\"initializer\": \"one\"}", 17, wraps[i][0], wraps[i][1]);
        check_spec(text, FANIN_ERROR_SPEC, NULL);
        assert_message("16 deep", NULL);
        free(text);
    }
    /* Deeper than JSON may be, as if to exhaust the stack. */
    char *const deep = nest("1", 200000, "[", "]");
    check_spec(deep, FANIN_ERROR_SPEC, NULL);
    free(deep);

    fanin_initializer *inner = create("one");
    const char *const pattern = ".*";
    for (int i = 0; i < 16; i++) {
        fanin_initializer *outer = NULL;
        assert_status(fanin_mixed(&pattern, (const fanin_initializer *const *)&inner, 1, &outer), FANIN_OK);
        fanin_release(inner);
        inner = outer;
    }
    fanin_initializer *outer = NULL;
    assert_status(fanin_mixed(&pattern, (const fanin_initializer *const *)&inner, 1, &outer), FANIN_ERROR_SPEC);
    assert_null(outer);
    fanin_release(inner);
}

static void test_null(void **state)
{
    (void)state;
    fanin_initializer *initializer = NULL;
    char *text = NULL;
    assert_status(fanin_create(NULL, &initializer), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_create("one", NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_dumps(NULL, &text), FANIN_ERROR_ARGUMENT);
    fanin_initializer *const one = create("one");
    assert_status(fanin_dumps(one, NULL), FANIN_ERROR_ARGUMENT);
    assert_ptr_equal(fanin_retain(one), one);
    fanin_release(one);
    fanin_release(one);
    assert_null(fanin_retain(NULL));
    fanin_release(NULL);
    fanin_string_free(NULL);
}

/* Text is the same where the locale writes a comma, and errno stays. */
static void test_locale(void **state)
{
    (void)state;
    if (!comma_locale_set()) {
        skip();
    }
    check_spec("[\"uniform\", {\"scale\": 2.50}]", FANIN_OK, "[\"uniform\", {\"scale\": 2.5}]");
    check_spec("[\"uniform\", {\"scale\": -2.50}]", FANIN_ERROR_PARAMETER, NULL);
    assert_message("is -2.5,", NULL);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),       cmocka_unit_test(test_bad_input), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_ragged_promise), cmocka_unit_test(test_depth),     cmocka_unit_test(test_null),
        cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
