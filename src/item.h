/* An item of a plan: a fill and where it goes. Both the address and the domain index are affine in the coordinates c:
 *     address = data + Σ c[d]·stride[d]·size of the dtype,      index = start + Σ c[d]·step[d].
 * Dimensions are merged as far as both maps allow and none has extent 1, so nearly all items have one. */
#ifndef FANIN_SRC_ITEM_H
#define FANIN_SRC_ITEM_H

#include "fill.h"
#include "tensor.h"

struct source;

struct item {
    const struct fill *fill; /* outlives the item */
    const char *name;        /* of the parameter, for messages; outlives the item */
    const struct source *source; /* open files, of the plan that runs (load/source.h); NULL: none of a LOAD */
    char *data;
    DLDevice device;
    enum dtype dtype;
    int ndim;
    int64_t *extent; /* > 0; these three outlive the item */
    int64_t *stride; /* elements, may be negative */
    int64_t *step;   /* domain elements, > 0 */
    int64_t start;
    int64_t size; /* product of the extents, > 0 */
};

/* The part of `tensor` that lies in the parameter's row-major elements [begin, begin + count), which must be whole rows of axis
 * 0, filled by `fill` so that the parameter's element `begin + k` is the domain's element `first + k`.
 * `numbers` is room for three numbers of each of the tensor's dimensions, which the item then points to.
 * false: no element of the tensor lies there, and `out` is not set. */
bool item_make(const struct tensor *tensor, const struct fill *fill, const char *name, int64_t begin, int64_t count,
               int64_t first, int64_t *numbers, struct item *out);

#endif
