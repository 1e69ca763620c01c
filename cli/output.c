#include "output.h"

#include "command.h"
#include "text.h"

#include "formats/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* The temporary file, which a signal removes if `pending` is set. Never freed: a handler may run in any thread. */
static char temporary[PATH_MAX];
static volatile sig_atomic_t pending;

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
enum { DEADLY = sizeof deadly / sizeof deadly[0] };

/* At exit too: OpenMP ends the process where it cannot start its threads. */
static void remove_pending(void)
{
    if (pending) {
        unlink(temporary);
    }
}

/* Only functions that are safe in a handler. The signal comes again, with its default action, when the handler returns. */
static void on_signal(int number)
{
    remove_pending();
    signal(number, SIG_DFL);
    raise(number);
}

static void catch_signals(void)
{
    for (int i = 0; i < DEADLY; i++) {
        struct sigaction action = {.sa_handler = on_signal}, old;
        /* What was ignored stays so: nohup, a shell's background job. */
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
            for (int j = 0; j < DEADLY; j++) {
                sigaddset(&action.sa_mask, deadly[j]);
            }
            sigaction(deadly[i], &action, NULL);
        }
    }
}

/* Lets no signal in between making or removing the file and noting it. */
static void hold_signals(sigset_t *old)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < DEADLY; i++) {
        sigaddset(&set, deadly[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, old);
}

/* errno says why there is no such file; there is a link, if nothing else. */
static fanin_status fail_missing(const char *path)
{
    char target[PATH_MAX];
    const int reason = errno;
    const ssize_t length = readlink(path, target, sizeof target);
    errno = reason;
    return reason == ENOENT && length >= 0
               ? fanin_fail(FANIN_ERROR_FILE, "'%s' is a symbolic link to '%.*s', which does not exist", path, (int)length,
                            target)
               : fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: %m", path);
}

static fanin_status find_target(const char *path, const struct inputs *inputs, char **out)
{
    struct stat info;
    char *target;
    if (stat(path, &info) != 0 && errno == ENOENT && lstat(path, &info) != 0) {
        const size_t length = strlen(path);
        if (length == 0 || path[length - 1] == '/') {
            return fanin_fail(FANIN_ERROR_FILE, "'%s' is no name for a file", path);
        }
        target = strdup(path);
    } else if (stat(path, &info) != 0) {
        return fail_missing(path);
    } else if (!S_ISREG(info.st_mode)) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' is %s, not a regular file: give the name of a file", path,
                          S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
    } else if (inputs_contain(inputs, &info)) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' is also read from: write to another file", path);
    } else {
        target = realpath(path, NULL);
    }
    if (!target) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: %m", path);
    }
    *out = target;
    return FANIN_OK;
}

/* Bytes of the folder's part of a path, slash included. */
static int folder_length(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? (int)(slash + 1 - path) : 0;
}

/* To bring the file's name to the disk. Files may also be put into a folder that may not be read: -1. */
static fanin_status open_folder(const char *target, int *out)
{
    char *folder;
    const int length = folder_length(target);
    if (asprintf(&folder, "%.*s", length > 0 ? length : 1, length > 0 ? target : ".") < 0) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a path");
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const fanin_status status = fd < 0 && errno != EACCES
                                    ? fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: folder '%s': %m", target, folder)
                                    : FANIN_OK;
    free(folder);
    *out = fd;
    return status;
}

fanin_status output_check(const char *path, const struct inputs *inputs)
{
    char *target = NULL;
    int folder = -1;
    fanin_status status = find_target(path, inputs, &target);
    if (status != FANIN_OK) {
        return status;
    }
    status = open_folder(target, &folder);
    free(target);
    if (folder >= 0) {
        close(folder);
    }
    return status;
}

/* Makes the temporary file, noted for the signals. */
static fanin_status create_temporary(struct output *output)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number) {
        number = (uint64_t)getpid();
    }
    const int length = snprintf(temporary, sizeof temporary, "%.*s.fanin-%016llx.part", folder_length(output->target),
                                output->target, (unsigned long long)number);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: its path is too long", output->target);
    }
    sigset_t old;
    hold_signals(&old);
    output->fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    pending = output->fd >= 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (output->fd < 0) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: no file can be made beside it: %m", output->target);
    }
    return FANIN_OK;
}

/* A full disk is found before the work is done, where the file system knows. */
static fanin_status reserve(const struct output *output, int64_t size)
{
    char text[TEXT_SIZE];
    if (size > 0 && fallocate(output->fd, 0, 0, (off_t)size) != 0 && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT)) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: it needs %s: %m", output->target,
                          text_bytes((double)size, text));
    }
    return FANIN_OK;
}

/* The output is gone. */
static void forget(struct output *output)
{
    pending = 0;
    if (output->fd >= 0) {
        close(output->fd);
    }
    if (output->folder >= 0) {
        close(output->folder);
    }
    free(output->target);
    *output = (struct output){.fd = -1, .folder = -1};
}

/* Removes the temporary file. */
static void discard(struct output *output)
{
    sigset_t old;
    hold_signals(&old);
    remove_pending();
    forget(output);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

fanin_status output_create(const char *path, const struct inputs *inputs, int64_t size, struct output *out)
{
    *out = (struct output){.fd = -1, .folder = -1};
    catch_signals();
    (void)atexit(remove_pending);
    fanin_status status = find_target(path, inputs, &out->target);
    status = status == FANIN_OK ? open_folder(out->target, &out->folder) : status;
    status = status == FANIN_OK ? create_temporary(out) : status;
    status = status == FANIN_OK ? reserve(out, size) : status;
    if (status != FANIN_OK) {
        discard(out);
    }
    return status;
}

int output_write(int fd, const char *data, size_t size, int64_t offset)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t wrote = pwrite(fd, data + done, size - done, (off_t)(offset + (int64_t)done));
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return wrote < 0 ? errno : EIO;
        }
        done += (size_t)wrote;
    }
    return 0;
}

fanin_status output_status(const char *path, int error)
{
    return error == 0 ? FANIN_OK : fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: %s", path, strerrordesc_np(error));
}

/* Brings the file to the disk and gives it its name. The output is then gone, also after an error. */
static fanin_status commit(struct output *output)
{
    fanin_status status = FANIN_OK;
    if (fsync(output->fd) != 0 || rename(temporary, output->target) != 0) {
        status = fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be written: %m", output->target);
        discard(output);
        return status;
    }
    if (output->folder >= 0 && fsync(output->folder) != 0 && errno != EINVAL) {
        status =
            fanin_fail(FANIN_ERROR_FILE, "'%s' is complete, but its folder cannot be brought to the disk: %m", output->target);
    }
    forget(output);
    return status;
}

fanin_status output_finish(struct output *output, fanin_status filled, const struct progress *progress)
{
    fanin_status status = filled;
    if (status == FANIN_OK) {
        progress_say(progress, "bringing it to the disk ...");
        status = commit(output);
    } else {
        discard(output);
    }
    progress_end(progress);
    return status;
}

void output_summary(const char *path, const char *note, const struct header *header, double seconds)
{
    char tensors[TEXT_SIZE], elements[TEXT_SIZE], bytes[TEXT_SIZE], speed[TEXT_SIZE];
    const int64_t size = header->data_offset + safetensors_data_size(header);
    int64_t count = 0;
    for (size_t i = 0; i < header->count; i++) {
        count += header->tensors[i].count;
    }
    command_print_name(path);
    printf("%s: %s, %s, %s%s", note, text_counted((int64_t)header->count, "tensor", tensors),
           text_counted(count, "element", elements), text_counted(size, "byte", bytes), text_speed(size, seconds, speed));
}
