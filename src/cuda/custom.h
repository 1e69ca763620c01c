/* Fills of the caller's on a CUDA device. */
#ifndef FANIN_SRC_CUDA_CUSTOM_H
#define FANIN_SRC_CUDA_CUSTOM_H

#include "item.h"

/* Calls the function of a CUSTOM item, which was checked, with its device current. Errors: the function's; DEVICE where it
 * left a CUDA error pending, which is then cleared. The caller's device is current again afterwards, whatever it did. */
fanin_status cuda_run_custom(const struct item *item, const fanin_options *options, fanin_custom_call *call);

#endif
