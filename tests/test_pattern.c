/* Patterns against Python's re.match: recorded answers of MXNet's Mixed and of Python itself, all characters, hostile
 * patterns. */
#include "pattern/pattern.h"

#include "assert_between.h"
#include "json/tree.h"
#include "json/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static cJSON *read_data(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, file), size);
    fclose(file);
    cJSON *tree = NULL;
    if (json_parse(path, text, size, &tree) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
    free(text);
    return tree;
}

static struct pattern *compile(const char *text)
{
    struct pattern *pattern = NULL;
    if (pattern_compile(text, &pattern) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
    assert_string_equal(pattern_text(pattern), text);
    return pattern;
}

static bool match(const struct pattern *pattern, const char *name)
{
    bool matches = false;
    if (pattern_match(pattern, name, &matches) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
    return matches;
}

static void assert_refused(const char *text)
{
    struct pattern *pattern = (struct pattern *)&pattern;
    const fanin_status status = pattern_compile(text, &pattern);
    if (status != FANIN_ERROR_PATTERN) {
        fail_msg("pattern \"%s\": %s, expected to be refused", text, fanin_status_name(status));
    }
    assert_ptr_equal(pattern, &pattern);
    assert_int_equal(strncmp(fanin_last_error(), "pattern \"", 9), 0);
}

/* One case of mixed.json: the first pattern that matches, or a list that is refused. */
static void check_mixed(const cJSON *patterns, const cJSON *names, bool refused)
{
    /* \N{…} needs Python's table of names: refused. */
    const char *first = patterns->child != NULL ? patterns->child->valuestring : "";
    if (refused || strncmp(first, "\\N{", 3) == 0) {
        assert_refused(first);
        return;
    }
    struct pattern *compiled[8];
    int count = 0;
    const cJSON *node;
    cJSON_ArrayForEach(node, patterns)
    {
        compiled[count++] = compile(node->valuestring);
    }
    cJSON_ArrayForEach(node, names)
    {
        const char *name = node->child->valuestring;
        int hit = 0;
        while (hit < count && !match(compiled[hit], name)) {
            hit++;
        }
        const cJSON *expected = node->child->next;
        if (hit != (cJSON_IsNumber(expected) ? (int)expected->valuedouble : count)) {
            fail_msg("\"%s\" with the patterns \"%s\" …: number %d matched", name, first, hit);
        }
    }
    while (count > 0) {
        pattern_free(compiled[--count]);
    }
}

static void test_mixed(void **state)
{
    (void)state;
    cJSON *data = read_data(FANIN_TEST_DATA "/mxnet/mixed.json");
    int count = 0;
    const cJSON *node;
    cJSON_ArrayForEach(node, json_member(data, "cases"))
    {
        count++;
        if (strcmp(json_member(node, "tag")->valuestring, "count") != 0) {
            check_mixed(json_member(node, "patterns"), json_member(node, "names"),
                        json_member(node, "construct_error") != NULL);
        }
    }
    assert_int_equal(count, 65);
    cJSON_Delete(data);
}

static void check_matches(const struct pattern *pattern, const cJSON *names, const char *expected)
{
    assert_int_equal(strlen(expected), cJSON_GetArraySize(names));
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        const bool matches = match(pattern, name->valuestring);
        if (matches != (*expected++ == '1')) {
            fail_msg("pattern \"%s\" %s \"%s\", not so in Python", pattern_text(pattern),
                     matches ? "matches" : "does not match", name->valuestring);
        }
    }
}

static void test_python(void **state)
{
    (void)state;
    cJSON *data = read_data(FANIN_TEST_DATA "/patterns.json");
    const cJSON *node;
    int count = 0;
    cJSON_ArrayForEach(node, json_member(data, "cases"))
    {
        const char *text = json_member(node, "pattern")->valuestring;
        const cJSON *expected = json_member(node, "matches");
        count++;
        if (expected == NULL) {
            assert_refused(text);
            continue;
        }
        struct pattern *pattern = compile(text);
        check_matches(pattern, json_member(data, "names"), expected->valuestring);
        pattern_free(pattern);
    }
    assert_true(count > 500);
    cJSON_Delete(data);
}

static void test_random(void **state)
{
    (void)state;
    cJSON *data = read_data(FANIN_TEST_DATA "/patterns.json");
    const cJSON *node;
    int taken = 0, refused = 0;
    cJSON_ArrayForEach(node, json_member(data, "random"))
    {
        const char *text = json_member(node, "pattern")->valuestring;
        const cJSON *expected = json_member(node, "matches");
        struct pattern *pattern = NULL;
        if (expected == NULL) {
            assert_refused(text);
            continue;
        }
        taken++;
        if (pattern_compile(text, &pattern) != FANIN_OK) {
            /* Few of Python's are not supported. */
            refused++;
            continue;
        }
        check_matches(pattern, json_member(node, "names"), expected->valuestring);
        pattern_free(pattern);
    }
    assert_int_equal(taken, 500);
    assert_between(refused, 0, 20);
    cJSON_Delete(data);
}

/* Ranges of characters, in their order: first, last, first, last. Goes on to the first one that does not end below `code`; whether
 * it has it. */
static bool in_ranges(const cJSON **bound, uint32_t code)
{
    while (*bound != NULL && code > (uint32_t)(*bound)->next->valuedouble) {
        *bound = (*bound)->next->next;
    }
    return *bound != NULL && code >= (uint32_t)(*bound)->valuedouble;
}

/* \w, \d and \s and their complements for every character there was when the data was recorded: PCRE2 may know later ones. */
static void test_categories(void **state)
{
    (void)state;
    cJSON *data = read_data(FANIN_TEST_DATA "/patterns.json");
    const cJSON *category;
    int count = 0;
    cJSON_ArrayForEach(category, json_member(data, "categories"))
    {
        char complement[3] = {'\\', (char)(category->string[1] - 'a' + 'A'), '\0'};
        struct pattern *pattern = compile(category->string), *other = compile(complement);
        const cJSON *bound = category->child, *unassigned = json_member(data, "unassigned")->child;
        for (uint32_t code = 1; code <= 0x10ffff; code += code == 0xd7ff ? 0x801 : 1) {
            const bool expected = in_ranges(&bound, code);
            if (in_ranges(&unassigned, code)) {
                continue;
            }
            char name[5] = "";
            json_utf8_encode(code, name);
            if (match(pattern, name) != expected || match(other, name) == expected) {
                fail_msg("%s, %s and U+%04X: not as in Python", category->string, complement, code);
            }
        }
        pattern_free(pattern);
        pattern_free(other);
        count++;
    }
    assert_int_equal(count, 3);
    cJSON_Delete(data);
}

static void check_ignore_case(const cJSON *sets, const char *format)
{
    const bool all = getenv("FANIN_TEST_LONG") != NULL;
    const cJSON *set, *other, *member;
    cJSON_ArrayForEach(set, sets)
    {
        const cJSON *own;
        cJSON_ArrayForEach(own, set)
        {
            char text[32], name[5];
            snprintf(text, sizeof text, format, (unsigned)own->valuedouble);
            /* A class refuses these. */
            if (own->valuedouble > 0xffff && strchr(format, '[') != NULL) {
                continue;
            }
            struct pattern *pattern = compile(text);
            for (other = all ? sets->child : set; other != NULL; other = all || other == set ? other->next : NULL) {
                cJSON_ArrayForEach(member, other)
                {
                    memset(name, 0, sizeof name);
                    json_utf8_encode((uint32_t)member->valuedouble, name);
                    if (match(pattern, name) != (other == set)) {
                        fail_msg("%s and U+%04X: not as in Python", text, (unsigned)member->valuedouble);
                    }
                }
            }
            pattern_free(pattern);
        }
    }
}

/* Each character with case against its set and the next, with FANIN_TEST_LONG against all of them. */
static void test_ignore_case(void **state)
{
    (void)state;
    cJSON *data = read_data(FANIN_TEST_DATA "/patterns.json");
    const cJSON *sets = json_member(data, "ignore_case");
    assert_true(cJSON_GetArraySize(sets) > 1300);
    check_ignore_case(sets, "(?i)\\U%08x");
    check_ignore_case(sets, "(?i)[\\U%08x]");
    cJSON_Delete(data);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* Patterns that backtrack without end stop with an error that names pattern and name. */
static void test_hostile_matches(void **state)
{
    (void)state;
    static const char *const texts[] = {"(a+)+$",          "(a*)*$",          "(a|aa)+$",     "(a|a?)+$",
                                        "(?:a|b|ab)*c",    "(.*)*\\1x",       "(\\w+\\s?)+$", "(?=(a+)+$)a",
                                        "((a?){20}){20}$", "(x+x+)+y|(a+)+$", "(?i)(?:A+)+$"};
    char name[20001];
    static const size_t lengths[] = {60, 20000};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct pattern *pattern = compile(texts[i]);
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            memset(name, 'a', lengths[j]);
            strcpy(name + lengths[j] - 1, "!");
            bool matches = true;
            struct timespec start;
            clock_gettime(CLOCK_MONOTONIC, &start);
            const fanin_status status = pattern_match(pattern, name, &matches);
            /* A tenth of a second; much more under a sanitizer. */
            assert_true(seconds_since(&start) < 10);
            if (status == FANIN_OK) {
                assert_false(matches);
                continue;
            }
            assert_int_equal(status, FANIN_ERROR_PATTERN);
            assert_true(matches);
            char expected[128];
            snprintf(expected, sizeof expected, "pattern \"%s\" is too costly to match against \"aaaaaaaa", texts[i]);
            assert_int_equal(strncmp(fanin_last_error(), expected, strlen(expected)), 0);
        }
        pattern_free(pattern);
    }
    struct pattern *pattern = compile("(a+)+$");
    memset(name, 'a', 60);
    strcpy(name + 59, "!");
    bool matches;
    assert_int_equal(pattern_match(pattern, name, &matches), FANIN_ERROR_PATTERN);
    pattern_free(pattern);
}

