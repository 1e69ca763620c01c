#include "params_array.h"

#include "header.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first word of an array. Older ones begin with the number of dimensions. */
#define VERSION_1 UINT32_C(0xf993fac8)
#define VERSION_2 UINT32_C(0xf993fac9)
#define VERSION_3 UINT32_C(0xf993faca)

/* By MXNet's type codes. 8 to 11 are MXNet 2's. */
static const enum dtype types[] = {
    DTYPE_FLOAT32, DTYPE_FLOAT64, DTYPE_FLOAT16, DTYPE_UINT8,  DTYPE_INT32,  DTYPE_INT8,     DTYPE_INT64,
    DTYPE_BOOL,    DTYPE_INT16,   DTYPE_UINT16,  DTYPE_UINT32, DTYPE_UINT64, DTYPE_BFLOAT16,
};

struct shape {
    int ndim;
    bool unknown; /* V3 alone: the array is none */
    int64_t extent[FANIN_MAX_NDIM];
};

fanin_status params_cursor_fail(const struct params_cursor *cursor, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fanin_fail(FANIN_ERROR_FORMAT, "'%s': %s: %s", cursor->path, cursor->what, text);
}

static fanin_status check_left(const struct params_cursor *cursor, int64_t size)
{
    if (size > cursor->size - cursor->position) {
        return params_cursor_fail(cursor,
                                  "%" PRId64 " bytes are expected at byte %" PRId64 ", but the file ends after %" PRId64
                                  ": it was cut short, or a size in it is wrong",
                                  size, cursor->position, cursor->size);
    }
    return FANIN_OK;
}

fanin_status params_cursor_bytes(struct params_cursor *cursor, size_t size, void *out)
{
    fanin_status status = check_left(cursor, (int64_t)size);
    if (status == FANIN_OK) {
        status = params_bytes_read(&cursor->bytes, cursor->fd, cursor->path, cursor->position, size, cursor->size, out);
    }
    if (status == FANIN_OK) {
        cursor->position += (int64_t)size;
    }
    return status;
}

static fanin_status read_u32(struct params_cursor *cursor, uint32_t *out)
{
    unsigned char bytes[4];
    const fanin_status status = params_cursor_bytes(cursor, sizeof bytes, bytes);
    if (status == FANIN_OK) {
        *out = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    }
    return status;
}

fanin_status params_cursor_u64(struct params_cursor *cursor, uint64_t *out)
{
    uint32_t low = 0, high = 0;
    fanin_status status = check_left(cursor, 8);
    status = status == FANIN_OK ? read_u32(cursor, &low) : status;
    status = status == FANIN_OK ? read_u32(cursor, &high) : status;
    if (status == FANIN_OK) {
        *out = (uint64_t)high << 32 | low;
    }
    return status;
}

/* Passes `count` elements of a dtype. */
static fanin_status skip(struct params_cursor *cursor, enum dtype dtype, int64_t count)
{
    int64_t bytes;
    if (__builtin_mul_overflow(count, (int64_t)dtype_table[dtype].size, &bytes)) {
        return params_cursor_fail(cursor, "%" PRId64 " elements of %s are more bytes than 64 bits count", count,
                                  dtype_table[dtype].name);
    }
    const fanin_status status = check_left(cursor, bytes);
    if (status == FANIN_OK) {
        cursor->position += bytes;
    }
    return status;
}

static fanin_status read_extents(struct params_cursor *cursor, uint32_t version, struct shape *shape)
{
    shape->unknown = false;
    for (int d = 0; d < shape->ndim; d++) {
        uint64_t wide = 0;
        uint32_t narrow = 0;
        const bool is_wide = version >= VERSION_1;
        const fanin_status status = is_wide ? params_cursor_u64(cursor, &wide) : read_u32(cursor, &narrow);
        if (status != FANIN_OK) {
            return status;
        }
        shape->extent[d] = is_wide ? (int64_t)wide : (int64_t)narrow;
        if (shape->extent[d] == -1 && version == VERSION_3) {
            shape->unknown = true;
        } else if (shape->extent[d] < 0) {
            return params_cursor_fail(cursor, "dimension %d is %" PRId64 ", expected at least 0", d, shape->extent[d]);
        }
    }
    return FANIN_OK;
}

static fanin_status read_shape(struct params_cursor *cursor, uint32_t version, struct shape *shape)
{
    uint32_t ndim;
    fanin_status status = read_u32(cursor, &ndim);
    if (status != FANIN_OK) {
        return status;
    }
    if (ndim == UINT32_MAX && version == VERSION_3) {
        *shape = (struct shape){.unknown = true};
        return FANIN_OK;
    }
    if (ndim > FANIN_MAX_NDIM) {
        return params_cursor_fail(cursor, "it has %" PRId32 " dimensions, expected 0 to %d", (int32_t)ndim, FANIN_MAX_NDIM);
    }
    shape->ndim = (int)ndim;
    return read_extents(cursor, version, shape);
}

