/* A file that appears under its name only when it is complete: until then it is a temporary file beside it, which an error, the
 * program's exit, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGXCPU remove. */
#ifndef FANIN_CLI_OUTPUT_H
#define FANIN_CLI_OUTPUT_H

#include "input.h"
#include "progress.h"

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

/* What output_write returned, as a status with its message; `path` is the output's target. Errors: FILE. */
fanin_status output_status(const char *path, int error);

/* Ends the output and clears the line of progress. Where `filled` is FANIN_OK it brings the file to the disk and gives it its
 * name; else it removes the temporary file. Returns `filled`, or the error of what it did. Errors: FILE. */
fanin_status output_finish(struct output *output, fanin_status filled, const struct progress *progress);

/* Prints what was written, "PATHNOTE: 2 tensors, 3 elements, 4 bytes in 0.61 s", without the end of the line. The header went
 * through safetensors_write. */
void output_summary(const char *path, const char *note, const struct header *header, double seconds);

#endif
