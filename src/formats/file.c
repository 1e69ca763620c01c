#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static fanin_status read_failed(const char *path)
{
    return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be read: %m", path);
}

static struct file_state state_of(const struct stat *info)
{
    return (struct file_state){info->st_dev, info->st_ino, info->st_size, info->st_mtim.tv_sec, info->st_mtim.tv_nsec};
}

bool file_state_same(const struct file_state *a, const struct file_state *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds;
}

fanin_status file_open(const char *path, int *fd, struct file_state *out)
{
    struct stat info;
    /* Not to wait for the other end of a FIFO. */
    const int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0 || fstat(opened, &info) != 0) {
        const fanin_status status = fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be opened: %m", path);
        if (opened >= 0) {
            close(opened);
        }
        return status;
    }
    if (!S_ISREG(info.st_mode)) {
        close(opened);
        return fanin_fail(FANIN_ERROR_FILE, "'%s' is no regular file", path);
    }
    *fd = opened;
    *out = state_of(&info);
    return FANIN_OK;
}

fanin_status file_check(int fd, const char *path, const struct file_state *before, const char *when)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return read_failed(path);
    }
    const struct file_state now = state_of(&info);
    return file_state_same(&now, before) ? FANIN_OK : fanin_fail(FANIN_ERROR_FILE, "'%s' was changed %s", path, when);
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

int64_t file_hole_end(int fd, int64_t offset)
{
    off_t end = lseek(fd, (off_t)offset, SEEK_DATA);
    if (end < 0 && errno == ENXIO) {
        end = lseek(fd, 0, SEEK_END); /* no data follows */
    }
    return end > offset ? end : offset;
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
