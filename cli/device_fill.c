#include "device_fill.h"

#include "window.h"

#include "cuda_module.h"
#include "private.h"

/* Bytes of each buffer: large against the time of a launch, small against a device's memory. Tensors that cannot be cut may
 * need more. */
#define WINDOW ((int64_t)64 << 20)

struct device_fill {
    const struct model *model;
    const struct cuda_module *module;
    struct cuda_stage *stage;
    fanin_options options;
    struct output *output;
    struct progress *progress;
    int64_t capacity;
    struct window_cursor cursor;
    int64_t written; /* bytes behind the header */
};

/* Begins the next window, in this buffer; `*size` is 0 after the last. */
static fanin_status begin_window(struct device_fill *fill, int buffer, int64_t *size)
{
    fanin_plan *plan;
    char *const memory = fill->module->stage_device(fill->stage, buffer);
    fanin_status status = window_next(fill->model, &fill->cursor, memory, fill->capacity, &plan, size);
    if (status != FANIN_OK || *size == 0) {
        return status;
    }
    status = fanin_plan_run(plan, &fill->options);
    fanin_plan_free(plan);
    return status == FANIN_OK ? fill->module->stage_copy(fill->stage, buffer, (size_t)*size) : status;
}

/* Waits for a window and writes it. */
static fanin_status end_window(struct device_fill *fill, int buffer, int64_t size)
{
    const void *data = NULL;
    const fanin_status status = fill->module->stage_wait(fill->stage, buffer, &data);
    if (status != FANIN_OK) {
        return status;
    }
    const int error = output_write(fill->output->fd, data, (size_t)size, fill->model->header.data_offset + fill->written);
    if (error != 0) {
        return output_status(fill->output->target, error);
    }
    fill->written += size;
    progress_update(fill->progress, fill->written);
    return FANIN_OK;
}

static fanin_status fill_windows(struct device_fill *fill)
{
    int64_t size[2] = {0, 0};
    for (int buffer = 0;; buffer ^= 1) {
        fanin_status status = begin_window(fill, buffer, &size[buffer]);
        if (status == FANIN_OK && size[buffer ^ 1] > 0) {
            status = end_window(fill, buffer ^ 1, size[buffer ^ 1]);
        }
        if (status != FANIN_OK || size[buffer] == 0) {
            return status;
        }
    }
}

fanin_status device_fill(const struct model *model, const fanin_options *options, struct output *output,
                         struct progress *progress)
{
    struct device_fill fill = {.model = model,
                               .options = *options,
                               .output = output,
                               .progress = progress,
                               .capacity = window_capacity(model, WINDOW)};
    fanin_status status = fanin_private_cuda_module("--device cuda", &fill.module);
    if (status == FANIN_OK) {
        status = fill.module->stage_open(model->device.device_id, (size_t)fill.capacity, &fill.stage);
    }
    if (status != FANIN_OK) {
        return status;
    }
    fill.options.cuda_stream = fill.module->stage_stream(fill.stage);
    status = fill_windows(&fill);
    fill.module->stage_close(fill.stage);
    return status;
}
