#include "log.h"
#include "options.h"
#include "plan.h"

#include <errno.h>
#include <stdlib.h>

static fanin_status check_data(const fanin_plan *plan)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < plan->count && status == FANIN_OK; i++) {
        const struct plan_parameter *const parameter = plan_parameter(plan, i);
        status = tensor_check_data(parameter->name, parameter->tensor.data, parameter->tensor.size);
    }
    return status;
}

/* Makes memory for the longest log line; NULL where nothing is logged. */
static fanin_status make_line(const fanin_plan *plan, const fanin_options *options, char **out)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->count && options->log; i++) {
        const struct plan_parameter *const parameter = plan_parameter(plan, i);
        const bool wanted = log_wanted(options, &parameter->lowering);
        const size_t size = wanted ? log_line_size(parameter->name, &parameter->lowering) : 0;
        most = size > most ? size : most;
    }
    *out = most > 0 ? malloc(most) : NULL;
    return most == 0 || *out ? FANIN_OK : fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the log of a plan");
}

static fanin_status log_all(const fanin_plan *plan, const fanin_options *options, char *line)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < plan->count && status == FANIN_OK; i++) {
        const struct plan_parameter *const parameter = plan_parameter(plan, i);
        if (log_wanted(options, &parameter->lowering)) {
            struct tensor tensor;
            plan_get_tensor(&parameter->tensor, &tensor);
            status = log_parameter(parameter->name, &parameter->lowering, &tensor, parameter->backend, options, line);
        }
    }
    return status;
}

/* Whether the log will ask this backend for a norm. */
static bool waits_for_norm(const fanin_plan *plan, const struct backend *backend, const fanin_options *options)
{
    bool waits = false;
    for (size_t i = 0; i < plan->count && !waits && options->log; i++) {
        const struct plan_parameter *const parameter = plan_parameter(plan, i);
        waits = parameter->backend == backend && parameter->tensor.size > 0 && log_takes_norm(&parameter->lowering, options);
    }
    return waits;
}

static fanin_status begin_on(const fanin_plan *plan, const struct plan_items *items, const fanin_options *options,
                             struct plan_items_run *out)
{
    return plan_items_begin(items, waits_for_norm(plan, items->backend, options), options, out);
}

/* Files come first, then what else is needed: what is wrong with them is found before anything is written. Then devices: their
 * work is only enqueued, and goes on while the host fills. */
static fanin_status fill(const fanin_plan *plan, const fanin_options *options)
{
    struct source *const source = plan->on_cpu.source;
    struct plan_items_run device = {.items = NULL}, on_cpu = {.items = NULL};
    fanin_status status = plan_items_open(&plan->device);
    status = status == FANIN_OK ? plan_items_open(&plan->on_cpu) : status;
    status = status == FANIN_OK ? begin_on(plan, &plan->device, options, &device) : status;
    status = status == FANIN_OK ? begin_on(plan, &plan->on_cpu, options, &on_cpu) : status;
    status = status == FANIN_OK ? plan_items_fill(&device, options) : status;
    status = status == FANIN_OK ? plan_items_fill(&on_cpu, options) : status;
    plan_items_end(&on_cpu);
    plan_items_end(&device);
    status = status == FANIN_OK ? source_check(source) : status;
    source_close(source);
    return status;
}

static fanin_status run(const fanin_plan *plan, const fanin_options *source)
{
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
