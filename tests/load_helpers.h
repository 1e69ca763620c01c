/* What the tests of `load` share: folders and files of their own, and filling a parameter. */
#ifndef FANIN_TESTS_LOAD_HELPERS_H
#define FANIN_TESTS_LOAD_HELPERS_H

#include "params_helpers.h"
#include "plan_helpers.h"

#include <ftw.h>
#include <sys/stat.h>

/* A folder that is removed with all in it. */
struct folder {
    char path[256];
};

static inline struct folder folder_open(void)
{
    struct folder folder;
    const char *const parent = getenv("TMPDIR");
    snprintf(folder.path, sizeof folder.path, "%s/fanin_load_XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static inline int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void folder_close(const struct folder *folder)
{
    assert_int_equal(nftw(folder->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* The path of a file in it, in a buffer that four calls share in turn. */
static inline const char *file_in(const struct folder *folder, const char *name)
{
    static char paths[4][512];
    static int next;
    char *const path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

static inline void write_file(const char *path, const void *data, size_t size)
{
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* A safetensors file: the header's text, padded as writers do, and the data. */
static inline void write_safetensors(const char *path, const char *header, const void *data, size_t size)
{
    struct bytes bytes = {0};
    const size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    put64(&bytes, (int64_t)padded);
    put(&bytes, header, length);
    put(&bytes, "       ", padded - length);
    put(&bytes, data, size);
    write_file(path, bytes.data, bytes.size);
    free(bytes.data);
}

static inline fanin_initializer *load(const char *path, const fanin_initializer *default_init)
{
    fanin_initializer *initializer = NULL;
    if (fanin_load(path, default_init, 0, &initializer) != FANIN_OK) {
        fail_msg("%s: %s", path, fanin_last_error());
    }
    return initializer;
}

static inline fanin_status fill(const fanin_initializer *initializer, const char *name, const DLTensor *tensor,
                                const fanin_options *options)
{
    const fanin_desc desc = desc_of(name);
    return fanin_init(initializer, &desc, tensor, options);
}

#endif