/* Ordinary patterns cope with names of any length. */
static void test_long_names(void **state)
{
    (void)state;
    static const char *const texts[] = {".*weight$", "\\w+_weight", "[a-z_]*$", "(?:a|_)*weight", "(?i)(?:A)*_", "a+?_weight"};
    const size_t length = 60000;
    char *name = malloc(length + 8);
    assert_non_null(name);
    memset(name, 'a', length);
    strcpy(name + length, "_weight");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct pattern *pattern = compile(texts[i]);
        assert_true(match(pattern, name));
        pattern_free(pattern);
    }
    free(name);
}

static void test_hostile_patterns(void **state)
{
    (void)state;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    static const char *const texts[] = {"((((a{60000}){60000}){60000}){60000})",
                                        "(?:a{65535}){65535}b",
                                        "(?:(?:(?:[a-z]{9,99}){9,99}){9,99}){9,99}",
                                        "a{99999999999999999999}",
                                        "(?(99999999999999999999)a)",
                                        "\\99999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_refused(texts[i]);
    }
    char *text = malloc(PATTERN_MAX_LENGTH + 2);
    assert_non_null(text);
    static const char repeated[] = "([{\\*|^\\b(?=a?";
    for (size_t i = 0; i < sizeof repeated - 1; i++) {
        memset(text, repeated[i], PATTERN_MAX_LENGTH);
        text[PATTERN_MAX_LENGTH] = '\0';
        struct pattern *pattern = NULL;
        const fanin_status status = pattern_compile(text, &pattern);
        assert_true(status == FANIN_OK || status == FANIN_ERROR_PATTERN);
        if (status == FANIN_OK) {
            pattern_free(pattern);
        }
    }
    memset(text, 'a', PATTERN_MAX_LENGTH + 1);
    text[PATTERN_MAX_LENGTH + 1] = '\0';
    assert_refused(text);
    assert_true(strlen(fanin_last_error()) < 300);
    /* Positions are written one after another, each as a look-around of its own. */
    for (size_t i = 0; i < PATTERN_MAX_LENGTH; i += 2) {
        memcpy(text + i, "\\b", 2);
    }
    text[PATTERN_MAX_LENGTH] = '\0';
    assert_refused(text);
    free(text);
    assert_true(seconds_since(&start) < 20);
}

