#include "file.h"
#include "foreign.h"
#include "safetensors.h"

#include "json/scan.h"
#include "json/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is read of one tensor. */
struct entry {
    struct header_tensor tensor;
    int64_t shape[FANIN_MAX_NDIM];
    bool has_dtype, has_shape, has_offsets;
    size_t offset; /* of its value in the text, for messages */
};

static fanin_status read_dtype(struct json_reader *reader, bool manifest, struct entry *entry)
{
    struct json_token token;
    const fanin_status status = json_expect(reader, JSON_STRING, &token);
    if (status != FANIN_OK) {
        return status;
    }
    struct header_tensor *const tensor = &entry->tensor;
    int64_t bytes;
    tensor->known = dtype_from_name(token.text, &tensor->dtype);
    /* Files hold the format's own names. */
    if (tensor->known && (manifest || strcmp(token.text, dtype_table[tensor->dtype].safetensors) == 0)) {
        strcpy(tensor->dtype_name, dtype_table[tensor->dtype].safetensors);
    } else if (header_bytes(token.text, 1, &bytes)) {
        strcpy(tensor->dtype_name, token.text);
    } else {
        char excerpt[JSON_EXCERPT_SIZE];
        return json_fail_at(reader, token.offset, "'%s' is no dtype; expected one like F32, BF16, I64, BOOL%s",
                            json_excerpt(token.text, token.length, excerpt), manifest ? ", or float32, torch.float32" : "");
    }
    entry->has_dtype = true;
    return FANIN_OK;
}

/* An array of integers of at least 0, at most `limit` of them. */
static fanin_status read_sizes(struct json_reader *reader, const char *what, int limit, int64_t *out, int *count)
{
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_ARRAY, &token);
    *count = 0;
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_ARRAY) {
        int64_t value;
        if (!json_token_int64(&token, &value) || value < 0) {
            char excerpt[JSON_EXCERPT_SIZE];
            return json_fail_at(reader, token.offset, "%s must hold integers of at least 0, found %s %s", what,
                                json_kind_name(token.kind), json_excerpt(token.text, token.length, excerpt));
        }
        if (*count == limit) {
            return json_fail_at(reader, token.offset, "%s has more than %d numbers", what, limit);
        }
        out[(*count)++] = value;
    }
    return status;
}

static fanin_status read_shape(struct json_reader *reader, struct entry *entry)
{
    const fanin_status status = read_sizes(reader, "shape", FANIN_MAX_NDIM, entry->shape, &entry->tensor.ndim);
    entry->has_shape = status == FANIN_OK;
    return status;
}

static fanin_status read_offsets(struct json_reader *reader, struct entry *entry)
{
    int64_t offsets[2];
    int count;
    const fanin_status status = read_sizes(reader, "data_offsets", 2, offsets, &count);
    if (status != FANIN_OK) {
        return status;
    }
    if (count != 2 || offsets[0] > offsets[1]) {
        return json_fail_at(reader, entry->offset, "data_offsets must be [begin, end] with begin at most end");
    }
    entry->tensor.begin = offsets[0];
    entry->tensor.end = offsets[1];
    entry->has_offsets = true;
    return FANIN_OK;
}

/* Reads one tensor's object; its opening brace is `open`. Members that the format does not have are left to later versions. */
static fanin_status read_members(struct json_reader *reader, bool manifest, struct entry *entry)
{
    struct json_token token;
    fanin_status status = FANIN_OK;
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (strcmp(token.text, "dtype") == 0) {
            status = read_dtype(reader, manifest, entry);
        } else if (strcmp(token.text, "shape") == 0) {
            status = read_shape(reader, entry);
        } else if (strcmp(token.text, "data_offsets") == 0 && !manifest) {
            status = read_offsets(reader, entry);
        } else {
            status = json_skip_value(reader);
        }
    }
    return status;
}

static fanin_status check_entry(const struct json_reader *reader, const char *full_name, bool manifest, struct entry *entry)
{
    struct header_tensor *const tensor = &entry->tensor;
    char shape[HEADER_SHAPE_SIZE], name[JSON_EXCERPT_SIZE];
    json_excerpt(full_name, strlen(full_name), name);
    int64_t bytes;
    const char *const missing = !entry->has_dtype                  ? "dtype"
                                : !entry->has_shape                ? "shape"
                                : !manifest && !entry->has_offsets ? "data_offsets"
                                                                   : NULL;
    if (missing) {
        return json_fail_at(reader, entry->offset, "tensor '%s' has no \"%s\"", name, missing);
    }
    if (!header_elements(entry->shape, tensor->ndim, &tensor->count) ||
        !header_bytes(tensor->dtype_name, tensor->count, &bytes)) {
        return json_fail_at(reader, entry->offset, "tensor '%s': shape %s has more bytes than 64 bits count", name,
                            header_shape_text(entry->shape, tensor->ndim, shape));
    }
    if (!manifest && bytes != tensor->end - tensor->begin) {
        return json_fail_at(
            reader, entry->offset, "tensor '%s': data_offsets span %" PRId64 " bytes, expected %" PRId64 " for %s %s", name,
            tensor->end - tensor->begin, bytes, tensor->dtype_name, header_shape_text(entry->shape, tensor->ndim, shape));
    }
    return FANIN_OK;
}

