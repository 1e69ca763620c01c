/* The data of a file, a window at a time: each is a plan of boxes whose memory is the window. */
#ifndef FANIN_CLI_WINDOW_H
#define FANIN_CLI_WINDOW_H

#include "model.h"

/* The largest box of an array of this shape that starts at row-major element `begin`, has its elements one after another in the
 * array, and ends at or before element `end`. Sets its place and shape and returns its elements, at least 1.
 * 0 ≤ begin < end ≤ elements of the array. Repeated, it cuts any run into at most 2·ndim - 1 boxes. */
int64_t window_box(const int64_t *shape, int ndim, int64_t begin, int64_t end, int64_t *offset, int64_t *extent);

/* Where the next window begins. Start from a zeroed one. */
struct window_cursor {
    size_t tensor;
    int64_t element;
};

/* Bytes that windows need: `least`, a multiple of 4096, or what the largest tensor needs that no window may cut, rounded up to
 * such a multiple. The model was checked. */
int64_t window_capacity(const struct model *model, int64_t least);

/* Makes the plan of the next window in `buffer`, of up to `capacity` bytes, and moves the cursor past it. The model must be
 * arranged. `*size`: its bytes; 0 at the end, and then there is no plan. Errors: the plan's. */
fanin_status window_next(const struct model *model, struct window_cursor *cursor, char *buffer, int64_t capacity,
                         fanin_plan **plan, int64_t *size);

#endif
