/* A strict reader of JSON (RFC 8259): one pass, token by token, without a tree. Headers and manifests of a million keys are
 * read with it directly; json_parse (tree.h) builds its trees on it.
 *
 * Strict means: nothing but the grammar; no byte order mark, NaN, Infinity or comments; strings are valid UTF-8 without lone
 * surrogates and without NUL; the keys of an object differ (compared byte by byte, after unescaping); numbers stay within a
 * double's range; nesting ends at JSON_MAX_DEPTH.
 *
 *     struct json_reader reader;
 *     struct json_token token;
 *     json_reader_init(&reader, path, FANIN_ERROR_FORMAT, text, length);
 *     do {
 *         status = json_next(&reader, &token);
 *         …
 *     } while (status == FANIN_OK && token.kind != JSON_END);
 *     json_reader_free(&reader);
 */
#ifndef FANIN_SRC_JSON_SCAN_H
#define FANIN_SRC_JSON_SCAN_H

#include <fanin/fanin.h>

#include <stdbool.h>

/* Arrays and objects within each other. */
#define JSON_MAX_DEPTH 64

enum json_kind {
    JSON_END, /* the text is over and was whole */
    JSON_BEGIN_OBJECT,
    JSON_END_OBJECT,
    JSON_BEGIN_ARRAY,
    JSON_END_ARRAY,
    JSON_KEY, /* its value's tokens come next */
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

/* `text` ends with NUL and lives until the reader's next call: the unescaped string of a KEY or STRING, the number as it is
 * written for a NUMBER, "" for the others. */
struct json_token {
    enum json_kind kind;
    const char *text;
    size_t length; /* of text, without its NUL */
    size_t offset; /* where the token starts, in bytes from the start of the whole text */
};

/* The keys of one open object: a hash table of their places. */
struct json_keys {
    struct json_key_place *places;
    size_t count, capacity;
};

/* Its members are the reader's own. */
struct json_reader {
    const char *what, *text;
    size_t length, position;
    fanin_status error;
    uint64_t hash_key;
    char *buffer; /* the token's text */
    size_t buffer_used, buffer_size;
    int depth, state;
    bool in_object[JSON_MAX_DEPTH];
    struct json_keys keys[JSON_MAX_DEPTH];
};

/* Starts reading `text`, which needs no NUL and must live as long as the reader, as must `what`: it names the text in messages
 * ("rules", a file's path). `error` is the status of all errors of the text: FANIN_ERROR_SPEC, FANIN_ERROR_FORMAT. */
void json_reader_init(struct json_reader *reader, const char *what, fanin_status error, const char *text, size_t length);

/* Frees what the reader holds; may be called again. */
void json_reader_free(struct json_reader *reader);

/* The next token; JSON_END again and again after the last. After an error the reader can only be freed.
 * Errors: the reader's, with line and column; FANIN_ERROR_MEMORY. */
fanin_status json_next(struct json_reader *reader, struct json_token *token);

/* As json_next, and an error if the token is not of this kind. */
fanin_status json_expect(struct json_reader *reader, enum json_kind kind, struct json_token *token);

/* Reads over the rest of the value whose first token is `token`: nothing for a scalar, up to the matching end for others. */
fanin_status json_skip(struct json_reader *reader, const struct json_token *token);

/* Reads over the next value, all of it. */
fanin_status json_skip_value(struct json_reader *reader);

/* An error of the caller's own about the text at `offset` (a token's): sets and returns the reader's status with a message
 * "WHAT: line L, column C: …". Columns count characters from 1. */
fanin_status json_fail_at(const struct json_reader *reader, size_t offset, const char *format, ...) FANIN_PRINTF(3, 4);

/* A NUMBER without fraction and exponent that fits; false otherwise. */
bool json_token_int64(const struct json_token *token, int64_t *out);

/* A NUMBER, rounded to nearest even; false for other tokens. */
bool json_token_double(const struct json_token *token, double *out);

/* "an object", "a key", "a number", …, for messages. */
const char *json_kind_name(enum json_kind kind);

#endif
