/* Items whose elements are read on the host: they go to the device through two pinned buffers, one of which is filled, by all
 * of the host's threads, while the other is copied on the caller's stream. What acquires and writes is called while the device
 * is current. */
#ifndef FANIN_SRC_CUDA_UPLOAD_H
#define FANIN_SRC_CUDA_UPLOAD_H

#include "item.h"

struct upload;

/* Whether fills of this kind are read. */
bool upload_takes(const struct item *item);

/* Gets the buffers for a device and puts them in front of the list, or does nothing where no item of the device is read. Items
 * and options are borrowed, the stream is not being captured. Errors: MEMORY, DEVICE. Then no item was written, and the list is
 * as it was. */
fanin_status uploads_acquire(const struct item *items, size_t count, int ordinal, const fanin_options *options,
                             struct upload **list);

/* Writes the items of a device, if the list has the device, and waits for the copies. Errors: those of reading; DEVICE. */
fanin_status uploads_write(struct upload *list, int ordinal);

/* Waits for what was begun on the device that is first in the list, and gives back what was acquired. */
void uploads_release(struct upload **list);

/* Fills items of kinds that are read, in host memory, by all threads that the options allow: the library's. */
fanin_status upload_read(const struct item *items, size_t count, const fanin_options *options);

#endif
