#include "cuda/norm.h"

void norm_view_make(const struct tensor *tensor, struct cuda_view *out)
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

struct norm_partial norm_add(struct norm_partial a, struct norm_partial b)
{
    if (a.sum == 0.0) {
        return b;
    }
    if (b.sum == 0.0) {
        return a;
    }
    const int64_t exponent = a.exponent > b.exponent ? a.exponent : b.exponent;
    const double sum = ldexp(a.sum, (int)(2 * (a.exponent - exponent))) + ldexp(b.sum, (int)(2 * (b.exponent - exponent)));
    return (struct norm_partial){sum, exponent};
}

double norm_finish(struct norm_partial total, int64_t size)
{
    return ldexp(sqrt(total.sum / (double)size), (int)total.exponent);
}
