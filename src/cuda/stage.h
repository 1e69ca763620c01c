/* What a program needs to bring a device's work to the host piece by piece: two buffers on the device, two in pinned host
 * memory, and a stream of its own. While one piece is copied, the next one is made. See struct cuda_module for each
 * function. */
#ifndef FANIN_SRC_CUDA_STAGE_H
#define FANIN_SRC_CUDA_STAGE_H

#include "cuda_module.h"

fanin_status stage_open(int ordinal, size_t bytes, struct cuda_stage **out);
void stage_close(struct cuda_stage *stage);
void *stage_stream(const struct cuda_stage *stage);
void *stage_device(const struct cuda_stage *stage, int buffer);
fanin_status stage_copy(struct cuda_stage *stage, int buffer, size_t bytes);
fanin_status stage_wait(struct cuda_stage *stage, int buffer, const void **out);

#endif
