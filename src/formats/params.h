/* MXNet's .params files: a list of arrays, dense or sparse, of every version that MXNet wrote, and their names. */
#ifndef FANIN_SRC_FORMATS_PARAMS_H
#define FANIN_SRC_FORMATS_PARAMS_H

#include "dtype.h"
#include "params_bytes.h"
#include "params_order.h"

enum params_storage {
    PARAMS_NONE, /* an entry without an array: no dtype, no shape */
    PARAMS_DENSE,
    PARAMS_ROW_SPARSE,
    PARAMS_CSR
};

/* Integers of a sparse array that say where its elements belong. */
struct params_index {
    enum dtype dtype;      /* any integer */
    int64_t offset, count; /* offset in the file */
};

struct params_entry {
    char *name;     /* UTF-8, may be ""; NULL where the file has no names */
    int64_t *shape; /* of the dense array */
    int ndim;       /* 0 to FANIN_MAX_NDIM */
    enum dtype dtype;
    enum params_storage storage;
    int64_t count;  /* elements of the dense array; count · size of the dtype is within int64 */
    int64_t number; /* of the array in the file, from 0 */
    int64_t offset; /* of the array in the file */
    int64_t data;   /* of its elements in the file: all of them, row-major, where it is dense */
    /* Sparse arrays: what lies at `data` are `stored` rows (row_sparse) or elements (csr), which belong to these rows or
     * columns. Row r of a csr array has the elements pointers[r] to pointers[r + 1]. */
    int64_t stored;
    struct params_index places, pointers;
    bool sorted; /* rows, or columns within each row, ascend, each once */
    /* Where that is not so: what counts, the last that is stored for a place. A place is a row (row_sparse), or an element of
     * the dense array (csr: those in rows that store many). */
    struct params_order order;
};

/* Start from a zeroed one. */
struct params {
    struct params_entry *entries; /* in the order of the file */
    size_t count, capacity;
    bool named;
};

void params_free(struct params *params);

/* The name without one leading "arg:" or "aux:", by which MXNet's checkpoints tell arguments from auxiliary states. */
const char *params_plain_name(const char *name);

/* What a file begins with. */
#define PARAMS_MAGIC 0x112

/* Bytes of the longest name that is read; MXNet knows no limit. */
#define PARAMS_NAME_LIMIT (1 << 20)

/* Reads what an open regular file of `file_size` bytes says of its arrays, and checks all of it: sizes against the bytes that
 * are left, the indices of sparse arrays against their shapes. The elements are not read. A name that comes twice is listed
 * once, where it came first, with the array that came last, as MXNet keeps it. What follows the names is ignored. `path` is for
 * messages. Memory is proportional to the arrays, names and places of unsorted arrays that the file really holds. Holes in it
 * are not read through where the system tells of them; the position of `fd` may change. Errors: FILE, FORMAT, MEMORY; `out`, a
 * zeroed one, is then unchanged. */
fanin_status params_read(int fd, const char *path, int64_t file_size, struct params *out);

/* Reads elements; each thread needs one of its own. Ranges that follow one another cost least. */
struct params_reader {
    int fd;
    const char *path;
    struct params_bytes places, pointers, values;
    /* Where the last range of a sorted row_sparse array ended: the stored row `next` is the first that it did not take. */
    const struct params_entry *last;
    int64_t next;
};

/* `path`, for messages, must live as long as the reader. Errors: MEMORY; there is nothing to free then. */
fanin_status params_reader_start(struct params_reader *reader, int fd, const char *path);
void params_reader_free(struct params_reader *reader);

/* The same with memory of the caller's, `size` bytes for each of three buffers; there is nothing to free. */
void params_reader_start_in(struct params_reader *reader, int fd, const char *path, unsigned char *memory, size_t size);

/* Reads the elements `begin` to `begin + count` of the dense array, in row-major order, into `out`; what a sparse array does
 * not store is 0. 0 ≤ begin, 0 ≤ count, begin + count ≤ entry->count; an entry of PARAMS_NONE has none. The index of a sparse
 * array that is sorted, as MXNet writes them, is searched in the file; for others the order in memory is, and what short rows
 * of a csr array store is read through. Errors: FILE, and FORMAT where the file has changed since params_read; `out` then holds
 * anything. */
fanin_status params_reader_read(struct params_reader *reader, const struct params_entry *entry, int64_t begin, int64_t count,
                                void *out);

#endif
