#include "params_bytes.h"

#include "file.h"

#include <string.h>

fanin_status params_bytes_fill(struct params_bytes *bytes, int fd, const char *path, int64_t begin, int64_t end)
{
    if (begin >= bytes->start && end <= bytes->start + (int64_t)bytes->length) {
        return FANIN_OK;
    }
    bytes->length = 0;
    const fanin_status status = file_read_at(fd, path, bytes->buffer, (size_t)(end - begin), (uint64_t)begin);
    if (status == FANIN_OK) {
        bytes->start = begin;
        bytes->length = (size_t)(end - begin);
    }
    return status;
}

fanin_status params_bytes_read(struct params_bytes *bytes, int fd, const char *path, int64_t offset, size_t size, int64_t limit,
                               void *out)
{
    if (size > bytes->capacity) {
        return file_read_at(fd, path, out, size, (uint64_t)offset);
    }
    if (offset < bytes->start || offset + (int64_t)size > bytes->start + (int64_t)bytes->length) {
        const int64_t left = limit - offset, capacity = (int64_t)bytes->capacity;
        const fanin_status status = params_bytes_fill(bytes, fd, path, offset, offset + (left < capacity ? left : capacity));
        if (status != FANIN_OK) {
            return status;
        }
    }
    if (size > 0) {
        memcpy(out, bytes->buffer + (offset - bytes->start), size);
    }
    return FANIN_OK;
}
