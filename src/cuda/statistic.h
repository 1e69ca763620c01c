/* The statistic of the log, of a tensor on a device. */
#ifndef FANIN_SRC_CUDA_STATISTIC_H
#define FANIN_SRC_CUDA_STATISTIC_H

#include "tensor.h"

/* ‖x‖₂/√size, the bits that the host backend gives for the same elements; 0 for an empty tensor. Behind all that the stream was
 * given before; waits for it. Errors: CAPTURE for a stream that is being captured, DEVICE, MEMORY. */
fanin_status cuda_statistic(const struct tensor *tensor, const fanin_options *options, double *out);

#endif
