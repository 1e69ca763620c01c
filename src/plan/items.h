/* The items of one parameter or of many, and how they are filled. */
#ifndef FANIN_SRC_PLAN_ITEMS_H
#define FANIN_SRC_PLAN_ITEMS_H

#include "backend.h"
#include "lower.h"

/* Items in memory of the caller's: those that a backend fills stand at the front, custom ones at the end, the first one last. */
struct plan_items {
    struct item *items;
    size_t capacity, count, custom_count;
    bool waits; /* a norm will be asked for, so that no stream may be being captured */
};

/* Adds the items of a parameter, at most one for each of its fills: there must be room. */
void plan_items_add(struct plan_items *items, const struct tensor *tensor, const struct lowering *lowering, const char *name);

/* Fills all: first the backend's in one pass, then the custom ones on this thread, in their order. Options are normalised.
 * Errors: the backend's, before anything is written; those of custom fills. */
fanin_status plan_items_run(struct plan_items *items, const struct backend *backend, const fanin_options *options);

#endif
