/* Files that a command reads. What was read is remembered, so that no output replaces it. */
#ifndef FANIN_CLI_INPUT_H
#define FANIN_CLI_INPUT_H

#include "formats/header.h"
#include "formats/index.h"

#include <sys/stat.h>

/* Start from a zeroed one. */
struct inputs {
    struct file_identity {
        dev_t device;
        ino_t inode;
    } * files;
    size_t count;
};

void inputs_free(struct inputs *inputs);

/* Remembers an open file. Errors: FILE, MEMORY. */
fanin_status inputs_add(struct inputs *inputs, int fd, const char *path);

/* Remembers the files that an initializer and rules load from; either may be NULL. Errors: FILE, MEMORY. */
fanin_status inputs_add_loads(struct inputs *inputs, const fanin_initializer *initializer, const fanin_rules *rules);

/* Whether this is a file that was read. */
bool inputs_contain(const struct inputs *inputs, const struct stat *info);

/* Reads a whole text file, "-" being standard input; `*text` ends with NUL beyond `*length` and is the caller's to free.
 * Errors: FILE, FORMAT (too long), MEMORY. */
fanin_status input_text(struct inputs *inputs, const char *path, char **text, size_t *length);

/* Reads shapes: a safetensors file, an index of sharded ones or a manifest; "-" is standard input, for all but an index.
 * Errors: FILE, FORMAT, MEMORY. */
fanin_status input_shapes(struct inputs *inputs, const char *path, struct header *out);

/* Reads what stat reads: a safetensors file, or an index of sharded ones. `index` then lists the files; the tensors have the
 * number of theirs as tag. Errors: FILE, FORMAT, MEMORY. */
fanin_status input_tensors(const char *path, struct shard_index *index, struct header *out);

#endif
