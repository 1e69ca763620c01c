#include "cpu/load.h"

#include "load/source.h"
#include "scatter.h"
#include "walk.h"

#include <sys/mman.h>
#include <unistd.h>

/* Bytes on their way to memory where they do not lie one after another. */
#define BUFFER 16384

/* Rows from here on are read to their place, shorter ones by way of the buffer. */
#define LONG_ROW 4096

/* Ranges from here on are made present before they are read to. */
#define PRESENT 65536

/* Memory that was never written gets its pages by one call, which takes a fifth less time than reading to it, page by page as
 * the system finds them missing. Where it cannot, reading does. */
static void make_present(char *data, int64_t bytes)
{
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)data, end = begin + (uintptr_t)bytes;
    const uintptr_t first = (begin + page - 1) / page * page, last = end / page * page;
    if (bytes >= PRESENT && first < last) {
        (void)madvise((void *)first, last - first, MADV_POPULATE_WRITE);
    }
#else
    (void)data, (void)bytes;
#endif
}

/* By way of the buffer. */
static fanin_status read_buffered(struct source_reader *reader, const struct item *item, struct walk *walk, int64_t position,
                                  int64_t count)
{
    const int64_t size = dtype_table[item->dtype].size, most = BUFFER / size;
    _Alignas(64) char buffer[BUFFER];
    for (int64_t done = 0; done < count; done += most) {
        const int64_t taken = count - done < most ? count - done : most;
        const fanin_status status = source_read(reader, item, position + done, taken, buffer);
        if (status != FANIN_OK) {
            return status;
        }
        for (int64_t k = 0; k < taken;) {
            const int64_t left = walk_left_in_row(walk), row = left < taken - k ? left : taken - k;
            scatter((size_t)size, buffer + k * size, 1, walk->data, walk->inner.stride, row);
            walk_advance(walk, row);
            k += row;
        }
    }
    return FANIN_OK;
}

static fanin_status read_rows(struct source_reader *reader, const struct item *item, struct walk *walk, int64_t position,
                              int64_t count)
{
    fanin_status status = FANIN_OK;
    for (int64_t done = 0; done < count && status == FANIN_OK;) {
        const int64_t left = walk_left_in_row(walk), row = left < count - done ? left : count - done;
        make_present(walk->data, row * dtype_table[item->dtype].size);
        status = source_read(reader, item, position + done, row, walk->data);
        walk_advance(walk, row);
        done += row;
    }
    return status;
}

fanin_status cpu_load(const struct item *item, int64_t position, int64_t count)
{
    const int64_t size = dtype_table[item->dtype].size;
    struct source_reader reader;
    source_reader_start(&reader);
    struct walk walk;
    walk_start(&walk, item, item->ndim - 1, position);
    const bool direct = walk.inner.stride == size && (item->ndim <= 1 || walk.inner.extent * size >= LONG_ROW);
    return direct ? read_rows(&reader, item, &walk, position, count) : read_buffered(&reader, item, &walk, position, count);
}
