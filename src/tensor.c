#include "tensor.h"

#include "overlap.h"
#include "shape.h"

static fanin_status check_header(const char *name, const DLTensor *source, struct tensor *out)
{
    if (source->ndim < 0 || source->ndim > FANIN_MAX_NDIM) {
        return fanin_fail(FANIN_ERROR_LAYOUT, "parameter '%s': found %d dimensions, expected 0 to %d", name, (int)source->ndim,
                          FANIN_MAX_NDIM);
    }
    if (source->ndim > 0 && !source->shape) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': the tensor has %d dimensions and its shape is NULL", name,
                          (int)source->ndim);
    }
    if (!dtype_from_dlpack(source->dtype, &out->dtype)) {
        return fanin_fail(FANIN_ERROR_DTYPE,
                          "parameter '%s': found a DLPack dtype of code %d, %d bits and %d lanes, expected float16, bfloat16, "
                          "float32, float64, int8 to int64, uint8 to uint64 or bool, with 1 lane",
                          name, source->dtype.code, source->dtype.bits, source->dtype.lanes);
    }
    out->device = source->device;
    out->ndim = source->ndim;
    return FANIN_OK;
}

static fanin_status count_elements(const char *name, const char *what, int ndim, const int64_t *shape, int64_t *out)
{
    for (int d = 0; d < ndim; d++) {
        if (shape[d] < 0) {
            return fanin_fail(FANIN_ERROR_LAYOUT, "parameter '%s': extent %d of the %s is %lld, expected 0 or more", name, d,
                              what, (long long)shape[d]);
        }
    }
    return shape_elements(ndim, shape, out)
               ? FANIN_OK
               : fanin_fail(FANIN_ERROR_LAYOUT, "parameter '%s': the %s has 2^63 elements or more, expected fewer", name, what);
}

static fanin_status check_box(const char *name, const int64_t *global_shape, const int64_t *offset, struct tensor *out)
{
    if (!global_shape != !offset) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': %s is NULL and %s is not, expected both or neither", name,
                          global_shape ? "offset" : "global_shape", global_shape ? "global_shape" : "offset");
    }
    if (!global_shape) {
        out->global_size = out->size;
        for (int d = 0; d < out->ndim; d++) {
            out->global[d] = out->shape[d];
            out->offset[d] = 0;
        }
        return FANIN_OK;
    }
    for (int d = 0; d < out->ndim; d++) {
        out->global[d] = global_shape[d];
        out->offset[d] = offset[d];
    }
    const fanin_status status = count_elements(name, "global shape", out->ndim, out->global, &out->global_size);
    if (status != FANIN_OK) {
        return status;
    }
    for (int d = 0; d < out->ndim; d++) {
        if (offset[d] < 0 || offset[d] > global_shape[d] || out->shape[d] > global_shape[d] - offset[d]) {
            return fanin_fail(FANIN_ERROR_LAYOUT,
                              "parameter '%s': found a box of %lld from offset %lld on along axis %d, expected one inside the "
                              "global extent of %lld",
                              name, (long long)out->shape[d], (long long)offset[d], d, (long long)global_shape[d]);
        }
    }
    return FANIN_OK;
}

/* That of an extent of 1 means nothing and may be any number, as may all of an empty tensor: none that could overflow stays. */
static void copy_strides(const int64_t *source, struct tensor *out)
{
    int64_t row_major = out->size > 0 ? 1 : 0;
    for (int d = out->ndim - 1; d >= 0; d--) {
        out->stride[d] = source && out->size > 0 && out->shape[d] != 1 ? source[d] : row_major;
        row_major *= out->shape[d];
    }
}

/* Finds the bytes from the lowest element to the highest; false if they do not fit in an address space. */
static bool find_span(struct tensor *tensor)
{
    const int64_t size = dtype_table[tensor->dtype].size;
    int64_t low = 0, high = 0, bytes;
    for (int d = 0; d < tensor->ndim; d++) {
        int64_t reach;
        if (__builtin_mul_overflow(tensor->stride[d], tensor->shape[d] - 1, &reach) ||
            __builtin_add_overflow(reach < 0 ? low : high, reach, reach < 0 ? &low : &high)) {
            return false;
        }
    }
    if (__builtin_mul_overflow(low, size, &low) || __builtin_mul_overflow(high, size, &high) ||
        __builtin_add_overflow(high, size, &high) || __builtin_sub_overflow(high, low, &bytes)) {
        return false;
    }
    tensor->low = (intptr_t)low;
    tensor->high = (intptr_t)high;
    return true;
}

