#include "index.h"

#include "file.h"
#include "safetensors.h"

#include "json/scan.h"
#include "json/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void index_free(struct shard_index *index)
{
    for (size_t i = 0; i < index->n_files; i++) {
        free(index->files[i]);
    }
    free(index->files);
    free(index->sorted);
    header_free(&index->names);
    *index = (struct shard_index){0};
}

/* Reads over a value; `*strings` says whether it is an object that holds only strings. */
static fanin_status skip_map(struct json_reader *reader, bool *strings)
{
    struct json_token token;
    fanin_status status = json_next(reader, &token);
    *strings = token.kind == JSON_BEGIN_OBJECT;
    if (status != FANIN_OK || !*strings) {
        return status == FANIN_OK ? json_skip(reader, &token) : status;
    }
    while ((status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (token.kind != JSON_KEY) {
            *strings = *strings && token.kind == JSON_STRING;
            status = json_skip(reader, &token);
        }
        if (status != FANIN_OK) {
            return status;
        }
    }
    return status;
}

fanin_status index_detect(const char *path, const char *text, size_t length, bool *out)
{
    struct json_reader reader;
    struct json_token token;
    bool found = false;
    json_reader_init(&reader, path, FANIN_ERROR_FORMAT, text, length);
    fanin_status status = json_expect(&reader, JSON_BEGIN_OBJECT, &token);
    while (status == FANIN_OK && !found && (status = json_next(&reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (strcmp(token.text, "weight_map") == 0) {
            status = skip_map(&reader, &found);
        } else {
            status = json_skip_value(&reader);
        }
    }
    json_reader_free(&reader);
    if (status == FANIN_OK) {
        *out = found;
    }
    return status;
}

/* More files than any model has, few enough that a list of them stays short. */
#define FILES_LIMIT 10000

/* Bytes of the path before the files' names. */
static size_t folder_length(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* Where a file's name stands, or belongs, among the sorted ones. */
static size_t find_file(const struct shard_index *index, size_t folder, const char *name, bool *found)
{
    size_t begin = 0, end = index->n_files;
    *found = false;
    while (begin < end && !*found) {
        const size_t middle = begin + (end - begin) / 2;
        const int order = strcmp(index->files[index->sorted[middle]] + folder, name);
        *found = order == 0;
        begin = order < 0 ? middle + 1 : *found ? middle : begin;
        end = order > 0 ? middle : end;
    }
    return begin;
}

static bool grow(struct shard_index *index)
{
    if (index->n_files < index->files_capacity) {
        return true;
    }
    const size_t wanted = index->files_capacity < 16 ? 16 : index->files_capacity * 2;
    char **const files = reallocarray(index->files, wanted, sizeof *files);
    index->files = files ? files : index->files;
    size_t *const sorted = reallocarray(index->sorted, wanted, sizeof *sorted);
    index->sorted = sorted ? sorted : index->sorted;
    if (!files || !sorted) {
        return false;
    }
    index->files_capacity = wanted;
    return true;
}

/* The number of a file, added if it is new. */
static fanin_status file_number(struct shard_index *index, const char *path, const char *name, size_t *out)
{
    const size_t folder = folder_length(path), last = index->n_files - 1;
    /* Names mostly follow by file. */
    if (index->n_files > 0 && strcmp(index->files[last] + folder, name) == 0) {
        *out = last;
        return FANIN_OK;
    }
    bool found;
    const size_t place = find_file(index, folder, name, &found);
    if (found) {
        *out = index->sorted[place];
        return FANIN_OK;
    }
    if (index->n_files == FILES_LIMIT) {
        return fanin_fail(FANIN_ERROR_FORMAT, "'%s' names more than %d files", path, FILES_LIMIT);
    }
    char *file;
    if (!grow(index) || asprintf(&file, "%.*s%s", (int)folder, path, name) < 0) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of files");
    }
    memmove(index->sorted + place + 1, index->sorted + place, (index->n_files - place) * sizeof *index->sorted);
    index->sorted[place] = index->n_files;
    *out = index->n_files;
    index->files[index->n_files++] = file;
    return FANIN_OK;
}

static fanin_status read_map(struct json_reader *reader, const char *path, struct shard_index *index)
{
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_OBJECT, &token);
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        char *const name = strndup(token.text, token.length);
        if (!name) {
            return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a tensor's name");
        }
        struct header_tensor tensor = {.ndim = 0};
        status = json_expect(reader, JSON_STRING, &token);
        if (status == FANIN_OK && (token.length == 0 || strchr(token.text, '/') || strstr(token.text, ".."))) {
            char excerpt[JSON_EXCERPT_SIZE];
            status = json_fail_at(reader, token.offset,
                                  "'%s' is no name of a file beside the index: no slash, no '..' may stand in it",
                                  json_excerpt(token.text, token.length, excerpt));
        }
        status = status == FANIN_OK ? file_number(index, path, token.text, &tensor.tag) : status;
        status = status == FANIN_OK ? header_add(&index->names, name, strlen(name), &tensor) : status;
        free(name);
    }
    return status;
}

fanin_status index_parse(const char *path, const char *text, size_t length, struct shard_index *out)
{
    struct json_reader reader;
    struct json_token token;
    struct shard_index index = {0};
    bool found = false;
    json_reader_init(&reader, path, FANIN_ERROR_FORMAT, text, length);
    fanin_status status = json_expect(&reader, JSON_BEGIN_OBJECT, &token);
    while (status == FANIN_OK && (status = json_next(&reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (strcmp(token.text, "weight_map") == 0) {
            status = read_map(&reader, path, &index);
            found = true;
        } else {
            status = json_skip_value(&reader);
        }
    }
    status = status == FANIN_OK ? json_expect(&reader, JSON_END, &token) : status;
    json_reader_free(&reader);
    if (status == FANIN_OK && !found) {
        status = fanin_fail(FANIN_ERROR_FORMAT, "'%s' is no index of safetensors files: it has no \"weight_map\"", path);
    }
    if (status != FANIN_OK) {
        index_free(&index);
        return status;
    }
    *out = index;
    return FANIN_OK;
}

/* A name of the index, to be found by file and name. */
struct wanted {
    const char *name;
    size_t file, place; /* place in the index */
    bool found;
};

static int compare_wanted(const void *a, const void *b)
{
    const struct wanted *const x = a, *const y = b;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

/* Takes what is wanted of one file's header into its place in `out`, whose tensors are zeroed until then. */
static void take(struct header *shard, size_t file, struct wanted *wanted, size_t count, struct header *out)
{
    for (size_t i = 0; i < shard->count; i++) {
        struct header_tensor *const tensor = &shard->tensors[i];
        const struct wanted key = {.name = tensor->name, .file = file};
        struct wanted *const hit = bsearch(&key, wanted, count, sizeof key, compare_wanted);
        if (hit) {
            struct header_tensor *const place = &out->tensors[hit->place];
            *place = *tensor;
            place->tag = file;
            tensor->name = NULL;
            tensor->shape = NULL;
            hit->found = true;
        }
    }
}

static fanin_status read_shard(const struct shard_index *index, size_t file, struct wanted *wanted, struct file_state *state,
                               struct header *out)
{
    int fd = -1;
    struct header shard = {0};
    fanin_status status = file_open(index->files[file], &fd, state);
    if (status != FANIN_OK) {
        return status;
    }
    status = safetensors_read(fd, index->files[file], state->size, &shard);
    close(fd);
    if (status != FANIN_OK) {
        return status;
    }
    take(&shard, file, wanted, index->names.count, out);
    if (file == 0) {
        out->metadata = shard.metadata;
        out->n_metadata = shard.n_metadata;
        out->metadata_capacity = shard.metadata_capacity;
        shard.metadata = NULL;
        shard.n_metadata = 0;
    }
    header_free(&shard);
    return FANIN_OK;
}

fanin_status index_read(const char *path, const struct shard_index *index, struct file_state *states, struct header *out)
{
    const size_t count = index->names.count;
    struct header header = {0};
    struct wanted *const wanted = calloc(count + 1, sizeof *wanted);
    header.tensors = calloc(count + 1, sizeof *header.tensors);
    if (!wanted || !header.tensors) {
        free(wanted);
        free(header.tensors);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of %zu tensors", count);
    }
    header.count = count;
    header.capacity = count + 1;
    for (size_t i = 0; i < count; i++) {
        wanted[i] = (struct wanted){index->names.tensors[i].name, index->names.tensors[i].tag, i, false};
    }
    qsort(wanted, count, sizeof *wanted, compare_wanted);

    fanin_status status = FANIN_OK;
    for (size_t file = 0; file < index->n_files && status == FANIN_OK; file++) {
        struct file_state state;
        status = read_shard(index, file, wanted, states ? &states[file] : &state, &header);
    }
    for (size_t i = 0; i < count && status == FANIN_OK; i++) {
        if (!wanted[i].found) {
            char name[JSON_EXCERPT_SIZE];
            status = fanin_fail(FANIN_ERROR_FORMAT, "'%s' says that tensor '%s' is in '%s', which does not have it", path,
                                json_excerpt(wanted[i].name, strlen(wanted[i].name), name), index->files[wanted[i].file]);
        }
    }
    free(wanted);
    if (status != FANIN_OK) {
        header_free(&header);
        return status;
    }
    *out = header;
    return FANIN_OK;
}
