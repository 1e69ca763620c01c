/* The index of a model that lies in several safetensors files: `{"metadata": {…}, "weight_map": {tensor: file}}`. */
#ifndef FANIN_SRC_FORMATS_INDEX_H
#define FANIN_SRC_FORMATS_INDEX_H

#include "file.h"
#include "header.h"

/* Start from a zeroed one. */
struct shard_index {
    char **files; /* paths, in the order of their first mention */
    size_t n_files, files_capacity;
    size_t *sorted;      /* the files' numbers in the order of their names */
    struct header names; /* tensors with a name and, as tag, the number of their file; nothing else is set */
};

void index_free(struct shard_index *index);

/* Whether a JSON text is an index rather than a manifest: it has a "weight_map" all of whose values are strings.
 * Errors: FORMAT if it is no JSON object, MEMORY. */
fanin_status index_detect(const char *path, const char *text, size_t length, bool *out);

/* Reads an index. The files are looked for beside `path`; a file name with a slash or ".." is refused.
 * Errors: FORMAT, MEMORY; `out`, a zeroed index, is then unchanged. */
fanin_status index_parse(const char *path, const char *text, size_t length, struct shard_index *out);

/* Reads the headers of all files and puts what the index lists into `out`, a zeroed header, in the index's order, with the
 * file's number as tag. Tensors that the index does not list are left out; metadata is that of the first file. `states`, of as
 * many as there are files, gets what each was when its header was read; it may be NULL. Errors: FILE, FORMAT, MEMORY. */
fanin_status index_read(const char *path, const struct shard_index *index, struct file_state *states, struct header *out);

#endif
