/* The JSON reader: the grammar against Python's strict reading, tokens, messages, limits and large texts. */
#include "json/scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static fanin_status read_all(const char *text, size_t length)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, "text", FANIN_ERROR_FORMAT, text, length);
    fanin_status status;
    do {
        status = json_next(&reader, &token);
    } while (status == FANIN_OK && token.kind != JSON_END);
    json_reader_free(&reader);
    return status;
}

static void test_grammar(void **state)
{
    (void)state;
    FILE *file = fopen(FANIN_TEST_DATA "/json/grammar.txt", "r");
    assert_non_null(file);
    char line[8192];
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        const size_t length = strcspn(line + 2, "\n") / 2;
        /* Exactly as long as the text, so that a sanitizer sees a byte read beyond it. */
        char *text = malloc(length > 0 ? length : 1);
        assert_non_null(text);
        for (size_t i = 0; i < length; i++) {
            unsigned byte;
            assert_int_equal(sscanf(line + 2 + 2 * i, "%2x", &byte), 1);
            text[i] = (char)byte;
        }
        const fanin_status status = read_all(text, length), expected = line[0] == '1' ? FANIN_OK : FANIN_ERROR_FORMAT;
        if (status != expected) {
            fail_msg("%.*s: %s (%s), expected %s", (int)length, text, fanin_status_name(status), fanin_last_error(),
                     fanin_status_name(expected));
        }
        free(text);
        count++;
    }
    fclose(file);
    assert_true(count >= 1300);
}

static void test_tokens(void **state)
{
    (void)state;
    static const char text[] =
        " {\"a\\u00e9\\n\": [1, -2.50e1, true,false , null],\t\"\": {}, \"s\": \"\xf0\x9f\x98\x80\\ud83d\\ude00\"} \n";
    static const struct {
        enum json_kind kind;
        const char *text;
        size_t offset;
    } expected[] = {
        {JSON_BEGIN_OBJECT, "", 1},   {JSON_KEY, "a\xc3\xa9\n", 2},
        {JSON_BEGIN_ARRAY, "", 15},   {JSON_NUMBER, "1", 16},
        {JSON_NUMBER, "-2.50e1", 19}, {JSON_TRUE, "", 28},
        {JSON_FALSE, "", 33},         {JSON_NULL, "", 41},
        {JSON_END_ARRAY, "", 45},     {JSON_KEY, "", 48},
        {JSON_BEGIN_OBJECT, "", 52},  {JSON_END_OBJECT, "", 53},
        {JSON_KEY, "s", 56},          {JSON_STRING, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 61},
        {JSON_END_OBJECT, "", 79},    {JSON_END, "", 82},
        {JSON_END, "", 82},
    };
    struct json_reader reader;
    json_reader_init(&reader, "text", FANIN_ERROR_FORMAT, text, sizeof text - 1);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct json_token token;
        assert_int_equal(json_next(&reader, &token), FANIN_OK);
        assert_int_equal(token.kind, expected[i].kind);
        assert_string_equal(token.text, expected[i].text);
        assert_int_equal(token.length, strlen(expected[i].text));
        assert_int_equal(token.offset, expected[i].offset);
    }
    json_reader_free(&reader);
    json_reader_free(&reader);
}

static void test_token_numbers(void **state)
{
    (void)state;
    static const char text[] = "[9223372036854775807, -9223372036854775808, 9223372036854775808, 3.0, 1e2, 0.1, \"1\"]";
    static const bool fits[] = {true, true, false, false, false, false, false};
    static const double doubles[] = {9223372036854775808.0, -9223372036854775808.0, 9223372036854775808.0, 3, 100, 0.1, 0};
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, "text", FANIN_ERROR_FORMAT, text, sizeof text - 1);
    assert_int_equal(json_expect(&reader, JSON_BEGIN_ARRAY, &token), FANIN_OK);
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        assert_int_equal(json_next(&reader, &token), FANIN_OK);
        int64_t integer = 5;
        double value = 0;
        assert_int_equal(json_token_int64(&token, &integer), fits[i]);
        assert_true(integer == (i == 0 ? INT64_MAX : i == 1 ? INT64_MIN : 5));
        assert_int_equal(json_token_double(&token, &value), token.kind == JSON_NUMBER);
        assert_true(value == doubles[i]);
    }
    json_reader_free(&reader);
}

static void test_messages(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "text: line 1, column 1: the text is empty, expected a JSON value"},
        {"[1,\n 2,, 3]", "text: line 2, column 4: found ',', expected a value"},
        {"[\"\xc3\xa9\xc3\xa9\", x]", "text: line 1, column 8: found 'x', expected a value"},
        {"{\"a\": 1, \"b\": 2,\n\"a\": 3}", "text: line 2, column 1: the key \"a\" is repeated in its object"},
        {"{\"a\nb\": 1}", "text: line 1, column 4: the control character 0x0a in a string must be written as \\u000a"},
        {"{\"a\\nb\": 1, \"a\\u000ab\": 1}", "text: line 1, column 13: the key \"a?b\" is repeated in its object"},
        {"[NaN]", "text: line 1, column 2: NaN is no JSON: numbers are finite"},
        {"-Infinity", "text: line 1, column 1: -Infinity is no JSON: numbers are finite"},
        {"01", "text: line 1, column 1: a number must not begin with 0"},
        {"0x10", "text: line 1, column 1: a number must not be hexadecimal"},
        {"1.", "text: line 1, column 3: found the end of the text, expected a digit after the point of a number"},
        {".5", "text: line 1, column 1: found '.', expected a value"},
        {"+1", "text: line 1, column 1: found '+', expected a value"},
        {"['a']", "text: line 1, column 2: found ''', expected a value; JSON's strings stand in double quotes"},
        {"1e400", "text: line 1, column 1: the number 1e400 is beyond the range of a double"},
        {"1 2", "text: line 1, column 3: found '2', expected nothing after the value"},
        {"\xef\xbb\xbf{}", "text: line 1, column 1: a byte-order mark is no JSON: save the text without it"},
        {"\"abc", "text: line 1, column 1: the string that starts here has no end"},
        {"\"\\q\"", "text: line 1, column 3: found 'q', expected one of \"\\/bfnrtu after the backslash in a string"},
        {"\"\\ud800\"", "text: line 1, column 2: \\ud800 is half of a surrogate pair without the other half"},
        {"\"\\u0000\"", "text: line 1, column 2: a string must not contain \\u0000"},
        {"\"\xc0\xaf\"", "text: line 1, column 2: the byte 0xc0 in a string is not UTF-8"},
        {"{\"a\"}", "text: line 1, column 5: found '}', expected a colon after the key"},
        {"{\"a\":1", "text: line 1, column 7: found the end of the text, expected ',' or '}'"},
        {"[1\x01", "text: line 1, column 3: found the byte 0x01, expected ',' or ']'"},
        {"{1:2}", "text: line 1, column 2: found '1', expected a key in double quotes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_all(cases[i].text, strlen(cases[i].text)), FANIN_ERROR_FORMAT);
        assert_string_equal(fanin_last_error(), cases[i].message);
    }
}

