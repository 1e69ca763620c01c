/* Stores of a caller's tensors. */
#include "store.h"

#include "tensor.h"

#include <stdlib.h>
#include <string.h>

/* What one tensor takes of the store's memory: its shape, name and elements, each at a multiple of 8. false: too much. */
static bool add_size(const char *name, const struct tensor *tensor, size_t *total)
{
    size_t bytes;
    return !__builtin_mul_overflow((size_t)tensor->size, (size_t)dtype_table[tensor->dtype].size, &bytes) &&
           !__builtin_add_overflow(bytes, (size_t)tensor->ndim * sizeof(int64_t) + strlen(name) + 1 + 2 * 7, &bytes) &&
           !__builtin_add_overflow(*total, bytes, total);
}

static char *aligned(char *place)
{
    return place + (-(uintptr_t)place & 7);
}

/* Copies the elements in row-major order, a row of the last axis at a time. */
static void copy_elements(const struct tensor *tensor, char *out)
{
    const int64_t size = dtype_table[tensor->dtype].size;
    const int last = tensor->ndim - 1;
    const int64_t row = last >= 0 ? tensor->shape[last] : 1, stride = last >= 0 ? tensor->stride[last] : 1;
    int64_t coordinate[FANIN_MAX_NDIM] = {0};
    const char *data = tensor->data;
    for (int64_t done = 0; done < tensor->size; done += row) {
        for (int64_t i = 0; i < row; i++) {
            memcpy(out + (done + i) * size, data + i * stride * size, (size_t)size);
        }
        for (int d = last - 1; d >= 0; d--) {
            data += tensor->stride[d] * size;
            if (++coordinate[d] < tensor->shape[d]) {
                break;
            }
            data -= tensor->shape[d] * tensor->stride[d] * size;
            coordinate[d] = 0;
        }
    }
}

/* Copies one tensor to `place`; returns the end. */
static char *copy_tensor(const char *name, const struct tensor *tensor, char *place, struct stored *out)
{
    const size_t shape_size = (size_t)tensor->ndim * sizeof(int64_t), name_size = strlen(name) + 1;
    int64_t *const shape = (int64_t *)(void *)aligned(place);
    memcpy(shape, tensor->shape, shape_size);
    char *const name_copy = memcpy((char *)shape + shape_size, name, name_size);
    char *const data = aligned(name_copy + name_size);
    copy_elements(tensor, data);
    *out = (struct stored){.key = params_plain_name(name_copy),
                           .name = name_copy,
                           .place = STORED_MEMORY,
                           .dtype = tensor->dtype,
                           .ndim = tensor->ndim,
                           .shape = shape,
                           .count = tensor->size,
                           .data = data};
    return data + tensor->size * dtype_table[tensor->dtype].size;
}

/* Each tensor is checked again as it is copied, which spares a list of the checked ones. */
fanin_status store_copy(const char *const *names, const DLTensor *tensors, size_t count, struct store **out)
{
    size_t total = 8;
    struct tensor tensor;
    for (size_t i = 0; i < count; i++) {
        const fanin_status status = tensor_check_on_host(names[i], &tensors[i], &tensor);
        if (status != FANIN_OK) {
            return status;
        }
        if (!add_size(names[i], &tensor, &total)) {
            return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': the tensors have more bytes than memory can", names[i]);
        }
    }
    struct store *const store = store_new(count);
    char *place = malloc(total);
    if (!store || !place) {
        store_release(store);
        free(place);
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for a copy of %zu tensors, %zu bytes", count, total);
    }
    store->memory = place;
    for (size_t i = 0; i < count; i++) {
        (void)tensor_check_on_host(names[i], &tensors[i], &tensor);
        place = copy_tensor(names[i], &tensor, place, &store->tensors[i]);
    }
    store->count = count;
    store_arrange(store);
    *out = store;
    return FANIN_OK;
}
