#include "part.h"

#include "scatter.h"
#include "tile.h"
#include "walk.h"

#include <stdlib.h>

/* The axis along which the kernel's run of domain elements is used best: for a constant the one that is densest in memory, for
 * all others the densest in the domain. */
static int inner_axis(const struct item *item)
{
    const bool constant = item->fill->kind == FILL_CONSTANT;
    int best = item->ndim - 1;
    int64_t least = INT64_MAX;
    for (int d = item->ndim - 1; d >= 0; d--) {
        const int64_t distance = constant ? llabs(item->stride[d]) : item->step[d];
        if (distance < least) {
            least = distance;
            best = d;
        }
    }
    return best;
}

/* Fills `count` elements of a row, from the walk's place on. */
static void fill_row(const struct job *job, const struct walk *walk, int64_t count)
{
    const int64_t size = dtype_table[job->item->dtype].size;
    const int64_t stride = walk->inner.stride;
    const int64_t step = job->item->fill->kind == FILL_CONSTANT ? 1 : walk->inner.step;
    if (count == 1 || (stride == size && step == 1)) {
        job->kernel(&job->fill, walk->index, count, walk->data);
        return;
    }
    _Alignas(64) char buffer[PART_BUFFER];
    const int64_t most = step > PART_MOST_STEP ? 1 : (PART_BUFFER / size - 1) / step + 1;
    int64_t done = 0;
    while (done < count) {
        const int64_t taken = count - done < most ? count - done : most;
        if (taken == 1) {
            job->kernel(&job->fill, walk->index + done * step, 1, walk->data + done * stride);
            done++;
            continue;
        }
        job->kernel(&job->fill, walk->index + done * step, (taken - 1) * step + 1, buffer);
        scatter((size_t)size, buffer, step, walk->data + done * stride, stride, taken);
        done += taken;
    }
}

static void fill_rows(const struct job *job, int64_t first, int64_t count)
{
    struct walk walk;
    walk_start(&walk, job->item, inner_axis(job->item), first);
    while (count > 0) {
        const int64_t row = walk_left_in_row(&walk);
        const int64_t taken = row < count ? row : count;
        fill_row(job, &walk, taken);
        walk_advance(&walk, taken);
        count -= taken;
    }
}

void part_fill(const struct job *job, int64_t first, int64_t count)
{
    struct tiling tiling;
    if (tiling_make(job->item, &tiling)) {
        tiling_fill(&tiling, job, first, count);
    } else {
        fill_rows(job, first, count);
    }
}
