/* ASCII letters, whatever the locale. */
#ifndef FANIN_SRC_ASCII_H
#define FANIN_SRC_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
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
