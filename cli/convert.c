/* fanin convert: MXNet's .params files as safetensors. */
#include "command.h"
#include "name_list.h"
#include "output.h"
#include "progress.h"
#include "text.h"
#include "writer.h"

#include "formats/file.h"
#include "formats/params.h"
#include "formats/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char command[] = "convert";

/* Of each of the two buffers: a multiple of every dtype's size. */
#define WINDOW ((size_t)8 << 20)

struct convert_options {
    const char *input, *output;
    bool keep_names, quiet;
};

/* What is written, from its first byte to its last: the header's text, then the tensors. */
struct conversion {
    const struct params *params;
    struct header header; /* its tensors have the number of their entry as tag */
    char *text;
    size_t text_size, text_done;
    size_t tensor; /* the next one, and its next element */
    int64_t element;
    int64_t done; /* bytes of tensors */
    struct params_reader reader;
};

static fanin_status add_tensor(const struct params_entry *entry, size_t number, bool keep_names, struct header *header)
{
    char position[TEXT_SIZE];
    snprintf(position, sizeof position, "%" PRId64, entry->number);
    const char *const name = !entry->name ? position : keep_names ? entry->name : params_plain_name(entry->name);
    if (strcmp(name, "__metadata__") == 0) {
        return fanin_fail(FANIN_ERROR_FORMAT,
                          "an array has the name '__metadata__', which no tensor of a safetensors file can have");
    }
    struct header_tensor tensor = {
        .shape = entry->shape, .ndim = entry->ndim, .tag = number, .dtype = entry->dtype, .known = true, .count = entry->count};
    snprintf(tensor.dtype_name, sizeof tensor.dtype_name, "%s", dtype_table[entry->dtype].safetensors);
    return header_add(header, name, strlen(name), &tensor);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct header_tensor *const *)a)->name, (*(const struct header_tensor *const *)b)->name);
}

/* Names that became equal without their prefix. */
static fanin_status check_names(const struct params *params, const struct header *header)
{
    const struct header_tensor **const order = malloc((header->count + 1) * sizeof(struct header_tensor *));
    if (!order) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for a list of %zu names", header->count);
    }
    for (size_t i = 0; i < header->count; i++) {
        order[i] = &header->tensors[i];
    }
    qsort(order, header->count, sizeof(struct header_tensor *), compare_names);
    fanin_status status = FANIN_OK;
    for (size_t i = 1; i < header->count && status == FANIN_OK; i++) {
        if (strcmp(order[i - 1]->name, order[i]->name) == 0) {
            status = fanin_fail(FANIN_ERROR_CLASH, "'%s' and '%s' would both be '%s'; --keep-names keeps them apart",
                                params->entries[order[i - 1]->tag].name, params->entries[order[i]->tag].name, order[i]->name);
        }
    }
    free(order);
    return status;
}

static fanin_status make_header(const struct params *params, bool keep_names, struct header *header)
{
    fanin_status status = header_set_metadata(header, "format", "pt");
    for (size_t i = 0; i < params->count && status == FANIN_OK; i++) {
        if (params->entries[i].storage != PARAMS_NONE) {
            status = add_tensor(&params->entries[i], i, keep_names, header);
        }
    }
    status = status == FANIN_OK ? check_names(params, header) : status;
    return status == FANIN_OK ? safetensors_arrange(header) : status;
}

static void note_names(const struct params *params)
{
    struct name_list list = {0};
    for (size_t i = 0; i < params->count; i++) {
        const struct params_entry *const entry = &params->entries[i];
        FILE *const stream = entry->storage == PARAMS_NONE ? name_list_next(&list) : NULL;
        if (stream && entry->name) {
            fprintf(stream, "'%s'", entry->name);
        } else if (stream) {
            fprintf(stream, "%" PRId64, entry->number);
        }
    }
    char *const names = name_list_close(&list);
    if (names && list.count == 1) {
        command_error(command, "note: left out, an entry without an array: %s", names);
    } else if (names) {
        command_error(command, "note: %zu entries have no array and are left out: %s", list.count, names);
    }
    free(names);
    if (!params->named) {
        char last[TEXT_SIZE];
        snprintf(last, sizeof last, "s are named 0 to %zu", params->count - 1);
        command_error(command, "note: the file has no names: the tensor%s", params->count == 1 ? " is named 0" : last);
    }
}

/* Puts the next bytes into a buffer of WINDOW bytes; `*used` is 0 at the end. Dtypes come in the order of their sizes, after a
 * header that is a multiple of 8: no element lies across two buffers. */
