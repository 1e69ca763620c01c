#include "cuda/custom.h"

#include "cuda/caller.h"
#include "cuda/context.h"
#include "cuda/streams.h"

fanin_status cuda_run_custom(const struct item *item, const fanin_options *options, fanin_custom_call *call)
{
    const int ordinal = (int)item->device.device_id;
    struct context_scope scope;
    fanin_status status = context_enter(item->name, ordinal, &scope);
    if (status != FANIN_OK) {
        return status;
    }
    call->cuda_stream = stream_of_device(options, ordinal);
    status = item->fill->custom.cuda(call);
    const cudaError_t left = caller_take_pending();
    if (status == FANIN_OK && left != cudaSuccess) {
        status =
            fanin_fail(FANIN_ERROR_DEVICE, "it left the CUDA error %s: %s", cudaGetErrorName(left), cudaGetErrorString(left));
    }
    /* The function may have made any context current. */
    scope.changed = true;
    context_leave(&scope);
    return status;
}
