#include "scan.h"

#include "ascii.h"
#include "keys.h"
#include "lexeme.h"
#include "number.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state {
    STATE_START,
    STATE_VALUE,       /* a value must come */
    STATE_FIRST_VALUE, /* a value or ']' */
    STATE_KEY,         /* a key must come */
    STATE_FIRST_KEY,   /* a key or '}' */
    STATE_AFTER_VALUE  /* a comma or the end of what is open */
};

void json_reader_init(struct json_reader *reader, const char *what, fanin_status error, const char *text, size_t length)
{
    memset(reader, 0, sizeof *reader);
    reader->what = what;
    reader->text = text;
    reader->length = length;
    reader->error = error;
    reader->state = STATE_START;
    reader->hash_key = json_keys_random();
}

void json_reader_free(struct json_reader *reader)
{
    for (int i = 0; i < JSON_MAX_DEPTH; i++) {
        json_keys_free(&reader->keys[i]);
    }
    free(reader->buffer);
    reader->buffer = NULL;
    reader->buffer_used = reader->buffer_size = 0;
}

fanin_status json_fail_at(const struct json_reader *reader, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = NULL;
    const int written = vasprintf(&message, format, args);
    va_end(args);
    if (written < 0) {
        return fanin_fail(FANIN_ERROR_MEMORY, "%s: out of memory", reader->what);
    }
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset && i < reader->length; i++) {
        const unsigned char byte = (unsigned char)reader->text[i];
        if (byte == '\n') {
            line++;
            column = 1;
        } else if ((byte & 0xc0) != 0x80) {
            column++;
        }
    }
    fanin_fail(reader->error, "%s: line %zu, column %zu: %s", reader->what, line, column, message);
    free(message);
    return reader->error;
}

fanin_status json_fail_memory(const struct json_reader *reader)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "%s: out of memory while reading its JSON", reader->what);
}

/* "'x'", "the end of the text": what stands at `offset`. The buffer must outlive the result. */
static const char *found(const struct json_reader *reader, size_t offset, char buffer[16])
{
    if (offset >= reader->length) {
        return "the end of the text";
    }
    const char *text = reader->text + offset;
    uint32_t code;
    const size_t size = json_utf8_decode(text, reader->length - offset, &code);
    if (size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        snprintf(buffer, 16, "the byte 0x%02x", (unsigned char)*text);
    } else {
        snprintf(buffer, 16, "'%.*s'", (int)size, text);
    }
    return buffer;
}

fanin_status json_fail_expected(const struct json_reader *reader, size_t offset, const char *expected)
{
    char buffer[16];
    return json_fail_at(reader, offset, "found %s, expected %s", found(reader, offset, buffer), expected);
}

static bool starts_with(const struct json_reader *reader, const char *word)
{
    const size_t length = strlen(word);
    return reader->length - reader->position >= length && memcmp(reader->text + reader->position, word, length) == 0;
}

static fanin_status read_word(struct json_reader *reader, enum json_kind *kind)
{
    static const struct {
        const char *word;
        enum json_kind kind;
    } words[] = {{"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (starts_with(reader, words[i].word)) {
            *kind = words[i].kind;
            reader->position += strlen(words[i].word);
            return FANIN_OK;
        }
    }
    static const char *const refused[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (starts_with(reader, refused[i])) {
            return json_fail_at(reader, reader->position, "%s is no JSON: numbers are finite", refused[i]);
        }
    }
    if (starts_with(reader, "\xef\xbb\xbf")) {
        return json_fail_at(reader, reader->position, "a byte-order mark is no JSON: save the text without it");
    }
    return json_fail_expected(reader, reader->position,
                              json_peek(reader, reader->position) == '\'' ? "a value; JSON's strings stand in double quotes"
                                                                          : "a value");
}

static fanin_status open_container(struct json_reader *reader, bool object)
{
    if (reader->depth == JSON_MAX_DEPTH) {
        return json_fail_at(reader, reader->position, "arrays and objects are nested deeper than %d", JSON_MAX_DEPTH);
    }
    reader->in_object[reader->depth++] = object;
    reader->state = object ? STATE_FIRST_KEY : STATE_FIRST_VALUE;
    reader->position++;
    return FANIN_OK;
}

static fanin_status read_value(struct json_reader *reader, struct json_token *token)
{
    reader->state = STATE_AFTER_VALUE;
    const char c = json_peek(reader, reader->position);
    if (c == '{' || c == '[') {
        token->kind = c == '{' ? JSON_BEGIN_OBJECT : JSON_BEGIN_ARRAY;
        return open_container(reader, c == '{');
    }
    if (c == '"') {
        token->kind = JSON_STRING;
        return json_read_string(reader);
    }
    if (ascii_is_digit(c) || (c == '-' && json_peek(reader, reader->position + 1) != 'I')) {
        token->kind = JSON_NUMBER;
        return json_read_number(reader);
    }
    return read_word(reader, &token->kind);
}

static void skip_blanks(struct json_reader *reader)
{
    while (reader->position < reader->length) {
        const char c = reader->text[reader->position];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            break;
        }
        reader->position++;
    }
}

