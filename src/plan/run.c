#include "log.h"
#include "options.h"
#include "plan.h"
#include "items.h"

#include <errno.h>
#include <stdlib.h>

static fanin_status check_data(const fanin_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_tensor *const tensor = &plan->parameters[i].tensor;
        if (tensor->size > 0 && !tensor->data) {
            return fanin_fail(FANIN_ERROR_ARGUMENT,
                              "parameter '%s': the tensor's data is NULL, expected memory for %lld elements",
                              plan->parameters[i].name, (long long)tensor->size);
        }
    }
    return FANIN_OK;
}

/* Makes memory for the longest log line; NULL where nothing is logged. */
static fanin_status make_line(const fanin_plan *plan, const fanin_options *options, char **out)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->count && log_wanted(options); i++) {
        const struct plan_parameter *const parameter = &plan->parameters[i];
        const size_t size = log_line_size(parameter->name, &parameter->lowering);
        most = size > most ? size : most;
    }
    *out = most > 0 ? malloc(most) : NULL;
    return most == 0 || *out ? FANIN_OK : fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the log of a plan");
}

static fanin_status log_all(const fanin_plan *plan, const fanin_options *options, char *line)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < plan->count && status == FANIN_OK; i++) {
        const struct plan_parameter *const parameter = &plan->parameters[i];
        if (parameter->lowering.log_rule) {
            struct tensor tensor;
            plan_get_tensor(&parameter->tensor, &tensor);
            status = log_parameter(parameter->name, &parameter->lowering, &tensor, parameter->backend, options, line);
        }
    }
    return status;
}

/* Fills what belongs to one backend, in one pass; `items` has room for all fills of the plan. */
static fanin_status fill_on(const struct backend *backend, const fanin_plan *plan, struct plan_items *items,
                            const fanin_options *options)
{
    items->count = items->custom_count = 0;
    items->waits = false;
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_parameter *const parameter = &plan->parameters[i];
        if (parameter->backend == backend) {
            struct tensor tensor;
            plan_get_tensor(&parameter->tensor, &tensor);
            plan_items_add(items, &tensor, &parameter->lowering, parameter->name);
            items->waits = items->waits || (tensor.size > 0 && log_takes_norm(&parameter->lowering, options));
        }
    }
    return plan_items_run(items, backend, options);
}

/* For a plan that was checked. Device backends come first: their work is only enqueued, and goes on while the host fills. */
static fanin_status fill(const fanin_plan *plan, const fanin_options *options)
{
    if (plan->fill_count == 0) {
        return FANIN_OK;
    }
    struct plan_items items = {.items = reallocarray(NULL, plan->fill_count, sizeof(struct item)),
                               .capacity = plan->fill_count};
    if (!items.items) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the plan's %zu fills", plan->fill_count);
    }
    bool on_cpu = false;
    const struct backend *device = NULL; /* there is one kind beside the CPU */
    for (size_t i = 0; i < plan->count; i++) {
        const struct backend *const backend = plan->parameters[i].backend;
        on_cpu = on_cpu || backend == &cpu_backend;
        device = backend == &cpu_backend ? device : backend;
    }
    fanin_status status = device ? fill_on(device, plan, &items, options) : FANIN_OK;
    if (status == FANIN_OK && on_cpu) {
        status = fill_on(&cpu_backend, plan, &items, options);
    }
    free(items.items);
    return status;
}

static fanin_status run(const fanin_plan *plan, const fanin_options *source)
{
    if (!plan) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "the plan is NULL");
    }
    fanin_options options;
    char *line = NULL;
    fanin_status status = options_read(source, &options);
    if (status == FANIN_OK) {
        status = fanin_plan_check(plan);
    }
    if (status == FANIN_OK) {
        status = check_data(plan);
    }
    if (status == FANIN_OK) {
        status = make_line(plan, &options, &line);
    }
    if (status == FANIN_OK) {
        status = fill(plan, &options);
    }
    if (status == FANIN_OK && line) {
        status = log_all(plan, &options, line);
    }
    free(line);
    return status;
}

fanin_status fanin_plan_run(const fanin_plan *plan, const fanin_options *options)
{
    const int caller_errno = errno;
    const fanin_status status = run(plan, options);
    errno = caller_errno;
    return status;
}
