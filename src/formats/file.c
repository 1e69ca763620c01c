#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static fanin_status read_failed(const char *path)
{
    return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be read: %m", path);
}

fanin_status file_read_at(int fd, const char *path, void *buffer, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(fd, (char *)buffer + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return read_failed(path);
        }
        if (got == 0) {
            return fanin_fail(FANIN_ERROR_FORMAT, "'%s' ends after %llu bytes, expected at least %llu: it was cut short", path,
                              (unsigned long long)(offset + done), (unsigned long long)(offset + size));
        }
        done += (size_t)got;
    }
    return FANIN_OK;
}

fanin_status file_read(int fd, const char *path, void *buffer, size_t size, size_t *out)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t got = read(fd, (char *)buffer + done, size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return read_failed(path);
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    *out = done;
    return FANIN_OK;
}

fanin_status file_read_rest(int fd, const char *path, size_t limit, char **text, size_t *length)
{
    size_t capacity = *length;
    for (;;) {
        if (*length == capacity) {
            capacity = capacity < 4096 ? 8192 : capacity * 2;
            char *const grown = realloc(*text, capacity);
            if (!grown) {
                return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory to read it", path);
            }
            *text = grown;
        }
        size_t got = 0;
        const fanin_status status = file_read(fd, path, *text + *length, capacity - *length, &got);
        if (status != FANIN_OK) {
            return status;
        }
        *length += got;
        if (*length > limit) {
            return fanin_fail(FANIN_ERROR_FORMAT, "'%s' has more than %zu bytes: too many for its kind", path, limit);
        }
        if (*length < capacity) {
            return FANIN_OK;
        }
    }
}
