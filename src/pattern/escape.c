#include "translation.h"

#include "ascii.h"

#include <stdio.h>
#include <string.h>

static bool is_octal(uint32_t code)
{
    return code >= '0' && code <= '7';
}

/* \xHH, \uHHHH, \UHHHHHHHH */
static bool read_hex(struct translation *translation, struct pattern_token token, int digits, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        const struct pattern_token *next = &translation->next;
        const int digit = next->end || next->escaped ? -1 : ascii_hex_digit(next->code);
        if (digit < 0) {
            return pattern_refuse(translation, token.start, "\\%c needs %d hexadecimal digits", (char)token.code, digits);
        }
        *value = *value << 4 | (uint32_t)digit;
        pattern_advance(translation);
    }
    if (*value > 0x10ffff) {
        return pattern_refuse(translation, token.start, "no character has the number 0x%x", *value);
    }
    if (*value >= 0xd800 && *value <= 0xdfff) {
        return pattern_refuse(translation, token.start, "a surrogate cannot be in a name");
    }
    return true;
}

/* Up to `more` octal digits after the token's own. */
static bool read_octal(struct translation *translation, struct pattern_token token, int more, uint32_t *value)
{
    *value = token.code - '0';
    for (int i = 0; i < more && pattern_at_digit(translation) && is_octal(translation->next.code); i++) {
        *value = *value << 3 | (translation->next.code - '0');
        pattern_advance(translation);
    }
    if (*value > 0377) {
        return pattern_refuse(translation, token.start, "an octal escape beyond \\377");
    }
    return true;
}

bool pattern_check_reference(struct translation *translation, size_t group, size_t offset)
{
    if (translation->groups[group - 1].open) {
        return pattern_refuse(translation, offset, "cannot refer to an open group");
    }
    if (translation->lookbehind_groups != 0 && group >= translation->lookbehind_groups) {
        return pattern_refuse(translation, offset, "cannot refer to a group of the same look-behind");
    }
    return true;
}

bool pattern_emit_reference(struct translation *translation, unsigned flags, size_t group, size_t offset,
                            struct pattern_width *width)
{
    if ((flags & PATTERN_IGNORE_CASE) != 0) {
        /* Python compares lower cases here and not, as elsewhere, what shares an upper case too; PCRE2 knows no such mode. */
        return pattern_refuse(translation, offset, "a group reference that ignores case is not supported");
    }
    char text[32];
    snprintf(text, sizeof text, "\\g{%zu}", group);
    pattern_emit(translation, text);
    *width = translation->groups[group - 1].width;
    return true;
}

/* A digit but 0, outside a class: three octal digits are a character, else it is a group's number of one or two digits. */
static bool read_number(struct translation *translation, struct pattern_token token, struct pattern_escape *escape)
{
    uint32_t group = token.code - '0';
    if (pattern_at_digit(translation)) {
        const uint32_t second = translation->next.code;
        pattern_advance(translation);
        if (is_octal(token.code) && is_octal(second) && pattern_at_digit(translation) && is_octal(translation->next.code)) {
            escape->kind = ESCAPE_CHARACTER;
            escape->value = group << 6 | (second - '0') << 3 | (translation->next.code - '0');
            pattern_advance(translation);
            return escape->value <= 0377 || pattern_refuse(translation, token.start, "an octal escape beyond \\377");
        }
        group = group * 10 + (second - '0');
    }
    *escape = (struct pattern_escape){ESCAPE_GROUP, group};
    if (group > translation->group_count) {
        return pattern_refuse(translation, token.start, "invalid group reference %u", group);
    }
    return pattern_check_reference(translation, group, token.start);
}

bool pattern_read_escape(struct translation *translation, struct pattern_token token, bool in_class,
                         struct pattern_escape *escape)
{
    static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
    const uint32_t code = token.code;
    *escape = (struct pattern_escape){ESCAPE_CHARACTER, code};
    if (code >= 0x80) {
        return true;
    }
    const char c = (char)code;
    if (strchr("dDsSwW", c) != NULL) {
        escape->kind = ESCAPE_CATEGORY;
        return true;
    }
    if (!in_class && strchr("AbBZ", c) != NULL) {
        escape->kind = ESCAPE_POSITION;
        return true;
    }
    const char *letter = strchr(letters, c);
    if (letter != NULL) {
        escape->value = (unsigned char)meanings[letter - letters];
        return true;
    }
    switch (c) {
    case 'x':
        return read_hex(translation, token, 2, &escape->value);
    case 'u':
        return read_hex(translation, token, 4, &escape->value);
    case 'U':
        return read_hex(translation, token, 8, &escape->value);
    case 'N':
        return pattern_refuse(translation, token.start, "\\N{…} is not supported, write the character or \\uXXXX");
    default:
        break;
    }
    if (c == '0' || (in_class && is_octal(code))) {
        return read_octal(translation, token, 2, &escape->value);
    }
    if (ascii_is_digit(code) && !in_class) {
        return read_number(translation, token, escape);
    }
    if (ascii_is_digit(code) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        return pattern_refuse(translation, token.start, "bad escape \\%c", c);
    }
    return true;
}
