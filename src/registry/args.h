/* The arguments of one initializer: a value for each parameter of its row's schema, and the text that dumps prints for it. */
#ifndef FANIN_SRC_REGISTRY_ARGS_H
#define FANIN_SRC_REGISTRY_ARGS_H

#include <fanin/fanin.h>

#include "copy.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Initializers nest at most so deep: one that stands alone has depth 0. */
#define ARGS_MAX_DEPTH 16

/* And as strings within strings: each doubles the backslashes of those within. */
#define ARGS_MAX_QUOTES 4

struct store;

struct argument {
    bool given, defaulted; /* by the caller, or from the schema */
    char *text;            /* JSON as dumps prints it; NULL for what prints itself: INITIALIZER(S), a caller's array */
    double number;         /* NUMBER, INTEGER, BOOLEAN */
    int64_t integer;       /* INTEGER, BOOLEAN; CHOICE: the index */
    size_t count;          /* of `texts` (TEXT and CHOICE have one) or `initializers` (0 for a null INITIALIZER) */
    char **texts;
    fanin_initializer **initializers; /* retained */
    struct copy_array *array;         /* of a NUMBER that is nested lists; retained; NULL: it is a number */
    struct store *store;              /* of a TEXT: tensors in memory in place of a file's path; retained */
};

struct fanin_args {
    const fanin_row *row;
    struct argument *values; /* row->n_params */
};

/* Makes arguments that are not given yet. Errors: MEMORY. */
fanin_status args_open(const fanin_row *row, fanin_args *args);

/* Sets the parameter `param` from a JSON value; `depth` is that of the initializer that owns it. Errors: PARAMETER, and those
 * of a nested spec. */
fanin_status args_set(fanin_args *args, const fanin_param *param, const cJSON *value, int depth);

/* The same for the parameter at a place of the schema, at the outermost depth. Takes the value over; NULL: it could not be made,
 * MEMORY. */
fanin_status args_take(fanin_args *args, size_t place, cJSON *value);

/* Sets the INITIALIZERS parameter `param`, or an INITIALIZER to one, to objects, which are retained. Errors: MEMORY. */
fanin_status args_set_initializers(fanin_args *args, const fanin_param *param, const fanin_initializer *const *initializers,
                                   size_t count);

/* Sets the NUMBER parameter `param` to the array that a JSON array of arrays … of numbers holds. Errors: PARAMETER, MEMORY. */
fanin_status args_set_array(fanin_args *args, const fanin_param *param, const cJSON *value);

/* Says what a value of a parameter is and what was expected; `verb` stands before the value: "is", "has an element". Errors: PARAMETER, MEMORY. */
fanin_status args_fail_value(const char *row, const char *param, const char *verb, const cJSON *value, const char *expected);

/* NULL if a NUMBER may have the value of this JSON number; else what was expected in its place. */
const char *args_expected_number(const cJSON *value);

/* Writes an array as nested lists, its elements as its `printed` dtype has them. */
void args_write_array(const struct copy_array *array, FILE *stream);

/* Gives what is not given its default. Errors: PARAMETER where there is none, and those of a nested spec. */
fanin_status args_complete(fanin_args *args, int depth);

/* Frees the arguments; takes ones that are partly set. */
void args_close(fanin_args *args);

/* The schema of a parameter of this row; NULL if there is none. */
const fanin_param *args_param(const fanin_row *row, const char *name);

/* The value of a parameter of the given type; NULL where the schema has none of that name and type. */
const struct argument *args_value(const fanin_args *args, const char *name, fanin_param_type type);

#endif