static fanin_status read_type(struct params_cursor *cursor, enum dtype *out)
{
    uint32_t code;
    const fanin_status status = read_u32(cursor, &code);
    if (status != FANIN_OK) {
        return status;
    }
    if (code >= sizeof types / sizeof types[0]) {
        return params_cursor_fail(cursor, "its type code is %" PRId32 ", expected 0 to %zu", (int32_t)code,
                                  sizeof types / sizeof types[0] - 1);
    }
    *out = types[code];
    return FANIN_OK;
}

/* As many integers as there are. */
#define ANY_COUNT INT64_C(-1)

/* Type and size of an index; `count` is how many integers it must have. */
static fanin_status read_index(struct params_cursor *cursor, const char *name, int64_t count, struct params_index *out)
{
    struct shape shape;
    fanin_status status = read_type(cursor, &out->dtype);
    status = status == FANIN_OK ? read_shape(cursor, VERSION_2, &shape) : status;
    if (status != FANIN_OK) {
        return status;
    }
    if (dtype_table[out->dtype].is_float || out->dtype == DTYPE_BOOL) {
        return params_cursor_fail(cursor, "its %s are of %s, expected integers", name, dtype_table[out->dtype].name);
    }
    char text[HEADER_SHAPE_SIZE];
    if (shape.ndim == 1 && (count == ANY_COUNT || shape.extent[0] == count)) {
        out->count = shape.extent[0];
        return FANIN_OK;
    }
    header_shape_text(shape.extent, shape.ndim, text);
    return count == ANY_COUNT
               ? params_cursor_fail(cursor, "its %s have the shape %s, expected one dimension", name, text)
               : params_cursor_fail(cursor, "its %s have the shape %s, expected [%" PRId64 "]", name, text, count);
}

/* `stored` is empty where MXNet saved an array that was still being made: it writes that shape too early. Then the number of
 * indices tells what is stored, as it does to MXNet when it reads such a file. */
static fanin_status check_stored_shape(const struct params_cursor *cursor, const struct params_entry *entry,
                                       const struct shape *stored, const struct shape *shape, bool is_empty)
{
    const bool rows = entry->storage == PARAMS_ROW_SPARSE;
    bool fits = rows ? is_empty || stored->ndim == shape->ndim : (is_empty || stored->ndim == 1) && shape->ndim == 2;
    for (int d = 1; rows && !is_empty && fits && d < shape->ndim; d++) {
        fits = stored->extent[d] == shape->extent[d];
    }
    if (!fits) {
        char whole[HEADER_SHAPE_SIZE], part[HEADER_SHAPE_SIZE];
        return params_cursor_fail(cursor, "a %s array of shape %s cannot store the shape %s", rows ? "row_sparse" : "csr",
                                  header_shape_text(shape->extent, shape->ndim, whole),
                                  header_shape_text(stored->extent, stored->ndim, part));
    }
    return FANIN_OK;
}

/* Elements that are stored: `entry->stored` rows of the array, or so many elements of it. false: 64 bits do not count them. */
static bool stored_elements(const struct params_entry *entry, const struct shape *shape, int64_t *out)
{
    struct shape stored = *shape;
    stored.ndim = entry->storage == PARAMS_ROW_SPARSE ? shape->ndim : 1;
    stored.extent[0] = entry->stored;
    return header_elements(stored.extent, stored.ndim, out);
}

static fanin_status read_sparse(struct params_cursor *cursor, const struct shape *stored, const struct shape *shape,
                                struct params_entry *entry)
{
    const bool rows = entry->storage == PARAMS_ROW_SPARSE;
    int64_t elements, pointers;
    const bool is_empty = header_elements(stored->extent, stored->ndim, &elements) && elements == 0;
    fanin_status status = check_stored_shape(cursor, entry, stored, shape, is_empty);
    if (status == FANIN_OK && !rows) {
        status = __builtin_add_overflow(shape->extent[0], (int64_t)1, &pointers)
                     ? params_cursor_fail(cursor, "it has more rows than 64 bits count pointers to")
                     : read_index(cursor, "row pointers", pointers, &entry->pointers);
    }
    if (status == FANIN_OK) {
        status = read_index(cursor, rows ? "rows" : "columns", is_empty ? ANY_COUNT : stored->extent[0], &entry->places);
    }
    if (status != FANIN_OK) {
        return status;
    }
    entry->stored = entry->places.count;
    if (!stored_elements(entry, shape, &elements)) {
        return params_cursor_fail(cursor, "it stores more elements than 64 bits count");
    }
    entry->data = cursor->position;
    status = skip(cursor, entry->dtype, elements);
    entry->pointers.offset = cursor->position;
    if (status == FANIN_OK && !rows) {
        status = skip(cursor, entry->pointers.dtype, entry->pointers.count);
    }
    entry->places.offset = cursor->position;
    return status == FANIN_OK ? skip(cursor, entry->places.dtype, entry->places.count) : status;
}

