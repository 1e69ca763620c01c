/* Trees of cJSON as text, and nodes for them. cJSON's own printer is not used: it loses numbers and writes UTF-8 as it
 * comes. */
#ifndef FANIN_SRC_JSON_PRINT_H
#define FANIN_SRC_JSON_PRINT_H

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* The tree on one line as Python's json.dumps writes it: ", " and ": " between, strings in ASCII (\uXXXX in lower case, also
 * for 0x7f; surrogate pairs beyond U+FFFF), numbers as json_number_canonical's, raw nodes as they are. What is not UTF-8 in a
 * string becomes \ufffd. The text is the caller's to free(); NULL when out of memory. */
char *json_print(const cJSON *node);

/* A node of a number and its text, as json_parse makes them. NULL when out of memory. */
cJSON *json_new_number(double value, const char *text);

/* A float node: prints as `3.0`, `1e-05`; `NaN`, `Infinity`, `-Infinity` as Python's. NULL when out of memory. */
cJSON *json_new_double(double value);

/* An integer node, exact. NULL when out of memory. */
cJSON *json_new_int64(int64_t value);

/* Add `item` to the end of an object (its key is copied) or an array, which owns it from then on. Where that fails, or `item`
 * is NULL because making it failed, they free the item and return false: the one cause is memory. */
bool json_add(cJSON *object, const char *key, cJSON *item);
bool json_append(cJSON *array, cJSON *item);

#endif
