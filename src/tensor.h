/* A caller's DLTensor, checked once and copied, so that nothing after it needs to doubt a number. */
#ifndef FANIN_SRC_TENSOR_H
#define FANIN_SRC_TENSOR_H

#include "dtype.h"

struct tensor {
    char *data; /* of the element at coordinates 0, byte_offset included; NULL: no memory (dry run) */
    DLDevice device;
    enum dtype dtype;
    int ndim;
    int64_t shape[FANIN_MAX_NDIM];  /* of this box */
    int64_t stride[FANIN_MAX_NDIM]; /* in elements */
    int64_t global[FANIN_MAX_NDIM]; /* the array that this is a box of */
    int64_t offset[FANIN_MAX_NDIM];
    int64_t size;        /* elements of the box */
    int64_t global_size; /* of the whole, within int64 */
    intptr_t low, high;  /* the bytes from data + low up to data + high hold every element; equal if empty */
};

/* Checks `source` and the box (both NULL, or ndim numbers each) of the parameter `name` and fills `out`.
 * Errors: ARGUMENT, LAYOUT, DTYPE; the message names the parameter. Whether the device can be used is the backend's to say. */
fanin_status tensor_check(const char *name, const DLTensor *source, const int64_t *global_shape, const int64_t *offset,
                          struct tensor *out);

/* Whether a checked tensor of `size` elements has memory, if it needs any: else ARGUMENT. */
fanin_status tensor_check_data(const char *name, const char *data, int64_t size);

/* The same for a whole tensor in the host's memory, whose elements are to be read. Errors: DEVICE, too, and ARGUMENT for data
 * NULL. */
fanin_status tensor_check_on_host(const char *name, const DLTensor *source, struct tensor *out);

#endif