static fanin_status read_metadata(struct json_reader *reader, struct header *header)
{
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_OBJECT, &token);
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        char *const key = strndup(token.text, token.length);
        if (!key) {
            return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the metadata");
        }
        status = json_expect(reader, JSON_STRING, &token);
        status = status == FANIN_OK ? header_add_metadata(header, key, token.text) : status;
        free(key);
    }
    return status;
}

/* Says at the end of the message which tensor it is of: lines and columns are of little help in a file that a program wrote. */
static fanin_status name_tensor(fanin_status status, const char *full_name)
{
    char name[JSON_EXCERPT_SIZE];
    json_excerpt(full_name, strlen(full_name), name);
    return status == FANIN_ERROR_FORMAT ? fanin_fail(status, "%s (tensor '%s')", fanin_last_error(), name) : status;
}

static fanin_status read_entry(struct json_reader *reader, bool manifest, const char *name, struct header *header)
{
    struct entry entry = {.tensor = {.begin = -1, .end = -1}};
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_OBJECT, &token);
    if (status == FANIN_OK) {
        entry.offset = token.offset;
        status = read_members(reader, manifest, &entry);
    }
    if (status != FANIN_OK) {
        return name_tensor(status, name);
    }
    status = check_entry(reader, name, manifest, &entry);
    if (status != FANIN_OK) {
        return status;
    }
    entry.tensor.shape = entry.shape;
    return header_add(header, name, strlen(name), &entry.tensor);
}

static fanin_status read_object(struct json_reader *reader, bool manifest, struct header *header)
{
    struct json_token token;
    fanin_status status = json_expect(reader, JSON_BEGIN_OBJECT, &token);
    while (status == FANIN_OK && (status = json_next(reader, &token)) == FANIN_OK && token.kind != JSON_END_OBJECT) {
        if (strcmp(token.text, "__metadata__") == 0) {
            status = read_metadata(reader, header);
            continue;
        }
        char *const name = strndup(token.text, token.length);
        if (!name) {
            return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a tensor's name");
        }
        status = read_entry(reader, manifest, name, header);
        free(name);
    }
    return status == FANIN_OK ? json_expect(reader, JSON_END, &token) : status;
}

static fanin_status parse(const char *path, const char *text, size_t length, bool manifest, struct header *out)
{
    struct json_reader reader;
    json_reader_init(&reader, path, FANIN_ERROR_FORMAT, text, length);
    const fanin_status status = read_object(&reader, manifest, out);
    json_reader_free(&reader);
    return status;
}

static int compare_places(const void *a, const void *b)
{
    const struct header_tensor *const x = *(const struct header_tensor *const *)a;
    const struct header_tensor *const y = *(const struct header_tensor *const *)b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return (x->end > y->end) - (x->end < y->end);
}

/* Sorted by their place the tensors must follow one another and end where the file does. */
static fanin_status check_places(const char *path, const struct header *header, int64_t data_size)
{
    const struct header_tensor **const order = malloc((header->count + 1) * sizeof *order);
    if (!order) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of %zu tensors", header->count);
    }
    for (size_t i = 0; i < header->count; i++) {
        order[i] = &header->tensors[i];
    }
    qsort(order, header->count, sizeof *order, compare_places);
    fanin_status status = FANIN_OK;
    int64_t end = 0;
    for (size_t i = 0; i < header->count && status == FANIN_OK; i++) {
        if (order[i]->begin != end) {
            char name[JSON_EXCERPT_SIZE];
            status =
                fanin_fail(FANIN_ERROR_FORMAT, "'%s': the data of tensor '%s' starts at %" PRId64 ", expected %" PRId64 ": %s",
                           path, json_excerpt(order[i]->name, strlen(order[i]->name), name), order[i]->begin, end,
                           order[i]->begin > end ? "a hole is before it" : "it overlaps another tensor");
        }
        end = order[i]->end;
    }
    free(order);
    if (status == FANIN_OK && data_size >= 0 && end != data_size) {
        status = fanin_fail(FANIN_ERROR_FORMAT, "'%s' has %" PRId64 " bytes of data, its header promises %" PRId64 "%s", path,
                            data_size, end, data_size < end ? ": it was cut short" : "");
    }
    return status;
}

