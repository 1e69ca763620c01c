#include "source.h"

#include "elements.h"
#include "scatter.h"
#include "store.h"
#include "walk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes that are read of a file at once where they are not read to where they go: few enough for a thread's stack and the first
 * caches, enough to make a system call cheap. */
#define CHUNK 16384

/* Bytes that are read for nothing rather than read around: a page, which comes whole from a disk. */
#define GAP 4096

/* ------------------------------------------------ the files of a run ------------------------------------------------------ */

/* Puts the parameter's name in front of the last error. */
static fanin_status fail(fanin_status status, const char *name)
{
    return fanin_fail(status, "parameter '%s': %s", name, fanin_last_error());
}

static struct source_file *find_file(const struct source *source, const struct store *store, size_t number)
{
    for (size_t i = 0; i < source->count; i++) {
        if (source->files[i].store == store && source->files[i].number == number) {
            return &source->files[i];
        }
    }
    return NULL;
}

static bool is_in_file(const struct stored *stored)
{
    return (stored->place == STORED_DENSE || stored->place == STORED_SPARSE) && stored->count > 0;
}

static fanin_status reserve(struct source *source)
{
    if (source->count < source->capacity) {
        return FANIN_OK;
    }
    const size_t capacity = source->capacity > 0 ? 2 * source->capacity : 4;
    struct source_file *const grown = reallocarray(source->files, capacity, sizeof *grown);
    if (!grown) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for a list of %zu files", capacity);
    }
    source->files = grown;
    source->capacity = capacity;
    return FANIN_OK;
}

static fanin_status open_file(struct source *source, const char *name, const struct store *store, size_t number)
{
    const struct store_file *const file = &store->files[number];
    struct file_state state;
    int fd = -1;
    fanin_status status = reserve(source);
    status = status == FANIN_OK ? file_open(file->path, &fd, &state) : status;
    if (status != FANIN_OK) {
        return status;
    }
    source->files[source->count++] = (struct source_file){store, number, name, fd};
    return file_check(fd, file->path, &file->state, "since its header was read; make the initializer again");
}

fanin_status source_add(struct source *source, const char *name, const struct fill *fill)
{
    if (fill->kind != FILL_LOAD || !is_in_file(fill->stored) || find_file(source, fill->store, fill->stored->file)) {
        return FANIN_OK;
    }
    const fanin_status status = open_file(source, name, fill->store, fill->stored->file);
    return status == FANIN_OK ? FANIN_OK : fail(status, name);
}

fanin_status source_check(const struct source *source)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < source->count && status == FANIN_OK; i++) {
        const struct store_file *const file = &source->files[i].store->files[source->files[i].number];
        status = file_check(source->files[i].fd, file->path, &file->state, "while it was read");
        status = status == FANIN_OK ? FANIN_OK : fail(status, source->files[i].name);
    }
    return status;
}

void source_close(struct source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        close(source->files[i].fd);
    }
    free(source->files);
    *source = (struct source){0};
}

/* ------------------------------------------------ elements of the domain -------------------------------------------------- */

static fanin_status read_sparse(struct source_reader *reader, const struct stored *stored, int fd, const char *path,
                                int64_t index, int64_t count, void *out)
{
    if (!reader->started || reader->sparse.fd != fd) {
        params_reader_start_in(&reader->sparse, fd, path, reader->memory, SOURCE_BUFFER);
        reader->started = true;
    }
    return params_reader_read(&reader->sparse, stored->sparse, index, count, out);
}

/* The stored elements [index, index + count), in the dtype that they are stored in. */
static fanin_status read_stored(struct source_reader *reader, const struct item *item, int64_t index, int64_t count, void *out)
{
    const struct stored *const stored = item->fill->stored;
    const int64_t size = dtype_table[stored->dtype].size;
    if (stored->place == STORED_MEMORY) {
        memcpy(out, stored->data + index * size, (size_t)(count * size));
        return FANIN_OK;
    }
    const struct source_file *const file = find_file(item->source, item->fill->store, stored->file);
    const char *const path = file->store->files[file->number].path;
    if (stored->place == STORED_SPARSE) {
        return read_sparse(reader, stored, file->fd, path, index, count, out);
    }
    return file_read_at(file->fd, path, out, (size_t)(count * size), (uint64_t)(stored->offset + index * size));
}

