#include "params_bytes.h"

#include "file.h"

#include <string.h>

fanin_status params_bytes_read(struct params_bytes *bytes, int fd, const char *path, int64_t offset, size_t size, int64_t limit,
                               void *out)
{
    if (size > bytes->capacity) {
        return file_read_at(fd, path, out, size, (uint64_t)offset);
    }
    if (offset < bytes->start || offset + (int64_t)size > bytes->start + (int64_t)bytes->length) {
        const int64_t left = limit - offset;
        const size_t length = left < (int64_t)bytes->capacity ? (size_t)left : bytes->capacity;
        bytes->length = 0;
        const fanin_status status = file_read_at(fd, path, bytes->buffer, length, (uint64_t)offset);
        if (status != FANIN_OK) {
            return status;
        }
        bytes->start = offset;
        bytes->length = length;
    }
    if (size > 0) {
        memcpy(out, bytes->buffer + (offset - bytes->start), size);
    }
    return FANIN_OK;
}
