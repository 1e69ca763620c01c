#include "window.h"

/* Boxes in one window: a plan takes some kilobytes for each, and a file of many small tensors must not make it large. */
#define BOXES_LIMIT 1024

static bool is_whole(const struct model *model, const struct header_tensor *tensor)
{
    return model->parameters[tensor->tag].whole;
}

int64_t window_capacity(const struct model *model, int64_t least)
{
    int64_t capacity = least;
    for (size_t i = 0; i < model->header.count; i++) {
        const struct header_tensor *const tensor = &model->header.tensors[i];
        const int64_t size = tensor->count * dtype_table[tensor->dtype].size;
        /* A tensor's bytes are within int64, and no memory is near to that. */
        if (is_whole(model, tensor) && size > capacity) {
            capacity = size > INT64_MAX - 4095 ? INT64_MAX / 4096 * 4096 : (size + 4095) / 4096 * 4096;
        }
    }
    return capacity;
}

int64_t window_box(const int64_t *shape, int ndim, int64_t begin, int64_t end, int64_t *offset, int64_t *extent)
{
    if (ndim == 0) {
        return 1;
    }
    /* The axis whose rows, of `row` elements, are whole. */
    int axis = ndim - 1;
    int64_t row = 1, rest = begin;
    while (axis > 0 && begin % (row * shape[axis]) == 0 && end - begin >= row * shape[axis]) {
        row *= shape[axis--];
    }
    for (int d = ndim - 1; d >= 0; d--) {
        offset[d] = rest % shape[d];
        rest /= shape[d];
        extent[d] = d > axis ? shape[d] : 1;
    }
    const int64_t rows = (end - begin) / row, left = shape[axis] - offset[axis];
    extent[axis] = rows < left ? rows : left;
    return extent[axis] * row;
}

/* Adds boxes until the tensor, the window or the number of boxes is at its end. */
static fanin_status add_boxes(const struct model *model, const struct header_tensor *tensor, struct window_cursor *cursor,
                              fanin_plan *plan, char *buffer, int64_t capacity, int *boxes, int64_t *used)
{
    const int64_t size = dtype_table[tensor->dtype].size;
    const int64_t room = (capacity - *used) / size, left = tensor->count - cursor->element;
    if (is_whole(model, tensor) && room < left) {
        return FANIN_OK; /* it begins the next window */
    }
    const int64_t end = cursor->element + (left < room ? left : room);
    while (cursor->element < end && *boxes < BOXES_LIMIT) {
        int64_t offset[FANIN_MAX_NDIM], extent[FANIN_MAX_NDIM];
        const int64_t count = window_box(tensor->shape, tensor->ndim, cursor->element, end, offset, extent);
        const fanin_status status = model_add_box(model, plan, tensor, offset, extent, buffer + *used);
        if (status != FANIN_OK) {
            return status;
        }
        cursor->element += count;
        *used += count * size;
        ++*boxes;
    }
    return FANIN_OK;
}

fanin_status window_next(const struct model *model, struct window_cursor *cursor, char *buffer, int64_t capacity,
                         fanin_plan **plan, int64_t *size)
{
    fanin_plan *made;
    fanin_status status = fanin_plan_create(&made);
    if (status != FANIN_OK) {
        return status;
    }
    int boxes = 0;
    int64_t used = 0;
    while (cursor->tensor < model->header.count) {
        const struct header_tensor *const tensor = &model->header.tensors[cursor->tensor];
        status = add_boxes(model, tensor, cursor, made, buffer, capacity, &boxes, &used);
        if (status != FANIN_OK) {
            fanin_plan_free(made);
            return status;
        }
        if (cursor->element < tensor->count) {
            break;
        }
        *cursor = (struct window_cursor){cursor->tensor + 1, 0};
    }
    *size = used;
    if (used == 0) {
        fanin_plan_free(made);
        return FANIN_OK;
    }
    *plan = made;
    return FANIN_OK;
}