static void test_not_utf8(void **state)
{
    (void)state;
    assert_refused("a\xff");
    assert_refused("[\xc3]");
    assert_refused("\\\xc3");
    assert_refused("\xed\xa0\x80");
    struct pattern *pattern = compile(".*");
    bool matches;
    assert_int_equal(pattern_match(pattern, "a\xff", &matches), FANIN_ERROR_ARGUMENT);
    assert_string_equal(fanin_last_error(), "name \"a?\" is not UTF-8");
    assert_int_equal(pattern_match(pattern, "\xc3", &matches), FANIN_ERROR_ARGUMENT);
    pattern_free(pattern);
    pattern_free(NULL);
}

static void test_messages(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"größe**", "pattern \"größe**\", position 6: multiple repeat"},
        {"a(?i)b", "pattern \"a(?i)b\", position 1: global flags not at the start of the expression"},
        {"x\\h", "pattern \"x\\h\", position 1: bad escape \\h"},
        {"(a", "pattern \"(a\", position 0: missing ), unterminated subpattern"},
        {"a\n[b", "pattern \"a?[b\", position 2: unterminated character set"},
        {"(?<n>a)", "pattern \"(?<n>a)\", position 1: unknown extension ?< (a group's name is given by (?P<name>…))"},
        {"\\N{EM DASH}", "pattern \"\\N{EM DASH}\", position 0: \\N{…} is not supported, write the character or \\uXXXX"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].text);
        assert_string_equal(fanin_last_error(), cases[i].message);
    }
}

