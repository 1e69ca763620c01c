/* Trees: what json_parse keeps, what the printer writes, against Python's json. */
#include "json/print.h"
#include "json/tree.h"
#include "json/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    if (json_parse("text", text, strlen(text), &tree) != FANIN_OK) {
        fail_msg("%s: %s", text, fanin_last_error());
    }
    return tree;
}

static void assert_prints(const cJSON *tree, const char *expected)
{
    char *text = json_print(tree);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void test_golden(void **state)
{
    (void)state;
    FILE *file = fopen(FANIN_TEST_DATA "/json/print.txt", "r");
    assert_non_null(file);
    char line[8192];
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *expected = strchr(line, '\t');
        assert_non_null(expected);
        *expected++ = '\0';
        cJSON *tree = parse(line);
        assert_prints(tree, expected);
        cJSON_Delete(tree);
        /* What was printed reads back as the same. */
        tree = parse(expected);
        assert_prints(tree, expected);
        cJSON_Delete(tree);
        count++;
    }
    fclose(file);
    assert_int_equal(count, 300);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
        bool is_integer, fits;
        int64_t value;
    } cases[] = {
        {"3", "3", true, true, 3},
        {"3.0", "3.0", false, false, 0},
        {"-0", "0", true, true, 0},
        {"-0.0", "-0.0", false, false, 0},
        {"1E2", "100.0", false, false, 0},
        {"1e-5", "1e-05", false, false, 0},
        {"0.10", "0.1", false, false, 0},
        {"9007199254740992", "9007199254740992", true, true, INT64_C(9007199254740992)},
        {"-9007199254740992", "-9007199254740992", true, true, -INT64_C(9007199254740992)},
        {"9007199254740993", "9007199254740993", true, false, 0},
        {"-9007199254740993", "-9007199254740993", true, false, 0},
        {"123456789012345678901234567890", "123456789012345678901234567890", true, false, 0},
        {"9007199254740993.0", "9007199254740992.0", false, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *tree = parse(cases[i].text);
        char buffer[JSON_NUMBER_SIZE];
        int64_t value = 77;
        assert_true(cJSON_IsNumber(tree));
        assert_string_equal(tree->valuestring, cases[i].text);
        assert_string_equal(json_number_canonical(tree, buffer), cases[i].canonical);
        assert_true(tree->valuedouble == atof(cases[i].text));
        assert_int_equal(json_is_integer(tree), cases[i].is_integer);
        assert_int_equal(json_integer(tree, &value), cases[i].fits);
        assert_int_equal(value, cases[i].fits ? cases[i].value : 77);
        cJSON_Delete(tree);
    }
    /* The longest that the reader lets through. */
    char longest[400] = "-1";
    memset(longest + 2, '0', 308);
    cJSON *tree = parse(longest);
    assert_prints(tree, longest);
    cJSON_Delete(tree);

    /* A character of each plane; Python's json.dumps writes the same. */
    for (uint32_t plane = 1; plane <= 16; plane++) {
        char own[16] = "\"", pair[32];
        const uint32_t code = plane << 16 | 0xf3a5, low = code - 0x10000;
        const size_t length = json_utf8_encode(code, own + 1);
        strcpy(own + 1 + length, "\"");
        snprintf(pair, sizeof pair, "\"\\u%04x\\u%04x\"", 0xd800 + (low >> 10), 0xdc00 + (low & 0x3ff));
        tree = parse(own);
        assert_prints(tree, pair);
        cJSON_Delete(tree);
    }

    tree = parse("\"3\"");
    char buffer[JSON_NUMBER_SIZE];
    int64_t value;
    assert_false(json_is_integer(tree));
    assert_false(json_integer(tree, &value));
    assert_string_equal(json_number_canonical(tree, buffer), "");
    cJSON_Delete(tree);
}

static void test_member(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"Key\": 1, \"key\": [2], \"k\\u00e9\": null}");
    assert_true(json_member(tree, "Key")->valuedouble == 1);
    assert_true(cJSON_IsArray(json_member(tree, "key")));
    assert_true(cJSON_IsNull(json_member(tree, "k\xc3\xa9")));
    assert_null(json_member(tree, "KEY"));
    assert_null(json_member(json_member(tree, "key"), "key"));
    assert_null(json_member(NULL, "key"));
    cJSON_Delete(tree);
}

static void test_errors(void **state)
{
    (void)state;
    cJSON *tree = (cJSON *)&tree;
    assert_int_equal(json_parse("parameter 'x'", "[1, {\"a\": [true, ]}]", 20, &tree), FANIN_ERROR_SPEC);
    assert_string_equal(fanin_last_error(), "parameter 'x': line 1, column 18: found ']', expected a value");
    assert_int_equal(json_parse("text", "{\"a\":", 5, &tree), FANIN_ERROR_SPEC);
    /* Not one byte beyond the length. */
    assert_int_equal(json_parse("text", "12", 0, &tree), FANIN_ERROR_SPEC);
    assert_ptr_equal(tree, &tree);

    char *large = malloc(JSON_TREE_LIMIT + 1);
    assert_non_null(large);
    memset(large, ' ', JSON_TREE_LIMIT + 1);
    large[0] = '7';
    assert_int_equal(json_parse("text", large, JSON_TREE_LIMIT + 1, &tree), FANIN_ERROR_SPEC);
    assert_string_equal(fanin_last_error(), "text: 16777217 bytes of JSON, expected at most 16777216");
    assert_int_equal(json_parse("text", large, JSON_TREE_LIMIT, &tree), FANIN_OK);
    assert_prints(tree, "7");
    cJSON_Delete(tree);
    free(large);
}

static void test_building(void **state)
{
    (void)state;
    cJSON *tree = cJSON_CreateObject();
    cJSON *list = cJSON_CreateArray();
    assert_true(json_append(list, json_new_double(3)));
    assert_true(json_append(list, json_new_double(1e-5)));
    assert_true(json_append(list, json_new_double(NAN)));
    assert_true(json_append(list, json_new_double(-INFINITY)));
    assert_true(json_append(list, json_new_int64(INT64_MIN)));
    assert_true(json_append(list, json_new_int64(INT64_MAX)));
    assert_true(json_append(list, cJSON_CreateRaw("[1,2]")));
    assert_true(json_append(list, cJSON_CreateNumber(12)));
    assert_true(json_append(list, cJSON_CreateNumber(0.5)));
    assert_true(json_add(tree, "l\"\x7f", list));
    assert_true(json_add(tree, "l", cJSON_CreateString("a\xffz\xed\xa0\x80")));
    assert_false(json_add(tree, "none", NULL));
    assert_false(json_append(list, NULL));
    assert_prints(tree,
                  "{\"l\\\"\\u007f\": [3.0, 1e-05, NaN, -Infinity, -9223372036854775808, 9223372036854775807, [1,2], 12, 0.5], "
                  "\"l\": \"a\\ufffdz\\ufffd\\ufffd\\ufffd\"}");
    int64_t value;
    assert_false(json_is_integer(list->child->next->next));
    assert_true(json_integer(cJSON_GetArrayItem(list, 7), &value));
    assert_int_equal(value, 12);
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_numbers),  cmocka_unit_test(test_member),
        cmocka_unit_test(test_errors), cmocka_unit_test(test_building),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
