#include "items.h"

#include "callback.h"
#include "json/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fanin_status add_item(struct plan_items *items, const struct tensor *tensor, const struct lowered *part,
                             const char *name, struct arena *arena)
{
    struct item *const list = arena_grow(arena, items->items, items->count, &items->capacity, sizeof *list);
    int64_t *const numbers = arena_array(arena, 3 * (size_t)tensor->ndim, sizeof *numbers);
    if (!list || !numbers) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its fills", name);
    }
    items->items = list;
    struct item *const item = &list[items->count];
    if (!item_make(tensor, &part->fill, name, part->begin, part->count, part->first, numbers, item)) {
        return FANIN_OK;
    }
    item->source = items->source;
    items->count++;
    items->custom_count += part->fill.kind == FILL_CUSTOM;
    items->load_count += part->fill.kind == FILL_LOAD;
    return items->backend->supports(item);
}

fanin_status plan_items_add(struct plan_items *items, const struct tensor *tensor, const struct lowering *lowering,
                            const char *name, struct arena *arena)
{
    const struct plan_items before = *items;
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < lowering->count && status == FANIN_OK; i++) {
        status = add_item(items, tensor, &lowering->fills[i], name, arena);
    }
    if (status != FANIN_OK) {
        *items = before;
    }
    return status;
}

fanin_status plan_items_open(const struct plan_items *items)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < items->count && items->load_count > 0 && status == FANIN_OK; i++) {
        status = source_add(items->source, items->items[i].name, items->items[i].fill);
    }
    return status;
}

static fanin_status run_custom(const struct item *item, const struct backend *backend, const fanin_options *options)
{
    const fanin_custom *const custom = &item->fill->custom;
    struct callback_view view;
    callback_view_open(&view, item->data, item->device, item->dtype, item->ndim, item->extent, item->stride);
    fanin_custom_call call = {.size = sizeof call,
                              .user = custom->user,
                              .name = item->name,
                              .view = &view.tensor,
                              .domain_ndim = item->fill->ndim,
                              .domain = item->fill->domain,
                              .start = item->start,
                              .step = item->step,
                              .seed = options->seed,
                              .stream = item->fill->stream};
    const struct callback_mark before = callback_mark_error();
    const fanin_status status = backend->run_custom(item, options, &call);
    if (status == FANIN_OK) {
        return FANIN_OK;
    }
    char kind[JSON_EXCERPT_SIZE], what[JSON_EXCERPT_SIZE + 16];
    snprintf(what, sizeof what, "its fill '%s'", json_excerpt(custom->kind, strlen(custom->kind), kind));
    return callback_result(status, &before, item->name, what);
}

/* A copy with the backend's items before the custom ones, for free(). */
static struct item *put_in_order(const struct plan_items *items)
{
    struct item *const ordered = reallocarray(NULL, items->count, sizeof *ordered);
    size_t filled = 0, custom = items->count - items->custom_count;
    for (size_t i = 0; i < items->count && ordered; i++) {
        const struct item *const item = &items->items[i];
        ordered[item->fill->kind == FILL_CUSTOM ? custom++ : filled++] = *item;
    }
    return ordered;
}

fanin_status plan_items_begin(const struct plan_items *items, bool waits, const fanin_options *options,
                              struct plan_items_run *out)
{
    *out = (struct plan_items_run){.items = NULL};
    if (items->count == 0) {
        return FANIN_OK;
    }
    struct item *const copy = items->custom_count > 0 ? put_in_order(items) : NULL;
    if (items->custom_count > 0 && !copy) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the plan's %zu fills", items->items[0].name,
                          items->count);
    }
    const struct item *const ordered = copy ? copy : items->items;
    const size_t filled = items->count - items->custom_count;
    void *acquired = NULL;
    fanin_status status = items->backend->check(ordered, items->count, waits, options);
    if (status == FANIN_OK && filled > 0) {
        status = items->backend->acquire(ordered, filled, options, &acquired);
    }
    if (status != FANIN_OK) {
        free(copy);
        return status;
    }
    *out = (struct plan_items_run){items, ordered, copy, acquired};
    return FANIN_OK;
}

fanin_status plan_items_fill(const struct plan_items_run *run, const fanin_options *options)
{
    if (!run->items) {
        return FANIN_OK;
    }
    const struct backend *const backend = run->items->backend;
    const size_t filled = run->items->count - run->items->custom_count;
    fanin_status status = filled > 0 ? backend->run(run->ordered, filled, options, run->acquired) : FANIN_OK;
    for (size_t i = filled; i < run->items->count && status == FANIN_OK; i++) {
        status = run_custom(&run->ordered[i], backend, options);
    }
    return status;
}

void plan_items_end(const struct plan_items_run *run)
{
    if (run->items) {
        run->items->backend->release(run->acquired);
        free(run->copy);
    }
}
