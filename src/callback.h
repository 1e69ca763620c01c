/* Functions of the caller's that may fail: they should say why through fanin_fail, and may forget to. */
#ifndef FANIN_SRC_CALLBACK_H
#define FANIN_SRC_CALLBACK_H

#include "dtype.h"

/* The last error of this thread as it was before the function was called. */
struct callback_mark {
    uintptr_t address;
    uint64_t hash;
};

struct callback_mark callback_mark_error(void);

/* Whether the last error is still what it was: the function said nothing. */
bool callback_was_silent(const struct callback_mark *before);

/* Memory as such a function gets it. */
struct callback_view {
    DLTensor tensor; /* points to the other two: not so in a copy of this struct */
    int64_t shape[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM];
};

/* Copies the shape and the strides: the function gets pointers that it could write through. */
void callback_view_open(struct callback_view *view, char *data, DLDevice device, enum dtype dtype, int ndim,
                        const int64_t *shape, const int64_t *stride);

/* Gives the status that a function of the caller's returned for the parameter `name` a message that names it, whatever the
 * function left unsaid, and returns it; a number that is no status becomes CUSTOM. `what` names the function. Does nothing for
 * FANIN_OK. */
fanin_status callback_result(fanin_status status, const struct callback_mark *before, const char *name, const char *what);

#endif
