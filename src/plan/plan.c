#include "plan.h"

#include "desc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

fanin_status fanin_plan_create(fanin_plan **out)
{
    if (!out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "the place for the new plan is NULL");
    }
    const int caller_errno = errno;
    fanin_plan *const plan = calloc(1, sizeof *plan);
    errno = caller_errno;
    if (!plan) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for a plan");
    }
    *out = plan;
    return FANIN_OK;
}

static void free_parameter(struct plan_parameter *parameter)
{
    free(parameter->tensor.numbers);
    free(parameter->problem);
    lowering_free(&parameter->lowering);
}

void fanin_plan_free(fanin_plan *plan)
{
    if (!plan) {
        return;
    }
    const int caller_errno = errno;
    for (size_t i = 0; i < plan->count; i++) {
        free_parameter(&plan->parameters[i]);
    }
    free(plan->parameters);
    free(plan);
    errno = caller_errno;
}

static void copy_numbers(int64_t *to, const int64_t *from, int count)
{
    for (int i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

void plan_get_tensor(const struct plan_tensor *tensor, struct tensor *out)
{
    const int ndim = tensor->ndim;
    out->data = tensor->data;
    out->device = tensor->device;
    out->dtype = tensor->dtype;
    out->ndim = ndim;
    copy_numbers(out->shape, tensor->numbers, ndim);
    copy_numbers(out->stride, tensor->numbers + ndim, ndim);
    copy_numbers(out->global, tensor->numbers + 2 * ndim, ndim);
    copy_numbers(out->offset, tensor->numbers + 3 * ndim, ndim);
    out->size = tensor->size;
    out->global_size = tensor->global_size;
    out->low = tensor->low;
    out->high = tensor->high;
}

/* Copies the name and the tensor into one piece of memory. */
static bool keep(const char *name, const struct tensor *tensor, struct plan_parameter *parameter)
{
    const int ndim = tensor->ndim;
    const size_t numbers_size = 4 * (size_t)ndim * sizeof(int64_t), name_size = strlen(name) + 1;
    int64_t *const numbers = malloc(numbers_size + name_size);
    if (!numbers) {
        return false;
    }
    copy_numbers(numbers, tensor->shape, ndim);
    copy_numbers(numbers + ndim, tensor->stride, ndim);
    copy_numbers(numbers + 2 * ndim, tensor->global, ndim);
    copy_numbers(numbers + 3 * ndim, tensor->offset, ndim);
    parameter->tensor = (struct plan_tensor){tensor->data, tensor->device,      tensor->dtype, ndim,        numbers,
                                             tensor->size, tensor->global_size, tensor->low,   tensor->high};
    parameter->name = memcpy((char *)numbers + numbers_size, name, name_size);
    parameter->stream = fanin_stream(name);
    return true;
}

/* Lowers the parameter and asks its backend. */
static fanin_status prepare(const fanin_initializer *initializer, const fanin_desc *desc, const struct tensor *tensor,
                            struct plan_parameter *parameter)
{
    const struct lower_request request = {initializer, desc, tensor->dtype, tensor->ndim, tensor->global};
    fanin_status status = backend_find(desc->name, tensor->device, &parameter->backend);
    if (status == FANIN_OK) {
        status = lower_parameter(&request, &parameter->lowering);
    }
    for (size_t i = 0; i < parameter->lowering.count && status == FANIN_OK; i++) {
        const struct lowered *const part = &parameter->lowering.fills[i];
        struct item item;
        if (item_make(tensor, &part->fill, desc->name, part->begin, part->count, part->first, &item)) {
            status = parameter->backend->supports(&item);
        }
    }
    return status;
}

/* What is refused for what it is, and not for how the call was made, waits for the check. */
static bool waits(fanin_status status)
{
    return status != FANIN_OK && status != FANIN_ERROR_ARGUMENT && status != FANIN_ERROR_MEMORY;
}

static fanin_status make_parameter(const fanin_initializer *initializer, const fanin_desc *desc, const struct tensor *tensor,
                                   struct plan_parameter *parameter)
{
    *parameter = (struct plan_parameter){.name = NULL};
    const fanin_status status = prepare(initializer, desc, tensor, parameter);
    if (status != FANIN_OK && !waits(status)) {
        return status;
    }
    if (waits(status)) {
        lowering_free(&parameter->lowering);
        parameter->status = status;
        parameter->problem = strdup(fanin_last_error());
    }
    if ((waits(status) && !parameter->problem) || !keep(desc->name, tensor, parameter)) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the plan", desc->name);
    }
    return FANIN_OK;
}

static bool reserve(fanin_plan *plan)
{
    if (plan->count < plan->capacity) {
        return true;
    }
    const size_t capacity = plan->capacity > 0 ? 2 * plan->capacity : 16;
    struct plan_parameter *const grown = reallocarray(plan->parameters, capacity, sizeof *grown);
    if (!grown) {
        return false;
    }
    plan->parameters = grown;
    plan->capacity = capacity;
    return true;
}

static fanin_status add(fanin_plan *plan, const fanin_initializer *initializer, const fanin_desc *source_desc,
                        const DLTensor *source)
{
    if (!plan) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "the plan is NULL");
    }
    fanin_desc desc;
    struct tensor tensor;
    fanin_status status = desc_read(source_desc, &desc);
    if (status == FANIN_OK) {
        status = tensor_check(desc.name, source, desc.global_shape, desc.offset, &tensor);
    }
    if (status != FANIN_OK) {
        return status;
    }
    if (!reserve(plan)) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the plan", desc.name);
    }
    struct plan_parameter *const parameter = &plan->parameters[plan->count];
    status = make_parameter(initializer, &desc, &tensor, parameter);
    if (status != FANIN_OK) {
        free_parameter(parameter);
        return status;
    }
    plan->fill_count += parameter->lowering.count;
    plan->count++;
    return FANIN_OK;
}

fanin_status fanin_plan_add(fanin_plan *plan, const fanin_initializer *initializer, const fanin_desc *desc,
                            const DLTensor *tensor)
{
    const int caller_errno = errno;
    const fanin_status status = add(plan, initializer, desc, tensor);
    errno = caller_errno;
    return status;
}
