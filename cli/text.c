#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *text_count(int64_t value, char text[TEXT_SIZE])
{
    char digits[TEXT_SIZE];
    const int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    char *out = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') {
            *out++ = ',';
        }
        *out++ = digits[i];
    }
    *out = 0;
    return text;
}

char *text_counted(int64_t value, const char *word, char text[TEXT_SIZE])
{
    const size_t length = strlen(text_count(value, text));
    snprintf(text + length, TEXT_SIZE - length, " %s%s", word, value == 1 ? "" : "s");
    return text;
}

char *text_bytes(double bytes, char text[TEXT_SIZE])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    int unit = 0;
    while (bytes >= 999.5 && unit < 6) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, TEXT_SIZE, bytes < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

char *text_seconds(double seconds, char text[TEXT_SIZE])
{
    if (seconds < 60) {
        snprintf(text, TEXT_SIZE, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
        return text;
    }
    const double limit = 1e9;
    const int64_t whole = (int64_t)(seconds < limit ? seconds + 0.5 : limit);
    const int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0) {
        snprintf(text, TEXT_SIZE, "%" PRId64 ":%02" PRId64 ":%02" PRId64, hours, minutes, whole % 60);
    } else {
        snprintf(text, TEXT_SIZE, "%" PRId64 ":%02" PRId64, minutes, whole % 60);
    }
    return text;
}

char *text_speed(int64_t bytes, double seconds, char text[TEXT_SIZE])
{
    const double shown = 0.005, speed = (double)bytes / seconds * 1e-9;
    char time[TEXT_SIZE];
    text_seconds(seconds, time);
    if (seconds >= shown && speed >= shown) {
        snprintf(text, TEXT_SIZE, " in %.20s (%.2f GB/s)", time, speed);
    } else if (seconds >= 1) {
        snprintf(text, TEXT_SIZE, " in %.20s", time);
    } else {
        text[0] = '\0';
    }
    return text;
}

int text_width(const char *text)
{
    int width = 0;
    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

bool text_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *const value = getenv(variables[i]);
        if (value && *value) {
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
        }
    }
    return false;
}

void text_blanks(int count)
{
    printf("%*s", count > 1 ? count : 1, "");
}
