/* MXNet's recorded answers, and where fanin departs from them. */
#ifndef FANIN_TESTS_RECORDED_H
#define FANIN_TESTS_RECORDED_H

#include "test_helpers.h"

#include <cJSON.h>

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

#endif
