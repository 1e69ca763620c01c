#include "number.h"

#include "ascii.h"
#include "float_environment.h"
#include "stream/round.h"

#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 17 significant digits tell any two doubles apart. */
#define MAX_DIGITS 17

/* ---- the caller's surroundings ---- */

struct surroundings {
    fenv_t floating;
    int error;
};

/* Round to nearest, subnormals kept, no traps, of the x87 unit too, which some C libraries read numbers with; flags and errno
 * are put back by leave. */
static void enter(struct surroundings *saved)
{
    saved->error = errno;
    feholdexcept(&saved->floating);
    fesetround(FE_TONEAREST);
    (void)float_environment_enter();
}

static void leave(const struct surroundings *saved)
{
    fesetenv(&saved->floating);
    errno = saved->error;
}

/* strtod and strtof of the C locale. Its locale_t is a static object of the C library's: nothing is allocated here. */
static double to_double(const char *text)
{
    const locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0) {
        return NAN;
    }
    const double value = strtod_l(text, NULL, locale);
    freelocale(locale);
    return value;
}

static float to_float32(const char *text)
{
    const locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0) {
        return NAN;
    }
    const float value = strtof_l(text, NULL, locale);
    freelocale(locale);
    return value;
}

/* ---- shortest decimals ---- */

enum width { WIDTH_DOUBLE, WIDTH_FLOAT32, WIDTH_16 };

/* A positive, finite number, and for 16 bits the interval of what rounds to it. */
struct target {
    enum width width;
    double value;
    double low, high;
    bool inclusive; /* a tie goes to it: its last bit is even */
};

/* digits[0].digits[1]… · 10^exponent */
struct decimal {
    char digits[MAX_DIGITS + 1];
    int count, exponent;
};

static bool reads_back(const struct target *target, const struct decimal *decimal)
{
    char text[JSON_DOUBLE_SIZE];
    snprintf(text, sizeof text, "%.*se%d", decimal->count, decimal->digits, decimal->exponent - (decimal->count - 1));
    if (target->width == WIDTH_FLOAT32) {
        return to_float32(text) == (float)target->value;
    }
    const double value = to_double(text);
    if (target->width == WIDTH_DOUBLE) {
        return value == target->value;
    }
    return (value > target->low && value < target->high) ||
           (target->inclusive && (value == target->low || value == target->high));
}

/* The nearest decimal of `count` digits. The locale's decimal point may be any text without digits. */
static void round_to(double value, int count, struct decimal *out)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    const char *cursor = text;
    out->count = 0;
    for (; *cursor != 'e'; cursor++) {
        if (ascii_is_digit(*cursor)) {
            out->digits[out->count++] = *cursor;
        }
    }
    out->exponent = (int)strtol(cursor + 1, NULL, 10);
}

/* The next decimal of as many digits. */
static void step_up(struct decimal *decimal)
{
    int i = decimal->count - 1;
    while (i >= 0 && decimal->digits[i] == '9') {
        decimal->digits[i--] = '0';
    }
    if (i >= 0) {
        decimal->digits[i]++;
    } else {
        decimal->digits[0] = '1';
        decimal->exponent++;
    }
}

static void find_shortest(const struct target *target, struct decimal *out)
{
    /* The numbers that round to a power of two reach twice as far above it as below: there a decimal above it may read back
     * where the nearest one, below it, does not. */
    int exponent;
    const bool power_of_two = frexp(target->value, &exponent) == 0.5;
    for (int count = 1; count <= MAX_DIGITS; count++) {
        round_to(target->value, count, out);
        if (reads_back(target, out)) {
            return;
        }
        if (power_of_two) {
            struct decimal above = *out;
            step_up(&above);
            if (reads_back(target, &above)) {
                *out = above;
                return;
            }
        }
    }
}

/* With an exponent below 1e-4 and from 1e16 on. The number decides, as NumPy has it, not its digits: the float32 of 1e-4 lies
 * below that. */
static void lay_out(const struct decimal *decimal, double value, char *out)
{
    const char *digits = decimal->digits;
    const int count = decimal->count, exponent = decimal->exponent;
    if (value < 1e-4 || value >= 1e16) {
        *out++ = digits[0];
        if (count > 1) {
            *out++ = '.';
            memcpy(out, digits + 1, (size_t)(count - 1));
            out += count - 1;
        }
        snprintf(out, 13, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
        return;
    }
    if (exponent < 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = -1; i > exponent; i--) {
            *out++ = '0';
        }
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        *out++ = i < count ? digits[i] : '0';
        if (i == exponent) {
            *out++ = '.';
            if (i >= count - 1) {
                *out++ = '0';
            }
        }
    }
    *out = '\0';
}