static fanin_status check_layout(const char *name, struct tensor *tensor)
{
    if (!find_span(tensor)) {
        return fanin_fail(FANIN_ERROR_LAYOUT, "parameter '%s': its strides span 2^63 bytes or more, expected fewer", name);
    }
    for (int d = 0; d < tensor->ndim; d++) {
        if (tensor->stride[d] == 0 && tensor->shape[d] > 1) {
            return fanin_fail(FANIN_ERROR_LAYOUT,
                              "parameter '%s': the stride of axis %d is 0 and its extent %lld: its elements share memory, "
                              "expected a place for each",
                              name, d, (long long)tensor->shape[d]);
        }
    }
    switch (overlap_within(tensor->ndim, tensor->shape, tensor->stride)) {
    case OVERLAP_FOUND:
        return fanin_fail(FANIN_ERROR_LAYOUT,
                          "parameter '%s': its strides put several elements into one place, expected a place for each", name);
    case OVERLAP_UNDECIDED:
        return fanin_fail(
            FANIN_ERROR_LAYOUT,
            "parameter '%s': its strides are too entangled to tell whether elements share memory, expected simpler ones", name);
    default:
        return FANIN_OK;
    }
}

/* The span must lie inside the address space and not touch NULL, which no memory has. */
static fanin_status check_address(const char *name, const DLTensor *source, struct tensor *out)
{
    uintptr_t first, lowest, end;
    const uintptr_t base = (uintptr_t)source->data;
    if (__builtin_add_overflow(base, source->byte_offset, &first) ||
        __builtin_sub_overflow(first, (uintptr_t)0 - (uintptr_t)out->low, &lowest) || lowest == 0 ||
        __builtin_add_overflow(first, (uintptr_t)out->high, &end)) {
        return fanin_fail(FANIN_ERROR_LAYOUT,
                          "parameter '%s': its byte_offset of %llu and its strides lead outside of the address space", name,
                          (unsigned long long)source->byte_offset);
    }
    const size_t size = dtype_table[out->dtype].size;
    if (first % size != 0) {
        return fanin_fail(FANIN_ERROR_LAYOUT,
                          "parameter '%s': its first element is not aligned: %s needs an address that %zu divides", name,
                          dtype_table[out->dtype].name, size);
    }
    out->data = (char *)first;
    return FANIN_OK;
}

fanin_status tensor_check(const char *name, const DLTensor *source, const int64_t *global_shape, const int64_t *offset,
                          struct tensor *out)
{
    if (!source) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': the tensor is NULL", name);
    }
    fanin_status status = check_header(name, source, out);
    if (status != FANIN_OK) {
        return status;
    }
    for (int d = 0; d < out->ndim; d++) {
        out->shape[d] = source->shape[d];
    }
    status = count_elements(name, "shape", out->ndim, out->shape, &out->size);
    if (status == FANIN_OK) {
        status = check_box(name, global_shape, offset, out);
    }
    if (status != FANIN_OK) {
        return status;
    }
    copy_strides(source->strides, out);
    out->data = NULL;
    out->low = out->high = 0;
    if (out->size == 0) {
        return FANIN_OK;
    }
    status = check_layout(name, out);
    return status == FANIN_OK && source->data ? check_address(name, source, out) : status;
}

fanin_status tensor_check_data(const char *name, const char *data, int64_t size)
{
    return size == 0 || data ? FANIN_OK
                             : fanin_fail(FANIN_ERROR_ARGUMENT,
                                          "parameter '%s': the tensor's data is NULL, expected memory for %lld elements", name,
                                          (long long)size);
}

fanin_status tensor_check_on_host(const char *name, const DLTensor *source, struct tensor *out)
{
    const fanin_status status = tensor_check(name, source, NULL, NULL, out);
    if (status != FANIN_OK) {
        return status;
    }
    const int device = (int)out->device.device_type;
    if (device != kDLCPU && device != kDLCUDAHost) {
        return fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': found a tensor of device type %d, expected one on the CPU", name,
                          device);
    }
    return tensor_check_data(name, out->data, out->size);
}
