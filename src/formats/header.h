/* The description of named tensors, as safetensors files begin with it: names, dtypes, shapes, places, metadata. Manifests and
 * indexes of sharded files give the same. */
#ifndef FANIN_SRC_FORMATS_HEADER_H
#define FANIN_SRC_FORMATS_HEADER_H

#include "dtype.h"

/* Enough for the name of any dtype in a file, with its NUL. */
#define HEADER_DTYPE_SIZE 16

struct header_tensor {
    char *name;
    int64_t *shape;
    int ndim;
    size_t tag;                         /* the caller's own: the file it is in, its number */
    enum dtype dtype;                   /* if `known` */
    bool known;                         /* false: a dtype of the format that fanin does not have */
    char dtype_name[HEADER_DTYPE_SIZE]; /* as the file says */
    int64_t count;                      /* elements; count · size of the dtype is within int64 */
    /* Bytes from the start of the file by safetensors_read and index_read, else from the start of the data; -1 where a manifest
     * does not say. */
    int64_t begin, end;
};

struct header_pair {
    char *key, *value;
};

/* Start from a zeroed one. */
struct header {
    struct header_tensor *tensors;
    size_t count, capacity;
    struct header_pair *metadata;
    size_t n_metadata, metadata_capacity;
    int64_t data_offset; /* where the data starts in the file */
};

/* Frees what the header holds. */
void header_free(struct header *header);

/* Add a copy. `dtype_name` shorter than HEADER_DTYPE_SIZE. Errors: MEMORY. */
fanin_status header_add(struct header *header, const char *name, size_t name_length, const struct header_tensor *tensor);
fanin_status header_add_metadata(struct header *header, const char *key, const char *value);

/* The same, or replaces the value of a key that is there. */
fanin_status header_set_metadata(struct header *header, const char *key, const char *value);

/* The value of a metadata key; NULL if there is none. */
const char *header_metadata(const struct header *header, const char *key);

/* Removes the metadata whose key starts with `prefix`. */
void header_drop_metadata(struct header *header, const char *prefix);

/* Bytes of the dtype with this (safetensors) name times `count`, rounded up, also for dtypes that only the format has.
 * false: an unknown name, or more than int64 holds. */
bool header_bytes(const char *dtype_name, int64_t count, int64_t *out);

/* Elements of a shape; false: a negative extent or more than int64 holds. Where one extent is 0 there are none, and the others
 * may be anything. */
bool header_elements(const int64_t *shape, int ndim, int64_t *out);

/* How messages write a shape: "[2, 3]". Returns `text`; cut off with "...]" where it does not fit. */
#define HEADER_SHAPE_SIZE 160
char *header_shape_text(const int64_t *shape, int ndim, char text[HEADER_SHAPE_SIZE]);

#endif
