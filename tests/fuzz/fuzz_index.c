/* An index and two files that it may name: what load finds in them lies in them, and a parameter gets those bytes.
 *
 * The input is the text of the index up to the first NUL, two bytes that say how long the first file is, that file, and the
 * second. */
#include "fuzz.h"

#include "load/store.h"

#include <fcntl.h>

/* The open files' folder is that of their numbers: the index is 900, and names files 901 and 902. */
#define FOLDER "/proc/self/fd/"
enum { INDEX = 900, FIRST, SECOND };

/* Elements of a tensor that is filled; a larger one is not. */
#define MOST 4096

static void put_file(int number, const uint8_t *data, size_t size)
{
    const int fd = fuzz_file(data, size);
    FUZZ_CHECK(dup3(fd, number, O_CLOEXEC) == number);
    close(fd);
}

/* The parameter gets the bytes that lie there. */
static void check_bytes(const fanin_initializer *initializer, const struct store *store, const struct stored *stored)
{
    char found[MOST * 8], expected[MOST * 8];
    int64_t shape[FANIN_MAX_NDIM] = {0};
    const size_t size = (size_t)stored->count * dtype_table[stored->dtype].size;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = stored->key;
    for (int d = 0; d < stored->ndim; d++) {
        shape[d] = stored->shape[d];
    }
    const DLTensor tensor = {
        .data = found, .device = {kDLCPU, 0}, .ndim = stored->ndim, .dtype = dtype_to_dlpack(stored->dtype), .shape = shape};
    if (!fuzz_done(fanin_init(initializer, &desc, &tensor, NULL), FANIN_ERROR_LAYOUT, FANIN_ERROR_LAYOUT)) {
        FUZZ_CHECK(stored->count == 0); /* with extents that no tensor can have */
        return;
    }
    const int fd = open(store->files[stored->file].path, O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK(pread(fd, expected, size, stored->offset) == (ssize_t)size);
    close(fd);
    FUZZ_CHECK(memcmp(found, expected, size) == 0);
}

static void check_tensor(const fanin_initializer *initializer, const struct store *store, const struct stored *stored)
{
    FUZZ_CHECK(store_find(store, stored->key) == stored);
    FUZZ_CHECK(stored->place == STORED_DENSE || stored->place == STORED_FOREIGN);
    FUZZ_CHECK(stored->file < store->n_files);
    if (stored->place == STORED_DENSE) {
        const int64_t size = stored->count * dtype_table[stored->dtype].size;
        FUZZ_CHECK(stored->offset >= 0 && stored->offset + size <= store->files[stored->file].state.size);
        if (stored->count <= MOST && stored->key[0] != '\0') {
            check_bytes(initializer, store, stored);
        }
    }
}

/* Each file and each key comes once. */
static void check_store(const fanin_initializer *initializer, const struct store *store)
{
    for (size_t i = 0; i < store->n_files; i++) {
        const char *const path = store->files[i].path;
        FUZZ_CHECK(strncmp(path, FOLDER, sizeof FOLDER - 1) == 0 && !strchr(path + sizeof FOLDER - 1, '/'));
        for (size_t k = 0; k < i; k++) {
            FUZZ_CHECK(strcmp(path, store->files[k].path) != 0);
        }
    }
    for (size_t i = 0; i < store->count; i++) {
        FUZZ_CHECK(i == 0 || strcmp(store->tensors[i - 1].key, store->tensors[i].key) < 0);
        check_tensor(initializer, store, &store->tensors[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *const nul = size > 0 ? memchr(data, 0, size) : NULL;
    if (!nul || data + size - nul < 3) {
        return 0;
    }
    const uint8_t *const files = nul + 3;
    const size_t left = (size_t)(data + size - files), wanted = nul[1] | (size_t)nul[2] << 8;
    const size_t first = wanted < left ? wanted : left;
    put_file(INDEX, data, (size_t)(nul - data));
    put_file(FIRST, files, first);
    put_file(SECOND, files + first, left - first);
    struct store *store;
    fanin_initializer *initializer;
    const fanin_status status = store_read(FOLDER "900", &store);
    const bool done = fuzz_done(status, FANIN_ERROR_FORMAT, FANIN_ERROR_FILE);
    FUZZ_CHECK(fanin_load(FOLDER "900", NULL, 0, &initializer) == status);
    if (done) {
        check_store(initializer, store);
        store_release(store);
        fanin_release(initializer);
    }
    close(INDEX);
    close(FIRST);
    close(SECOND);
    return 0;
}
