/* Inside the reader: strings, numbers and its errors. */
#ifndef FANIN_SRC_JSON_LEXEME_H
#define FANIN_SRC_JSON_LEXEME_H

#include "scan.h"

/* The character at `offset`; NUL at the end. */
static inline char json_peek(const struct json_reader *reader, size_t offset)
{
    return offset < reader->length ? reader->text[offset] : '\0';
}

/* Adds to the token's text, which ends with NUL. false: out of memory. */
bool json_append_text(struct json_reader *reader, const char *bytes, size_t count);

/* Read the string or number that starts at the position into the token's text, unescaped, and move behind it. */
fanin_status json_read_string(struct json_reader *reader);
fanin_status json_read_number(struct json_reader *reader);

/* "found 'x', expected EXPECTED", with what stands at `offset`. */
fanin_status json_fail_expected(const struct json_reader *reader, size_t offset, const char *expected);

fanin_status json_fail_memory(const struct json_reader *reader);

#endif
