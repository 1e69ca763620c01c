/* The PTX of the kernels, launched as their launchers do: see ../grid.h. */
#include "grid.h"

#include "cuda/scatter.h"
#include "dtype.h"
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct ptx_kernel ptx_fill_kernel, ptx_fill_small_kernel, ptx_fill_mixed_kernel, ptx_fill_mixed_small_kernel,
    ptx_norm_kernel, ptx_scatter_kernel, ptx_reflector_kernel, ptx_small_kernel, ptx_sign_kernel, ptx_cut_kernel;

/* By enum cuda_variant, and by whether the smaller parameter is enough. */
static const struct ptx_kernel *const fill_kernels[][2] = {{&ptx_fill_kernel, &ptx_fill_small_kernel},
                                                           {&ptx_fill_mixed_kernel, &ptx_fill_mixed_small_kernel}};

static const struct ptx_memory anywhere = {0, SIZE_MAX, NULL};

static uint32_t blocks_of(int64_t count, int64_t threads)
{
    return (uint32_t)((count + threads - 1) / threads);
}

/* The slots in use: rows, and behind them the axes of the last row that has any. */
static size_t slots_of(const struct cuda_table *table)
{
    size_t slots = table->header.rows;
    for (uint32_t i = 0; i < table->header.rows; i++) {
        const struct cuda_row *const row = &table->slot[i].row;
        const size_t end = row->axes + (row->outer + CUDA_AXES_OF_SLOT - 1u) / CUDA_AXES_OF_SLOT;
        slots = row->outer > 0 && end > slots ? end : slots;
    }
    return slots;
}

/* What is behind the slots in use must not matter. */
void grid_fill(enum cuda_variant variant, const struct cuda_table *table, uint32_t first, uint32_t count,
               struct grid_memory *memory)
{
    static struct cuda_table copy;
    const size_t slots = slots_of(table), used = offsetof(struct cuda_table, slot) + slots * sizeof table->slot[0];
    memset(&copy, 0xff, sizeof copy);
    memcpy(&copy, table, used);
    const struct ptx_memory written = {0, 0, memory};
    ptx_launch(fill_kernels[variant][slots <= CUDA_SLOTS_SMALL], &copy, first, count, first + count, CUDA_THREADS, &written);
}

/* The addresses of a view's elements: from the lowest to behind the highest. */
static struct ptx_memory memory_of(const struct cuda_view *view)
{
    int64_t low = 0, high = dtype_table[view->dtype].size;
    for (int i = 0; i < view->ndim; i++) {
        const int64_t reach = (view->extent[i] - 1) * view->stride[i];
        low += reach < 0 ? reach : 0;
        high += reach > 0 ? reach : 0;
    }
    return (struct ptx_memory){view->data + (uint64_t)low, (size_t)(high - low), NULL};
}

/* In two launches, as the module does where the partial results are many. */
void grid_norm(const struct cuda_view *view, struct norm_partial *out)
{
    const int64_t tiles = (view->size + NORM_TILE - 1) / NORM_TILE, parts[] = {0, tiles / 2, tiles};
    for (int i = 0; i < 2; i++) {
        struct {
            struct cuda_view view;
            int64_t first, count;
            struct norm_partial *partials;
        } parameters = {*view, parts[i], parts[i + 1] - parts[i], out + parts[i]};
        struct grid_memory partials = {(uintptr_t)parameters.partials, (size_t)parameters.count * sizeof *out, NULL, 0, 0};
        struct ptx_memory memory = memory_of(view);
        memory.written = &partials;
        const uint32_t blocks = blocks_of(parameters.count, NORM_THREADS);
        ptx_launch(&ptx_norm_kernel, &parameters, 0, blocks, blocks, NORM_THREADS, &memory);
        if (partials.strays > 0 || partials.misaligned > 0) {
            fprintf(stderr, "norm_kernel: a store beside the partial results\n");
            abort();
        }
    }
}

void grid_scatter(const struct cuda_view *view, int size_log2, uintptr_t from, struct grid_memory *memory)
{
    const struct {
        struct cuda_view view;
        int32_t size_log2;
        uint64_t from;
    } parameters = {*view, size_log2, from};
    const struct ptx_memory copied = {from, (size_t)view->size << size_log2, memory};
    const uint32_t blocks = blocks_of(view->size, SCATTER_THREADS);
    ptx_launch(&ptx_scatter_kernel, &parameters, 0, blocks, blocks, SCATTER_THREADS, &copied);
}

void grid_reflectors(const struct columns *columns)
{
    const uint32_t blocks = (uint32_t)columns->shorter;
    ptx_launch(&ptx_reflector_kernel, columns, 0, blocks, blocks, COLUMN_THREADS, &anywhere);
}

void grid_small(const struct columns *columns)
{
    static struct small_table table;
    table.matrix[0] = *columns;
    ptx_launch(&ptx_small_kernel, &table, 0, 1, 1, SMALL_THREADS, &anywhere);
}

void grid_signs(const struct columns *columns)
{
    const uint32_t blocks = (uint32_t)columns->shorter;
    ptx_launch(&ptx_sign_kernel, columns, 0, blocks, blocks, COLUMN_THREADS, &anywhere);
}

void grid_cut(const struct cut *cut, struct grid_memory *memory)
{
    const uint32_t blocks = blocks_of(cut->size, CUT_THREADS);
    const struct ptx_memory written = {0, SIZE_MAX, memory};
    ptx_launch(&ptx_cut_kernel, cut, 0, blocks, blocks, CUT_THREADS, &written);
}