static fanin_status fill_buffer(struct conversion *work, char *buffer, size_t *used)
{
    const size_t left = work->text_size - work->text_done;
    *used = left < WINDOW ? left : WINDOW;
    memcpy(buffer, work->text + work->text_done, *used);
    work->text_done += *used;
    fanin_status status = FANIN_OK;
    while (work->tensor < work->header.count && status == FANIN_OK) {
        const struct header_tensor *const tensor = &work->header.tensors[work->tensor];
        const int64_t size = dtype_table[tensor->dtype].size;
        const int64_t room = (int64_t)(WINDOW - *used) / size, rest = tensor->count - work->element;
        const int64_t count = rest < room ? rest : room;
        status = params_reader_read(&work->reader, &work->params->entries[tensor->tag], work->element, count, buffer + *used);
        *used += (size_t)(count * size);
        work->done += count * size;
        work->element += count;
        if (work->element < tensor->count) {
            break;
        }
        work->element = 0;
        work->tensor++;
    }
    return status;
}

static fanin_status fill_file(struct conversion *work, const struct output *output, struct progress *progress)
{
    struct writer writer;
    fanin_status status = writer_start(&writer, output->fd, output->target, 0, WINDOW);
    if (status != FANIN_OK) {
        return status;
    }
    for (;;) {
        char *buffer;
        size_t used = 0;
        status = writer_buffer(&writer, &buffer);
        status = status == FANIN_OK ? fill_buffer(work, buffer, &used) : status;
        if (status != FANIN_OK || used == 0) {
            break;
        }
        writer_submit(&writer, used);
        progress_update(progress, work->done);
    }
    const fanin_status written = writer_finish(&writer);
    return status != FANIN_OK ? status : written;
}

static fanin_status write_file(const struct convert_options *options, const struct inputs *inputs, int fd,
                               const struct file_state *before, struct conversion *work)
{
    struct progress progress;
    struct output output;
    const int64_t data = safetensors_data_size(&work->header);
    int64_t size;
    if (__builtin_add_overflow(data, (int64_t)work->text_size, &size)) {
        return fanin_fail(FANIN_ERROR_LAYOUT, "the tensors have more bytes in all than 64 bits count");
    }
    progress_start(&progress, data, options->quiet);
    fanin_status status = output_create(options->output, inputs, size, &output);
    if (status != FANIN_OK) {
        return status;
    }
    status = fill_file(work, &output, &progress);
    status = status == FANIN_OK ? file_check(fd, options->input, before, "while it was read") : status;
    status = output_finish(&output, status, &progress);
    if (status == FANIN_OK && !options->quiet) {
        output_summary(options->output, "", &work->header, progress_seconds(&progress));
        printf("\n");
    }
    return status;
}

static fanin_status convert_params(const struct convert_options *options, const struct inputs *inputs, int fd,
                                   const struct file_state *before, const struct params *params)
{
    struct conversion work = {.params = params};
    fanin_status status = make_header(params, options->keep_names, &work.header);
    status = status == FANIN_OK ? safetensors_write(&work.header, &work.text, &work.text_size) : status;
    status = status == FANIN_OK ? params_reader_start(&work.reader, fd, options->input) : status;
    if (status == FANIN_OK) {
        if (!options->quiet) {
            note_names(params);
        }
        status = write_file(options, inputs, fd, before, &work);
        params_reader_free(&work.reader);
    }
    free(work.text);
    header_free(&work.header);
    return status;
}

static fanin_status convert(const struct convert_options *options)
{
    struct inputs inputs = {0};
    struct params params = {0};
    struct file_state before;
    int fd;
    fanin_status status = file_open(options->input, &fd, &before);
    if (status != FANIN_OK) {
        return status;
    }
    status = inputs_add(&inputs, fd, options->input);
    /* What cannot be written is said before a long index is read. */
    status = status == FANIN_OK ? output_check(options->output, &inputs) : status;
    status = status == FANIN_OK ? params_read(fd, options->input, before.size, &params) : status;
    status = status == FANIN_OK ? convert_params(options, &inputs, fd, &before, &params) : status;
    close(fd);
    params_free(&params);
    inputs_free(&inputs);
    return status;
}

int convert_main(int argc, char **argv)
{
    enum { OPTION_KEEP_NAMES = 256, OPTION_QUIET };
    static const struct option long_options[] = {{"keep-names", no_argument, NULL, OPTION_KEEP_NAMES},
                                                 {"quiet", no_argument, NULL, OPTION_QUIET},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {0}};
    struct convert_options options = {0};
    for (int c; (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (c) {
        case OPTION_KEEP_NAMES:
            options.keep_names = true;
            break;
        case OPTION_QUIET:
            options.quiet = true;
            break;
        case 'h':
            fputs(convert_help, stdout);
            return EXIT_DONE;
        default:
            return command_option_error(command, c, argv, long_options);
        }
    }
    if (argc - optind != 2) {
        return command_usage_error(command,
                                   "name two files: fanin convert IN.params OUT.safetensors; see 'fanin convert --help'");
    }
    options.input = argv[optind];
    options.output = argv[optind + 1];
    if (strcmp(options.input, "-") == 0 || strcmp(options.output, "-") == 0) {
        return command_usage_error(command, "both must be files; './-' is one named '-'");
    }
    return convert(&options) == FANIN_OK ? EXIT_DONE : command_error(command, "%s", fanin_last_error());
}
