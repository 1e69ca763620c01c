/* What the tests of .params files share: files made by hand, and reading them from memory. */
#ifndef FANIN_TESTS_PARAMS_HELPERS_H
#define FANIN_TESTS_PARAMS_HELPERS_H

#include "formats/params.h"

#include "test_helpers.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The first words of arrays: 0xf993fac8 and the next. */
enum { V1 = -0x066c0538, V2, V3 };

/* Bytes of a file to be. Start from a zeroed one. */
struct bytes {
    unsigned char *data;
    size_t size, capacity;
};

static inline void put(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size > bytes->capacity) {
        bytes->capacity = (bytes->size + size) * 2;
        bytes->data = realloc(bytes->data, bytes->capacity);
        assert_non_null(bytes->data);
    }
    if (size > 0) {
        memcpy(bytes->data + bytes->size, data, size);
    }
    bytes->size += size;
}

static inline void put32(struct bytes *bytes, int64_t value)
{
    const uint32_t word = (uint32_t)value;
    put(bytes, &word, sizeof word);
}

static inline void put64(struct bytes *bytes, int64_t value)
{
    put(bytes, &value, sizeof value);
}

/* The start of a file of `count` arrays. */
static inline void put_start(struct bytes *bytes, int64_t count)
{
    put64(bytes, 0x112);
    put64(bytes, 0);
    put64(bytes, count);
}

/* A shape as versions 1 to 3 have it. */
static inline void put_shape(struct bytes *bytes, int ndim, const int64_t *shape)
{
    put32(bytes, ndim);
    for (int d = 0; d < ndim; d++) {
        put64(bytes, shape[d]);
    }
}

/* Device and type. */
static inline void put_type(struct bytes *bytes, int type)
{
    put32(bytes, 1);
    put32(bytes, 0);
    put32(bytes, type);
}

static inline void put_name(struct bytes *bytes, const char *name)
{
    put64(bytes, (int64_t)strlen(name));
    put(bytes, name, strlen(name));
}

/* A float32 vector of version 2. */
static inline void put_vector(struct bytes *bytes, int64_t count, const float *values)
{
    put32(bytes, V2);
    put32(bytes, 0);
    put_shape(bytes, 1, &count);
    put_type(bytes, 0);
    put(bytes, values, (size_t)count * sizeof *values);
}

/* A file in memory that holds these bytes. */
static inline int open_bytes(const void *data, size_t size)
{
    const int fd = memfd_create("params", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, 0), size);
    return fd;
}

/* Reads the list of a file in memory. */
static inline fanin_status read_bytes(const void *data, size_t size, struct params *out)
{
    const int fd = open_bytes(data, size);
    *out = (struct params){0};
    const fanin_status status = params_read(fd, "file", (int64_t)size, out);
    close(fd);
    return status;
}

/* All elements of an entry; free them. */
static inline void *read_all(int fd, const struct params_entry *entry)
{
    struct params_reader reader;
    /* Exactly as many bytes as there are, so that a sanitizer sees one too many. */
    void *const values = malloc((size_t)(entry->count * dtype_table[entry->dtype].size));
    assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
    assert_status(params_reader_read(&reader, entry, 0, entry->count, values), FANIN_OK);
    params_reader_free(&reader);
    return values;
}

/* The next number of a fixed sequence (xorshift64). */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
