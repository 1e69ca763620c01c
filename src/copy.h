/* Arrays that fills copy from: a constant's tensor. */
#ifndef FANIN_SRC_COPY_H
#define FANIN_SRC_COPY_H

#include "copy_map.h"

#include <stdatomic.h>

/* Values in row-major order, immutable once they are set and shared by count of references. */
struct copy_array {
    atomic_size_t references;
    enum dtype printed; /* how dumps writes an element: a float dtype, an integer one, bool */
    int ndim;
    int64_t shape[FANIN_MAX_NDIM];
    int64_t count;
    /* What decides whether they fit a dtype. */
    double low, high; /* 0 without values */
    bool integral;
    double fraction; /* the first value that is no integer */
    double values[];
};

/* Makes an array of a shape, with one reference, for its maker to set its values. NULL: no memory, or too large for any. */
struct copy_array *copy_array_new(int ndim, const int64_t *shape);

/* To be called when the values are set. */
void copy_array_measure(struct copy_array *array);

/* Gives up one reference; NULL is fine. */
void copy_array_release(struct copy_array *array);

/* The source of a COPY fill: an array, retained, as its domain needs it. */
struct copy {
    struct copy_array *array;
    struct copy_map map;
};

/* Broadcasts an array to a domain by NumPy's rule: axes are compared from the last on, and an array's axis must be as the
 * domain's, 1 or missing. SHAPE where it does not fit, MEMORY; the message names the parameter. */
fanin_status copy_new(const char *name, struct copy_array *array, int ndim, const int64_t *domain, struct copy **out);

/* NULL is fine. */
void copy_free(struct copy *copy);

/* Do they give the same values to one domain? */
bool copy_same(const struct copy *a, const struct copy *b);

#endif
