/* The arrays of a .params file, one after another. */
#ifndef FANIN_SRC_FORMATS_PARAMS_ARRAY_H
#define FANIN_SRC_FORMATS_PARAMS_ARRAY_H

#include "params.h"

/* Where reading stands in a file. */
struct params_cursor {
    int fd;
    const char *path;
    int64_t position, size; /* 0 ≤ position ≤ size, the file's */
    char what[96];          /* is being read, for messages: "array 2 of 5, at byte 120" */
    struct params_bytes bytes;
};

/* FORMAT: "'PATH': WHAT: …". */
fanin_status params_cursor_fail(const struct params_cursor *cursor, const char *format, ...) FANIN_PRINTF(2, 3);

/* Reads the next number. Errors: FILE, FORMAT if the file ends before. */
fanin_status params_cursor_u64(struct params_cursor *cursor, uint64_t *out);

/* Reads the next bytes, any number of them. Errors: FILE, FORMAT if the file ends before. */
fanin_status params_cursor_bytes(struct params_cursor *cursor, size_t size, void *out);

/* Reads what the array at the cursor says of itself into `entry`, but for its name, and moves past it. The indices of a sparse
 * array are not read. `entry->shape` is the caller's to free. Errors: FILE, FORMAT, MEMORY; there is nothing to free then. */
fanin_status params_array_read(struct params_cursor *cursor, struct params_entry *entry);

#endif
