/* Shapes: their elements, and how messages write them. */
#ifndef FANIN_SRC_SHAPE_H
#define FANIN_SRC_SHAPE_H

#include <fanin/fanin.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* The product of extents, none of which is negative: 0 where one of them is, however large the others are. false: more than
 * int64 holds. */
static inline bool shape_elements(int ndim, const int64_t *shape, int64_t *out)
{
    bool overflow = false, empty = false;
    int64_t product = 1;
    for (int d = 0; d < ndim; d++) {
        empty = empty || shape[d] == 0;
        overflow = overflow || __builtin_mul_overflow(product, shape[d], &product);
    }
    *out = empty ? 0 : product;
    return empty || !overflow;
}

/* Room for any: 32 numbers of up to 19 digits, with what stands between them. */
#define SHAPE_TEXT_SIZE (FANIN_MAX_NDIM * 21 + 4)

/* As Python writes a tuple: "(2, 3)", "(2,)", "()". Returns `text`. */
static inline char *shape_text(int ndim, const int64_t *shape, char text[SHAPE_TEXT_SIZE])
{
    size_t used = (size_t)snprintf(text, SHAPE_TEXT_SIZE, "(");
    for (int d = 0; d < ndim; d++) {
        used += (size_t)snprintf(text + used, SHAPE_TEXT_SIZE - used, "%s%" PRId64, d > 0 ? ", " : "", shape[d]);
    }
    snprintf(text + used, SHAPE_TEXT_SIZE - used, "%s", ndim == 1 ? ",)" : ")");
    return text;
}

#endif