static void test_expect_and_skip(void **state)
{
    (void)state;
    static const char text[] = "{\"a\": {\"x\": [1, {\"y\": []}]}, \"b\": 3, \"c\": [4]}";
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, "text", FANIN_ERROR_SPEC, text, sizeof text - 1);
    assert_int_equal(json_expect(&reader, JSON_BEGIN_OBJECT, &token), FANIN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(json_expect(&reader, JSON_KEY, &token), FANIN_OK);
        assert_int_equal(token.text[0], "ab"[i]);
        assert_int_equal(json_next(&reader, &token), FANIN_OK);
        assert_int_equal(json_skip(&reader, &token), FANIN_OK);
    }
    assert_int_equal(json_expect(&reader, JSON_KEY, &token), FANIN_OK);
    assert_int_equal(json_expect(&reader, JSON_STRING, &token), FANIN_ERROR_SPEC);
    assert_string_equal(fanin_last_error(), "text: line 1, column 43: found an array, expected a string");
    assert_int_equal(json_fail_at(&reader, 7, "%d is wrong", 5), FANIN_ERROR_SPEC);
    assert_string_equal(fanin_last_error(), "text: line 1, column 8: 5 is wrong");
    json_reader_free(&reader);
}

/* As many keys as a large model's header has: linear time, and the one repetition is found. Keys that differ in few bits and
 * in length would show a weak hash. */
static void test_many_keys(void **state)
{
    (void)state;
    const int keys = getenv("FANIN_TEST_LONG") != NULL ? 1000000 : 200000;
    const size_t size = (size_t)keys * 100;
    char *text = malloc(size);
    assert_non_null(text);
    size_t used = 0;
    for (int i = 0; i < keys; i++) {
        used += (size_t)snprintf(text + used, size - used,
                                 "%s\"layers.%d.w\\u0065ight\":{\"dtype\":\"F32\",\"shape\":[%d,1],\"data_offsets\":[0,%d]}",
                                 i == 0 ? "{" : ",", i, i, i);
    }
    const size_t open = used;
    text[used++] = '}';
    const clock_t start = clock();
    assert_int_equal(read_all(text, used), FANIN_OK);
    /* 0.2 s for 200,000 on a slow machine; a quadratic search would take minutes. */
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 20);

    used = open + (size_t)snprintf(text + open, size - open, ",\"layers.77.weight\":{}}");
    assert_int_equal(read_all(text, used), FANIN_ERROR_FORMAT);
    assert_non_null(strstr(fanin_last_error(), "the key \"layers.77.weight\" is repeated in its object"));
    free(text);
}

/* A large object before many small ones of the same depth: each small one must not pay for the large one's table. */
static void test_large_then_small(void **state)
{
    (void)state;
    const int count = 300000;
    const size_t size = (size_t)count * 40;
    char *text = malloc(size);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, size, "[{");
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s\"%d\":0", i == 0 ? "" : ",", i);
    }
    text[used++] = '}';
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, size - used, ",{\"a\":0,\"b\":0}");
    }
    text[used++] = ']';
    const clock_t start = clock();
    assert_int_equal(read_all(text, used), FANIN_OK);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5);
    free(text);
}

static void test_long_string(void **state)
{
    (void)state;
    const size_t length = 1000000;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, 'x', length);
    text[0] = text[length - 1] = '"';
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, "text", FANIN_ERROR_FORMAT, text, length);
    assert_int_equal(json_next(&reader, &token), FANIN_OK);
    assert_int_equal(token.length, length - 2);
    assert_int_equal(strlen(token.text), length - 2);
    assert_int_equal(json_next(&reader, &token), FANIN_OK);
    assert_int_equal(token.kind, JSON_END);
    json_reader_free(&reader);
    free(text);
}

static void test_long_key_in_message(void **state)
{
    (void)state;
    char text[1024];
    const int length = snprintf(text, sizeof text, "{\"%0400d\":1,\"%0400d\":2}", 7, 7);
    assert_int_equal(read_all(text, (size_t)length), FANIN_ERROR_FORMAT);
    assert_true(strlen(fanin_last_error()) < 200);
    assert_non_null(strstr(fanin_last_error(), "000…\" is repeated"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_token_numbers),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_expect_and_skip),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_large_then_small),
        cmocka_unit_test(test_long_string),
        cmocka_unit_test(test_long_key_in_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
