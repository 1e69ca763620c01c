/* What tests of initializers share: creating them, lowering a parameter, statuses and messages. */
#ifndef FANIN_TESTS_TEST_HELPERS_H
#define FANIN_TESTS_TEST_HELPERS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fanin/fanin.h>

#include "lower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape {
    int ndim;
    int64_t extent[FANIN_MAX_NDIM];
};

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
