/* UTF-8, one character at a time, and pieces of foreign text for messages. */
#ifndef FANIN_SRC_JSON_UTF8_H
#define FANIN_SRC_JSON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for json_excerpt, with its NUL. */
#define JSON_EXCERPT_SIZE 96

/* Reads the first character of `length` bytes; returns how many bytes it has, 0 where they are not UTF-8 (Unicode's table 3-7:
 * no overlong forms, no surrogates, nothing beyond U+10FFFF) or `length` is 0. */
size_t json_utf8_decode(const char *text, size_t length, uint32_t *code);

/* Whether all of a text is UTF-8. */
bool json_utf8_valid(const char *text, size_t length);

/* Writes a character that is no surrogate; returns how many bytes it takes. */
size_t json_utf8_encode(uint32_t code, char out[4]);

/* The start of a foreign text as one may print it in a message: control characters and what is not UTF-8 become '?', "…" stands
 * for what is cut off. Returns `buffer`. */
char *json_excerpt(const char *text, size_t length, char buffer[JSON_EXCERPT_SIZE]);

#endif
