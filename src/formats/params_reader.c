#include "params.h"

#include "file.h"
#include "params_array.h"

#include "json/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of each of a reader's three buffers. */
#define READ_AHEAD 65536

void params_reader_start_in(struct params_reader *reader, int fd, const char *path, unsigned char *memory, size_t size)
{
    *reader = (struct params_reader){.fd = fd, .path = path};
    struct params_bytes *const parts[] = {&reader->places, &reader->pointers, &reader->values};
    for (size_t i = 0; i < 3; i++) {
        *parts[i] = (struct params_bytes){memory + i * size, size, 0, 0};
    }
}

fanin_status params_reader_start(struct params_reader *reader, int fd, const char *path)
{
    unsigned char *const buffer = malloc((size_t)3 * READ_AHEAD);
    if (!buffer) {
        return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory to read with", path);
    }
    params_reader_start_in(reader, fd, path, buffer, READ_AHEAD);
    return FANIN_OK;
}

void params_reader_free(struct params_reader *reader)
{
    free(reader->places.buffer);
    *reader = (struct params_reader){0};
}

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

/* Reads row or column `number` and checks it. */
static fanin_status get_place(struct params_reader *reader, struct params_bytes *bytes, const struct params_entry *entry,
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

/* The stored elements of a row of a csr array: `*begin` to `*end`. */
static fanin_status get_row(struct params_reader *reader, const struct params_entry *entry, int64_t row, int64_t *begin,
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

/* Checks the places `begin` to `end`. */
static fanin_status check_places(struct params_reader *reader, struct params_entry *entry, int64_t begin, int64_t end)
{
    int64_t last = 0;
    for (int64_t i = begin; i < end; i++) {
        int64_t place;
        const fanin_status status = get_place(reader, &reader->places, entry, i, &place);
        if (status != FANIN_OK) {
            return status;
        }
        entry->sorted = entry->sorted && place >= last;
        last = place;
    }
    return FANIN_OK;
}

fanin_status params_check_indices(struct params_reader *reader, struct params_entry *entry)
{
    if (entry->storage == PARAMS_ROW_SPARSE) {
        return check_places(reader, entry, 0, entry->stored);
    }
    const int64_t rows = entry->storage == PARAMS_CSR ? entry->shape[0] : 0;
    int64_t begin, end = 0;
    fanin_status status = FANIN_OK;
    if (entry->storage == PARAMS_CSR) {
        status = get(reader, &reader->pointers, &entry->pointers, 0, &begin);
        if (status == FANIN_OK && begin != 0) {
            status = index_fail(reader, entry, "row pointer", 0, begin, 0, 0);
        }
    }
    for (int64_t row = 0; row < rows && status == FANIN_OK; row++) {
        status = get_row(reader, entry, row, &begin, &end);
        status = status == FANIN_OK ? check_places(reader, entry, begin, end) : status;
    }
    if (status == FANIN_OK && entry->storage == PARAMS_CSR && end != entry->stored) {
        status = index_fail(reader, entry, "row pointer", rows, end, entry->stored, entry->stored);
    }
    return status;
}

/* Where to begin to look for `value` among the sorted places `begin` to `end`: those before are lower, and of those from there
 * on only a few. */
static fanin_status find(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t end,
                         int64_t value, int64_t *out)
{
    enum { FEW = 64 };
    /* Searching must not throw away what the reader has read ahead. */
    unsigned char buffer[FEW * 8];
    struct params_bytes probe = {buffer, sizeof buffer, 0, 0};
    int64_t step = FEW; /* the first one is short: most ranges follow one another */
    while (end - begin > FEW) {
        const int64_t middle = begin + (step < (end - begin) / 2 ? step : (end - begin) / 2);
        int64_t place;
        const fanin_status status = get_place(reader, &probe, entry, middle, &place);
        if (status != FANIN_OK) {
            return status;
        }
        if (place < value) {
            begin = middle + 1;
        } else {
            end = middle;
        }
        step = INT64_MAX;
    }
    *out = begin;
    return FANIN_OK;
}

/* The stored rows that lie in the range, each where it belongs. */
static fanin_status read_rows(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t count,
                              char *out)
{
    const int64_t size = dtype_table[entry->dtype].size, row_count = entry->count / entry->shape[0];
    const int64_t first = begin / row_count, last = (begin + count - 1) / row_count;
    const int64_t limit = entry->data + entry->stored * row_count * size;
    int64_t start = 0, row = 0;
    fanin_status status = FANIN_OK;
    if (entry->sorted) {
        if (reader->last == entry && reader->next > 0 && reader->next <= entry->stored) {
            status = get_place(reader, &reader->places, entry, reader->next - 1, &row);
            start = status == FANIN_OK && row < first ? reader->next : 0;
        }
        status = status == FANIN_OK ? find(reader, entry, start, entry->stored, first, &start) : status;
        reader->last = entry;
        reader->next = start;
    }
    for (int64_t k = start; k < entry->stored && status == FANIN_OK; k++) {
        status = get_place(reader, &reader->places, entry, k, &row);
        if (status != FANIN_OK || (entry->sorted && row > last)) {
            break;
        }
        if (row < first || row > last) {
            continue;
        }
        const int64_t from = row == first ? begin - row * row_count : 0;
        const int64_t to = row == last ? begin + count - row * row_count : row_count;
        status = params_bytes_read(&reader->values, reader->fd, reader->path, entry->data + (k * row_count + from) * size,
                                   (size_t)((to - from) * size), limit, out + (row * row_count + from - begin) * size);
        reader->next = row < last ? k + 1 : reader->next;
    }
    return status;
}

/* The stored elements of one row of a csr array with columns `from` to `to`; `out` is the element of column `from`. */
static fanin_status read_columns(struct params_reader *reader, const struct params_entry *entry, int64_t row, int64_t from,
                                 int64_t to, char *out)
{
    const int64_t size = dtype_table[entry->dtype].size, limit = entry->data + entry->stored * size;
    int64_t begin, end, column;
    fanin_status status = get_row(reader, entry, row, &begin, &end);
    if (status == FANIN_OK && entry->sorted && from > 0) {
        status = find(reader, entry, begin, end, from, &begin);
    }
    for (int64_t k = begin; status == FANIN_OK && k < end; k++) {
        status = get_place(reader, &reader->places, entry, k, &column);
        if (status != FANIN_OK || (entry->sorted && column >= to)) {
            break;
        }
        if (column >= from && column < to) {
            status = params_bytes_read(&reader->values, reader->fd, reader->path, entry->data + k * size, (size_t)size, limit,
                                       out + (column - from) * size);
        }
    }
    return status;
}

static fanin_status read_csr(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t count,
                             char *out)
{
    const int64_t size = dtype_table[entry->dtype].size, columns = entry->shape[1];
    const int64_t first = begin / columns, last = (begin + count - 1) / columns;
    fanin_status status = FANIN_OK;
    for (int64_t row = first; row <= last && status == FANIN_OK; row++) {
        const int64_t from = row == first ? begin - row * columns : 0;
        const int64_t to = row == last ? begin + count - row * columns : columns;
        status = read_columns(reader, entry, row, from, to, out + (row * columns + from - begin) * size);
    }
    return status;
}

fanin_status params_reader_read(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t count,
                                void *out)
{
    if (count == 0) {
        return FANIN_OK;
    }
    const int64_t size = dtype_table[entry->dtype].size;
    if (entry->storage == PARAMS_DENSE) {
        return file_read_at(reader->fd, reader->path, out, (size_t)(count * size), (uint64_t)(entry->data + begin * size));
    }
    memset(out, 0, (size_t)(count * size));
    return entry->storage == PARAMS_ROW_SPARSE ? read_rows(reader, entry, begin, count, out)
                                               : read_csr(reader, entry, begin, count, out);
}
