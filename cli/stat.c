/* fanin stat: what is in a file. */
#include "command.h"
#include "input.h"
#include "stat_report.h"

#include "private.h"
#include "formats/file.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char command[] = "stat";

/* A thread reads and reduces so much at once; a multiple of every dtype's size. */
#define CHUNK ((size_t)256 << 10)
/* Chunks between merges, each with a result of its own. */
#define WAVE 64

struct scanner {
    const char *path;
    int fd;
    int threads;
    char *buffers; /* CHUNK bytes a thread */
};

/* One chunk's result; which of the two depends on the pass. */
union partial {
    struct statistics_range range;
    struct statistics_moments moments;
};

static fanin_status scan_chunk(const struct scanner *scanner, const struct header_tensor *tensor, int64_t chunk,
                               const struct statistics_range *range, union partial *out)
{
    char *const buffer = scanner->buffers + (size_t)omp_get_thread_num() * CHUNK;
    const int64_t begin = tensor->begin + chunk * (int64_t)CHUNK;
    const size_t size = tensor->end - begin < (int64_t)CHUNK ? (size_t)(tensor->end - begin) : CHUNK;
    const size_t count = size / dtype_table[tensor->dtype].size;
    const fanin_status status = file_read_at(scanner->fd, scanner->path, buffer, size, (uint64_t)begin);
    if (status != FANIN_OK) {
        return status;
    }
    if (range) {
        out->moments = (struct statistics_moments){0};
        statistics_moments_add(&out->moments, range, tensor->dtype, buffer, count);
    } else {
        out->range = (struct statistics_range)STATISTICS_RANGE_INIT;
        statistics_range_add(&out->range, tensor->dtype, buffer, count);
    }
    return FANIN_OK;
}

/* One pass over a tensor: the first if `moments` is NULL. The last error is the calling thread's own, so that of a worker is
 * found by reading its chunk once more. */
static fanin_status scan_tensor(const struct scanner *scanner, const struct header_tensor *tensor,
                                struct statistics_range *range, struct statistics_moments *moments)
{
    union partial partials[WAVE];
    fanin_status statuses[WAVE];
    const int64_t chunks = (tensor->end - tensor->begin + (int64_t)CHUNK - 1) / (int64_t)CHUNK;
    for (int64_t first = 0; first < chunks; first += WAVE) {
        const int count = chunks - first < WAVE ? (int)(chunks - first) : WAVE;
#pragma omp parallel for schedule(dynamic) num_threads(scanner->threads) if (count > 1)
        for (int i = 0; i < count; i++) {
            statuses[i] = scan_chunk(scanner, tensor, first + i, moments ? range : NULL, &partials[i]);
        }
        for (int i = 0; i < count; i++) {
            fanin_status status = statuses[i];
            if (status != FANIN_OK) {
                status = scan_chunk(scanner, tensor, first + i, moments ? range : NULL, &partials[i]);
            }
            if (status != FANIN_OK) {
                return status;
            }
            if (moments) {
                statistics_moments_merge(moments, &partials[i].moments);
            } else {
                statistics_range_merge(range, &partials[i].range);
            }
        }
    }
    return FANIN_OK;
}

static fanin_status measure(const struct scanner *scanner, const struct header_tensor *tensor, struct measured *out)
{
    *out = (struct measured){.tensor = tensor, .range = STATISTICS_RANGE_INIT};
    if (!tensor->known) {
        return FANIN_OK;
    }
    fanin_status status = scan_tensor(scanner, tensor, &out->range, NULL);
    if (status == FANIN_OK && out->range.finite > 0) {
        status = scan_tensor(scanner, tensor, &out->range, &out->moments);
        /* A file that changes between the passes may have lost them. */
        if (status == FANIN_OK && out->moments.count > 0) {
            out->result = statistics_finish(&out->range, &out->moments);
        }
    }
    return status;
}

