#include "params_index.h"

#include "file.h"

#include "json/utf8.h"

#include <inttypes.h>
#include <string.h>

/* Whether zeros are a hole of the file is asked for one of so many integers: asking is a call of the system. */
#define HOLE_STEP 4096

/* FORMAT, for an index that does not fit its array. */
static fanin_status index_fail(const struct params_reader *reader, const struct params_entry *entry, const char *what,
                               int64_t number, int64_t found, int64_t low, int64_t high)
{
    char name[JSON_EXCERPT_SIZE] = "";
    if (entry->name) {
        json_excerpt(entry->name, strlen(entry->name), name);
    }
    return fanin_fail(FANIN_ERROR_FORMAT,
                      "'%s': array %" PRId64 " '%s', at byte %" PRId64 ": %s %" PRId64 " is %" PRId64 ", expected %" PRId64
                      " to %" PRId64,
                      reader->path, entry->number + 1, name, entry->offset, what, number, found, low, high);
}

/* The integer `number` of an index; -1 where it is more than int64 holds. */
static fanin_status get(struct params_reader *reader, struct params_bytes *bytes, const struct params_index *index,
                        int64_t number, int64_t *out)
{
    const int64_t size = dtype_table[index->dtype].size;
    union {
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
    } value;
    const fanin_status status = params_bytes_read(bytes, reader->fd, reader->path, index->offset + number * size, (size_t)size,
                                                  index->offset + index->count * size, &value);
    if (status != FANIN_OK) {
        return status;
    }
    switch (index->dtype) {
    case DTYPE_INT8:
        *out = value.i8;
        break;
    case DTYPE_UINT8:
        *out = value.u8;
        break;
    case DTYPE_INT16:
        *out = value.i16;
        break;
    case DTYPE_UINT16:
        *out = value.u16;
        break;
    case DTYPE_INT32:
        *out = value.i32;
        break;
    case DTYPE_UINT32:
        *out = value.u32;
        break;
    default: /* of uint64 the upper half is negative here: out of any range */
        *out = value.i64;
    }
    return FANIN_OK;
}

fanin_status params_index_place(struct params_reader *reader, struct params_bytes *bytes, const struct params_entry *entry,
                                int64_t number, int64_t *out)
{
    const bool rows = entry->storage == PARAMS_ROW_SPARSE;
    const int64_t extent = entry->shape[rows ? 0 : 1];
    const fanin_status status = get(reader, bytes, &entry->places, number, out);
    if (status == FANIN_OK && (*out < 0 || *out >= extent)) {
        return index_fail(reader, entry, rows ? "row index" : "column index", number, *out, 0, extent - 1);
    }
    return status;
}

fanin_status params_index_row(struct params_reader *reader, const struct params_entry *entry, int64_t row, int64_t *begin,
                              int64_t *end)
{
    fanin_status status = get(reader, &reader->pointers, &entry->pointers, row, begin);
    status = status == FANIN_OK ? get(reader, &reader->pointers, &entry->pointers, row + 1, end) : status;
    if (status == FANIN_OK && (*begin < 0 || *begin > entry->stored)) {
        return index_fail(reader, entry, "row pointer", row, *begin, 0, entry->stored);
    }
    if (status == FANIN_OK && (*end < *begin || *end > entry->stored)) {
        return index_fail(reader, entry, "row pointer", row + 1, *end, *begin, entry->stored);
    }
    return status;
}

/* How many integers after `number`, and before `end`, are 0 because they lie in one hole of the file with it: a few blocks on a
 * disk may seem to be any number of bytes, and nobody waits until all have been read. Told for each HOLE_STEP-th `number`, one
 * of those before `end`; else 0. */
static int64_t zeros_after(const struct params_reader *reader, const struct params_index *index, int64_t number, int64_t end)
{
    if (number % HOLE_STEP != 0) {
        return 0;
    }
    const int64_t size = dtype_table[index->dtype].size, offset = index->offset + number * size;
    const int64_t inside = (file_hole_end(reader->fd, offset) - offset) / size;
    const int64_t after = inside > 0 ? inside - 1 : 0;
    return after < end - number ? after : end - number - 1;
}

/* Checks the places `begin` to `end`. `order`, unless it is NULL, gets them, counted from `base`. */
static fanin_status walk_places(struct params_reader *reader, struct params_entry *entry, int64_t begin, int64_t end,
                                int64_t base, struct params_order *order)
{
    int64_t last = -1;
    for (int64_t i = begin; i < end; i++) {
        int64_t place;
        const fanin_status status = params_index_place(reader, &reader->places, entry, i, &place);
        if (status != FANIN_OK) {
            return status;
        }
        const int64_t repeats = place == 0 ? zeros_after(reader, &entry->places, i, end) : 0;
        i += repeats;
        entry->sorted = entry->sorted && place > last && repeats == 0;
        last = place;
        if (order && !params_order_add(order, base + place, i)) {
            return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory for the order of what array %" PRId64 " stores",
                              reader->path, entry->number + 1);
        }
    }
    return FANIN_OK;
}

static fanin_status walk_csr(struct params_reader *reader, struct params_entry *entry, struct params_order *order)
{
    const int64_t rows = entry->shape[0];
    int64_t begin, end = 0;
    fanin_status status = get(reader, &reader->pointers, &entry->pointers, 0, &begin);
    if (status == FANIN_OK && begin != 0) {
        status = index_fail(reader, entry, "row pointer", 0, begin, 0, 0);
    }
    for (int64_t row = 0; row < rows && status == FANIN_OK; row++) {
        status = params_index_row(reader, entry, row, &begin, &end);
        if (status == FANIN_OK) {
            struct params_order *const wanted = end - begin > PARAMS_SHORT_ROW ? order : NULL;
            status = walk_places(reader, entry, begin, end, row * entry->shape[1], wanted);
        }
        if (status == FANIN_OK && end == 0) {
            row += zeros_after(reader, &entry->pointers, row + 1, entry->pointers.count);
        }
    }
    if (status == FANIN_OK && end != entry->stored) {
        status = index_fail(reader, entry, "row pointer", rows, end, entry->stored, entry->stored);
    }
    return status;
}

static fanin_status walk(struct params_reader *reader, struct params_entry *entry, struct params_order *order)
{
    return entry->storage == PARAMS_CSR ? walk_csr(reader, entry, order)
                                        : walk_places(reader, entry, 0, entry->stored, 0, order);
}

fanin_status params_index_check(struct params_reader *reader, struct params_entry *entry)
{
    if (entry->storage != PARAMS_ROW_SPARSE && entry->storage != PARAMS_CSR) {
        return FANIN_OK;
    }
    fanin_status status = walk(reader, entry, NULL);
    if (status == FANIN_OK && !entry->sorted && entry->count > 0) {
        status = walk(reader, entry, &entry->order);
        params_order_finish(&entry->order);
    }
    return status;
}
