#include "params.h"

#include "file.h"
#include "foreign.h"
#include "params_array.h"
#include "params_index.h"
#include "safetensors.h"

#include "json/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Magic, a reserved word, the number of arrays; then the arrays; then the number of names. */
#define LEAST_FILE 32

/* Bytes of the shortest array: version, storage type and a shape without dimensions. */
#define LEAST_ARRAY 12

/* Read at once while the arrays' descriptions are gathered: they lie between the data. */
#define READ_AHEAD 4096

static void free_entry(struct params_entry *entry)
{
    free(entry->name);
    free(entry->shape);
    free(entry->order.places);
}

void params_free(struct params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        free_entry(&params->entries[i]);
    }
    free(params->entries);
    *params = (struct params){0};
}

const char *params_plain_name(const char *name)
{
    return strncmp(name, "arg:", 4) == 0 || strncmp(name, "aux:", 4) == 0 ? name + 4 : name;
}

static fanin_status no_memory(const char *path, size_t count)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory for a list of %zu arrays", path, count);
}

/* Room for one more, as arrays are found: the number that the file promises may lie. */
static fanin_status grow(struct params *params, const char *path)
{
    if (params->count < params->capacity) {
        return FANIN_OK;
    }
    const size_t wanted = params->capacity + params->capacity / 2 + 4;
    struct params_entry *const grown = reallocarray(params->entries, wanted, sizeof *grown);
    if (!grown) {
        return no_memory(path, wanted);
    }
    params->entries = grown;
    params->capacity = wanted;
    return FANIN_OK;
}

static fanin_status wrong_magic(const struct params_cursor *cursor, uint64_t magic)
{
    unsigned char first[FOREIGN_START];
    fanin_status status = file_read_at(cursor->fd, cursor->path, first, sizeof first, 0);
    status = status == FANIN_OK ? foreign_check(cursor->path, first, sizeof first) : status;
    if (status != FANIN_OK) {
        return status;
    }
    if (magic <= SAFETENSORS_HEADER_LIMIT && first[8] == '{') {
        return fanin_fail(FANIN_ERROR_FORMAT, "'%s' is a safetensors file already, expected a .params file of MXNet",
                          cursor->path);
    }
    return fanin_fail(FANIN_ERROR_FORMAT, "'%s' is no .params file: it begins with 0x%" PRIx64 ", expected 0x%x", cursor->path,
                      magic, PARAMS_MAGIC);
}

static fanin_status read_arrays(struct params_cursor *cursor, struct params *params)
{
    uint64_t magic, reserved, count;
    fanin_status status = params_cursor_u64(cursor, &magic);
    if (status == FANIN_OK && magic != PARAMS_MAGIC) {
        return wrong_magic(cursor, magic);
    }
    status = status == FANIN_OK ? params_cursor_u64(cursor, &reserved) : status;
    status = status == FANIN_OK ? params_cursor_u64(cursor, &count) : status;
    if (status != FANIN_OK) {
        return status;
    }
    if (count > (uint64_t)cursor->size / LEAST_ARRAY) {
        return params_cursor_fail(cursor, "%" PRIu64 " arrays are promised, more than its %" PRId64 " bytes can hold", count,
                                  cursor->size);
    }
    for (uint64_t i = 0; i < count && status == FANIN_OK; i++) {
        snprintf(cursor->what, sizeof cursor->what, "array %" PRIu64 " of %" PRIu64 ", at byte %" PRId64, i + 1, count,
                 cursor->position);
        status = grow(params, cursor->path);
        status = status == FANIN_OK ? params_array_read(cursor, &params->entries[params->count]) : status;
        if (status == FANIN_OK) {
            params->entries[params->count++].number = (int64_t)i;
        }
    }
    return status;
}

static fanin_status check_name(const struct params_cursor *cursor, const char *name, size_t length)
{
    uint32_t code;
    for (size_t i = 0, step; i < length; i += step) {
        step = json_utf8_decode(name + i, length - i, &code);
        if (step == 0 || code == 0) {
            char excerpt[JSON_EXCERPT_SIZE];
            return params_cursor_fail(cursor, "'%s' %s", json_excerpt(name, length, excerpt),
                                      step == 0 ? "is not UTF-8" : "has a NUL in it");
        }
    }
    return FANIN_OK;
}

