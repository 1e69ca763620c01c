/* Structs of the public API whose first member is their size, so that they can grow: a caller's may be older or newer. */
#ifndef FANIN_SRC_GROWING_H
#define FANIN_SRC_GROWING_H

#include <fanin/fanin.h>

/* Copies a caller's struct, which begins with its size_t size, into one of `known` bytes; members that the caller's header did
 * not have become 0, and `size` becomes `known`. `what` names the struct in messages.
 * ARGUMENT: size is below `least`, above any sense, or covers members unknown here that are not 0. */
fanin_status growing_copy(const char *what, const void *source, size_t least, void *out, size_t known);

#endif
