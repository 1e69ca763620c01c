#include "input.h"

#include "formats/file.h"
#include "formats/foreign.h"
#include "formats/safetensors.h"
#include "private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void inputs_free(struct inputs *inputs)
{
    free(inputs->files);
    *inputs = (struct inputs){0};
}

static fanin_status remember(struct inputs *inputs, const struct stat *info)
{
    struct file_identity *const grown = reallocarray(inputs->files, inputs->count + 1, sizeof *grown);
    if (!grown) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of files");
    }
    inputs->files = grown;
    inputs->files[inputs->count++] = (struct file_identity){info->st_dev, info->st_ino};
    return FANIN_OK;
}

fanin_status inputs_add(struct inputs *inputs, int fd, const char *path)
{
    struct stat info;
    return fstat(fd, &info) == 0 ? remember(inputs, &info) : fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be read: %m", path);
}

static fanin_status add_path(void *context, const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? remember(context, &info) : fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be read: %m", path);
}

fanin_status inputs_add_loads(struct inputs *inputs, const fanin_initializer *initializer, const fanin_rules *rules)
{
    return fanin_private_files(initializer, rules, add_path, inputs);
}

bool inputs_contain(const struct inputs *inputs, const struct stat *info)
{
    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->files[i].device == info->st_dev && inputs->files[i].inode == info->st_ino) {
            return true;
        }
    }
    return false;
}

/* An open file or standard input. */
struct input_file {
    const char *path; /* for messages */
    int fd;
    int64_t size; /* -1: no regular file, its end is not known */
};

