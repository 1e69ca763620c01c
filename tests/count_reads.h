/* Counts the bytes that the library reads: for programs that are linked with --wrap=pread. */
#ifndef FANIN_TESTS_COUNT_READS_H
#define FANIN_TESTS_COUNT_READS_H

#include <stdint.h>
#include <unistd.h>

static int64_t bytes_read;

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
    const ssize_t got = __real_pread(fd, buffer, size, offset);
    bytes_read += got > 0 ? got : 0;
    return got;
}

#endif
