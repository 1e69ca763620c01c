/* Elements of a device's memory in the order of their numbers. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_VIEW_H
#define FANIN_SRC_CUDA_VIEW_H

#include "cuda/device.h"
#include "tensor.h"

/* Axes that were merged where memory has no gap; elements are numbered row-major. */
struct cuda_view {
    uint64_t data;
    int64_t size;
    int32_t dtype, ndim;
    int64_t extent[FANIN_MAX_NDIM];
    int64_t stride[FANIN_MAX_NDIM]; /* bytes */
};

/* The view of a tensor with elements. */
void cuda_view_make(const struct tensor *tensor, struct cuda_view *out);

STREAM_FUNCTION uint64_t cuda_view_address(const struct cuda_view *view, int64_t number)
{
    uint64_t address = view->data, left = (uint64_t)number;
    for (int d = view->ndim - 1; d >= 0; d--) {
        uint64_t coordinate = left;
        if (d > 0) {
            coordinate = divide(left, (uint64_t)view->extent[d], &left);
        }
        address += coordinate * (uint64_t)view->stride[d];
    }
    return address;
}

#endif
