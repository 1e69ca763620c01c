#include "desc.h"
#include "log.h"
#include "options.h"
#include "plan/items.h"

#include <errno.h>
#include <stdlib.h>

/* Parameters with more fills than these need memory for their items; nearly all initializers have at most three. */
#define FEW_ITEMS 4

static fanin_status check_supported(const struct plan_items *items, const struct backend *backend)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < items->count && status == FANIN_OK; i++) {
        status = backend->supports(&items->items[i]);
    }
    for (size_t i = 0; i < items->custom_count && status == FANIN_OK; i++) {
        status = backend->supports(&items->items[items->capacity - 1 - i]);
    }
    return status;
}

static fanin_status fill(const char *name, const struct tensor *tensor, const struct lowering *lowering,
                         const struct backend *backend, const fanin_options *options)
{
    struct item few[FEW_ITEMS];
    struct plan_items items = {.items = few, .capacity = FEW_ITEMS, .waits = log_takes_norm(lowering, options)};
    if (lowering->count > FEW_ITEMS) {
        items.items = reallocarray(NULL, lowering->count, sizeof *items.items);
        items.capacity = lowering->count;
        if (!items.items) {
            return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its %zu fills", name, lowering->count);
        }
    }
    plan_items_add(&items, tensor, lowering, name);
    fanin_status status = check_supported(&items, backend);
    if (status == FANIN_OK) {
        status = plan_items_run(&items, backend, options);
    }
    if (items.items != few) {
        free(items.items);
    }
    return status;
}

static fanin_status fill_and_log(const char *name, const struct tensor *tensor, const struct lowering *lowering,
                                 const fanin_options *options)
{
    const struct backend *backend = NULL;
    fanin_status status = backend_find(name, tensor->device, &backend);
    if (status != FANIN_OK || !lowering->log_rule || !log_wanted(options)) {
        return status == FANIN_OK ? fill(name, tensor, lowering, backend, options) : status;
    }
    char *const line = malloc(log_line_size(name, lowering));
    if (!line) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its log line", name);
    }
    status = fill(name, tensor, lowering, backend, options);
    if (status == FANIN_OK) {
        status = log_parameter(name, lowering, tensor, backend, options, line);
    }
    free(line);
    return status;
}

static fanin_status init(const fanin_initializer *initializer, const fanin_desc *source_desc, const DLTensor *source,
                         const fanin_options *source_options)
{
    fanin_options options;
    fanin_desc desc;
    struct tensor tensor;
    fanin_status status = options_read(source_options, &options);
    if (status == FANIN_OK) {
        status = desc_read(source_desc, &desc);
    }
    if (status == FANIN_OK) {
        status = tensor_check(desc.name, source, desc.global_shape, desc.offset, &tensor);
    }
    if (status != FANIN_OK) {
        return status;
    }
    if (tensor.size > 0 && !tensor.data) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': the tensor's data is NULL, expected memory for %lld elements",
                          desc.name, (long long)tensor.size);
    }
    struct lowering lowering = {.fills = NULL};
    const struct lower_request request = {initializer, &desc, tensor.dtype, tensor.ndim, tensor.global};
    status = lower_parameter(&request, &lowering);
    if (status == FANIN_OK) {
        status = fill_and_log(desc.name, &tensor, &lowering, &options);
    }
    lowering_free(&lowering);
    return status;
}

fanin_status fanin_init(const fanin_initializer *initializer, const fanin_desc *desc, const DLTensor *tensor,
                        const fanin_options *options)
{
    const int caller_errno = errno;
    const fanin_status status = init(initializer, desc, tensor, options);
    errno = caller_errno;
    return status;
}
