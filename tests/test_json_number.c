/* Numbers as text against what Python makes of them, in more than one locale and rounding mode. */
#include "json/number.h"

#include "comma_locale.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *format_bits(const char *type, uint64_t bits, char *buffer)
{
    if (strcmp(type, "f64") == 0) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return json_format_double(value, buffer);
    }
    if (strcmp(type, "f32") == 0) {
        const uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        return json_format_float32(value, buffer);
    }
    if (strcmp(type, "f16") == 0) {
        return json_format_float16((uint16_t)bits, buffer);
    }
    assert_string_equal(type, "bf16");
    return json_format_bfloat16((uint16_t)bits, buffer);
}

static void check_one(const char *type, uint64_t bits, const char *text)
{
    char buffer[JSON_DOUBLE_SIZE];
    if (strcmp(type, "read") != 0) {
        format_bits(type, bits, buffer);
        if (strcmp(buffer, text) != 0) {
            fail_msg("%s %016" PRIx64 ": %s, expected %s", type, bits, buffer, text);
        }
        return;
    }
    double value = 0;
    if (!json_parse_double(text, &value) || memcmp(&value, &bits, sizeof bits) != 0) {
        fail_msg("%s: read as %a, expected the bits %016" PRIx64, text, value, bits);
    }
}

/* Lines "TYPE BITS TEXT" of the golden file; the "all" lines are left to test_all_of_16_bits. */
static void check_golden(void)
{
    FILE *file = fopen(FANIN_TEST_DATA "/json/numbers.txt", "r");
    assert_non_null(file);
    char line[2048], type[8], text[1024];
    uint64_t bits;
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%7s %" SCNx64 " %1023s", type, &bits, text) == 3 && strcmp(type, "all") != 0) {
            check_one(type, bits, text);
            count++;
        }
    }
    fclose(file);
    assert_true(count > 2000);
}

static void test_golden(void **state)
{
    (void)state;
    check_golden();
}

static void test_all_of_16_bits(void **state)
{
    (void)state;
    FILE *file = fopen(FANIN_TEST_DATA "/json/numbers.txt", "r");
    assert_non_null(file);
    char line[2048], type[8];
    uint64_t expected;
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "all %7s %" SCNx64, type, &expected) != 2) {
            continue;
        }
        uint64_t hash = 0xcbf29ce484222325u;
        for (uint32_t bits = 0; bits < 65536; bits++) {
            char buffer[JSON_DOUBLE_SIZE + 1];
            format_bits(type, bits, buffer);
            strcat(buffer, "\n");
            for (const char *c = buffer; *c != '\0'; c++) {
                hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
            }
        }
        if (hash != expected) {
            fail_msg("the texts of all of %s hash to %016" PRIx64 ", expected %016" PRIx64, type, hash, expected);
        }
        count++;
    }
    fclose(file);
    assert_int_equal(count, 2);
}

static void test_no_numbers(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "-",     "+",     ".",     "-.",       "e5",  "1e",      "1e+",
                                        "0x10", "0X1p3", "inf",   "nan",   "Infinity", "1,5", " 1",      "1 ",
                                        "1_0",  "--1",   "1.2.3", "1e5.5", "1d5",      "one", "\xd9\xa1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 7;
        if (json_parse_double(texts[i], &value) || value != 7) {
            fail_msg("\"%s\" was read as the number %g", texts[i], value);
        }
    }
}

static void test_int64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0}, {"-0", 0}, {"-1", -1}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = 99;
        assert_true(json_parse_int64(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "1.0",
                                      "1e2",
                                      " 1",
                                      "1 ",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 99;
        if (json_parse_int64(bad[i], &value) || value != 99) {
            fail_msg("\"%s\" was read as the integer %" PRId64, bad[i], value);
        }
    }
}

static void test_surroundings(void **state)
{
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        fesetround(modes[i]);
        feclearexcept(FE_ALL_EXCEPT);
        feraiseexcept(FE_DIVBYZERO);
        errno = 42;
        char buffer[JSON_DOUBLE_SIZE];
        json_format_double(0.1, buffer);
        double value = 0, huge = 0;
        const bool read = json_parse_double("0.1000000000000000055511151231257827021181583404541015625e0", &value) &&
                          json_parse_double("1e999", &huge);
        const int rounding = fegetround(), flags = fetestexcept(FE_ALL_EXCEPT), error = errno;
        fesetround(FE_TONEAREST);
        feclearexcept(FE_ALL_EXCEPT);
        assert_true(read);
        assert_string_equal(buffer, "0.1");
        assert_true(value == 0.1);
        assert_true(isinf(huge));
        assert_int_equal(rounding, modes[i]);
        assert_int_equal(flags, FE_DIVBYZERO);
        assert_int_equal(error, 42);
    }
}

static void test_locale(void **state)
{
    (void)state;
    if (!comma_locale_set()) {
        skip();
    }
    check_golden();
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_all_of_16_bits), cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_int64),  cmocka_unit_test(test_surroundings),   cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
