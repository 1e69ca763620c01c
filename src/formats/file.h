/* Bytes of files, read whole or at a place. Files are never mapped: one that another program cuts would kill the reader. */
#ifndef FANIN_SRC_FORMATS_FILE_H
#define FANIN_SRC_FORMATS_FILE_H

#include <fanin/fanin.h>

/* Reads `size` bytes at `offset`. Errors: FILE if the system refuses, FORMAT if the file ends before. `path` is for messages. */
fanin_status file_read_at(int fd, const char *path, void *buffer, size_t size, uint64_t offset);

/* Reads `size` bytes from where a pipe or file stands; fewer only at its end. Errors: FILE. */
fanin_status file_read(int fd, const char *path, void *buffer, size_t size, size_t *out);

/* Reads on to the end, into `*text` that already holds `*length` bytes on the heap (NULL and 0: nothing), which the caller frees
 * whatever happens. Errors: FILE, MEMORY, and FORMAT as soon as there are more than `limit` bytes in all. */
fanin_status file_read_rest(int fd, const char *path, size_t limit, char **text, size_t *length);

#endif
