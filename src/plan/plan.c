#include "plan.h"

#include "desc.h"

#include <errno.h>
#include <stdlib.h>

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
    plan->on_cpu.source = plan->device.source = &plan->source;
    *out = plan;
    return FANIN_OK;
}

void fanin_plan_free(fanin_plan *plan)
{
    if (!plan) {
        return;
    }
    const int caller_errno = errno;
    for (size_t i = 0; i < plan->count; i++) {
        lowering_release(&plan_parameter(plan, i)->lowering);
    }
    arena_close(&plan->arena);
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
    copy_numbers(out->shape, plan_shape(tensor), ndim);
    copy_numbers(out->stride, plan_stride(tensor), ndim);
    copy_numbers(out->global, plan_global(tensor), ndim);
    copy_numbers(out->offset, plan_offset(tensor), ndim);
    out->size = tensor->size;
    out->global_size = tensor->global_size;
    out->low = tensor->low;
    out->high = tensor->high;
}

static fanin_status fail_memory(const fanin_desc *desc)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the plan", desc->name);
}

/* Copies the name and the tensor. */
static bool keep(struct arena *arena, const char *name, const struct tensor *tensor, struct plan_parameter *parameter)
{
    const int ndim = tensor->ndim;
    int64_t *const numbers = arena_array(arena, 4 * (size_t)ndim, sizeof *numbers);
    const char *const kept_name = arena_text(arena, name);
    if (!numbers || !kept_name) {
        return false;
    }
    const struct plan_tensor kept = {tensor->data, tensor->device,      tensor->dtype, ndim,        numbers,
                                     tensor->size, tensor->global_size, tensor->low,   tensor->high};
    copy_numbers(plan_shape(&kept), tensor->shape, ndim);
    copy_numbers(plan_stride(&kept), tensor->stride, ndim);
    copy_numbers(plan_global(&kept), tensor->global, ndim);
    copy_numbers(plan_offset(&kept), tensor->offset, ndim);
    *parameter = (struct plan_parameter){.name = kept_name, .stream = fanin_stream(name), .tensor = kept};
    return true;
}

/* Lowers the parameter, and makes its items, of which its backend is asked. */
static fanin_status prepare(fanin_plan *plan, const fanin_initializer *initializer, const fanin_desc *desc,
                            const struct tensor *tensor, struct plan_parameter *parameter)
{
    const struct lower_request request = {initializer,      desc, tensor->dtype, tensor->ndim, plan_global(&parameter->tensor),
                                          parameter->stream};
    fanin_status status = backend_find(desc->name, tensor->device, &parameter->backend);
    if (status == FANIN_OK) {
        status = lower_parameter(&request, &plan->arena, &parameter->lowering);
    }
    if (status != FANIN_OK) {
        return status;
    }
    struct plan_items *const items = parameter->backend == &cpu_backend ? &plan->on_cpu : &plan->device;
    items->backend = parameter->backend;
    status = plan_items_add(items, tensor, &parameter->lowering, parameter->name, &plan->arena);
    if (status != FANIN_OK) {
        lowering_release(&parameter->lowering);
    }
    return status;
}

/* A match that takes too many steps takes a tenth of a second: with so many PATTERN errors, no more are recorded. */
#define MOST_PATTERN_PROBLEMS 10

/* What is refused for what it is, and not for how the call was made, waits for the check. */
static bool waits(fanin_plan *plan, fanin_status status)
{
    plan->pattern_problems += status == FANIN_ERROR_PATTERN;
    const bool is_one_too_many = status == FANIN_ERROR_PATTERN && plan->pattern_problems > MOST_PATTERN_PROBLEMS;
    return status != FANIN_OK && status != FANIN_ERROR_ARGUMENT && status != FANIN_ERROR_MEMORY && !is_one_too_many;
}

static fanin_status make_parameter(fanin_plan *plan, const fanin_initializer *initializer, const fanin_desc *desc,
                                   const struct tensor *tensor, struct plan_parameter *parameter)
{
    if (!keep(&plan->arena, desc->name, tensor, parameter)) {
        return fail_memory(desc);
    }
    const fanin_status status = prepare(plan, initializer, desc, tensor, parameter);
    if (!waits(plan, status)) {
        return status;
    }
    parameter->status = status;
    parameter->problem = arena_text(&plan->arena, fanin_last_error());
    return parameter->problem ? FANIN_OK : fail_memory(desc);
}

/* Room for one more parameter. */
static bool reserve(fanin_plan *plan)
{
    if (plan->count < plan->block_count * PLAN_BLOCK) {
        return true;
    }
    struct plan_parameter **const blocks =
        arena_grow(&plan->arena, plan->blocks, plan->block_count, &plan->block_capacity, sizeof *blocks);
    struct plan_parameter *const block = blocks ? arena_array(&plan->arena, PLAN_BLOCK, sizeof *block) : NULL;
    plan->blocks = blocks ? blocks : plan->blocks;
    if (!block) {
        return false;
    }
    plan->blocks[plan->block_count++] = block;
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
        return fail_memory(&desc);
    }
    const struct arena before = plan->arena;
    struct plan_parameter *const parameter = plan_parameter(plan, plan->count);
    status = make_parameter(plan, initializer, &desc, &tensor, parameter);
    if (status != FANIN_OK) {
        arena_restore(&plan->arena, &before);
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
