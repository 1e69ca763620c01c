#include "translation.h"

#include "ascii.h"
#include "json/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pattern_advance(struct translation *translation)
{
    struct pattern_token *next = &translation->next;
    const char *text = translation->text;
    const size_t length = translation->length;
    *next = (struct pattern_token){.start = next->after, .after = next->after};
    if (next->start == length) {
        next->end = true;
        return;
    }
    if (text[next->after] == '\\') {
        /* The text was checked to be UTF-8 and not to end here. */
        next->escaped = true;
        next->after++;
    }
    next->after += json_utf8_decode(text + next->after, length - next->after, &next->code);
}

bool pattern_at(const struct translation *translation, char c)
{
    const struct pattern_token *next = &translation->next;
    return !next->end && !next->escaped && next->code == (unsigned char)c;
}

bool pattern_accept(struct translation *translation, char c)
{
    if (!pattern_at(translation, c)) {
        return false;
    }
    pattern_advance(translation);
    return true;
}

bool pattern_at_digit(const struct translation *translation)
{
    const struct pattern_token *next = &translation->next;
    return !next->end && !next->escaped && ascii_is_digit(next->code);
}

bool pattern_refuse(struct translation *translation, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = NULL;
    const int written = vasprintf(&message, format, args);
    va_end(args);
    if (written < 0) {
        translation->status = fanin_fail(FANIN_ERROR_MEMORY, "out of memory while reading a pattern");
        return false;
    }
    size_t position = 0;
    for (size_t i = 0; i < offset; i++) {
        position += ((unsigned char)translation->text[i] & 0xc0) != 0x80;
    }
    char excerpt[JSON_EXCERPT_SIZE];
    translation->status = fanin_fail(FANIN_ERROR_PATTERN, "pattern \"%s\", position %zu: %s",
                                     json_excerpt(translation->text, translation->length, excerpt), position, message);
    free(message);
    return false;
}

/* Makes room for `count` bytes and a NUL behind them. */
static bool reserve(struct translation *translation, size_t count)
{
    if (translation->out_failed) {
        return false;
    }
    if (translation->out_size - translation->out_used > count) {
        return true;
    }
    /* Less than a hundred bytes for each of a pattern whose length is limited: no overflow. */
    size_t size = translation->out_size < 128 ? 128 : translation->out_size;
    while (size - translation->out_used <= count) {
        size *= 2;
    }
    char *out = realloc(translation->out, size);
    if (out == NULL) {
        translation->out_failed = true;
        return false;
    }
    translation->out = out;
    translation->out_size = size;
    return true;
}

void pattern_insert(struct translation *translation, size_t offset, const char *text)
{
    const size_t count = strlen(text);
    if (!reserve(translation, count)) {
        return;
    }
    char *place = translation->out + offset;
    memmove(place + count, place, translation->out_used - offset);
    memcpy(place, text, count);
    translation->out_used += count;
    translation->out[translation->out_used] = '\0';
}

void pattern_emit(struct translation *translation, const char *text)
{
    pattern_insert(translation, translation->out_used, text);
}

void pattern_emit_code(struct translation *translation, uint32_t code)
{
    const bool plain = ascii_is_digit(code) || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') || code == '_';
    char text[16];
    snprintf(text, sizeof text, plain ? "%c" : "\\x{%x}", code);
    pattern_emit(translation, text);
}
