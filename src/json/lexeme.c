#include "lexeme.h"

#include "ascii.h"
#include "number.h"
#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number this short without exponent stays below 10^300 and needs no look at its value. */
#define SURELY_FINITE 300

/* ---- the token's text ---- */

bool json_append_text(struct json_reader *reader, const char *bytes, size_t count)
{
    if (reader->buffer_size - reader->buffer_used <= count) {
        /* At most twice the input's length, which is below 4 GiB. */
        size_t size = reader->buffer_size < 64 ? 64 : reader->buffer_size;
        while (size - reader->buffer_used <= count) {
            size *= 2;
        }
        char *buffer = realloc(reader->buffer, size);
        if (buffer == NULL) {
            return false;
        }
        reader->buffer = buffer;
        reader->buffer_size = size;
    }
    memcpy(reader->buffer + reader->buffer_used, bytes, count);
    reader->buffer_used += count;
    reader->buffer[reader->buffer_used] = '\0';
    return true;
}

/* The value of the four digits at `offset`, -1 if they are not there. */
static int32_t read_hex4(const struct json_reader *reader, size_t offset)
{
    int32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        const int digit = offset + i < reader->length ? ascii_hex_digit(reader->text[offset + i]) : -1;
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* Reads the escape at the position, behind its backslash; returns what it stands for. */
static fanin_status read_escape(struct json_reader *reader, uint32_t *code)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const size_t start = reader->position - 1;
    const char letter = reader->position < reader->length ? reader->text[reader->position] : '\0';
    const char *simple = letter != '\0' ? strchr(letters, letter) : NULL;
    if (simple != NULL) {
        *code = (unsigned char)meanings[simple - letters];
        reader->position++;
        return FANIN_OK;
    }
    if (letter != 'u') {
        return json_fail_expected(reader, reader->position, "one of \"\\/bfnrtu after the backslash in a string");
    }
    const int32_t high = read_hex4(reader, reader->position + 1);
    if (high < 0) {
        return json_fail_at(reader, start, "four hexadecimal digits must follow \\u");
    }
    if (high == 0) {
        return json_fail_at(reader, start, "a string must not contain \\u0000");
    }
    reader->position += 5;
    if (high < 0xd800 || high > 0xdfff) {
        *code = (uint32_t)high;
        return FANIN_OK;
    }
    int32_t low = -1;
    if (high <= 0xdbff && reader->length - reader->position >= 6 && memcmp(reader->text + reader->position, "\\u", 2) == 0) {
        low = read_hex4(reader, reader->position + 2);
    }
    if (low < 0xdc00 || low > 0xdfff) {
        return json_fail_at(reader, start, "\\u%04x is half of a surrogate pair without the other half", (unsigned)high);
    }
    reader->position += 6;
    *code = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    return FANIN_OK;
}

fanin_status json_read_string(struct json_reader *reader)
{
    const size_t start = reader->position++;
    for (;;) {
        size_t end = reader->position;
        while (end < reader->length) {
            const unsigned char byte = (unsigned char)reader->text[end];
            if (byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80) {
                break;
            }
            end++;
        }
        if (!json_append_text(reader, reader->text + reader->position, end - reader->position)) {
            return json_fail_memory(reader);
        }
        reader->position = end;
        if (end == reader->length) {
            return json_fail_at(reader, start, "the string that starts here has no end");
        }
        const char *here = reader->text + end;
        char encoded[4];
        uint32_t code;
        size_t size;
        if (*here == '"') {
            reader->position++;
            return FANIN_OK;
        }
        if (*here == '\\') {
            reader->position++;
            const fanin_status status = read_escape(reader, &code);
            if (status != FANIN_OK) {
                return status;
            }
            size = json_utf8_encode(code, encoded);
            here = encoded;
        } else if ((unsigned char)*here < 0x20) {
            return json_fail_at(reader, end, "the control character 0x%02x in a string must be written as \\u%04x",
                                (unsigned char)*here, (unsigned char)*here);
        } else {
            size = json_utf8_decode(here, reader->length - end, &code);
            if (size == 0) {
                return json_fail_at(reader, end, "the byte 0x%02x in a string is not UTF-8", (unsigned char)*here);
            }
            reader->position += size;
        }
        if (!json_append_text(reader, here, size)) {
            return json_fail_memory(reader);
        }
    }
}

/* ---- numbers ---- */

fanin_status json_read_number(struct json_reader *reader)
{
    const size_t start = reader->position;
    size_t end = start + (json_peek(reader, start) == '-');
    bool exponent = false;
    if (!ascii_is_digit(json_peek(reader, end))) {
        return json_fail_expected(reader, end, "a digit after the minus");
    }
    if (json_peek(reader, end) == '0') {
        end++;
        if (ascii_is_digit(json_peek(reader, end))) {
            return json_fail_at(reader, start, "a number must not begin with 0");
        }
        if (json_peek(reader, end) == 'x' || json_peek(reader, end) == 'X') {
            return json_fail_at(reader, start, "a number must not be hexadecimal");
        }
    }
    while (ascii_is_digit(json_peek(reader, end))) {
        end++;
    }
    if (json_peek(reader, end) == '.') {
        end++;
        if (!ascii_is_digit(json_peek(reader, end))) {
            return json_fail_expected(reader, end, "a digit after the point of a number");
        }
        while (ascii_is_digit(json_peek(reader, end))) {
            end++;
        }
    }
    if (json_peek(reader, end) == 'e' || json_peek(reader, end) == 'E') {
        exponent = true;
        end++;
        end += json_peek(reader, end) == '-' || json_peek(reader, end) == '+';
        if (!ascii_is_digit(json_peek(reader, end))) {
            return json_fail_expected(reader, end, "a digit in the exponent of a number");
        }
        while (ascii_is_digit(json_peek(reader, end))) {
            end++;
        }
    }
    if (!json_append_text(reader, reader->text + start, end - start)) {
        return json_fail_memory(reader);
    }
    reader->position = end;
    if (exponent || end - start >= SURELY_FINITE) {
        double value;
        if (!json_parse_double(reader->buffer, &value)) {
            return json_fail_memory(reader);
        }
        if (!isfinite(value)) {
            char excerpt[JSON_EXCERPT_SIZE];
            return json_fail_at(reader, start, "the number %s is beyond the range of a double",
                                json_excerpt(reader->buffer, reader->buffer_used, excerpt));
        }
    }
    return FANIN_OK;
}
