#include "model.h"

#include <stdlib.h>
#include <string.h>

void model_cut(int64_t rows, int64_t part, int64_t parts, int64_t *begin, int64_t *count)
{
    const int64_t each = rows / parts + (rows % parts != 0);
    /* part · each stays below rows + parts. */
    const int64_t first = part * each;
    *begin = first < rows ? first : rows;
    *count = rows - *begin < each ? rows - *begin : each;
}

void model_free(struct model *model)
{
    for (size_t i = 0; model->parameters && i < model->header.count; i++) {
        free(model->parameters[i].global);
    }
    free(model->parameters);
    header_free(&model->header);
    fanin_release(model->initializer);
    fanin_rules_free(model->rules);
    free(model->problems);
    *model = (struct model){0};
}

/* Turns the whole tensor of --like into this part of it. */
static fanin_status make_part(const struct init_options *options, struct header_tensor *tensor, struct parameter *parameter)
{
    if (tensor->name[0] == '\0') {
        return fanin_fail(FANIN_ERROR_FORMAT, "--like '%s': the name of a tensor is empty; its values depend on its name",
                          options->like);
    }
    if (!tensor->known) {
        return fanin_fail(
            FANIN_ERROR_DTYPE,
            "--like '%s': tensor '%s' has dtype %s; fanin fills F16, BF16, F32, F64, I8 to I64, U8 to U64 and BOOL",
            options->like, tensor->name, tensor->dtype_name);
    }
    if (options->has_dtype && dtype_table[tensor->dtype].is_float) {
        tensor->dtype = options->dtype;
    }
    parameter->global = malloc(((size_t)tensor->ndim + 1) * sizeof *parameter->global);
    if (!parameter->global) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the shapes");
    }
    if (tensor->ndim == 0) {
        return FANIN_OK;
    }
    memcpy(parameter->global, tensor->shape, (size_t)tensor->ndim * sizeof *parameter->global);
    model_cut(parameter->global[0], options->shard, options->shards, &parameter->row, &tensor->shape[0]);
    if (!header_elements(tensor->shape, tensor->ndim, &tensor->count)) {
        return fanin_fail(FANIN_ERROR_LAYOUT, "tensor '%s' has more elements than 64 bits count", tensor->name);
    }
    return FANIN_OK;
}

fanin_status model_create(struct model *model, const struct init_options *options, struct header *like,
                          fanin_initializer *initializer, fanin_rules *rules)
{
    *model = (struct model){.header = *like, .initializer = initializer, .rules = rules, .device = options->device};
    *like = (struct header){0};
    model->parameters = calloc(model->header.count + 1, sizeof *model->parameters);
    if (!model->parameters) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for %zu tensors", model->header.count);
    }
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < model->header.count && status == FANIN_OK; i++) {
        model->header.tensors[i].tag = i;
        status = make_part(options, &model->header.tensors[i], &model->parameters[i]);
    }
    return status;
}

fanin_status model_add_box(const struct model *model, fanin_plan *plan, const struct header_tensor *tensor,
                           const int64_t *offset, const int64_t *shape, void *data)
{
    static const fanin_attr zero = {"__init__", "zero"};
    const struct parameter *const parameter = &model->parameters[tensor->tag];
    int64_t extent[FANIN_MAX_NDIM], place[FANIN_MAX_NDIM];
    for (int d = 0; d < tensor->ndim; d++) {
        extent[d] = shape[d];
        place[d] = offset[d] + (d == 0 ? parameter->row : 0);
    }
    const DLTensor view = {data, model->device, tensor->ndim, dtype_to_dlpack(tensor->dtype), extent, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = tensor->name;
    desc.attrs = &zero;
    desc.n_attrs = parameter->zero;
    desc.global_shape = parameter->global;
    desc.offset = place;
    desc.rules = model->rules;
    desc.rule = model->rule;
    return fanin_plan_add(plan, model->initializer, &desc, &view);
}

fanin_status model_add_part(const struct model *model, fanin_plan *plan, const struct header_tensor *tensor)
{
    static const int64_t origin[FANIN_MAX_NDIM];
    return model_add_box(model, plan, tensor, origin, tensor->shape, NULL);
}
