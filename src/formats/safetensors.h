/* safetensors files: u64 N, N bytes of JSON, the tensors' bytes. */
#ifndef FANIN_SRC_FORMATS_SAFETENSORS_H
#define FANIN_SRC_FORMATS_SAFETENSORS_H

#include "header.h"

/* The longest header that the format allows, in bytes. */
#define SAFETENSORS_HEADER_LIMIT 100000000u

/* The N that a file starts with. */
uint64_t safetensors_header_size(const unsigned char first[8]);

/* Reads the header of an open regular file of `file_size` bytes and checks it against the file: no duplicate names, offsets
 * without hole or overlap that end exactly at the file's end, each with the bytes of its shape and dtype. The data is not read.
 * `path` is for messages. Tensors keep the order of the header; their places are counted from the start of the file, and their
 * tag is 0. Errors: FILE, FORMAT, MEMORY; `out`, a zeroed header, is then unchanged. */
fanin_status safetensors_read(int fd, const char *path, int64_t file_size, struct header *out);

/* The same for a pipe, of which `length` bytes were read: FOREIGN_START, or 8 where there are no more. Its end is not known, and
 * not checked; places are counted from the start of the data. */
fanin_status safetensors_read_piped(int fd, const char *path, const unsigned char *first, size_t length, struct header *out);

/* The same for the JSON of a header in memory, with places counted from the start of the data. `data_size`: bytes after it; -1
 * if that is not known (a pipe). */
fanin_status safetensors_parse(const char *path, const char *text, size_t length, int64_t data_size, struct header *out);

/* Reads a manifest: a header whose `data_offsets` may be missing, and do not count. dtypes also by NumPy's and torch's names, in
 * any case. */
fanin_status safetensors_parse_manifest(const char *path, const char *text, size_t length, struct header *out);

/* Puts the tensors in the order of their data, large dtypes first and then by name, and sets their places, counted from the
 * start of the data. All must be known. Errors: LAYOUT if the bytes are more than int64 holds. */
fanin_status safetensors_arrange(struct header *header);

/* Bytes of the data of an arranged header. */
int64_t safetensors_data_size(const struct header *header);

/* Writes N and the header of arranged tensors, padded so that the data starts at a multiple of 8, and sets `data_offset`.
 * `*out` is the caller's to free. Errors: MEMORY, LAYOUT for a header longer than the format allows. */
fanin_status safetensors_write(struct header *header, char **out, size_t *size);

#endif
