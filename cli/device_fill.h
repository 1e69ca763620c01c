/* Filling a model's file on a CUDA device. */
#ifndef FANIN_CLI_DEVICE_FILL_H
#define FANIN_CLI_DEVICE_FILL_H

#include "model.h"
#include "output.h"
#include "progress.h"

/* Fills the windows on the device and writes them behind the header; the copy of one window to the host, and writing it, are
 * hidden behind the fill of the next. `options` has the seed. Errors: DEVICE, MEMORY, FILE. */
fanin_status device_fill(const struct model *model, const fanin_options *options, struct output *output,
                         struct progress *progress);

#endif
