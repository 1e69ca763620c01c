/* Bytes of files, read whole or at a place. Files are never mapped: one that another program cuts would kill the reader. */
#ifndef FANIN_SRC_FORMATS_FILE_H
#define FANIN_SRC_FORMATS_FILE_H

#include <fanin/fanin.h>

#include <stdbool.h>
#include <sys/types.h>

/* What tells a file, and its contents, from others. */
struct file_state {
    dev_t device;
    ino_t inode;
    int64_t size;
    int64_t seconds, nanoseconds; /* of the last change of its contents */
};

bool file_state_same(const struct file_state *a, const struct file_state *b);

/* Opens a file for reading, without waiting for anything. Errors: FILE, also for anything but a regular file. */
fanin_status file_open(const char *path, int *fd, struct file_state *out);

/* Checks that an open file is, and holds, what it did when `before` was taken; `when` ends the message: "while it was read".
 * Errors: FILE. */
fanin_status file_check(int fd, const char *path, const struct file_state *before, const char *when);

/* Reads `size` bytes at `offset`. Errors: FILE if the system refuses, FORMAT if the file ends before. `path` is for
 * messages. */
fanin_status file_read_at(int fd, const char *path, void *buffer, size_t size, uint64_t offset);

/* Where the hole ends in which a file's byte `offset` lies: all before are 0. `offset` itself where there is data, where the
 * file has ended, and where the file system does not tell. The position of `fd` may change. */
int64_t file_hole_end(int fd, int64_t offset);

/* Reads `size` bytes from where a pipe or file stands; fewer only at its end. Errors: FILE. */
fanin_status file_read(int fd, const char *path, void *buffer, size_t size, size_t *out);

/* Reads on to the end, into `*text` that already holds `*length` bytes on the heap (NULL and 0: nothing), which the caller
 * frees whatever happens. Errors: FILE, MEMORY, and FORMAT as soon as there are more than `limit` bytes in all. */
fanin_status file_read_rest(int fd, const char *path, size_t limit, char **text, size_t *length);

#endif
