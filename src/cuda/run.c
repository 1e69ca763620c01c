#include "cuda/run.h"

#include "cuda/context.h"
#include "cuda/custom.h"
#include "cuda/launch_table.h"
#include "cuda/matrices.h"
#include "cuda/memory.h"
#include "cuda/statistic.h"
#include "cuda/streams.h"
#include "cuda/upload.h"
#include "float_environment.h"

#include <limits.h>
#include <stdlib.h>

static fanin_status supports(const struct item *item)
{
    if (item->fill->kind == FILL_CUSTOM && item->fill->custom.cuda == NULL) {
        return fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': its fill '%s' has no function for tensors on CUDA devices",
                          item->name, item->fill->custom.kind);
    }
    return context_prepare(item->name, (int)item->device.device_id);
}

/* Whether launches of the fill kernel are all that an item needs: the host waits for no such item. */
static bool is_elementwise(const struct item *item)
{
    return item->fill->kind != FILL_ORTHOGONAL && !upload_takes(item);
}

/* ------------------------------------------------ checks before the first write ------------------------------------------- */

static fanin_status check_item(const struct item *item, struct memory_range *known)
{
    const int ordinal = (int)item->device.device_id;
    const int64_t size = dtype_table[item->dtype].size;
    int64_t low = 0, high = size;
    for (int d = 0; d < item->ndim; d++) {
        const int64_t reach = (item->extent[d] - 1) * item->stride[d] * size;
        *(reach < 0 ? &low : &high) += reach;
    }
    return memory_check(item->name, item->data, low, high, ordinal, known);
}

/* The smallest ordinal above `after` among the items' devices; INT_MAX if there is none. */
static int next_device(const struct item *items, size_t count, int after)
{
    int next = INT_MAX;
    for (size_t i = 0; i < count; i++) {
        const int ordinal = (int)items[i].device.device_id;
        next = ordinal > after && ordinal < next ? ordinal : next;
    }
    return next;
}

static const struct item *first_on(const struct item *items, int ordinal)
{
    while ((int)items->device.device_id != ordinal) {
        items++;
    }
    return items;
}

/* The first item of a device that the host waits for; NULL: none. */
static const struct item *first_waiting(const struct item *items, size_t count, int ordinal)
{
    for (size_t i = 0; i < count; i++) {
        if ((int)items[i].device.device_id == ordinal && !is_elementwise(&items[i])) {
            return &items[i];
        }
    }
    return NULL;
}

/* Of a device, which is current. `name` is that of its first item. */
static fanin_status check_streams(const struct item *items, size_t count, bool waits, const char *name, int ordinal,
                                  const fanin_options *options)
{
    const cudaStream_t stream = stream_of_device(options, ordinal);
    const struct item *const waiting = first_waiting(items, count, ordinal);
    const fanin_status status = stream_check(name, stream, ordinal);
    return status == FANIN_OK ? capture_check(waiting != NULL ? waiting->name : name, stream, waits || waiting != NULL)
                              : status;
}

/* Each device is entered once, so that what is wrong with it, or was left pending, is told before anything is written. */
static fanin_status check(const struct item *items, size_t count, bool waits, const fanin_options *options)
{
    const int first = next_device(items, count, -1);
    for (int ordinal = first; ordinal != INT_MAX; ordinal = next_device(items, count, ordinal)) {
        const char *const name = first_on(items, ordinal)->name;
        if (ordinal != first && options->cuda_stream != NULL && ordinal >= options->n_cuda_streams) {
            return fanin_fail(FANIN_ERROR_ARGUMENT,
                              "parameter '%s': found one stream for a plan on CUDA devices %d and %d, expected cuda_streams",
                              name, first, ordinal);
        }
        struct context_scope scope;
        fanin_status status = context_enter(name, ordinal, &scope);
        if (status != FANIN_OK) {
            return status;
        }
        status = context_load(name, ordinal);
        status = status == FANIN_OK ? check_streams(items, count, waits, name, ordinal, options) : status;
        struct memory_range known = {0, 0};
        for (size_t i = 0; i < count && status == FANIN_OK; i++) {
            status = (int)items[i].device.device_id == ordinal ? check_item(&items[i], &known) : FANIN_OK;
        }
        context_leave(&scope);
        if (status != FANIN_OK) {
            return status;
        }
    }
    return FANIN_OK;
}

/* ------------------------------------------------ launches ---------------------------------------------------------------- */