static void *match_many(void *argument)
{
    const struct pattern *pattern = argument;
    char name[64];
    for (int i = 0; i < 5000; i++) {
        bool matches;
        snprintf(name, sizeof name, "layers.%d.%s", i, i % 3 == 0 ? "weight" : "bias");
        if (pattern_match(pattern, name, &matches) != FANIN_OK || matches != (i % 3 == 0)) {
            return argument;
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct pattern *pattern = compile("(layers)\\.(\\d+)\\.\\bweight$");
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, match_many, pattern), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    pattern_free(pattern);
}

/* Groups of two digits, and the characters around the surrogates. */
static void test_edges(void **state)
{
    (void)state;
    struct pattern *pattern = compile("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\\11$");
    assert_true(match(pattern, "abcdefghijkk"));
    assert_false(match(pattern, "abcdefghijki"));
    pattern_free(pattern);
    assert_refused("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\\12");
    pattern = compile("[\\ud7ff\\ue000]\\ue000\\U0010ffff$");
    assert_true(match(pattern, "\xee\x80\x80\xee\x80\x80\xf4\x8f\xbf\xbf"));
    pattern_free(pattern);
    assert_refused("\\ud800");
    assert_refused("\\udfff");
    assert_refused("\\U00110000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edges),           cmocka_unit_test(test_mixed),      cmocka_unit_test(test_python),
        cmocka_unit_test(test_random),          cmocka_unit_test(test_categories), cmocka_unit_test(test_ignore_case),
        cmocka_unit_test(test_hostile_matches), cmocka_unit_test(test_long_names), cmocka_unit_test(test_hostile_patterns),
        cmocka_unit_test(test_not_utf8),        cmocka_unit_test(test_messages),   cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