/* The domain's elements [index, index + count), in the item's dtype. */
static fanin_status read_elements(struct source_reader *reader, const struct item *item, int64_t index, int64_t count,
                                  void *out)
{
    const struct fill *const fill = item->fill;
    if (elements_same(fill->stored->dtype, item->dtype)) {
        return read_stored(reader, item, index, count, out);
    }
    _Alignas(64) char chunk[CHUNK];
    const int64_t most = CHUNK / dtype_table[fill->stored->dtype].size, size = dtype_table[item->dtype].size;
    fanin_status status = FANIN_OK;
    for (int64_t done = 0; done < count && status == FANIN_OK; done += most) {
        const int64_t taken = count - done < most ? count - done : most;
        status = read_stored(reader, item, index + done, taken, chunk);
        if (status == FANIN_OK) {
            elements_convert(fill->stored->dtype, chunk, item->dtype, (char *)out + done * size, taken);
        }
    }
    return status;
}

/* ------------------------------------------------ elements of an item ----------------------------------------------------- */

/* Elements of the domain that were read at once: those that are wanted, and what lies between them. */
struct span {
    int64_t begin, end;
    _Alignas(64) char bytes[CHUNK];
};

/* How many elements to read from the domain's `index` on, where `row` are still wanted of this row and `last` is the last
 * wanted of all: up to the first gap that is worth a read of its own. */
static int64_t span_length(const struct walk *walk, int64_t size, int64_t row, int64_t index, int64_t last)
{
    const int64_t most = CHUNK / size, step = walk->inner.step;
    if (step * size > GAP) {
        return 1;
    }
    const int64_t row_length = (walk->inner.extent - 1) * step;
    const bool near = walk->outer_count > 0 && (walk->outer[walk->outer_count - 1].step - row_length) * size <= GAP;
    const int64_t wanted = near ? last - index + 1 : (row - 1) * step + 1;
    return wanted < most ? wanted : most;
}

/* Where rows are short, or their elements lie apart in the domain. */
static fanin_status read_apart(struct source_reader *reader, const struct item *item, struct walk *walk, int64_t count,
                               int64_t last, char *out)
{
    const int64_t size = dtype_table[item->dtype].size, step = walk->inner.step;
    struct span span;
    span.begin = span.end = 0;
    while (count > 0) {
        const int64_t left = walk_left_in_row(walk), row = left < count ? left : count;
        for (int64_t done = 0; done < row;) {
            const int64_t index = walk->index + done * step;
            if (index >= span.end) {
                const int64_t length = span_length(walk, size, row - done, index, last);
                const fanin_status status = read_elements(reader, item, index, length, span.bytes);
                if (status != FANIN_OK) {
                    return status;
                }
                span.begin = index;
                span.end = index + length;
            }
            const int64_t there = (span.end - 1 - index) / step + 1, taken = row - done < there ? row - done : there;
            scatter((size_t)size, span.bytes + (index - span.begin) * size, step, out, size, taken);
            out += taken * size;
            done += taken;
        }
        walk_advance(walk, row);
        count -= row;
    }
    return FANIN_OK;
}

static fanin_status read_rows(struct source_reader *reader, const struct item *item, struct walk *walk, int64_t count,
                              char *out)
{
    const int64_t size = dtype_table[item->dtype].size;
    fanin_status status = FANIN_OK;
    while (count > 0 && status == FANIN_OK) {
        const int64_t left = walk_left_in_row(walk), row = left < count ? left : count;
        status = read_elements(reader, item, walk->index, row, out);
        walk_advance(walk, row);
        out += row * size;
        count -= row;
    }
    return status;
}

fanin_status source_read(struct source_reader *reader, const struct item *item, int64_t position, int64_t count, void *out)
{
    if (count == 0) {
        return FANIN_OK;
    }
    struct walk walk, end;
    walk_start(&walk, item, item->ndim - 1, position);
    const bool long_rows =
        walk.inner.step == 1 && (item->ndim <= 1 || walk.inner.extent * dtype_table[item->dtype].size >= GAP);
    fanin_status status;
    if (long_rows) {
        status = read_rows(reader, item, &walk, count, out);
    } else {
        walk_start(&end, item, item->ndim - 1, position + count - 1);
        status = read_apart(reader, item, &walk, count, end.index, out);
    }
    return status == FANIN_OK ? FANIN_OK : fail(status, item->name);
}
