/* A backend turns items into memory. The device tag of a tensor picks its backend; nothing falls back to another one. */
#ifndef FANIN_SRC_BACKEND_H
#define FANIN_SRC_BACKEND_H

#include "item.h"

struct backend {
    const char *name;

    /* Whether the backend can fill this item (DTYPE, DEVICE …); writes nothing. Asked about CUSTOM fills too,
     * which it never gets to run: whether the caller's function is for tensors of these devices. */
    fanin_status (*supports)(const struct item *item);

    /* Fills all items in one parallel pass. Every item was found supported, none is CUSTOM, none has data NULL, no two share
     * memory. Options are normalised: no NULL, `size` whole, `contract` resolved. */
    fanin_status (*run)(const struct item *items, size_t count, const fanin_options *options);

    /* ‖x‖₂/√size of a filled tensor, summed in fixed tiles so that it depends on nothing else; 0 for an empty one. */
    fanin_status (*norm)(const struct tensor *tensor, const fanin_options *options, double *out);
};

/* The backend for a device; DEVICE with the reason where there is none. */
fanin_status backend_find(const char *name, DLDevice device, const struct backend **out);

extern const struct backend cpu_backend;

#endif
