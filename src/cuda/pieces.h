/* An item cut into boxes of bounded size, which lie one after another in the order of its elements, the last axis fastest. */
#ifndef FANIN_SRC_CUDA_PIECES_H
#define FANIN_SRC_CUDA_PIECES_H

#include "item.h"

struct piece {
    struct item item; /* its numbers are those below: a copy would point into the piece that it is of */
    int64_t extent[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM], step[FANIN_MAX_NDIM];
};

struct pieces {
    const struct item *item;
    int axis;      /* that is cut; those after it are whole in each piece, those before it have one index. -1: none is */
    int64_t along; /* indices of it in a piece */
    int64_t coordinate[FANIN_MAX_NDIM]; /* of the next piece */
    bool is_done;
};

/* Pieces of at most `most` elements, at least 1. The item outlives them. */
void pieces_start(struct pieces *pieces, const struct item *item, int64_t most);

/* Makes the next piece. There is one, unless `is_done`. */
void pieces_next(struct pieces *pieces, struct piece *out);

#endif
