#include "params.h"

#include "file.h"
#include "params_index.h"

#include <stdlib.h>
#include <string.h>

/* Of each of a reader's three buffers. */
#define READ_AHEAD 65536

/* Bytes that are read for nothing for each part of an unsorted array rather than read around by one more call of the system. */
#define GAP 256

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

/* Elements of what is stored for one place. */
static int64_t stored_width(const struct params_entry *entry)
{
    return entry->storage == PARAMS_ROW_SPARSE ? entry->count / entry->shape[0] : 1;
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
        const fanin_status status = params_index_place(reader, &probe, entry, middle, &place);
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

/* Stored row `position` of a row_sparse array, or element of a csr array, which is the dense one's number `place`: what of it
 * lies in the range. `out` is the range's first element. What is stored from `until` on is not read ahead. */
static fanin_status read_stored(struct params_reader *reader, const struct params_entry *entry, int64_t place, int64_t position,
                                int64_t until, int64_t begin, int64_t count, char *out)
{
    const int64_t size = dtype_table[entry->dtype].size, width = stored_width(entry);
    const int64_t from = place == begin / width ? begin - place * width : 0;
    const int64_t to = place == (begin + count - 1) / width ? begin + count - place * width : width;
    return params_bytes_read(&reader->values, reader->fd, reader->path, entry->data + (position * width + from) * size,
                             (size_t)((to - from) * size), entry->data + until * width * size,
                             out + (place * width + from - begin) * size);
}

/* The rows of a sorted row_sparse array that lie in the range, each where it belongs. */
static fanin_status read_rows(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t count,
                              char *out)
{
    const int64_t row_count = stored_width(entry);
    const int64_t first = begin / row_count, last = (begin + count - 1) / row_count;
    int64_t start = 0, row = 0;
    fanin_status status = FANIN_OK;
    if (reader->last == entry && reader->next > 0 && reader->next <= entry->stored) {
        status = params_index_place(reader, &reader->places, entry, reader->next - 1, &row);
        start = status == FANIN_OK && row < first ? reader->next : 0;
    }
    status = status == FANIN_OK ? find(reader, entry, start, entry->stored, first, &start) : status;
    reader->last = entry;
    reader->next = start;
    for (int64_t k = start; k < entry->stored && status == FANIN_OK; k++) {
        status = params_index_place(reader, &reader->places, entry, k, &row);
        if (status != FANIN_OK || row > last) {
            break;
        }
        if (row >= first) {
            status = read_stored(reader, entry, row, k, entry->stored, begin, count, out);
            reader->next = row < last ? k + 1 : reader->next;
        }
    }
    return status;
}

/* Reads what is stored for part `k` of the order, and for parts after it that lie near it in the file, at once. Returns by
 * `next` the first part after those: none lies near, and nothing is read, where it is k + 1. */
static fanin_status read_near(struct params_reader *reader, const struct params_entry *entry, size_t k, size_t end,
                              size_t *next)
{
    const struct params_place *const order = entry->order.places;
    const int64_t part = stored_width(entry) * dtype_table[entry->dtype].size;
    const int64_t most = (int64_t)reader->values.capacity / part;
    int64_t low = order[k].position, high = low, first = low, last = low;
    *next = k + 1;
    for (size_t i = k + 1; i < end; i++) {
        low = order[i].position < low ? order[i].position : low;
        high = order[i].position > high ? order[i].position : high;
        if (high - low >= most) {
            break;
        }
        const int64_t parts = (int64_t)(i - k + 1);
        if ((high - low + 1 - parts) * part <= parts * GAP) {
            *next = i + 1;
            first = low;
            last = high;
        }
    }
    return *next == k + 1 ? FANIN_OK
                          : params_bytes_fill(&reader->values, reader->fd, reader->path, entry->data + first * part,
                                              entry->data + (last + 1) * part);
}

/* What lies in the range of an array, or of a long row, that is not sorted: by the order of what it stores. */
static fanin_status read_ordered(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t count,
                                 char *out)
{
    const int64_t width = stored_width(entry);
    const struct params_place *const order = entry->order.places;
    const size_t end = params_order_find(&entry->order, (begin + count - 1) / width + 1);
    fanin_status status = FANIN_OK;
    for (size_t k = params_order_find(&entry->order, begin / width), next = k; k < end && status == FANIN_OK; k++) {
        if (k == next) {
            status = read_near(reader, entry, k, end, &next);
        }
        if (status == FANIN_OK) {
            status = read_stored(reader, entry, order[k].place, order[k].position, order[k].position + 1, begin, count, out);
        }
    }
    return status;
}

/* The stored elements of one row of a csr array with columns `from` to `to`; `out` is the element of column `from`. */
static fanin_status read_columns(struct params_reader *reader, const struct params_entry *entry, int64_t row, int64_t from,
                                 int64_t to, char *out)
{
    const int64_t size = dtype_table[entry->dtype].size, limit = entry->data + entry->stored * size;
    int64_t begin, end, column;
    fanin_status status = params_index_row(reader, entry, row, &begin, &end);
    if (status == FANIN_OK && !entry->sorted && end - begin > PARAMS_SHORT_ROW) {
        return read_ordered(reader, entry, row * entry->shape[1] + from, to - from, out);
    }
    if (status == FANIN_OK && entry->sorted && from > 0) {
        status = find(reader, entry, begin, end, from, &begin);
    }
    for (int64_t k = begin; status == FANIN_OK && k < end; k++) {
        status = params_index_place(reader, &reader->places, entry, k, &column);
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
    if (entry->storage == PARAMS_CSR) {
        return read_csr(reader, entry, begin, count, out);
    }
    return entry->sorted ? read_rows(reader, entry, begin, count, out) : read_ordered(reader, entry, begin, count, out);
}