static fanin_status measure_all(const struct shard_index *index, const struct header *header,
                                const struct header_tensor *const *tensors, size_t count, bool json)
{
    struct scanner scanner = {.fd = -1, .threads = fanin_private_threads()};
    scanner.buffers = malloc((size_t)scanner.threads * CHUNK);
    if (!scanner.buffers) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory to read with");
    }
    size_t opened = 0;
    fanin_status status = report_begin(header, tensors, count, json);
    /* A reader that went away wants no more. */
    for (size_t i = 0; i < count && status == FANIN_OK && !ferror(stdout); i++) {
        if (scanner.fd < 0 || tensors[i]->tag != opened) {
            if (scanner.fd >= 0) {
                close(scanner.fd);
            }
            struct file_state state;
            scanner.fd = -1;
            opened = tensors[i]->tag;
            scanner.path = index->files[opened];
            status = file_open(scanner.path, &scanner.fd, &state);
        }
        struct measured measured;
        status = status == FANIN_OK ? measure(&scanner, tensors[i], &measured) : status;
        status = status == FANIN_OK ? report_tensor(&measured, i, json) : status;
    }
    if (scanner.fd >= 0) {
        close(scanner.fd);
    }
    free(scanner.buffers);
    if (status == FANIN_OK) {
        report_end(header, tensors, count, json);
    }
    return status;
}

static int missing_name(const char *path, const struct header *header, const char *name)
{
    const char **const names = calloc(header->count + 1, sizeof *names);
    const char *nearest = NULL;
    if (names) {
        for (size_t i = 0; i < header->count; i++) {
            names[i] = header->tensors[i].name;
        }
        nearest = command_nearest(name, names, header->count);
    }
    const int code = nearest ? command_error(command, "'%s' has no tensor '%s'; did you mean '%s'?", path, name, nearest)
                             : command_error(command, "'%s' has no tensor '%s'; 'fanin stat %s' shows all", path, name, path);
    free(names);
    return code;
}

/* Tells of every name that the file does not have. */
static int choose_tensors(const char *path, const struct header *header, char **names, int n_names,
                          const struct header_tensor **chosen)
{
    int code = EXIT_DONE;
    for (size_t i = 0; n_names == 0 && i < header->count; i++) {
        chosen[i] = &header->tensors[i];
    }
    for (int n = 0; n < n_names; n++) {
        size_t i = 0;
        while (i < header->count && strcmp(header->tensors[i].name, names[n]) != 0) {
            i++;
        }
        chosen[n] = &header->tensors[i];
        if (i == header->count) {
            code = missing_name(path, header, names[n]);
        }
    }
    return code;
}

static int stat_file(const char *path, char **names, int n_names, bool json)
{
    struct shard_index index = {0};
    struct header header = {0};
    if (input_tensors(path, &index, &header) != FANIN_OK) {
        index_free(&index);
        return command_error(command, "%s", fanin_last_error());
    }
    const size_t count = n_names > 0 ? (size_t)n_names : header.count;
    const struct header_tensor **const chosen = calloc(count + 1, sizeof *chosen);
    int code = chosen ? choose_tensors(path, &header, names, n_names, chosen) : command_error(command, "out of memory");
    if (code == EXIT_DONE && measure_all(&index, &header, chosen, count, json) != FANIN_OK) {
        code = command_error(command, "%s", fanin_last_error());
    }
    free(chosen);
    header_free(&header);
    index_free(&index);
    return code;
}

int stat_main(int argc, char **argv)
{
    enum { OPTION_JSON = 256 };
    static const struct option options[] = {{"json", no_argument, NULL, OPTION_JSON}, {"help", no_argument, NULL, 'h'}, {0}};
    bool json = false;
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        switch (c) {
        case OPTION_JSON:
            json = true;
            break;
        case 'h':
            fputs(stat_help, stdout);
            return EXIT_DONE;
        default:
            return command_option_error(command, c, argv, options);
        }
    }
    if (optind == argc) {
        return command_usage_error(command, "name a file: fanin stat FILE; see 'fanin stat --help'");
    }
    if (strcmp(argv[optind], "-") == 0) {
        return command_usage_error(command, "a file is read twice, standard input cannot be; './-' is a file named '-'");
    }
    return stat_file(argv[optind], argv + optind + 1, argc - optind - 1, json);
}
