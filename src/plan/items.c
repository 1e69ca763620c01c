#include "items.h"

#include "callback.h"
#include "json/utf8.h"

#include <stdio.h>
#include <string.h>

void plan_items_add(struct plan_items *items, const struct tensor *tensor, const struct lowering *lowering, const char *name)
{
    for (size_t i = 0; i < lowering->count; i++) {
        const struct lowered *const part = &lowering->fills[i];
        const bool custom = part->fill.kind == FILL_CUSTOM;
        struct item *const place = &items->items[custom ? items->capacity - 1 - items->custom_count : items->count];
        if (!item_make(tensor, &part->fill, name, part->begin, part->count, part->first, place)) {
            continue;
        }
        if (custom) {
            items->custom_count++;
        } else {
            items->count++;
        }
    }
}

static fanin_status run_custom(const struct item *item, const struct backend *backend, const fanin_options *options)
{
    const fanin_custom *const custom = &item->fill->custom;
    /* Copies: the function gets pointers that it could write through. */
    int64_t extent[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM];
    for (int d = 0; d < item->ndim; d++) {
        extent[d] = item->extent[d];
        stride[d] = item->stride[d];
    }
    const DLTensor view = {.data = item->data,
                           .device = item->device,
                           .ndim = item->ndim,
                           .dtype = dtype_to_dlpack(item->dtype),
                           .shape = extent,
                           .strides = stride,
                           .byte_offset = 0};
    fanin_custom_call call = {.size = sizeof call,
                              .user = custom->user,
                              .name = item->name,
                              .view = &view,
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

fanin_status plan_items_run(struct plan_items *items, const struct backend *backend, const fanin_options *options)
{
    /* To the others, so that all can be checked at once. */
    struct item *const custom = &items->items[items->count];
    memmove(custom, &items->items[items->capacity - items->custom_count], items->custom_count * sizeof *custom);
    fanin_status status = backend->check(items->items, items->count + items->custom_count, items->waits, options);
    if (status == FANIN_OK && items->count > 0) {
        status = backend->run(items->items, items->count, options);
    }
    for (size_t i = items->custom_count; i > 0 && status == FANIN_OK; i--) {
        status = run_custom(&custom[i - 1], backend, options);
    }
    return status;
}
