#include "log.h"
#include "options.h"
#include "plan.h"
#include "plan_items.h"

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

static fanin_status log_all(const fanin_plan *plan, const fanin_options *options)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < plan->count && status == FANIN_OK; i++) {
        const struct plan_parameter *const parameter = &plan->parameters[i];
        if (parameter->lowering.log_rule) {
            struct tensor tensor;
            plan_get_tensor(&parameter->tensor, &tensor);
            status = log_parameter(parameter->name, parameter->lowering.log_rule, &tensor, parameter->backend, options);
        }
    }
    return status;
}

/* For a plan that was checked and has fills. */
static fanin_status fill(const fanin_plan *plan, const fanin_options *options)
{
    struct plan_items items = {.items = reallocarray(NULL, plan->fill_count, sizeof(struct item)),
                               .capacity = plan->fill_count};
    if (!items.items) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the plan's %zu fills", plan->fill_count);
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_parameter *const parameter = &plan->parameters[i];
        struct tensor tensor;
        plan_get_tensor(&parameter->tensor, &tensor);
        plan_items_add(&items, &tensor, &parameter->lowering, parameter->name);
    }
    /* One backend for all: backend_find knows no other. */
    const fanin_status status = plan_items_run(&items, plan->parameters[0].backend, options);
    free(items.items);
    return status;
}

static fanin_status run(const fanin_plan *plan, const fanin_options *source)
{
    if (!plan) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "the plan is NULL");
    }
    fanin_options options;
    fanin_status status = options_read(source, &options);
    if (status == FANIN_OK) {
        status = fanin_plan_check(plan);
    }
    if (status == FANIN_OK) {
        status = check_data(plan);
    }
    if (status == FANIN_OK && plan->fill_count > 0) {
        status = fill(plan, &options);
    }
    return status == FANIN_OK && log_wanted(&options) ? log_all(plan, &options) : status;
}

fanin_status fanin_plan_run(const fanin_plan *plan, const fanin_options *options)
{
    const int caller_errno = errno;
    const fanin_status status = run(plan, options);
    errno = caller_errno;
    return status;
}