/* What follows the shape of an array that is not none. */
static fanin_status read_rest(struct params_cursor *cursor, const struct shape *stored, const struct shape *shape,
                              struct params_entry *entry)
{
    uint32_t device_type, device_id;
    fanin_status status = read_u32(cursor, &device_type);
    status = status == FANIN_OK ? read_u32(cursor, &device_id) : status;
    status = status == FANIN_OK ? read_type(cursor, &entry->dtype) : status;
    if (status != FANIN_OK) {
        return status;
    }
    int64_t bytes;
    if (!header_elements(shape->extent, shape->ndim, &entry->count) ||
        __builtin_mul_overflow(entry->count, (int64_t)dtype_table[entry->dtype].size, &bytes)) {
        char text[HEADER_SHAPE_SIZE];
        return params_cursor_fail(cursor, "shape %s of %s has more bytes than 64 bits count",
                                  header_shape_text(shape->extent, shape->ndim, text), dtype_table[entry->dtype].name);
    }
    if (entry->storage != PARAMS_DENSE) {
        status = read_sparse(cursor, stored, shape, entry);
    } else {
        entry->data = cursor->position;
        status = skip(cursor, entry->dtype, entry->count);
    }
    if (status != FANIN_OK) {
        return status;
    }
    /* One more than needed: malloc(0) may be NULL. */
    entry->shape = malloc(((size_t)shape->ndim + 1) * sizeof *entry->shape);
    if (!entry->shape) {
        return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory for a shape", cursor->path);
    }
    entry->ndim = shape->ndim;
    memcpy(entry->shape, shape->extent, (size_t)shape->ndim * sizeof *entry->shape);
    return FANIN_OK;
}

static fanin_status read_storage(struct params_cursor *cursor, uint32_t version, enum params_storage *out)
{
    static const enum params_storage storages[] = {PARAMS_DENSE, PARAMS_ROW_SPARSE, PARAMS_CSR};
    const uint32_t known = version == VERSION_3 ? 1 : sizeof storages / sizeof storages[0];
    uint32_t code;
    const fanin_status status = read_u32(cursor, &code);
    if (status != FANIN_OK) {
        return status;
    }
    if (code >= known) {
        return params_cursor_fail(cursor, "its storage type is %" PRId32 ", expected 0%s", (int32_t)code,
                                  known > 1 ? " (dense), 1 (row_sparse) or 2 (csr)" : " (dense) in version 3");
    }
    *out = storages[code];
    return FANIN_OK;
}

fanin_status params_array_read(struct params_cursor *cursor, struct params_entry *entry)
{
    struct shape stored = {0}, shape = {0};
    uint32_t version;
    *entry = (struct params_entry){.storage = PARAMS_DENSE, .offset = cursor->position, .sorted = true};
    fanin_status status = read_u32(cursor, &version);
    if (status != FANIN_OK) {
        return status;
    }
    if (version < VERSION_1 && version > FANIN_MAX_NDIM) {
        return params_cursor_fail(cursor, "it begins with 0x%08" PRIx32 ", neither a version nor a number of dimensions",
                                  version);
    }
    if (version > VERSION_3) {
        return params_cursor_fail(cursor, "it begins with 0x%08" PRIx32 ", a version that is not known", version);
    }
    if (version >= VERSION_2) {
        status = read_storage(cursor, version, &entry->storage);
    }
    if (status == FANIN_OK && entry->storage != PARAMS_DENSE) {
        status = read_shape(cursor, version, &stored);
    }
    if (status == FANIN_OK && version >= VERSION_1) {
        status = read_shape(cursor, version, &shape);
    } else if (status == FANIN_OK) {
        shape.ndim = (int)version;
        status = read_extents(cursor, version, &shape);
    }
    if (status != FANIN_OK) {
        return status;
    }
    if (shape.unknown || (shape.ndim == 0 && version == VERSION_2)) {
        entry->storage = PARAMS_NONE;
        return FANIN_OK;
    }
    if (shape.ndim == 0 && version < VERSION_2) {
        /* MXNet 1.9.1 reads on, older releases stop here, and nobody is known to write it. */
        return params_cursor_fail(cursor,
                                  "an array of version %d without dimensions: its meaning depends on the release of MXNet",
                                  version == VERSION_1);
    }
    return read_rest(cursor, &stored, &shape, entry);
}
