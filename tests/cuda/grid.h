/* Runs on the host what the threads of a launch do, all of them, one after another. There are three: C compiled as C, the same
 * by the CUDA compiler, which takes the functions that it compiles for the device, with cuRAND's generator in them (both
 * grid.c), and the PTX that it made of the kernels (ptx/grid.c). */
#ifndef FANIN_TESTS_CUDA_GRID_H
#define FANIN_TESTS_CUDA_GRID_H

#include "cuda/columns.h"
#include "cuda/norm.h"
#include "cuda/table.h"
#include "cuda/view.h"
#include "grid_memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The blocks of threads [first, first + count) of a table's launch. A store outside of the memory ends the program's test by
 * being counted, not by being done. */
void grid_fill(enum cuda_variant variant, const struct cuda_table *table, uint32_t first, uint32_t count,
               struct grid_memory *memory);

/* The statistic's tiles, all of them. */
void grid_norm(const struct cuda_view *view, struct norm_partial *out);

/* All threads of a launch that scatters. */
void grid_scatter(const struct cuda_view *view, int size_log2, uintptr_t from, struct grid_memory *memory);

/* The orthogonal fill's kernels. */
void grid_reflectors(const struct columns *columns);
void grid_small(const struct columns *columns);
void grid_signs(const struct columns *columns);
void grid_cut(const struct cut *cut, struct grid_memory *memory);

/* The generator's words, and with cuRAND's header those of its own curand_Philox4x32_10; false where there is none. */
void grid_words(enum cuda_variant variant, uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]);
bool grid_words_of_curand(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]);

#ifdef __cplusplus
}
#endif

#endif
