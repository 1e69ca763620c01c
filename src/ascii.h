/* ASCII letters and digits, whatever the locale. */
#ifndef FANIN_SRC_ASCII_H
#define FANIN_SRC_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* `code`: a code point, or a char; a negative one is beyond any digit when it is converted. */
static inline bool ascii_is_digit(uint32_t code)
{
    return code >= '0' && code <= '9';
}

/* The value of a hexadecimal digit in either case; -1 for what is none. */
static inline int ascii_hex_digit(uint32_t code)
{
    if (ascii_is_digit(code)) {
        return (int)(code - '0');
    }
    if (code >= 'a' && code <= 'f') {
        return (int)(code - 'a') + 10;
    }
    return code >= 'A' && code <= 'F' ? (int)(code - 'A') + 10 : -1;
}

/* Whether the first `length` bytes of two texts, none of which need be so long, are equal but for the case of letters. */
static inline bool ascii_same(const char *a, const char *b, size_t length)
{
    size_t i = 0;
    while (i < length && ascii_lower(a[i]) == ascii_lower(b[i]) && a[i] != '\0') {
        i++;
    }
    return i == length || (a[i] == '\0' && b[i] == '\0');
}

#endif
