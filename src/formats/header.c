#include "header.h"

#include "shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bits of the dtypes that safetensors has and fanin does not. */
static const struct {
    const char *name;
    int bits;
} foreign_dtypes[] = {
    {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"C64", 64},
};

void header_free(struct header *header)
{
    for (size_t i = 0; i < header->count; i++) {
        free(header->tensors[i].name);
        free(header->tensors[i].shape);
    }
    free(header->tensors);
    for (size_t i = 0; i < header->n_metadata; i++) {
        free(header->metadata[i].key);
        free(header->metadata[i].value);
    }
    free(header->metadata);
    *header = (struct header){0};
}

/* Makes room for one more; false without memory. */
static bool grow(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    const size_t wanted = *capacity < 16 ? 16 : *capacity * 2;
    void *const grown = reallocarray(*array, wanted, size);
    if (!grown) {
        return false;
    }
    *array = grown;
    *capacity = wanted;
    return true;
}

fanin_status header_add(struct header *header, const char *name, size_t name_length, const struct header_tensor *tensor)
{
    char *const name_copy = strndup(name, name_length);
    /* One more than needed: malloc(0) may be NULL. */
    int64_t *const shape_copy = malloc(((size_t)tensor->ndim + 1) * sizeof *shape_copy);
    void *tensors = header->tensors;
    const bool grown = grow(&tensors, header->count, &header->capacity, sizeof *header->tensors);
    header->tensors = tensors;
    if (!name_copy || !shape_copy || !grown) {
        free(name_copy);
        free(shape_copy);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of %zu tensors", header->count + 1);
    }
    if (tensor->ndim > 0) {
        memcpy(shape_copy, tensor->shape, (size_t)tensor->ndim * sizeof *shape_copy);
    }
    struct header_tensor *const added = &header->tensors[header->count++];
    *added = *tensor;
    added->name = name_copy;
    added->shape = shape_copy;
    return FANIN_OK;
}

fanin_status header_add_metadata(struct header *header, const char *key, const char *value)
{
    void *pairs = header->metadata;
    const bool grown = grow(&pairs, header->n_metadata, &header->metadata_capacity, sizeof *header->metadata);
    header->metadata = pairs;
    char *const key_copy = strdup(key), *const value_copy = strdup(value);
    if (!grown || !key_copy || !value_copy) {
        free(key_copy);
        free(value_copy);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the metadata '%s'", key);
    }
    header->metadata[header->n_metadata++] = (struct header_pair){key_copy, value_copy};
    return FANIN_OK;
}

fanin_status header_set_metadata(struct header *header, const char *key, const char *value)
{
    for (size_t i = 0; i < header->n_metadata; i++) {
        if (strcmp(header->metadata[i].key, key) == 0) {
            char *const copy = strdup(value);
            if (!copy) {
                return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the metadata '%s'", key);
            }
            free(header->metadata[i].value);
            header->metadata[i].value = copy;
            return FANIN_OK;
        }
    }
    return header_add_metadata(header, key, value);
}

const char *header_metadata(const struct header *header, const char *key)
{
    for (size_t i = 0; i < header->n_metadata; i++) {
        if (strcmp(header->metadata[i].key, key) == 0) {
            return header->metadata[i].value;
        }
    }
    return NULL;
}

void header_drop_metadata(struct header *header, const char *prefix)
{
    size_t kept = 0;
    for (size_t i = 0; i < header->n_metadata; i++) {
        const struct header_pair pair = header->metadata[i];
        if (strncmp(pair.key, prefix, strlen(prefix)) == 0) {
            free(pair.key);
            free(pair.value);
        } else {
            header->metadata[kept++] = pair;
        }
    }
    header->n_metadata = kept;
}

bool header_bytes(const char *dtype_name, int64_t count, int64_t *out)
{
    int bits = 0;
    for (int i = 0; i < DTYPE_COUNT; i++) {
        if (strcmp(dtype_table[i].safetensors, dtype_name) == 0) {
            bits = dtype_table[i].size * 8;
        }
    }
    for (size_t i = 0; i < sizeof foreign_dtypes / sizeof foreign_dtypes[0]; i++) {
        if (strcmp(foreign_dtypes[i].name, dtype_name) == 0) {
            bits = foreign_dtypes[i].bits;
        }
    }
    if (bits == 0) {
        return false;
    }
    if (bits % 8 == 0) {
        return !__builtin_mul_overflow(count, (int64_t)(bits / 8), out);
    }
    int64_t total;
    if (__builtin_mul_overflow(count, (int64_t)bits, &total)) {
        return false;
    }
    *out = total / 8 + (total % 8 != 0);
    return true;
}

bool header_elements(const int64_t *shape, int ndim, int64_t *out)
{
    for (int d = 0; d < ndim; d++) {
        if (shape[d] < 0) {
            return false;
        }
    }
    return shape_elements(ndim, shape, out);
}

char *header_shape_text(const int64_t *shape, int ndim, char text[HEADER_SHAPE_SIZE])
{
    /* 20 digits, ", " and "...]" must still fit. */
    const size_t room = HEADER_SHAPE_SIZE - 28;
    size_t used = (size_t)snprintf(text, HEADER_SHAPE_SIZE, "[");
    for (int d = 0; d < ndim; d++) {
        if (used > room) {
            used += (size_t)snprintf(text + used, HEADER_SHAPE_SIZE - used, ", ...");
            break;
        }
        used += (size_t)snprintf(text + used, HEADER_SHAPE_SIZE - used, "%s%" PRId64, d == 0 ? "" : ", ", shape[d]);
    }
    snprintf(text + used, HEADER_SHAPE_SIZE - used, "]");
    return text;
}
