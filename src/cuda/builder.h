/* Makes tables of items. */
#ifndef FANIN_SRC_CUDA_BUILDER_H
#define FANIN_SRC_CUDA_BUILDER_H

#include "cuda/table.h"
#include "item.h"

struct cuda_builder {
    struct cuda_table table;
    size_t rows;
    size_t axes;     /* slots with axes; they are the table's last until it is finished */
    uint64_t groups; /* of all rows */
};

/* Starts an empty table. */
void cuda_builder_start(struct cuda_builder *builder, uint64_t seed);

/* Adds an item of a kind that is its numbers alone (CONSTANT to BILINEAR); the fill was checked. false, with nothing done,
 * where the table is full; an empty one takes any item. Runs in the floating-point environment of the contract. */
bool cuda_builder_add(struct cuda_builder *builder, const struct item *item);

/* Finishes a table with rows for a device of so many multiprocessors: `tiles` is the number of blocks of threads that do it,
 * `slots` the number of slots in use, which are the first. false if the tiles are more than a launch can have; no memory of a
 * device is so large. */
bool cuda_builder_finish(struct cuda_builder *builder, int multiprocessors, uint32_t *tiles, size_t *slots);

/* The same with tiles of 2^passes_log2 passes, or fewer for rows that are faster so. */
bool cuda_builder_finish_with(struct cuda_builder *builder, int passes_log2, uint32_t *tiles, size_t *slots);

#endif