/* All items of a device that are computed element by element, in as many launches as their tables need. */
static fanin_status launch_all(const struct item *items, size_t count, int ordinal, const fanin_options *options)
{
    struct cuda_builder builder;
    cuda_builder_start(&builder, options->seed);
    const cudaStream_t stream = stream_of_device(options, ordinal);
    const char *name = NULL;
    for (size_t i = 0; i < count; i++) {
        if ((int)items[i].device.device_id != ordinal || !is_elementwise(&items[i])) {
            continue;
        }
        if (!cuda_builder_add(&builder, &items[i])) {
            const fanin_status status = launch_table(&builder, name, ordinal, stream);
            if (status != FANIN_OK) {
                return status;
            }
            cuda_builder_start(&builder, options->seed);
            (void)cuda_builder_add(&builder, &items[i]); /* an empty table takes any item */
        }
        name = items[i].name;
    }
    return name != NULL ? launch_table(&builder, name, ordinal, stream) : FANIN_OK;
}

/* ------------------------------------------------ a run, device by device ------------------------------------------------ */

struct run {
    const struct item *items;
    size_t count;
    const fanin_options *options;
    /* Of all devices, acquired. */
    struct upload *uploads;
    struct matrices *matrices;
};

static fanin_status on_each_device(struct run *run, fanin_status (*step)(struct run *run, int ordinal))
{
    fanin_status status = FANIN_OK;
    for (int ordinal = next_device(run->items, run->count, -1); ordinal != INT_MAX && status == FANIN_OK;
         ordinal = next_device(run->items, run->count, ordinal)) {
        struct context_scope scope;
        status = context_enter(first_on(run->items, ordinal)->name, ordinal, &scope);
        if (status == FANIN_OK) {
            status = step(run, ordinal);
            context_leave(&scope);
        }
    }
    return status;
}

static fanin_status acquire_on(struct run *run, int ordinal)
{
    const fanin_status status = uploads_acquire(run->items, run->count, ordinal, run->options, &run->uploads);
    return status == FANIN_OK ? matrices_acquire(run->items, run->count, ordinal, run->options, &run->matrices) : status;
}

static fanin_status launch_on(struct run *run, int ordinal)
{
    const fanin_status status = launch_all(run->items, run->count, ordinal, run->options);
    return status == FANIN_OK ? matrices_start(run->matrices, ordinal) : status;
}

static fanin_status upload_to(struct run *run, int ordinal)
{
    return uploads_write(run->uploads, ordinal);
}

/* Waits for what was begun. An earlier error remains, with its message. What was acquired is given back even where the context
 * is lost. */
static fanin_status finish(struct run *run, fanin_status status)
{
    while (run->matrices != NULL) {
        status = matrices_finish(&run->matrices, status);
    }
    while (run->uploads != NULL) {
        uploads_release(&run->uploads);
    }
    return status;
}

static bool needs_more_than_launches(const struct item *items, size_t count)
{
    size_t i = 0;
    while (i < count && is_elementwise(&items[i])) {
        i++;
    }
    return i < count;
}

static fanin_status acquire(const struct item *items, size_t count, const fanin_options *options, void **out)
{
    *out = NULL;
    if (!needs_more_than_launches(items, count)) {
        return FANIN_OK;
    }
    struct run *const run = calloc(1, sizeof *run);
    if (run == NULL) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the plan's fills on CUDA devices",
                          items[0].name);
    }
    *run = (struct run){.items = items, .count = count, .options = options};
    const struct float_environment caller = float_environment_enter();
    const CUstreamCaptureMode mode = capture_relax();
    fanin_status status = on_each_device(run, acquire_on);
    if (status == FANIN_OK) {
        *out = run;
    } else {
        status = finish(run, status);
        free(run);
    }
    capture_restore(mode);
    float_environment_leave(&caller);
    return status;
}

static void release(void *acquired)
{
    struct run *const run = acquired;
    if (run == NULL) {
        return;
    }
    const struct float_environment caller = float_environment_enter();
    const CUstreamCaptureMode mode = capture_relax();
    /* It did not run because of an error elsewhere, whose message stays: FILE is a status that finish never replaces by what it
     * finds. */
    (void)finish(run, FANIN_ERROR_FILE);
    capture_restore(mode);
    float_environment_leave(&caller);
    free(run);
}

static fanin_status run_acquired(struct run *run)
{
    const CUstreamCaptureMode mode = capture_relax();
    fanin_status status = on_each_device(run, launch_on);
    status = status == FANIN_OK ? on_each_device(run, upload_to) : status;
    status = finish(run, status);
    capture_restore(mode);
    return status;
}

/* The devices compute while the host reads. */
static fanin_status run(const struct item *items, size_t count, const fanin_options *options, void *acquired)
{
    struct run launches = {.items = items, .count = count, .options = options};
    const struct float_environment caller = float_environment_enter();
    const fanin_status status = acquired != NULL ? run_acquired(acquired) : on_each_device(&launches, launch_on);
    float_environment_leave(&caller);
    return status;
}

const struct backend cuda_backend = {supports, check, acquire, run, release, cuda_run_custom, cuda_statistic};
