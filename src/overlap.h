/* Whether elements of strided layouts lie on the same bytes: the question whether Σ coefficient·v = target has a solution with
 * 0 ≤ v ≤ bound, answered exactly within a bounded amount of work. */
#ifndef FANIN_SRC_OVERLAP_H
#define FANIN_SRC_OVERLAP_H

#include "tensor.h"

enum overlap {
    OVERLAP_NONE,
    OVERLAP_FOUND,
    OVERLAP_UNDECIDED /* strides so entangled that the search was given up, after a few milliseconds at most */
};

/* Do two elements of one layout share memory? Strides count elements; extents are > 0, and the elements lie within 2^63 - 1
 * bytes from the lowest to the highest. */
enum overlap overlap_within(int ndim, const int64_t *shape, const int64_t *stride);

/* Do two checked tensors that have memory share a byte of it? */
enum overlap overlap_between(const struct tensor *a, const struct tensor *b);

#endif
