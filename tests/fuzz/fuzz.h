/* What the fuzz targets share. A target is a function that libFuzzer, or the driver beside this file, calls with any bytes. */
#ifndef FANIN_TESTS_FUZZ_FUZZ_H
#define FANIN_TESTS_FUZZ_FUZZ_H

#include <fanin/fanin.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input; the fuzzer keeps one for which it does not. */
#define FUZZ_CHECK(condition)                                                                                                  \
    do {                                                                                                                       \
        if (!(condition)) {                                                                                                    \
            fprintf(stderr, "%s:%d: does not hold: %s (last error: %s)\n", __FILE__, __LINE__, #condition,                     \
                    fanin_last_error());                                                                                       \
            abort();                                                                                                           \
        }                                                                                                                      \
    } while (0)

/* Whether a call succeeded. A failure must be of these kinds, and explained in one line. */
static inline bool fuzz_done(fanin_status status, fanin_status kind, fanin_status other)
{
    if (status != FANIN_OK) {
        FUZZ_CHECK(status == kind || status == other);
        FUZZ_CHECK(*fanin_last_error() && !strchr(fanin_last_error(), '\n'));
    }
    return status == FANIN_OK;
}

/* A file in memory that holds the bytes. */
static inline int fuzz_file(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return fd;
}

/* A copy on the heap, exactly as long, so that a sanitizer sees one byte too many. Free it. */
static inline char *fuzz_copy(const uint8_t *data, size_t size)
{
    char *const copy = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(copy);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

#endif
