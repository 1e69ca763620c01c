/* The statistic of the log. */
#ifndef FANIN_SRC_CPU_NORM_H
#define FANIN_SRC_CPU_NORM_H

#include "tensor.h"

/* ‖x‖₂/√size of a tensor in memory, in float64; 0 for an empty one. Neither overflows nor underflows. The sums are taken in the
 * row-major order of the tensor, in fixed tiles, so that neither threads nor strides change a bit. */
fanin_status cpu_norm(const struct tensor *tensor, const fanin_options *options, double *out);

#endif
