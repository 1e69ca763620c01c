/* JSON texts as trees of cJSON, read strictly (scan.h). */
#ifndef FANIN_SRC_JSON_TREE_H
#define FANIN_SRC_JSON_TREE_H

#include <fanin/fanin.h>

#include <cJSON.h>
#include <stdbool.h>

/* A longer text is an error: a tree takes up to a hundred bytes for a byte of text. Large files are read with scan.h. */
#define JSON_TREE_LIMIT ((size_t)16 << 20)

/* Beyond it a double skips integers. */
#define JSON_LARGEST_INTEGER (INT64_C(1) << 53)

/* Enough for json_number_canonical, with its NUL: an integer in a double's range has up to 309 digits. */
#define JSON_NUMBER_SIZE 328

/* Reads a whole text. `what` names it in messages. Number nodes (cJSON_Number) carry their text in `valuestring` and their
 * value, correctly rounded, in `valuedouble`; `valueint` means nothing. Free the tree with cJSON_Delete.
 * Errors: FANIN_ERROR_SPEC with line and column, FANIN_ERROR_MEMORY. */
fanin_status json_parse(const char *what, const char *text, size_t length, cJSON **out);

/* The member of an object, its name matched exactly; NULL if there is none or `object` is no object. Takes time proportional to
 * the number of members. */
cJSON *json_member(const cJSON *object, const char *key);

/* Is it a number that was written without fraction and exponent? */
bool json_is_integer(const cJSON *node);

/* An integer within ±2^53; false for anything else, `3.0` and `1e2` included. */
bool json_integer(const cJSON *node, int64_t *out);

/* A number as Python would print it after reading it: integers stay (`-0` becomes `0`), others take their shortest form (`1E2`
 * becomes `100.0`). Returns `buffer`; "" for a node that is no number. */
char *json_number_canonical(const cJSON *node, char buffer[JSON_NUMBER_SIZE]);

#endif
