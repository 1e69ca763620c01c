#include "desc.h"
#include "log.h"
#include "options.h"
#include "plan/items.h"

#include <errno.h>

/* Bytes on the stack for what nearly all parameters lower to. */
#define FEW_BYTES 1024

static fanin_status fill(const char *name, const struct tensor *tensor, const struct lowering *lowering, struct arena *arena,
                         const struct backend *backend, const fanin_options *options)
{
    struct source source = {0};
    struct plan_items items = {.backend = backend, .source = &source};
    fanin_status status = plan_items_add(&items, tensor, lowering, name, arena);
    status = status == FANIN_OK ? plan_items_open(&items) : status;
    struct plan_items_run run = {.items = NULL};
    status = status == FANIN_OK ? plan_items_begin(&items, log_takes_norm(lowering, options), options, &run) : status;
    status = status == FANIN_OK ? plan_items_fill(&run, options) : status;
    plan_items_end(&run);
    status = status == FANIN_OK ? source_check(&source) : status;
    source_close(&source);
    return status;
}

static fanin_status fill_and_log(const char *name, const struct tensor *tensor, const struct lowering *lowering,
                                 struct arena *arena, const fanin_options *options)
{
    const struct backend *backend = NULL;
    fanin_status status = backend_find(name, tensor->device, &backend);
    if (status != FANIN_OK || !log_wanted(options, lowering)) {
        return status == FANIN_OK ? fill(name, tensor, lowering, arena, backend, options) : status;
    }
    char *const line = arena_alloc(arena, log_line_size(name, lowering));
    if (!line) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its log line", name);
    }
    status = fill(name, tensor, lowering, arena, backend, options);
    return status == FANIN_OK ? log_parameter(name, lowering, tensor, backend, options, line) : status;
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
    if (status == FANIN_OK) {
        status = tensor_check_data(desc.name, tensor.data, tensor.size);
    }
    if (status != FANIN_OK) {
        return status;
    }
    int64_t few[FEW_BYTES / sizeof(int64_t)];
    struct arena arena;
    arena_open(&arena, few, sizeof few);
    struct lowering lowering = {.fills = NULL};
    const struct lower_request request = {initializer, &desc,         tensor.dtype,
                                          tensor.ndim, tensor.global, fanin_stream(desc.name)};
    status = lower_parameter(&request, &arena, &lowering);
    if (status == FANIN_OK) {
        status = fill_and_log(desc.name, &tensor, &lowering, &arena, &options);
    }
    lowering_release(&lowering);
    arena_close(&arena);
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
