/* The items of one parameter or of many, and how they are filled. */
#ifndef FANIN_SRC_PLAN_ITEMS_H
#define FANIN_SRC_PLAN_ITEMS_H

#include "backend.h"
#include "load/source.h"
#include "lower.h"

/* Items of one backend, in the order of their fills. Starts zeroed but for backend and source; all is kept in one arena. */
struct plan_items {
    const struct backend *backend;
    struct item *items;
    size_t count, capacity;
    size_t custom_count;   /* of them are for functions of the caller's */
    size_t load_count;     /* of them read files or tensors in memory */
    struct source *source; /* where those find their files open; the owner's */
};

/* Adds the items of a parameter: those of its fills that have elements in this tensor, each of which the backend is asked
 * about. Errors: MEMORY, and the backend's; nothing is added then. */
fanin_status plan_items_add(struct plan_items *items, const struct tensor *tensor, const struct lowering *lowering,
                            const char *name, struct arena *arena);

/* Opens what the items read, in their source. Errors: source_add's. */
fanin_status plan_items_open(const struct plan_items *items);

/* A run of items that is about to begin. Zeroed: none. */
struct plan_items_run {
    const struct plan_items *items;
    const struct item *ordered; /* the backend's, then the custom ones */
    struct item *copy;          /* `ordered`, where that is not the items as they are */
    void *acquired;             /* the backend's */
};

/* Checks that the items can be filled now, and gets all that it takes. Options are normalised, and borrowed until the end.
 * `waits`: a norm will be asked for, so that no stream may be being captured. Errors: MEMORY and the backend's; there is
 * nothing to end then. */
fanin_status plan_items_begin(const struct plan_items *items, bool waits, const fanin_options *options,
                              struct plan_items_run *out);

/* Fills all: first the backend's in one pass, then the custom ones on this thread, in their order. Errors: the backend's, and
 * those of custom fills. */
fanin_status plan_items_fill(const struct plan_items_run *run, const fanin_options *options);

/* Gives back what was got. None is fine. */
void plan_items_end(const struct plan_items_run *run);

#endif
