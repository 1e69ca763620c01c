/* A file that appears under its name only when it is complete: until then it is a temporary file beside it, which an error,
 * SIGINT, SIGTERM or SIGHUP removes. */
#ifndef FANIN_CLI_OUTPUT_H
#define FANIN_CLI_OUTPUT_H

#include "input.h"

struct output {
    char *target; /* with symbolic links followed */
    int fd, folder;
};

/* Whether `path` may be written: not there, or a regular file that is none of `inputs`; in a folder that is there.
 * Errors: FILE. */
fanin_status output_check(const char *path, const struct inputs *inputs);

/* Checks, makes the temporary file and reserves `size` bytes where the file system can. One output at a time.
 * Errors: FILE, MEMORY. */
fanin_status output_create(const char *path, const struct inputs *inputs, int64_t size, struct output *out);

/* Writes all of `data` at `offset` of a file. Returns 0 or errno. */
int output_write(int fd, const char *data, size_t size, int64_t offset);

/* Brings the file to the disk and gives it its name; the output is then gone, also after an error. Errors: FILE. */
fanin_status output_commit(struct output *output);

/* Removes the temporary file. */
void output_discard(struct output *output);

#endif
