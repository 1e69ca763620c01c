#include "cuda/small.h"

#include "cuda/builder.h"
#include "cuda/context.h"
#include "cuda/launch.h"
#include "cuda/orthogonal_launch.h"

_Static_assert(CUDA_SLOTS <= SMALL_MOST, "a table of draws has no more than a launch makes");

/* What the next two launches do: one draws the random matrices, the other turns them into Q. */
struct batch {
    struct cuda_builder draws;
    struct small_table table;
    unsigned count;
    const char *name; /* of the last one's parameter */
};

static fanin_status launch(struct batch *batch, int ordinal, cudaStream_t stream)
{
    uint32_t tiles = 0;
    size_t slots = 0;
    if (batch->count == 0) {
        return FANIN_OK;
    }
    /* Small matrices are never more than a launch can fill. */
    (void)cuda_builder_finish(&batch->draws, context_multiprocessors(ordinal), &tiles, &slots);
    cudaError_t error = cuda_launch_fill(&batch->draws.table, slots, tiles, context_variant(), stream);
    if (error == cudaSuccess) {
        error = orthogonal_launch_small(&batch->table, batch->count, stream);
    }
    return error == cudaSuccess ? FANIN_OK : context_fail(error, batch->name);
}

fanin_status small_make(const struct matrix *matrices, size_t count, uint64_t seed, int ordinal, char *device,
                        cudaStream_t stream)
{
    struct batch batch;
    batch.count = 0;
    cuda_builder_start(&batch.draws, seed);
    for (size_t i = 0; i < count; i++) {
        if (!matrices[i].is_small) {
            continue;
        }
        struct matrix_draw draw;
        matrix_draw(&matrices[i], ordinal, device, &draw);
        if (!cuda_builder_add(&batch.draws, &draw.item)) {
            const fanin_status status = launch(&batch, ordinal, stream);
            if (status != FANIN_OK) {
                return status;
            }
            batch.count = 0;
            cuda_builder_start(&batch.draws, seed);
            (void)cuda_builder_add(&batch.draws, &draw.item); /* an empty table takes any item */
        }
        batch.table.matrix[batch.count++] = matrix_columns(&matrices[i], seed, device);
        batch.name = matrices[i].name;
    }
    return launch(&batch, ordinal, stream);
}
