/* Small pieces of a file, read in larger ones. */
#ifndef FANIN_SRC_FORMATS_PARAMS_BYTES_H
#define FANIN_SRC_FORMATS_PARAMS_BYTES_H

#include <fanin/fanin.h>

struct params_bytes {
    unsigned char *buffer; /* the owner's */
    size_t capacity;
    int64_t start; /* what the buffer holds: `length` bytes of the file from here */
    size_t length;
};

/* Makes the buffer hold the bytes `begin` to `end`, no more than its capacity, unless it does.
 * Errors: FILE, FORMAT if the file ends before. */
fanin_status params_bytes_fill(struct params_bytes *bytes, int fd, const char *path, int64_t begin, int64_t end);

/* Reads `size` bytes at `offset`. What is read beside them ends at `limit` at the latest; offset + size ≤ limit.
 * Errors: FILE, FORMAT if the file ends before. */
fanin_status params_bytes_read(struct params_bytes *bytes, int fd, const char *path, int64_t offset, size_t size, int64_t limit,
                               void *out);

#endif
