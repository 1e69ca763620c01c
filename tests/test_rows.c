/* Rows that the registry refuses, and that the built-in ones are none of these. */
#include "test_helpers.h"

#include "initializers/builtin.h"

#include <math.h>

static fanin_status lower_eleven(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 11.0);
}

static const char *const colours[] = {"red", "green", NULL};

static void refuse(const fanin_row *row, const char *part)
{
    assert_status(fanin_register(row, 0), FANIN_ERROR_ARGUMENT);
    assert_message(part, NULL);
}

static void refuse_param(const fanin_param *param, size_t count, const char *part)
{
    fanin_row row = FANIN_ROW_INIT;
    row.name = "refused";
    row.lower = lower_eleven;
    row.params = param;
    row.n_params = count;
    refuse(&row, part);
}

static void test_bad_rows(void **state)
{
    (void)state;
    assert_status(fanin_register(NULL, 0), FANIN_ERROR_ARGUMENT);
    fanin_row good = FANIN_ROW_INIT;
    good.name = "refused";
    good.lower = lower_eleven;
    assert_status(fanin_register(&good, 2), FANIN_ERROR_ARGUMENT);
    assert_message("flags", NULL);
    static const char *const names[] = {NULL, "", "a b", "gr\xc3\xb6\xc3\x9f\x65", "[x]", "a/b", "a\n"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fanin_row row = FANIN_ROW_INIT;
        row.name = names[i];
        row.lower = lower_eleven;
        refuse(&row, "letters");
    }
    fanin_row row = FANIN_ROW_INIT;
    row.name = "refused";
    refuse(&row, "lower is NULL");
    row.lower = lower_eleven;
    row.size = 8;
    refuse(&row, "its member size is 8");
    row.size = sizeof row;
    /* As a program was compiled whose header has one more member. */
    struct {
        fanin_row row;
        int64_t more;
    } newer = {row, 0};
    newer.row.size = sizeof newer;
    newer.row.name = "newer";
    assert_status(fanin_register(&newer.row, 0), FANIN_OK);
    newer.more = 1;
    newer.row.name = "newest";
    refuse(&newer.row, "the caller's is newer");
    row.n_params = 1;
    refuse(&row, "params is NULL");
    row.n_params = 0;
    row.n_overrides = 1;
    refuse(&row, "overrides is NULL");
    const fanin_override twice[] = {{FANIN_ENDING_BIAS, lower_eleven}, {FANIN_ENDING_BIAS, lower_eleven}};
    row.overrides = twice;
    row.n_overrides = 2;
    refuse(&row, "one ending");
    const fanin_override wrong = {(fanin_ending)9, lower_eleven}, empty = {FANIN_ENDING_BIAS, NULL};
    row.n_overrides = 1;
    row.overrides = &wrong;
    refuse(&row, "ending");
    row.overrides = &empty;
    refuse(&row, "lower function");
    row.n_overrides = 0;
    static const char *const aliases[][3] = {{"b c", NULL}, {"REFUSED", NULL}, {"b", "B", NULL}};
    static const char *const parts[] = {"letters", "twice", "twice"};
    for (size_t i = 0; i < 3; i++) {
        row.aliases = aliases[i];
        refuse(&row, parts[i]);
    }
}

static void test_bad_params(void **state)
{
    (void)state;
    static const char *const no_choices[] = {NULL}, *const twice[] = {"a", "a", NULL};
    static const struct {
        fanin_param param;
        const char *part;
    } cases[] = {
        {{NULL, FANIN_PARAM_NUMBER, NULL, 0, 1, NULL, 0, NULL}, "letters"},
        {{"a b", FANIN_PARAM_NUMBER, NULL, 0, 1, NULL, 0, NULL}, "letters"},
        {{"initializer", FANIN_PARAM_NUMBER, NULL, 0, 1, NULL, 0, NULL}, "key"},
        {{"a", (fanin_param_type)8, NULL, 0, 1, NULL, 0, NULL}, "type"},
        {{"a", (fanin_param_type)-1, NULL, 0, 1, NULL, 0, NULL}, "type"},
        {{"a", FANIN_PARAM_NUMBER, NULL, 1, 0, NULL, 0, NULL}, "bounds"},
        {{"a", FANIN_PARAM_NUMBER, NULL, NAN, 0, NULL, 0, NULL}, "bounds"},
        {{"a", FANIN_PARAM_NUMBER, NULL, 0, 1, NULL, 4, NULL}, "flag"},
        {{"a", FANIN_PARAM_INTEGER, NULL, 0, 1, NULL, FANIN_PARAM_NUMERIC_TEXT, NULL}, "NUMERIC_TEXT"},
        {{"a", FANIN_PARAM_NUMBER, NULL, 0, 1, NULL, FANIN_PARAM_QUIET, NULL}, "QUIET"},
        {{"a", FANIN_PARAM_CHOICE, NULL, 0, 0, NULL, 0, NULL}, "choices"},
        {{"a", FANIN_PARAM_CHOICE, NULL, 0, 0, no_choices, 0, NULL}, "choices"},
        {{"a", FANIN_PARAM_CHOICE, NULL, 0, 0, twice, 0, NULL}, "twice"},
        {{"a", FANIN_PARAM_CHOICE, "\"blue\"", 0, 0, colours, 0, NULL}, "\"red\", \"green\""},
        {{"a", FANIN_PARAM_NUMBER, "2", 0, 1, NULL, 0, NULL}, "from 0.0 to 1.0"},
        {{"a", FANIN_PARAM_NUMBER, "true story", 0, 1, NULL, 0, NULL}, "default of parameter 'a': its JSON: line 1"},
        {{"a", FANIN_PARAM_NUMBER, "0.10", 0, 1, NULL, 0, NULL}, "dumps prints 0.1"},
        {{"a", FANIN_PARAM_NUMBER, "\"0.1\"", 0, 1, NULL, 0, NULL}, "expected a number"},
        {{"a", FANIN_PARAM_INTEGER, "0.0", 0, 1, NULL, 0, NULL}, "expected an integer"},
        {{"a", FANIN_PARAM_BOOLEAN, "null", 0, 0, NULL, 0, NULL}, "true or false"},
        {{"a", FANIN_PARAM_TEXT, "plain", 0, 0, NULL, 0, NULL}, "default"},
        {{"a", FANIN_PARAM_INITIALIZER, "\"nothing_like_it\"", 0, 0, NULL, 0, NULL}, "nothing_like_it"},
        {{"a", FANIN_PARAM_TEXTS, "[\"a\",\"b\"]", 0, 0, NULL, 0, NULL}, "dumps prints [\"a\", \"b\"]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse_param(&cases[i].param, 1, cases[i].part);
    }
    const fanin_param same[] = {{"a", FANIN_PARAM_TEXT, NULL, 0, 0, NULL, 0, NULL},
                                {"a", FANIN_PARAM_TEXT, NULL, 0, 0, NULL, 0, NULL}};
    refuse_param(same, 2, "twice");
    assert_null(fanin_row_find("refused"));
}

/* Every built-in row is one that a user could register. */
static void test_builtin_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < builtin_count; i++) {
        fanin_row row = *fanin_row_at(i);
        char name[32];
        snprintf(name, sizeof name, "copy_of_%zu", i);
        row.name = name;
        row.aliases = NULL;
        row.lower = lower_eleven;
        assert_status(fanin_register(&row, 0), FANIN_OK);
        for (size_t j = 0; j < row.n_params; j++) {
            assert_non_null(row.params[j].help);
            assert_true(strlen(row.params[j].help) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_bad_params),
        cmocka_unit_test(test_builtin_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
