/* The orthogonal items of a plan on one device: each matrix is made once, however many items are cut from it; small ones
 * together, the others one after another in the same memory. All functions but matrices_finish are called while the device
 * is current. */
#ifndef FANIN_SRC_CUDA_MATRICES_H
#define FANIN_SRC_CUDA_MATRICES_H

#include "item.h"

struct matrices;

/* Gets all that a device needs: cuSOLVER, a handle, memory of the stream's pool; puts it in front of the list `*list`, or does
 * nothing where no item of the device is orthogonal. The items are borrowed; their stream is not being captured. Errors:
 * MEMORY, which says how many bytes are needed; DEVICE; SOLVER; SHAPE. Then no item was written, and the list is as it was. */
fanin_status matrices_acquire(const struct item *items, size_t count, int ordinal, const fanin_options *options,
                              struct matrices **list);

/* Puts the making of a device's matrices into the stream, if the list has the device. Errors: DEVICE, SOLVER. */
fanin_status matrices_start(struct matrices *list, int ordinal);

/* Waits until all is done on the device that is first in the list, and gives back what was acquired. Where that device cannot
 * be made current, its default stream cannot be waited for: DEVICE, and memory that may be in use is left. `status` is that of
 * what came before: an error remains, but for SOLVER's where CUDA has the reason, and MEMORY where that is a lost context; else
 * SOLVER where a matrix was not found, or DEVICE. */
fanin_status matrices_finish(struct matrices **list, fanin_status status);

#endif
