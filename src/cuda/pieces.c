#include "cuda/pieces.h"

#include <string.h>

void pieces_start(struct pieces *pieces, const struct item *item, int64_t most)
{
    memset(pieces, 0, sizeof *pieces);
    pieces->item = item;
    pieces->axis = item->ndim - 1;
    int64_t inner = 1;
    while (pieces->axis >= 0 && inner <= most / item->extent[pieces->axis]) {
        inner *= item->extent[pieces->axis--];
    }
    pieces->along = most / inner;
}

static void advance(struct pieces *pieces, int64_t count)
{
    int d = pieces->axis;
    if (d >= 0) {
        pieces->coordinate[d] += count;
    }
    while (d >= 0 && pieces->coordinate[d] == pieces->item->extent[d]) {
        pieces->coordinate[d--] = 0;
        if (d >= 0) {
            pieces->coordinate[d]++;
        }
    }
    pieces->is_done = d < 0;
}

void pieces_next(struct pieces *pieces, struct piece *out)
{
    const struct item *const item = pieces->item;
    struct item *const part = &out->item;
    *part = *item;
    part->extent = out->extent;
    part->stride = out->stride;
    part->step = out->step;
    part->ndim = 0;
    part->size = 1;
    int64_t count = 1;
    for (int d = 0; d < item->ndim; d++) {
        int64_t extent = item->extent[d];
        if (d <= pieces->axis) {
            part->data += pieces->coordinate[d] * item->stride[d] * dtype_table[item->dtype].size;
            part->start += pieces->coordinate[d] * item->step[d];
            extent = 1;
        }
        if (d == pieces->axis) {
            const int64_t left = item->extent[d] - pieces->coordinate[d];
            extent = count = left < pieces->along ? left : pieces->along;
        }
        if (extent > 1) {
            out->extent[part->ndim] = extent;
            out->stride[part->ndim] = item->stride[d];
            out->step[part->ndim] = item->step[d];
            part->size *= extent;
            part->ndim++;
        }
    }
    advance(pieces, count);
}