static fanin_status read_name(struct params_cursor *cursor, char **out)
{
    uint64_t length;
    fanin_status status = params_cursor_u64(cursor, &length);
    if (status != FANIN_OK) {
        return status;
    }
    if (length > (uint64_t)(cursor->size - cursor->position)) {
        return params_cursor_fail(cursor,
                                  "%" PRIu64 " bytes are promised, but the file ends %" PRId64 " after: it was cut short",
                                  length, cursor->size - cursor->position);
    }
    if (length > PARAMS_NAME_LIMIT) {
        return params_cursor_fail(cursor, "it has %" PRIu64 " bytes, at most %d are allowed", length, PARAMS_NAME_LIMIT);
    }
    char *const name = malloc((size_t)length + 1);
    if (!name) {
        return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory for a name of %" PRIu64 " bytes", cursor->path, length);
    }
    /* Not beyond a NUL: of a hole in the file one piece is enough. */
    size_t known = 0;
    for (bool whole = true; status == FANIN_OK && whole && known < length;) {
        const size_t piece = length - known < READ_AHEAD ? (size_t)length - known : READ_AHEAD;
        status = params_cursor_bytes(cursor, piece, name + known);
        whole = status == FANIN_OK && !memchr(name + known, 0, piece);
        known += piece;
    }
    status = status == FANIN_OK ? check_name(cursor, name, known) : status;
    if (status != FANIN_OK) {
        free(name);
        return status;
    }
    name[length] = 0;
    *out = name;
    return FANIN_OK;
}

static fanin_status read_names(struct params_cursor *cursor, struct params *params)
{
    uint64_t count;
    strcpy(cursor->what, "the number of names");
    fanin_status status = params_cursor_u64(cursor, &count);
    if (status == FANIN_OK && count != 0 && count != params->count) {
        status = params_cursor_fail(cursor, "it has %zu arrays and %" PRIu64 " names, expected as many, or none", params->count,
                                    count);
    }
    params->named = count > 0 || params->count == 0;
    for (uint64_t i = 0; status == FANIN_OK && i < count; i++) {
        snprintf(cursor->what, sizeof cursor->what, "name %" PRIu64 " of %" PRIu64 ", at byte %" PRId64, i + 1, count,
                 cursor->position);
        status = read_name(cursor, &params->entries[i].name);
    }
    return status;
}

static int compare_names(const void *a, const void *b)
{
    const struct params_entry *const x = *(struct params_entry *const *)a, *const y = *(struct params_entry *const *)b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Of entries with one name, the first gets what the last holds, and the others lose their name. */
static void keep_last(struct params_entry **order, size_t count)
{
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && strcmp(order[next]->name, order[first]->name) == 0; next++) {
        }
        if (next - first > 1) {
            const struct params_entry old = *order[first];
            *order[first] = *order[next - 1];
            *order[next - 1] = old;
        }
        for (size_t i = first + 1; i < next; i++) {
            free(order[i]->name);
            order[i]->name = NULL;
        }
    }
}

static fanin_status merge_duplicates(const char *path, struct params *params)
{
    if (!params->named || params->count < 2) {
        return FANIN_OK;
    }
    struct params_entry **const order = malloc(params->count * sizeof(struct params_entry *));
    if (!order) {
        return no_memory(path, params->count);
    }
    for (size_t i = 0; i < params->count; i++) {
        order[i] = &params->entries[i];
    }
    qsort(order, params->count, sizeof(struct params_entry *), compare_names);
    keep_last(order, params->count);
    free(order);
    size_t kept = 0;
    for (size_t i = 0; i < params->count; i++) {
        if (params->entries[i].name) {
            params->entries[kept++] = params->entries[i];
        } else {
            free_entry(&params->entries[i]);
        }
    }
    params->count = kept;
    return FANIN_OK;
}

static fanin_status check_all_indices(const struct params_cursor *cursor, struct params *params)
{
    struct params_reader reader;
    fanin_status status = params_reader_start(&reader, cursor->fd, cursor->path);
    if (status != FANIN_OK) {
        return status;
    }
    for (size_t i = 0; i < params->count && status == FANIN_OK; i++) {
        status = params_index_check(&reader, &params->entries[i]);
    }
    params_reader_free(&reader);
    return status;
}

fanin_status params_read(int fd, const char *path, int64_t file_size, struct params *out)
{
    unsigned char buffer[READ_AHEAD];
    struct params_cursor cursor = {fd, path, 0, file_size, "its start", {buffer, sizeof buffer, 0, 0}};
    struct params params = {0};
    if (file_size < LEAST_FILE) {
        return fanin_fail(FANIN_ERROR_FORMAT, "'%s' is no .params file: %" PRId64 " bytes, expected at least %d", path,
                          file_size, LEAST_FILE);
    }
    fanin_status status = read_arrays(&cursor, &params);
    status = status == FANIN_OK ? read_names(&cursor, &params) : status;
    status = status == FANIN_OK ? merge_duplicates(path, &params) : status;
    status = status == FANIN_OK ? check_all_indices(&cursor, &params) : status;
    if (status != FANIN_OK) {
        params_free(&params);
        return status;
    }
    *out = params;
    return FANIN_OK;
}
