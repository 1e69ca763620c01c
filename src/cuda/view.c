#include "cuda/view.h"

void cuda_view_make(const struct tensor *tensor, struct cuda_view *out)
{
    const int64_t size = dtype_table[tensor->dtype].size;
    *out = (struct cuda_view){.data = (uint64_t)(uintptr_t)tensor->data, .size = tensor->size, .dtype = (int32_t)tensor->dtype};
    for (int d = 0; d < tensor->ndim; d++) {
        if (tensor->shape[d] == 1) {
            continue;
        }
        const int64_t stride = tensor->stride[d] * size;
        const int last = out->ndim - 1;
        if (last >= 0 && out->stride[last] == tensor->shape[d] * stride) {
            out->extent[last] *= tensor->shape[d];
            out->stride[last] = stride;
        } else {
            out->extent[out->ndim] = tensor->shape[d];
            out->stride[out->ndim] = stride;
            out->ndim++;
        }
    }
}
