#include "model.h"

#include "plan/whole.h"

#include <stdio.h>
#include <stdlib.h>

/* What a plan of this tensor alone says of it. */
static fanin_status check_alone(const struct model *model, const struct header_tensor *tensor)
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
    if (model->device.device_type == kDLCPU || model->header.count == 0 ||
        check_alone(model, &model->header.tensors[0]) != FANIN_ERROR_DEVICE) {
        return FANIN_OK;
    }
    return fanin_fail(FANIN_ERROR_DEVICE, "--device cuda:%d: %s", model->device.device_id, fanin_last_error());
}

/* Other errors than UNCOVERED are found again, together with those of all tensors. */
static void cover_integers(struct model *model)
{
    for (size_t i = 0; i < model->header.count; i++) {
        const struct header_tensor *const tensor = &model->header.tensors[i];
        if (!dtype_table[tensor->dtype].is_float) {
            model->parameters[tensor->tag].zero = check_alone(model, tensor) == FANIN_ERROR_UNCOVERED;
        }
    }
}

/* The plan's own words for a tensor that nothing covers speak of the library's attributes. The names come under one line that
 * speaks of options; what else is wrong follows. false: no memory. */
static bool write_problems(const struct model *model, FILE *out)
{
    char *names = NULL, *others = NULL;
    size_t uncovered = 0, wrong = 0, size;
    FILE *const name_list = open_memstream(&names, &size);
    FILE *const other_list = open_memstream(&others, &size);
    for (size_t i = 0; name_list && other_list && i < model->header.count; i++) {
        const fanin_status status = check_alone(model, &model->header.tensors[i]);
        if (status == FANIN_ERROR_UNCOVERED) {
            fprintf(name_list, "\n  %s", model->header.tensors[i].name);
            uncovered++;
        } else if (status != FANIN_OK) {
            fprintf(other_list, "\n  %s", fanin_last_error());
            wrong++;
        }
    }
    const bool done = name_list && fclose(name_list) == 0;
    const bool all = other_list && fclose(other_list) == 0 && done;
    if (all && uncovered > 0) {
        fprintf(
            out,
            "nothing says how to fill %zu tensor%s: add a pair to --rules for %s, or --init for names that end in 'weight':%s",
            uncovered, uncovered == 1 ? "" : "s", uncovered == 1 ? "it" : "them", names);
    }
    if (all && wrong > 0) {
        fprintf(out, "%s%zu tensor%s cannot be filled:%s", uncovered > 0 ? "\n" : "", wrong, wrong == 1 ? "" : "s", others);
    }
    free(names);
    free(others);
    return all;
}

static fanin_status report(const struct model *model, fanin_status status)
{
    char *plan_text = NULL, *text = NULL;
    size_t size = 0;
    /* It is what is told where the tensors alone are fine: they exclude each other. */
    if (asprintf(&plan_text, "%s", fanin_last_error()) < 0) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory");
    }
    FILE *const out = open_memstream(&text, &size);
    const bool written = out && write_problems(model, out);
    if (!out || fclose(out) != 0 || !written) {
        status = fanin_fail(FANIN_ERROR_MEMORY, "out of memory");
    } else {
        status = fanin_fail(status, "%s", size > 0 ? text : plan_text);
    }
    free(text);
    free(plan_text);
    return status;
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
        status = report(model, status);
        fanin_plan_free(plan);
        return status;
    }
    for (size_t i = 0; i < model->header.count; i++) {
        model->parameters[model->header.tensors[i].tag].whole = fanin_private_plan_is_whole(plan, i);
    }
    *out = plan;
    return FANIN_OK;
}