static fanin_status read_key(struct json_reader *reader, struct json_token *token)
{
    const size_t start = reader->position;
    if (json_peek(reader, start) != '"') {
        return json_fail_expected(reader, start, "a key in double quotes");
    }
    token->kind = JSON_KEY;
    fanin_status status = json_read_string(reader);
    if (status != FANIN_OK) {
        return status;
    }
    bool repeated;
    if (!json_keys_add(&reader->keys[reader->depth - 1], reader, start, &repeated)) {
        return json_fail_memory(reader);
    }
    if (repeated) {
        char excerpt[JSON_EXCERPT_SIZE];
        return json_fail_at(reader, start, "the key \"%s\" is repeated in its object",
                            json_excerpt(reader->buffer, reader->buffer_used, excerpt));
    }
    skip_blanks(reader);
    if (json_peek(reader, reader->position) != ':') {
        return json_fail_expected(reader, reader->position, "a colon after the key");
    }
    reader->position++;
    reader->state = STATE_VALUE;
    return FANIN_OK;
}

static fanin_status close_container(struct json_reader *reader, struct json_token *token)
{
    const bool object = reader->in_object[--reader->depth];
    token->kind = object ? JSON_END_OBJECT : JSON_END_ARRAY;
    if (object) {
        json_keys_clear(&reader->keys[reader->depth]);
    }
    reader->position++;
    reader->state = STATE_AFTER_VALUE;
    return FANIN_OK;
}

/* Behind a value: the end of the text, of what is open, or a comma and what follows it. */
static fanin_status read_after_value(struct json_reader *reader, struct json_token *token)
{
    if (reader->depth == 0) {
        if (reader->position < reader->length) {
            return json_fail_expected(reader, reader->position, "nothing after the value");
        }
        token->kind = JSON_END;
        return FANIN_OK;
    }
    const bool object = reader->in_object[reader->depth - 1];
    const char c = json_peek(reader, reader->position);
    if (c == (object ? '}' : ']')) {
        return close_container(reader, token);
    }
    if (c != ',') {
        return json_fail_expected(reader, reader->position, object ? "',' or '}'" : "',' or ']'");
    }
    reader->position++;
    skip_blanks(reader);
    token->offset = reader->position;
    return object ? read_key(reader, token) : read_value(reader, token);
}

fanin_status json_next(struct json_reader *reader, struct json_token *token)
{
    reader->buffer_used = 0;
    if (!json_append_text(reader, "", 0)) {
        return json_fail_memory(reader);
    }
    if (reader->length > JSON_MAX_LENGTH) {
        return fanin_fail(reader->error, "%s: %zu bytes of JSON, expected less than 4 GiB", reader->what, reader->length);
    }
    skip_blanks(reader);
    token->offset = reader->position;
    const char c = json_peek(reader, reader->position);
    fanin_status status;
    switch ((enum state)reader->state) {
    case STATE_START:
        if (reader->position == reader->length) {
            status = json_fail_at(reader, reader->position, "the text is empty, expected a JSON value");
        } else {
            status = read_value(reader, token);
        }
        break;
    case STATE_FIRST_VALUE:
        status = c == ']' ? close_container(reader, token) : read_value(reader, token);
        break;
    case STATE_FIRST_KEY:
        status = c == '}' ? close_container(reader, token) : read_key(reader, token);
        break;
    case STATE_VALUE:
        status = read_value(reader, token);
        break;
    default:
        status = read_after_value(reader, token);
        break;
    }
    token->text = reader->buffer;
    token->length = reader->buffer_used;
    return status;
}

fanin_status json_expect(struct json_reader *reader, enum json_kind kind, struct json_token *token)
{
    const fanin_status status = json_next(reader, token);
    if (status != FANIN_OK || token->kind == kind) {
        return status;
    }
    return json_fail_at(reader, token->offset, "found %s, expected %s", json_kind_name(token->kind), json_kind_name(kind));
}

fanin_status json_skip(struct json_reader *reader, const struct json_token *token)
{
    if (token->kind != JSON_BEGIN_OBJECT && token->kind != JSON_BEGIN_ARRAY) {
        return FANIN_OK;
    }
    const int depth = reader->depth - 1;
    while (reader->depth > depth) {
        struct json_token next;
        const fanin_status status = json_next(reader, &next);
        if (status != FANIN_OK) {
            return status;
        }
    }
    return FANIN_OK;
}

fanin_status json_skip_value(struct json_reader *reader)
{
    struct json_token token;
    const fanin_status status = json_next(reader, &token);
    return status == FANIN_OK ? json_skip(reader, &token) : status;
}

bool json_token_int64(const struct json_token *token, int64_t *out)
{
    return token->kind == JSON_NUMBER && json_parse_int64(token->text, out);
}

bool json_token_double(const struct json_token *token, double *out)
{
    return token->kind == JSON_NUMBER && json_parse_double(token->text, out);
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_END] = "the end of the text",
        [JSON_BEGIN_OBJECT] = "an object",
        [JSON_END_OBJECT] = "the end of an object",
        [JSON_BEGIN_ARRAY] = "an array",
        [JSON_KEY] = "a key",
        [JSON_END_ARRAY] = "the end of an array",
        [JSON_STRING] = "a string",
        [JSON_NUMBER] = "a number",
        [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",
        [JSON_NULL] = "null",
    };
    return names[kind];
}