static fanin_status fail_start(const char *path)
{
    return fanin_fail(FANIN_ERROR_FORMAT, "'%s' is no safetensors file: its header does not start with '{'", path);
}

fanin_status safetensors_parse(const char *path, const char *text, size_t length, int64_t data_size, struct header *out)
{
    if (length == 0 || text[0] != '{') {
        return fail_start(path);
    }
    struct header header = {0};
    fanin_status status = parse(path, text, length, false, &header);
    status = status == FANIN_OK ? check_places(path, &header, data_size) : status;
    if (status != FANIN_OK) {
        header_free(&header);
        return status;
    }
    header.data_offset = 8 + (int64_t)length;
    *out = header;
    return FANIN_OK;
}

fanin_status safetensors_parse_manifest(const char *path, const char *text, size_t length, struct header *out)
{
    struct header header = {0};
    const fanin_status status = parse(path, text, length, true, &header);
    if (status != FANIN_OK) {
        header_free(&header);
        return status;
    }
    *out = header;
    return FANIN_OK;
}

uint64_t safetensors_header_size(const unsigned char first[8])
{
    uint64_t size = 0;
    for (int i = 7; i >= 0; i--) {
        size = size << 8 | first[i];
    }
    return size;
}

static fanin_status check_size(const char *path, uint64_t size)
{
    return size <= SAFETENSORS_HEADER_LIMIT
               ? FANIN_OK
               : fanin_fail(FANIN_ERROR_FORMAT,
                            "'%s' is no safetensors file: a header of %" PRIu64 " bytes, at most %u are allowed", path, size,
                            SAFETENSORS_HEADER_LIMIT);
}

static fanin_status fail_cut(const char *path, uint64_t size, int64_t left)
{
    return fanin_fail(FANIN_ERROR_FORMAT, "'%s': a header of %" PRIu64 " bytes, but only %" PRId64 " follow: it was cut short",
                      path, size, left);
}

static fanin_status no_memory(const char *path, uint64_t size)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory for a header of %" PRIu64 " bytes", path, size);
}

fanin_status safetensors_read(int fd, const char *path, int64_t file_size, struct header *out)
{
    unsigned char first[FOREIGN_START];
    const size_t length = file_size < FOREIGN_START ? (size_t)file_size : FOREIGN_START;
    if (file_size < 8) {
        return fanin_fail(FANIN_ERROR_FORMAT, "'%s' is no safetensors file: %" PRId64 " bytes, expected at least 8", path,
                          file_size);
    }
    fanin_status status = file_read_at(fd, path, first, length, 0);
    status = status == FANIN_OK ? foreign_check(path, first, length) : status;
    if (status != FANIN_OK) {
        return status;
    }
    /* Where no header follows, its size means nothing. */
    if (length == FOREIGN_START && first[8] != '{') {
        return fail_start(path);
    }
    const uint64_t size = safetensors_header_size(first);
    status = check_size(path, size);
    if (status != FANIN_OK) {
        return status;
    }
    if ((int64_t)size > file_size - 8) {
        return fail_cut(path, size, file_size - 8);
    }
    char *const text = malloc((size_t)size + 1);
    if (!text) {
        return no_memory(path, size);
    }
    status = file_read_at(fd, path, text, (size_t)size, 8);
    status = status == FANIN_OK ? safetensors_parse(path, text, (size_t)size, file_size - 8 - (int64_t)size, out) : status;
    free(text);
    for (size_t i = 0; status == FANIN_OK && i < out->count; i++) {
        out->tensors[i].begin += out->data_offset;
        out->tensors[i].end += out->data_offset;
    }
    return status;
}

fanin_status safetensors_read_piped(int fd, const char *path, const unsigned char *first, size_t length, struct header *out)
{
    const uint64_t size = safetensors_header_size(first);
    fanin_status status = foreign_check(path, first, length);
    status = status == FANIN_OK ? check_size(path, size) : status;
    if (status != FANIN_OK) {
        return status;
    }
    char *const text = malloc((size_t)size + 1);
    if (!text) {
        return no_memory(path, size);
    }
    const size_t known = length - 8; /* at most 1 */
    size_t got = 0;
    memcpy(text, first + 8, known);
    status = known < size ? file_read(fd, path, text + known, (size_t)size - known, &got) : FANIN_OK;
    if (status == FANIN_OK && known + got < size) {
        status = fail_cut(path, size, (int64_t)(known + got));
    }
    status = status == FANIN_OK ? safetensors_parse(path, text, (size_t)size, -1, out) : status;
    free(text);
    return status;
}
