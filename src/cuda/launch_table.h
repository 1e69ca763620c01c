/* From a table that was built to its launch. */
#ifndef FANIN_SRC_CUDA_LAUNCH_TABLE_H
#define FANIN_SRC_CUDA_LAUNCH_TABLE_H

#include "cuda/builder.h"

#include <cuda_runtime_api.h>

/* Finishes a table with rows for the device and puts its launch into the stream. Errors: ARGUMENT for more elements than a
 * launch can fill, DEVICE, MEMORY; the message names the parameter. */
fanin_status launch_table(struct cuda_builder *builder, const char *name, int ordinal, cudaStream_t stream);

#endif
