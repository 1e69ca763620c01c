#include "cuda/small.h"

#include "cuda/context.h"
#include "cuda/launch_table.h"
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
    if (batch->count == 0) {
        return FANIN_OK;
    }
    const fanin_status status = launch_table(&batch->draws, batch->name, ordinal, stream);
    if (status != FANIN_OK) {
        return status;
    }
    const cudaError_t error = orthogonal_launch_small(&batch->table, batch->count, stream);
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
