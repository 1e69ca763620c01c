/* Files that load reads, of either kind: every tensor that it finds fills a parameter, or says why not, and parts of it are
 * those of the whole. */
#include "fuzz.h"

#include "load/store.h"

/* A larger tensor is not asked for. */
#define MOST 4096

static fanin_status fill(const fanin_initializer *initializer, const struct stored *stored, int64_t *offset, int64_t *shape,
                         float *out)
{
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = stored->key;
    desc.global_shape = offset ? stored->shape : NULL;
    desc.offset = offset;
    const DLTensor tensor = {
        .data = out, .device = {kDLCPU, 0}, .ndim = stored->ndim, .dtype = {kDLFloat, 32, 1}, .shape = shape};
    return fanin_init(initializer, &desc, &tensor, NULL);
}

/* Its last row alone is as in the whole. */
static void check_part(const fanin_initializer *initializer, const struct stored *stored, const float *whole, int64_t *shape)
{
    int64_t offset[FANIN_MAX_NDIM] = {0};
    float part[MOST];
    const int64_t row = stored->count / shape[0];
    offset[0] = shape[0] - 1;
    shape[0] = 1;
    FUZZ_CHECK(fill(initializer, stored, offset, shape, part) == FANIN_OK);
    FUZZ_CHECK(memcmp(part, whole + offset[0] * row, (size_t)row * sizeof *part) == 0);
}

static void check_tensor(const fanin_initializer *initializer, const struct stored *stored)
{
    int64_t shape[FANIN_MAX_NDIM] = {0};
    float whole[MOST + 1];
    for (int d = 0; d < stored->ndim; d++) {
        shape[d] = stored->shape[d];
    }
    if (stored->key[0] == '\0' || stored->count > MOST) {
        return;
    }
    whole[stored->count] = 0.5f;
    const fanin_status status = fill(initializer, stored, NULL, shape, whole);
    if (stored->place == STORED_NONE || stored->place == STORED_FOREIGN) {
        FUZZ_CHECK(status == FANIN_ERROR_SHAPE || status == FANIN_ERROR_DTYPE);
        return;
    }
    if (!fuzz_done(status, FANIN_ERROR_LAYOUT, FANIN_ERROR_LAYOUT)) {
        FUZZ_CHECK(stored->count == 0); /* with extents that no tensor can have */
        return;
    }
    FUZZ_CHECK(whole[stored->count] == 0.5f);
    if (stored->ndim > 0 && stored->count > 0) {
        check_part(initializer, stored, whole, shape);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* An index would name files of its own (fuzz_index reads those). */
    if (size < 8 || !memchr(data, 0, 8)) {
        return 0;
    }
    const int fd = fuzz_file(data, size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct store *store;
    fanin_initializer *initializer;
    const fanin_status status = store_read(path, &store);
    const bool done = fuzz_done(status, FANIN_ERROR_FORMAT, FANIN_ERROR_FORMAT);
    FUZZ_CHECK(fanin_load(path, NULL, 0, &initializer) == status);
    if (done) {
        for (size_t i = 0; i < store->count; i++) {
            FUZZ_CHECK(store_find(store, store->tensors[i].key) == &store->tensors[i]);
            check_tensor(initializer, &store->tensors[i]);
        }
        store_release(store);
        fanin_release(initializer);
    }
    close(fd);
    return 0;
}
