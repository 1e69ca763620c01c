/* Memory of devices: the caller's, which is looked up before it is written, and what fills need. */
#ifndef FANIN_SRC_CUDA_MEMORY_H
#define FANIN_SRC_CUDA_MEMORY_H

#include <fanin/fanin.h>

#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Memory of one device that one allocation gave, and that was looked up. All 0: none yet. */
struct memory_range {
    uintptr_t begin, end;
};

/* Whether both ends of [data + low, data + high) are memory of the device that the current context can access: DEVICE if not,
 * naming the parameter. What lies in `known`, memory of the same device that an earlier call found, is not looked up again. */
fanin_status memory_check(const char *name, const char *data, int64_t low, int64_t high, int ordinal,
                          struct memory_range *known);

/* Memory of the current device for work on a stream: from the stream's pool, so that no other stream is waited for; where the
 * device has no pools, from the device. An error of its release is nobody's to see. */
cudaError_t memory_allocate(void **out, size_t bytes, cudaStream_t stream, bool *is_pooled);
void memory_release(void *memory, cudaStream_t stream, bool is_pooled);

#endif
