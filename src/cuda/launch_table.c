#include "cuda/launch_table.h"

#include "cuda/context.h"
#include "cuda/launch.h"
#include "cuda/streams.h"

fanin_status launch_table(struct cuda_builder *builder, const char *name, int ordinal, cudaStream_t stream)
{
    uint32_t tiles = 0;
    size_t slots = 0;
    if (!cuda_builder_finish(builder, context_multiprocessors(ordinal), &tiles, &slots)) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': more elements than a launch can fill", name);
    }
    const cudaError_t error = cuda_launch_fill(&builder->table, slots, tiles, context_variant(), stream);
    if (error == cudaErrorInvalidResourceHandle) {
        (void)cudaGetLastError();
        return stream_fail(name, ordinal);
    }
    return error == cudaSuccess ? FANIN_OK : context_fail(error, name);
}
