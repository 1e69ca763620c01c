#include "model.h"

#include "cuda_module.h"
#include "private.h"

#include <stdio.h>

fanin_status model_check_alone(const struct model *model, const struct header_tensor *tensor)
{
    fanin_plan *plan;
    fanin_status status = fanin_plan_create(&plan);
    if (status != FANIN_OK) {
        return status;
    }
    status = model_add_part(model, plan, tensor);
    status = status == FANIN_OK ? fanin_plan_check(plan) : status;
    fanin_plan_free(plan);
    return status;
}

/* One message rather than one for each tensor. */
static fanin_status check_device(const struct model *model)
{
    if (model->device.device_type == kDLCPU || model->header.count == 0) {
        return FANIN_OK;
    }
    char option[40];
    snprintf(option, sizeof option, "--device cuda:%d", model->device.device_id);
    const struct cuda_module *module;
    fanin_status status = fanin_private_cuda_module(option, &module);
    if (status == FANIN_OK) {
        status = module->prepare(NULL, model->device.device_id);
        status = status == FANIN_OK ? FANIN_OK : fanin_fail(status, "%s: %s", option, fanin_last_error());
    }
    return status;
}

/* Other errors than UNCOVERED are found again, together with those of all tensors. A pattern that takes too long is one of
 * them, and is not tried again and again. */
static void cover_integers(struct model *model)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < model->header.count && status != FANIN_ERROR_PATTERN; i++) {
        const struct header_tensor *const tensor = &model->header.tensors[i];
        if (!dtype_table[tensor->dtype].is_float) {
            status = model_check_alone(model, tensor);
            model->parameters[tensor->tag].zero = status == FANIN_ERROR_UNCOVERED;
        }
    }
}

static fanin_status make_plan(const struct model *model, fanin_plan **out)
{
    fanin_plan *plan;
    fanin_status status = fanin_plan_create(&plan);
    for (size_t i = 0; status == FANIN_OK && i < model->header.count; i++) {
        status = model_add_part(model, plan, &model->header.tensors[i]);
        if (status != FANIN_OK) {
            fanin_plan_free(plan);
        }
    }
    if (status == FANIN_OK) {
        *out = plan;
    }
    return status;
}

fanin_status model_check(struct model *model, fanin_plan **out)
{
    fanin_plan *plan;
    fanin_status status = check_device(model);
    if (status != FANIN_OK) {
        return status;
    }
    cover_integers(model);
    status = make_plan(model, &plan);
    if (status != FANIN_OK) {
        return status;
    }
    status = fanin_plan_check(plan);
    if (status != FANIN_OK) {
        const fanin_status reported = model_report(model);
        fanin_plan_free(plan);
        return reported == FANIN_OK ? status : reported;
    }
    for (size_t i = 0; i < model->header.count; i++) {
        model->parameters[model->header.tensors[i].tag].whole = fanin_private_plan_is_whole(plan, i);
    }
    *out = plan;
    return FANIN_OK;
}
