/* Walks over a part of an item, row after row of one of its axes. The item's elements are numbered with that axis fastest and
 * the others in their order, the last of them next. */
#ifndef FANIN_SRC_WALK_H
#define FANIN_SRC_WALK_H

#include "item.h"

struct walk_axis {
    int64_t extent, stride, step; /* as the item's, but the stride is in bytes */
    int64_t coordinate;
};

struct walk {
    struct walk_axis inner; /* of extent 1 where the item has no axis */
    char *data;             /* of the element at the coordinates */
    int64_t index;
    int outer_count;
    struct walk_axis outer[FANIN_MAX_NDIM];
};

static inline void walk_move(struct walk *walk, struct walk_axis *axis, int64_t distance)
{
    axis->coordinate += distance;
    walk->data += distance * axis->stride;
    walk->index += distance * axis->step;
}

/* Starts at the element numbered `position`. `inner` is an axis of the item; any number if it has none. */
static inline void walk_start(struct walk *walk, const struct item *item, int inner, int64_t position)
{
    const int64_t size = dtype_table[item->dtype].size;
    walk->inner = (struct walk_axis){1, size, 1, 0};
    walk->data = item->data;
    walk->index = item->start;
    walk->outer_count = 0;
    for (int d = 0; d < item->ndim; d++) {
        const struct walk_axis axis = {item->extent[d], item->stride[d] * size, item->step[d], 0};
        if (d == inner) {
            walk->inner = axis;
        } else {
            walk->outer[walk->outer_count++] = axis;
        }
    }
    walk_move(walk, &walk->inner, position % walk->inner.extent);
    position /= walk->inner.extent;
    for (int d = walk->outer_count - 1; d >= 0; d--) {
        walk_move(walk, &walk->outer[d], position % walk->outer[d].extent);
        position /= walk->outer[d].extent;
    }
}

/* The elements from here to the end of the row. */
static inline int64_t walk_left_in_row(const struct walk *walk)
{
    return walk->inner.extent - walk->inner.coordinate;
}

/* Goes on by `count` elements, at most those that are left in the row. */
static inline void walk_advance(struct walk *walk, int64_t count)
{
    if (count < walk_left_in_row(walk)) {
        walk_move(walk, &walk->inner, count);
        return;
    }
    walk_move(walk, &walk->inner, -walk->inner.coordinate);
    for (int d = walk->outer_count - 1; d >= 0; d--) {
        struct walk_axis *axis = &walk->outer[d];
        if (axis->coordinate + 1 < axis->extent) {
            walk_move(walk, axis, 1);
            return;
        }
        walk_move(walk, axis, -axis->coordinate);
    }
}

#endif