static fanin_status open_input(struct inputs *inputs, const char *path, struct input_file *out)
{
    struct stat info;
    const bool standard = strcmp(path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    *out = (struct input_file){standard ? "standard input" : path, fd, -1};
    if (fd < 0 || fstat(fd, &info) != 0) {
        return fanin_fail(FANIN_ERROR_FILE, "'%s' cannot be opened: %m", out->path);
    }
    if (S_ISREG(info.st_mode) && lseek(fd, 0, SEEK_CUR) == 0) {
        out->size = info.st_size;
    }
    return inputs ? inputs_add(inputs, fd, out->path) : FANIN_OK;
}

static void close_input(const struct input_file *file)
{
    if (file->fd > STDIN_FILENO) {
        close(file->fd);
    }
}

/* What is not JSON must start as a safetensors file does: with the size of a header that the format allows, or else a brace
 * after it. `first`: FOREIGN_START bytes, 0 beyond those that were read. */
static fanin_status check_kind(const char *path, const unsigned char *first, size_t length)
{
    if (length < 8) {
        return fanin_fail(FANIN_ERROR_FORMAT, "'%s' has %zu bytes: neither a safetensors file nor JSON", path, length);
    }
    if (safetensors_header_size(first) <= SAFETENSORS_HEADER_LIMIT || first[8] == '{') {
        return FANIN_OK;
    }
    const fanin_status status = foreign_check(path, first, length);
    return status == FANIN_OK ? fanin_fail(FANIN_ERROR_FORMAT, "'%s' is neither JSON nor a safetensors file", path) : status;
}

/* Whether what starts so is JSON: no NUL, and a brace or bracket after the blanks, or the byte-order mark that JSON's reader
 * speaks of. A safetensors file that the format allows has four NULs there, the upper half of its header's size. */
static bool looks_like_json(const unsigned char *first, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t blanks = length >= 3 && memcmp(first, mark, 3) == 0 ? 3 : 0;
    while (blanks < length && first[blanks] && strchr(" \t\r\n", first[blanks])) {
        blanks++;
    }
    return length > 0 && !memchr(first, 0, length) && (blanks == length || first[blanks] == '{' || first[blanks] == '[');
}

static fanin_status read_index(struct inputs *inputs, const char *path, const struct shard_index *index, struct header *out)
{
    for (size_t i = 0; i < index->n_files; i++) {
        int fd;
        struct file_state state;
        fanin_status status = file_open(index->files[i], &fd, &state);
        if (status != FANIN_OK) {
            return status;
        }
        status = inputs_add(inputs, fd, index->files[i]);
        close(fd);
        if (status != FANIN_OK) {
            return status;
        }
    }
    return index_read(path, index, NULL, out);
}

static fanin_status parse_shapes(struct inputs *inputs, const char *path, const char *text, size_t length, struct header *out)
{
    const bool standard = strcmp(path, "-") == 0;
    const char *const name = standard ? "standard input" : path;
    bool is_index;
    fanin_status status = index_detect(name, text, length, &is_index);
    if (status != FANIN_OK || !is_index) {
        return status == FANIN_OK ? safetensors_parse_manifest(name, text, length, out) : status;
    }
    if (standard) {
        return fanin_fail(FANIN_ERROR_FILE,
                          "an index of sharded files cannot come from standard input: its files lie beside it");
    }
    struct shard_index index = {0};
    status = index_parse(path, text, length, &index);
    status = status == FANIN_OK ? read_index(inputs, path, &index, out) : status;
    index_free(&index);
    return status;
}

static fanin_status read_shapes(struct inputs *inputs, const char *path, const struct input_file *file, struct header *out)
{
    unsigned char first[FOREIGN_START] = {0};
    size_t got;
    fanin_status status = file_read(file->fd, file->path, first, sizeof first, &got);
    if (status != FANIN_OK) {
        return status;
    }
    if (!looks_like_json(first, got)) {
        status = check_kind(file->path, first, got);
        if (status != FANIN_OK) {
            return status;
        }
        return file->size >= 0 ? safetensors_read(file->fd, file->path, file->size, out)
                               : safetensors_read_piped(file->fd, file->path, first, got, out);
    }
    size_t length = got;
    char *text = malloc(sizeof first);
    if (!text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory to read it", file->path);
    }
    memcpy(text, first, got);
    status = file_read_rest(file->fd, file->path, SAFETENSORS_HEADER_LIMIT, &text, &length);
    status = status == FANIN_OK ? parse_shapes(inputs, path, text, length, out) : status;
    free(text);
    return status;
}

fanin_status input_shapes(struct inputs *inputs, const char *path, struct header *out)
{
    struct input_file file;
    fanin_status status = open_input(inputs, path, &file);
    status = status == FANIN_OK ? read_shapes(inputs, path, &file, out) : status;
    close_input(&file);
    return status;
}

fanin_status input_text(struct inputs *inputs, const char *path, char **text, size_t *length)
{
    struct input_file file;
    char *read = NULL;
    size_t size = 0;
    fanin_status status = open_input(inputs, path, &file);
    status = status == FANIN_OK ? file_read_rest(file.fd, file.path, SAFETENSORS_HEADER_LIMIT, &read, &size) : status;
    close_input(&file);
    char *const ended = status == FANIN_OK ? realloc(read, size + 1) : NULL;
    if (!ended) {
        free(read);
        return status != FANIN_OK ? status : fanin_fail(FANIN_ERROR_MEMORY, "'%s': no memory to read it", path);
    }
    ended[size] = 0;
    *text = ended;
    *length = size;
    return FANIN_OK;
}

/* One file is an index of one. */
static fanin_status index_of_one(const char *path, struct shard_index *index)
{
    index->files = calloc(1, sizeof *index->files);
    char *const copy = strdup(path);
    if (!index->files || !copy) {
        free(copy);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of files");
    }
    index->files[0] = copy;
    index->n_files = 1;
    return FANIN_OK;
}

fanin_status input_tensors(const char *path, struct shard_index *index, struct header *out)
{
    int fd;
    struct file_state state;
    unsigned char first[FOREIGN_START] = {0};
    char *text = NULL;
    size_t length = 0;
    fanin_status status = file_open(path, &fd, &state);
    if (status != FANIN_OK) {
        return status;
    }
    status = file_read(fd, path, first, sizeof first, &length);
    if (status == FANIN_OK && !looks_like_json(first, length)) {
        status = check_kind(path, first, length);
        status = status == FANIN_OK ? safetensors_read(fd, path, state.size, out) : status;
        status = status == FANIN_OK ? index_of_one(path, index) : status;
    } else if (status == FANIN_OK) {
        length = 0;
        lseek(fd, 0, SEEK_SET);
        status = file_read_rest(fd, path, SAFETENSORS_HEADER_LIMIT, &text, &length);
        status = status == FANIN_OK ? index_parse(path, text, length, index) : status;
        status = status == FANIN_OK ? index_read(path, index, NULL, out) : status;
        free(text);
    }
    close(fd);
    return status;
}
