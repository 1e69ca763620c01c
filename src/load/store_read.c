/* Stores from files. */
#include "store.h"

#include "formats/foreign.h"
#include "formats/safetensors.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The longest index that is read: as long as a safetensors header may be. */
#define INDEX_LIMIT SAFETENSORS_HEADER_LIMIT

static fanin_status no_memory(const char *path)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory for a list of its tensors", path);
}

/* A place for one file's path and state, which the index has or the store's own path. */
static bool add_files(struct store *store, size_t count)
{
    store->files = calloc(count + 1, sizeof *store->files);
    store->n_files = store->files ? count : 0;
    return store->files != NULL;
}

/* The tensors of the header, whose tag is the number of their file. */
static void add_header(struct store *store)
{
    const struct header *const header = &store->header;
    for (size_t i = 0; i < header->count; i++) {
        const struct header_tensor *const tensor = &header->tensors[i];
        store->tensors[i] = (struct stored){.key = params_plain_name(tensor->name),
                                            .name = tensor->name,
                                            .place = tensor->known ? STORED_DENSE : STORED_FOREIGN,
                                            .dtype = tensor->dtype,
                                            .ndim = tensor->ndim,
                                            .shape = tensor->shape,
                                            .count = tensor->count,
                                            .file = tensor->tag,
                                            .offset = tensor->begin,
                                            .foreign = tensor->dtype_name};
    }
    store->count = header->count;
}

static void add_params(struct store *store)
{
    const struct params *const params = &store->params;
    for (size_t i = 0; i < params->count; i++) {
        const struct params_entry *const entry = &params->entries[i];
        store->tensors[i] = (struct stored){.key = params_plain_name(entry->name),
                                            .name = entry->name,
                                            .place = entry->storage == PARAMS_NONE    ? STORED_NONE
                                                     : entry->storage == PARAMS_DENSE ? STORED_DENSE
                                                                                      : STORED_SPARSE,
                                            .dtype = entry->dtype,
                                            .ndim = entry->ndim,
                                            .shape = entry->shape,
                                            .count = entry->count,
                                            .offset = entry->data,
                                            .sparse = entry};
    }
    store->count = params->count;
}

/* What lies in one file: its header was read into these, which the store takes over; else they stay the caller's. */
static fanin_status from_one_file(const char *path, const struct file_state *state, struct header *header,
                                  struct params *params, struct store **out)
{
    struct store *const store = store_new(header->count + params->count);
    char *const copy = strdup(path);
    if (!store || !copy || !add_files(store, 1)) {
        store_release(store);
        free(copy);
        return no_memory(path);
    }
    store->path = copy;
    store->files[0] = (struct store_file){copy, *state};
    store->header = *header;
    store->params = *params;
    *header = (struct header){0};
    *params = (struct params){0};
    if (store->header.count > 0) {
        add_header(store);
    } else {
        add_params(store);
    }
    *out = store;
    return FANIN_OK;
}

static fanin_status read_params(int fd, const char *path, const struct file_state *state, struct params *out)
{
    const fanin_status status = params_read(fd, path, state->size, out);
    if (status == FANIN_OK && !out->named && out->count > 0) {
        const size_t count = out->count;
        params_free(out);
        return fanin_fail(FANIN_ERROR_FORMAT, "'%s' has %zu arrays without names, expected names: parameters are found by them",
                          path, count);
    }
    return status;
}

static fanin_status read_binary(int fd, const char *path, const struct file_state *state, bool is_params, struct store **out)
{
    struct header header = {0};
    struct params params = {0};
    fanin_status status = is_params ? read_params(fd, path, state, &params) : safetensors_read(fd, path, state->size, &header);
    if (status == FANIN_OK) {
        status = from_one_file(path, state, &header, &params, out);
    }
    header_free(&header);
    params_free(&params);
    return status;
}

/* The index's text is whole; `store` is new. */
static fanin_status read_shards(const char *path, const char *text, size_t length, struct store *store)
{
    fanin_status status = index_parse(path, text, length, &store->index);
    if (status != FANIN_OK) {
        return status;
    }
    const size_t n_files = store->index.n_files;
    struct stored *const tensors = calloc(store->index.names.count + 1, sizeof *tensors);
    struct file_state *const states = calloc(n_files + 1, sizeof *states);
    store->path = strdup(path);
    if (!tensors || !states || !store->path || !add_files(store, n_files)) {
        free(tensors);
        free(states);
        return no_memory(path);
    }
    free(store->tensors);
    store->tensors = tensors;
    status = index_read(path, &store->index, states, &store->header);
    for (size_t i = 0; i < n_files; i++) {
        store->files[i] = (struct store_file){store->index.files[i], states[i]};
    }
    free(states);
    header_free(&store->index.names);
    if (status == FANIN_OK) {
        add_header(store);
    }
    return status;
}

static fanin_status read_index(int fd, const char *path, struct store **out)
{
    char *text = NULL;
    size_t length = 0;
    struct store *store = NULL;
    fanin_status status = file_read_rest(fd, path, INDEX_LIMIT, &text, &length);
    if (status == FANIN_OK) {
        store = store_new(0);
        status = store ? read_shards(path, text, length, store) : no_memory(path);
    }
    free(text);
    if (status != FANIN_OK) {
        store_release(store);
        return status;
    }
    *out = store;
    return FANIN_OK;
}

/* JSON has no NUL; binary files that their formats allow have four here, the upper half of the magic or of the header's size. A
 * safetensors header of 0x112 bytes starts as a .params file does, but for the brace behind. */
static fanin_status read_any(int fd, const char *path, const struct file_state *state, struct store **out)
{
    unsigned char first[FOREIGN_START] = {0};
    size_t length = state->size < (int64_t)sizeof first ? (size_t)state->size : sizeof first;
    fanin_status status = file_read_at(fd, path, first, length, 0);
    if (status != FANIN_OK) {
        return status;
    }
    if (length < 8) {
        return fanin_fail(FANIN_ERROR_FORMAT,
                          "'%s' has %zu bytes: neither a .params file, a safetensors file nor an index of such", path, length);
    }
    if (!memchr(first, 0, 8)) {
        status = foreign_check(path, first, length);
        return status == FANIN_OK ? read_index(fd, path, out) : status;
    }
    const bool is_params = safetensors_header_size(first) == PARAMS_MAGIC && first[8] != '{';
    return read_binary(fd, path, state, is_params, out);
}

fanin_status store_read(const char *path, struct store **out)
{
    int fd;
    struct file_state state;
    struct store *store = NULL;
    fanin_status status = file_open(path, &fd, &state);
    if (status != FANIN_OK) {
        return status;
    }
    status = read_any(fd, path, &state, &store);
    status = status == FANIN_OK ? file_check(fd, path, &state, "while its header was read") : status;
    close(fd);
    if (status != FANIN_OK) {
        store_release(store);
        return status;
    }
    store_arrange(store);
    *out = store;
    return FANIN_OK;
}