/* The functions that calculate are not put into those that enter: a compiler does not know that a comparison must not come
 * first. */
#define CALCULATES static __attribute__((noinline))

CALCULATES char *format(double value, struct target *target, char *buffer)
{
    char *out = buffer;
    if (isnan(value)) {
        return strcpy(buffer, "nan");
    }
    if (signbit(value)) {
        *out++ = '-';
    }
    if (isinf(value)) {
        strcpy(out, "inf");
        return buffer;
    }
    if (value == 0) {
        strcpy(out, "0.0");
        return buffer;
    }
    target->value = fabs(value);
    struct decimal decimal;
    find_shortest(target, &decimal);
    lay_out(&decimal, target->value, out);
    return buffer;
}

char *json_format_double(double value, char buffer[JSON_DOUBLE_SIZE])
{
    struct target target = {.width = WIDTH_DOUBLE};
    struct surroundings saved;
    enter(&saved);
    format(value, &target, buffer);
    leave(&saved);
    return buffer;
}

CALCULATES void format_float32(float value, char *buffer)
{
    struct target target = {.width = WIDTH_FLOAT32};
    format((double)value, &target, buffer);
}

char *json_format_float32(float value, char buffer[JSON_DOUBLE_SIZE])
{
    struct surroundings saved;
    enter(&saved);
    format_float32(value, buffer);
    leave(&saved);
    return buffer;
}

CALCULATES void calculate_16(uint16_t bits, float (*value_of)(uint16_t), char *buffer)
{
    const double value = (double)value_of(bits), size = fabs(value);
    struct target target = {.width = WIDTH_16, .inclusive = (bits & 1) == 0};
    if (isfinite(value) && value != 0) {
        /* Neighbours and the points halfway to them are exact in double. The largest number reaches as far up as down. */
        const uint16_t magnitude = bits & 0x7fff;
        const double below = (double)value_of((uint16_t)(magnitude - 1));
        const double above = (double)value_of((uint16_t)(magnitude + 1));
        target.low = (below + size) / 2;
        target.high = isfinite(above) ? (size + above) / 2 : size + (size - below) / 2;
    }
    format(value, &target, buffer);
}

static char *format_16(uint16_t bits, float (*value_of)(uint16_t), char *buffer)
{
    struct surroundings saved;
    enter(&saved);
    calculate_16(bits, value_of, buffer);
    leave(&saved);
    return buffer;
}

char *json_format_float16(uint16_t bits, char buffer[JSON_DOUBLE_SIZE])
{
    return format_16(bits, float16_to_float, buffer);
}

char *json_format_bfloat16(uint16_t bits, char buffer[JSON_DOUBLE_SIZE])
{
    return format_16(bits, bfloat16_to_float, buffer);
}

/* ---- reading ---- */

static const char *skip_digits(const char *text)
{
    while (ascii_is_digit(*text)) {
        text++;
    }
    return text;
}

static bool is_decimal(const char *text)
{
    text += *text == '-' || *text == '+';
    const char *point = skip_digits(text);
    bool has_digits = point > text;
    text = point;
    if (*text == '.') {
        const char *end = skip_digits(text + 1);
        has_digits = has_digits || end > text + 1;
        text = end;
    }
    if (!has_digits) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        const char *end = skip_digits(text);
        if (end == text) {
            return false;
        }
        text = end;
    }
    return *text == '\0';
}

bool json_parse_double(const char *text, double *out)
{
    if (!is_decimal(text)) {
        return false;
    }
    struct surroundings saved;
    enter(&saved);
    const double value = to_double(text);
    leave(&saved);
    if (isnan(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool json_parse_int64(const char *text, int64_t *out)
{
    const bool negative = *text == '-';
    text += negative;
    if (*text == '\0') {
        return false;
    }
    int64_t value = 0;
    for (; *text != '\0'; text++) {
        if (!ascii_is_digit(*text)) {
            return false;
        }
        /* Downwards, as there is one more number below zero than above it. */
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, *text - '0', &value)) {
            return false;
        }
    }
    if (!negative && __builtin_sub_overflow(0, value, &value)) {
        return false;
    }
    *out = value;
    return true;
}
