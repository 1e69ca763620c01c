/* Stored tensors: what `load` finds under the parameters' names, in files whose headers were read or in memory. Immutable once
 * made, shared by count of references; no file stays open. */
#ifndef FANIN_SRC_LOAD_STORE_H
#define FANIN_SRC_LOAD_STORE_H

#include "formats/file.h"
#include "formats/index.h"
#include "formats/params.h"

#include <stdatomic.h>

enum stored_place {
    STORED_DENSE,  /* row-major in a file, from byte `offset` on */
    STORED_SPARSE, /* as an entry of a .params file */
    STORED_MEMORY, /* row-major at `data` */
    STORED_NONE,   /* an entry of a .params file without an array: nothing but its name */
    STORED_FOREIGN /* in a dtype that fanin does not have: nothing but its name and that dtype's */
};

struct stored {
    const char *key;  /* the name without "arg:" or "aux:": what a parameter is called */
    const char *name; /* as it is stored */
    enum stored_place place;
    enum dtype dtype;
    int ndim;
    const int64_t *shape;
    int64_t count;                     /* elements; their bytes are within int64 */
    size_t number;                     /* in the order in which they were stored */
    size_t file;                       /* DENSE, SPARSE: the number of its file */
    int64_t offset;                    /* DENSE */
    const struct params_entry *sparse; /* SPARSE */
    const char *data;                  /* MEMORY */
    const char *foreign;               /* FOREIGN: the dtype's name */
};

struct store {
    atomic_size_t references;
    struct stored *tensors; /* in the order of their keys, each once */
    size_t count;
    char *path; /* as it was given; NULL: tensors in memory */
    struct store_file {
        const char *path;
        struct file_state state; /* when the header was read */
    } * files;
    size_t n_files;
    /* What the above points into. */
    struct shard_index index;
    struct header header;
    struct params params;
    void *memory;
};

/* Reads the headers of a .params file, a safetensors file or an index of sharded ones: what it is is seen by its contents. Of
 * names that differ in "arg:" and "aux:" alone the one stored last counts, as in MXNet. Errors: FILE, FORMAT, MEMORY. */
fanin_status store_read(const char *path, struct store **out);

/* Copies tensors, which may be of any strides; of equal names the last counts. Errors: ARGUMENT, LAYOUT, DTYPE, DEVICE,
 * MEMORY. */
fanin_status store_copy(const char *const *names, const DLTensor *tensors, size_t count, struct store **out);

struct store *store_retain(const struct store *store);

/* NULL is fine. */
void store_release(struct store *store);

/* The tensor of a parameter; NULL if there is none. */
const struct stored *store_find(const struct store *store, const char *name);

/* For messages: the path in quotes, or "the tensors that were given". */
#define STORE_TEXT_SIZE 512
const char *store_text(const struct store *store, char text[STORE_TEXT_SIZE]);

/* Do two tensors have the same elements, as far as that can be told without reading files? */
bool store_same(const struct store *a_store, const struct stored *a, const struct store *b_store, const struct stored *b);

/* Makes an empty store with room for so many tensors; for store_read and store_copy. NULL: no memory. */
struct store *store_new(size_t count);

/* Sorts the tensors, which stand in the order in which they were stored, and drops all but the last of each key. */
void store_arrange(struct store *store);

#endif
