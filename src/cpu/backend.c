#include "backend.h"

#include "cpu/load.h"
#include "cpu/norm.h"
#include "cpu/orthogonal_set.h"
#include "cpu/parallel.h"
#include "cpu/part.h"
#include "cpu/variant.h"

#include <stdlib.h>

/* Elements of a tile: small enough to share a plan evenly, large enough (tens of microseconds) to make sharing cheap. A
 * multiple of 4, so that a tile begins where a Philox block does. */
#define TILE 65536

/* The elements of all items are numbered one after another; those of item i begin at begin[i]. */
struct run {
    const struct item *items;
    int64_t *begin;
    size_t count;
    uint64_t seed;
    const struct cpu_kernels *kernels;
    struct cpu_orthogonal_set *orthogonal; /* NULL: no item is */
};

/* The elements of an item that are filled now: orthogonal ones when their matrix is there, and with the last of these all
 * others. Nearly all runs fill everything at once. */
static int64_t size_now(const struct run *run, size_t i)
{
    const bool ready = run->orthogonal == NULL ||
                       (run->items[i].fill->kind == FILL_ORTHOGONAL ? cpu_orthogonal_find(run->orthogonal, i) != NULL
                                                                    : cpu_orthogonal_done(run->orthogonal));
    return ready ? run->items[i].size : 0;
}

/* Fills `left` elements of item i, from that numbered `first` on. */
static fanin_status fill_part(const struct run *run, size_t i, int64_t first, int64_t left)
{
    const struct item *const item = &run->items[i];
    if (item->fill->kind == FILL_LOAD) {
        return cpu_load(item, first, left);
    }
    struct job job = {.item = item, .kernel = run->kernels->fill[item->fill->kind][item->dtype]};
    cpu_fill_prepare(item, run->seed, &job.fill);
    if (item->fill->kind == FILL_ORTHOGONAL) {
        job.fill.orthogonal = cpu_orthogonal_find(run->orthogonal, i);
    }
    part_fill(&job, first, left);
    return FANIN_OK;
}

static fanin_status fill_tile(const void *context, int64_t begin, int64_t end)
{
    const struct run *run = context;
    /* The last item that begins at or before the tile; the first one begins at or before all. */
    size_t low = 0, high = run->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (run->begin[middle] <= begin) {
            low = middle;
        } else {
            high = middle;
        }
    }
    fanin_status status = FANIN_OK;
    for (size_t i = low; i < run->count && run->begin[i] < end && status == FANIN_OK; i++) {
        const int64_t item_end = run->begin[i] + size_now(run, i);
        const int64_t from = begin > run->begin[i] ? begin : run->begin[i], to = end < item_end ? end : item_end;
        if (from < to) {
            status = fill_part(run, i, from - run->begin[i], to - from);
        }
    }
    return status;
}

/* Numbers the elements, so that those with domain index 0 mod 4 have a number 0 mod 4 where an item is one row: a tile then
 * begins with a whole Philox block. The first numbers of all, and a few between items, belong to no element. */
static fanin_status number_elements(const struct run *run, int64_t *total)
{
    int64_t end = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct item *item = &run->items[i];
        const int64_t size = size_now(run, i);
        if (size > INT64_MAX - 8 - end) {
            return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': the plan's elements are more than %lld", item->name,
                              (long long)INT64_MAX);
        }
        run->begin[i] = (end + 3) / 4 * 4 + item->start % 4;
        end = run->begin[i] + size;
    }
    *total = end;
    return FANIN_OK;
}

static fanin_status supports(const struct item *item)
{
    if (item->fill->kind == FILL_CUSTOM) {
        return item->fill->custom.cpu
                   ? FANIN_OK
                   : fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': its fill '%s' has no function for tensors on the CPU",
                                item->name, item->fill->custom.kind);
    }
    if (item->fill->kind == FILL_LOAD) {
        return FANIN_OK; /* all dtypes are converted to all */
    }
    if (cpu_kernels_chosen()->fill[item->fill->kind][item->dtype] == NULL) {
        return fanin_fail(FANIN_ERROR_DTYPE, "parameter '%s': found dtype %s, expected one that the CPU has a %s fill for",
                          item->name, dtype_table[item->dtype].name, fill_kind_table[item->fill->kind].name);
    }
    return FANIN_OK;
}

/* Whatever memory it is, it was checked with the tensor. */
static fanin_status check(const struct item *items, size_t count, bool waits, const fanin_options *options)
{
    (void)items, (void)count, (void)waits, (void)options;
    return FANIN_OK;
}

static fanin_status run_custom(const struct item *item, const fanin_options *options, fanin_custom_call *call)
{
    (void)options;
    return item->fill->custom.cpu(call);
}

/* Fills all items whose elements are known: elementwise, in one pass. */
static fanin_status fill_ready(const struct run *run, int threads)
{
    int64_t total = 0;
    const fanin_status status = number_elements(run, &total);
    return status == FANIN_OK ? parallel_for(total, TILE, threads, fill_tile, run) : status;
}

static fanin_status fill_all(const struct run *run, int threads)
{
    if (run->orthogonal == NULL) {
        return fill_ready(run, threads);
    }
    fanin_status status = FANIN_OK;
    while (status == FANIN_OK && !cpu_orthogonal_done(run->orthogonal)) {
        status = cpu_orthogonal_next(run->orthogonal);
        if (status == FANIN_OK) {
            status = fill_ready(run, threads);
        }
    }
    return status;
}

/* So few need no memory for their numbers. */
#define FEW_ITEMS 8

struct acquired {
    struct cpu_orthogonal_set *orthogonal;
    int64_t *begin;
};

static void release(void *context)
{
    struct acquired *const acquired = context;
    if (acquired != NULL) {
        cpu_orthogonal_close(acquired->orthogonal);
        free(acquired->begin);
        free(acquired);
    }
}

static fanin_status acquire(const struct item *items, size_t count, const fanin_options *options, void **out)
{
    struct cpu_orthogonal_set *orthogonal;
    *out = NULL;
    const fanin_status status = cpu_orthogonal_open(items, count, options, &orthogonal);
    if (status != FANIN_OK || (orthogonal == NULL && count <= FEW_ITEMS)) {
        return status;
    }
    struct acquired *const acquired = calloc(1, sizeof *acquired);
    int64_t *const begin = reallocarray(NULL, count, sizeof *begin);
    if (acquired == NULL || begin == NULL) {
        cpu_orthogonal_close(orthogonal);
        free(acquired);
        free(begin);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a table of %zu fills", count);
    }
    *acquired = (struct acquired){orthogonal, begin};
    *out = acquired;
    return FANIN_OK;
}

static fanin_status run(const struct item *items, size_t count, const fanin_options *options, void *context)
{
    const struct acquired *const acquired = context;
    int64_t few[FEW_ITEMS];
    const struct run all = {.items = items,
                            .begin = acquired != NULL ? acquired->begin : few,
                            .count = count,
                            .seed = options->seed,
                            .kernels = cpu_kernels_named(options->cpu),
                            .orthogonal = acquired != NULL ? acquired->orthogonal : NULL};
    return fill_all(&all, options->threads);
}

const struct backend cpu_backend = {supports, check, acquire, run, release, run_custom, cpu_norm};
