/* A backend turns items into memory. The device tag of a tensor picks its backend; nothing falls back to another one. */
#ifndef FANIN_SRC_BACKEND_H
#define FANIN_SRC_BACKEND_H

#include "item.h"

struct backend {
    /* Whether the backend can fill this item (DTYPE, DEVICE …); writes nothing. Of CUSTOM fills: whether the caller has a
     * function for tensors of these devices. */
    fanin_status (*supports)(const struct item *item);

    /* Whether this run can begin: memory, devices and streams are what they should be. Asked about all items of a run, CUSTOM
     * ones too, before the backend writes the first. `waits`: the norm will be asked for, which needs streams that are not
     * being captured (CAPTURE). */
    fanin_status (*check)(const struct item *items, size_t count, bool waits, const fanin_options *options);

    /* Gets what a run of these items needs besides them, such as memory and libraries: where a plan has several backends, all
     * is there before the first one writes. Every item was found supported and checked, none is CUSTOM, none has data NULL, no
     * two share memory. Options are normalised: no NULL, `size` whole, `contract` resolved. `*out`, NULL where nothing is
     * needed, goes to `run`, and once to `release`, whether it ran or not. Items and options are borrowed until then. */
    fanin_status (*acquire)(const struct item *items, size_t count, const fanin_options *options, void **out);

    /* Fills the same items in one parallel pass. */
    fanin_status (*run)(const struct item *items, size_t count, const fanin_options *options, void *acquired);

    /* Leaves the last error as it is; NULL is fine. */
    void (*release)(void *acquired);

    /* Calls the caller's function for a CUSTOM item, which was found supported and checked; `call` lacks the stream only. */
    fanin_status (*run_custom)(const struct item *item, const fanin_options *options, fanin_custom_call *call);

    /* ‖x‖₂/√size of a filled tensor, summed in fixed tiles so that it depends on nothing else; 0 for an empty one. */
    fanin_status (*norm)(const struct tensor *tensor, const fanin_options *options, double *out);
};

/* The backend for a device; DEVICE with the reason where there is none. */
fanin_status backend_find(const char *name, DLDevice device, const struct backend **out);

/* Acquires, runs and releases. */
fanin_status backend_run(const struct backend *backend, const struct item *items, size_t count, const fanin_options *options);

extern const struct backend cpu_backend;

/* Whether fanin_options.cpu names a variant of the CPU's kernels that this machine and build can run, or is NULL: else
 * ARGUMENT, with a message that begins with `subject` ("fanin_options: found cpu"). */
fanin_status cpu_backend_check_variant(const char *subject, const char *name);

#endif
