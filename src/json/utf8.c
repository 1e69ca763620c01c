#include "utf8.h"

#include <stdbool.h>
#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t json_utf8_decode(const char *text, size_t length, uint32_t *code)
{
    if (length == 0) {
        return 0;
    }
    const unsigned char *bytes = (const unsigned char *)text;
    const unsigned char first = bytes[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf && length >= 2 && is_continuation(bytes[1])) {
        *code = (uint32_t)(first & 0x1f) << 6 | (bytes[1] & 0x3f);
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef && length >= 3 && is_continuation(bytes[1]) && is_continuation(bytes[2])) {
        const uint32_t value = (uint32_t)(first & 0x0f) << 12 | (uint32_t)(bytes[1] & 0x3f) << 6 | (bytes[2] & 0x3f);
        if (value < 0x800 || (value >= 0xd800 && value <= 0xdfff)) {
            return 0;
        }
        *code = value;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4 && length >= 4 && is_continuation(bytes[1]) && is_continuation(bytes[2]) &&
        is_continuation(bytes[3])) {
        const uint32_t value = (uint32_t)(first & 0x07) << 18 | (uint32_t)(bytes[1] & 0x3f) << 12 |
                               (uint32_t)(bytes[2] & 0x3f) << 6 | (bytes[3] & 0x3f);
        if (value < 0x10000 || value > 0x10ffff) {
            return 0;
        }
        *code = value;
        return 4;
    }
    return 0;
}

bool json_utf8_valid(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint32_t code;
        const size_t bytes = (unsigned char)text[at] < 0x80 ? 1 : json_utf8_decode(text + at, length - at, &code);
        if (bytes == 0) {
            return false;
        }
        at += bytes;
    }
    return true;
}

size_t json_utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

char *json_excerpt(const char *text, size_t length, char buffer[JSON_EXCERPT_SIZE])
{
    static const char dots[] = "…";
    size_t used = 0, position = 0;
    while (position < length) {
        uint32_t code = 0;
        size_t size = json_utf8_decode(text + position, length - position, &code);
        const bool printable = size != 0 && code >= 0x20 && !(code >= 0x7f && code < 0xa0);
        const size_t written = printable ? size : 1;
        if (used + written + sizeof dots > JSON_EXCERPT_SIZE) {
            memcpy(buffer + used, dots, sizeof dots);
            return buffer;
        }
        if (printable) {
            memcpy(buffer + used, text + position, size);
        } else {
            buffer[used] = '?';
            size = size != 0 ? size : 1;
        }
        used += written;
        position += size;
    }
    buffer[used] = '\0';
    return buffer;
}
