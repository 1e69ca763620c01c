#include "callback.h"

#include "status.h"

struct callback_mark callback_mark_error(void)
{
    const char *const message = fanin_last_error();
    return (struct callback_mark){(uintptr_t)message, fanin_stream(message)};
}

bool callback_was_silent(const struct callback_mark *before)
{
    const struct callback_mark now = callback_mark_error();
    return now.address == before->address && now.hash == before->hash;
}

void callback_view_open(struct callback_view *view, char *data, DLDevice device, enum dtype dtype, int ndim,
                        const int64_t *shape, const int64_t *stride)
{
    for (int d = 0; d < ndim; d++) {
        view->shape[d] = shape[d];
        view->stride[d] = stride[d];
    }
    view->tensor = (DLTensor){.data = data,
                              .device = device,
                              .ndim = ndim,
                              .dtype = dtype_to_dlpack(dtype),
                              .shape = view->shape,
                              .strides = view->stride,
                              .byte_offset = 0};
}

fanin_status callback_result(fanin_status status, const struct callback_mark *before, const char *name, const char *what)
{
    if (status == FANIN_OK) {
        return FANIN_OK;
    }
    if (!status_is_known(status)) {
        return fanin_fail(FANIN_ERROR_CUSTOM, "parameter '%s': %s returned %d, which is no status", name, what, (int)status);
    }
    return callback_was_silent(before)
               ? fanin_fail(status, "parameter '%s': %s failed without a message: %s", name, what, fanin_status_text(status))
               : fanin_fail(status, "parameter '%s': %s failed: %s", name, what, fanin_last_error());
}
