/* What the tests against MXNet's recorded answers share: reading the data, and lowering a parameter. */
#ifndef FANIN_TESTS_RECORDED_H
#define FANIN_TESTS_RECORDED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fanin/fanin.h>

#include "lower.h"

#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file tests/data/mxnet/NAME as a tree; cJSON_Delete it. */
static inline cJSON *recorded_open(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/mxnet/%s", FANIN_TEST_DATA, name);
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *const text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    text[size] = '\0';
    fclose(file);
    cJSON *const tree = cJSON_Parse(text);
    assert_non_null(tree);
    free(text);
    return tree;
}

/* A string member; NULL if there is none. */
static inline const char *recorded_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Where fanin departs from MXNet on purpose, or does not have what the case needs. Each entry must be met, so that none stays
 * when its case is gone. */
struct deviation {
    const char *key;     /* the case */
    fanin_status status; /* what fanin returns */
    const char *result;  /* what dumps prints where it returns FANIN_OK; NULL: not compared */
    const char *reason;
    int met;
};

static inline struct deviation *deviation_find(struct deviation *list, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].key, key) == 0) {
            list[i].met++;
            return &list[i];
        }
    }
    return NULL;
}

static inline void deviations_all_met(const struct deviation *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].met == 0) {
            fail_msg("no case met the deviation '%s'", list[i].key);
        }
    }
}

/* The status that stands for an exception of MXNet's. */
static inline fanin_status recorded_status(const cJSON *error)
{
    static const struct {
        const char *type, *part; /* of the message; "": any */
        fanin_status status;
    } table[] = {
        {"AssertionError", "is not registered", FANIN_ERROR_UNKNOWN},
        {"AssertionError", "must be of string type", FANIN_ERROR_SPEC},
        {"AssertionError", "", FANIN_ERROR_SHAPE}, /* without a text: of the 6 numbers of stn_loc */
        {"JSONDecodeError", "", FANIN_ERROR_SPEC},
        {"KeyError", "initializer", FANIN_ERROR_SPEC},
        {"TypeError", "must be a mapping", FANIN_ERROR_SPEC},
        {"TypeError", "missing", FANIN_ERROR_PARAMETER},
        {"TypeError", "unexpected keyword", FANIN_ERROR_PARAMETER},
        {"ValueError", "values to unpack", FANIN_ERROR_SPEC},
        {"ValueError", "Unknown initialization pattern", FANIN_ERROR_UNCOVERED},
        {"ValueError", "did not match any pattern", FANIN_ERROR_UNCOVERED},
        {"ValueError", "cannot be applied to vector", FANIN_ERROR_SHAPE},
        {"ValueError", "could not be broadcast", FANIN_ERROR_SHAPE},
        {"ZeroDivisionError", "", FANIN_ERROR_SHAPE},
        {"IndexError", "", FANIN_ERROR_SHAPE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(recorded_text(error, "type"), table[i].type) == 0 &&
            strstr(recorded_text(error, "message"), table[i].part)) {
            return table[i].status;
        }
    }
    fail_msg("no status is known for %s: %s", recorded_text(error, "type"), recorded_text(error, "message"));
    return FANIN_OK;
}

struct shape {
    int ndim;
    int64_t extent[FANIN_MAX_NDIM];
};

static inline struct shape recorded_shape(const cJSON *object)
{
    struct shape shape = {.ndim = 0};
    const cJSON *extent;
    cJSON_ArrayForEach(extent, cJSON_GetObjectItemCaseSensitive(object, "shape"))
    {
        shape.extent[shape.ndim++] = (int64_t)extent->valuedouble;
    }
    return shape;
}

static inline int64_t shape_size(const struct shape *shape)
{
    int64_t size = 1;
    for (int d = 0; d < shape->ndim; d++) {
        size *= shape->extent[d];
    }
    return size;
}

static inline fanin_initializer *create(const char *spec)
{
    fanin_initializer *initializer = NULL;
    const fanin_status status = fanin_create(spec, &initializer);
    if (status != FANIN_OK) {
        fail_msg("%s: %s", spec, fanin_last_error());
    }
    return initializer;
}

/* Where lower_shape keeps what it makes, and how much of that lower_free has still to be given. */
static _Thread_local struct arena lower_arena;
static _Thread_local int lower_count;

static inline fanin_status lower_shape(const fanin_initializer *initializer, const fanin_desc *desc, enum dtype dtype,
                                       const struct shape *shape, struct lowering *out)
{
    int64_t *const extent = arena_array(&lower_arena, (size_t)shape->ndim, sizeof *extent);
    assert_non_null(extent);
    for (int d = 0; d < shape->ndim; d++) {
        extent[d] = shape->extent[d];
    }
    const struct lower_request request = {initializer, desc, dtype, shape->ndim, extent, fanin_stream(desc->name)};
    const fanin_status status = lower_parameter(&request, &lower_arena, out);
    lower_count += status == FANIN_OK;
    if (lower_count == 0) {
        arena_close(&lower_arena);
    }
    return status;
}

/* Frees what lower_shape gave; a lowering that is zeroed is none. The memory goes with the last. */
static inline void lower_free(struct lowering *lowering)
{
    lower_count -= lowering->rule != NULL;
    lowering_release(lowering);
    if (lower_count == 0) {
        arena_close(&lower_arena);
    }
}

/* Lowers a float32 parameter of one row of numbers. */
static inline fanin_status lower_vector(const fanin_initializer *initializer, const fanin_desc *desc, int64_t size,
                                        struct lowering *out)
{
    return lower_shape(initializer, desc, DTYPE_FLOAT32, &(struct shape){1, {size}}, out);
}

/* The ranges of the fills follow one another and cover the parameter. */
static inline void assert_covered(const struct lowering *lowering, int64_t size)
{
    int64_t end = 0;
    for (size_t i = 0; i < lowering->count; i++) {
        assert_int_equal(lowering->fills[i].begin, end);
        end += lowering->fills[i].count;
    }
    assert_int_equal(end, size);
}

#define assert_status(call, expected)                                                                                          \
    do {                                                                                                                       \
        const fanin_status found_status = (call);                                                                              \
        if (found_status != (expected)) {                                                                                      \
            fail_msg("%s: %s, expected %s (last error: %s)", #call, fanin_status_name(found_status),                           \
                     fanin_status_name(expected), fanin_last_error());                                                         \
        }                                                                                                                      \
    } while (0)

/* The last call failed, and said so on one line that holds all of these parts (a list that ends with NULL). */
static inline void assert_message(const char *first, ...)
{
    const char *const message = fanin_last_error();
    va_list parts;
    va_start(parts, first);
    for (const char *part = first; part; part = va_arg(parts, const char *)) {
        if (!strstr(message, part)) {
            fail_msg("'%s' is not in: %s", part, message);
        }
    }
    va_end(parts);
    assert_null(strchr(message, '\n'));
}

#endif
