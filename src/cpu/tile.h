/* Items that lie across memory: neighbours in the domain are far apart, neighbours in memory far apart in the domain, as in a
 * transposed matrix. They are filled by tiles that stay in the first two levels of the cache: made in runs of the domain, written
 * in runs of memory. */
#ifndef FANIN_SRC_CPU_TILE_H
#define FANIN_SRC_CPU_TILE_H

#include "part.h"
#include "walk.h"

struct tiling {
    int64_t size; /* of an element, bytes */
    /* A run of the domain: axes whose steps follow on each other, so that its elements have indices `step` apart. */
    int run_ndim;
    struct walk_axis run[FANIN_MAX_NDIM]; /* the outermost first */
    int64_t columns, step;
    /* Across it, the axis that is dense in memory. */
    struct walk_axis across;
    int64_t rows; /* of a tile; the last tiles of the axis may have fewer */
    int outer_ndim;
    struct walk_axis outer[FANIN_MAX_NDIM];
};

/* false: the item is better filled along its runs of the domain alone. */
bool tiling_make(const struct item *item, struct tiling *out);

/* Fills the part of the item that has the numbers [first, first + count). Elements are numbered by outer axes, then bands of
 * `rows` across, then columns of the band, then its rows; a column belongs to the part that its first element is in. */
void tiling_fill(const struct tiling *tiling, const struct job *job, int64_t first, int64_t count);

#endif
