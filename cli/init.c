/* fanin init: fills a model's weights into a file. */
#include "command.h"
#include "device_fill.h"
#include "dry_run.h"
#include "init_metadata.h"
#include "init_notes.h"
#include "output.h"
#include "progress.h"
#include "window.h"
#include "writer.h"

#include "private.h"
#include "formats/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char command[] = "init";

/* Bytes that are filled at once, and of each of the two buffers: large against what starting the threads costs. Tensors that
 * cannot be cut may need more. */
#define WINDOW ((int64_t)8 << 20)

/* Fills the windows one after another; the writer writes each while the next is filled. */
static fanin_status fill_windows(const struct model *model, const fanin_options *options, int64_t capacity,
                                 struct writer *writer, struct progress *progress)
{
    struct window_cursor cursor = {0};
    int64_t done = 0;
    for (;;) {
        char *buffer;
        fanin_plan *plan;
        int64_t size;
        fanin_status status = writer_buffer(writer, &buffer);
        status = status == FANIN_OK ? window_next(model, &cursor, buffer, capacity, &plan, &size) : status;
        if (status != FANIN_OK || size == 0) {
            return status;
        }
        status = fanin_plan_run(plan, options);
        fanin_plan_free(plan);
        if (status != FANIN_OK) {
            return status;
        }
        writer_submit(writer, (size_t)size);
        done += size;
        progress_update(progress, done);
    }
}

/* The writer needs a processor of its own: on all of them, the threads that fill would only wait for it, and busily. Matrices
 * that are computed whole are another matter. */
static int default_threads(const struct model *model)
{
    const int threads = fanin_private_threads();
    bool whole = false;
    for (size_t i = 0; i < model->header.count && !whole; i++) {
        whole = model->parameters[i].whole;
    }
    return whole || threads == 1 ? threads : threads - 1;
}

static fanin_status fill_file(const struct model *model, const struct init_options *options, struct output *output,
                              struct progress *progress)
{
    fanin_options fill = FANIN_OPTIONS_INIT;
    fill.seed = options->seed;
    fill.contract = FANIN_CONTRACT;
    fill.threads = options->threads > 0 ? options->threads : default_threads(model);
    fill.cpu = options->cpu;
    if (model->device.device_type == kDLCUDA) {
        return device_fill(model, &fill, output, progress);
    }
    struct writer writer;
    const int64_t capacity = window_capacity(model, WINDOW);
    fanin_status status = writer_start(&writer, output->fd, output->target, model->header.data_offset, (size_t)capacity);
    if (status != FANIN_OK) {
        return status;
    }
    status = fill_windows(model, &fill, capacity, &writer, progress);
    const fanin_status written = writer_finish(&writer);
    return status != FANIN_OK ? status : written;
}

static void print_summary(const struct model *model, const struct init_options *options, double seconds)
{
    char shard[64] = "";
    if (options->shards > 1) {
        snprintf(shard, sizeof shard, " (shard %" PRId64 "/%" PRId64 ")", options->shard, options->shards);
    }
    output_summary(options->output, shard, &model->header, seconds);
    printf(", seed %" PRIu64 "\n", options->seed);
}

static fanin_status write_model(struct model *model, const struct init_options *options, const struct inputs *inputs,
                                const char *rules)
{
    struct progress progress;
    struct output output;
    char *text;
    size_t size;
    fanin_status status = init_metadata(model, options, rules);
    status = status == FANIN_OK ? safetensors_arrange(&model->header) : status;
    status = status == FANIN_OK ? safetensors_write(&model->header, &text, &size) : status;
    if (status != FANIN_OK) {
        return status;
    }
    const int64_t data = safetensors_data_size(&model->header);
    progress_start(&progress, data, options->quiet);
    status = output_create(options->output, inputs, data < INT64_MAX - (int64_t)size ? data + (int64_t)size : data, &output);
    if (status != FANIN_OK) {
        free(text);
        return status;
    }
    status = output_status(output.target, output_write(output.fd, text, size, 0));
    free(text);
    status = status == FANIN_OK ? fill_file(model, options, &output, &progress) : status;
    status = output_finish(&output, status, &progress);
    if (status == FANIN_OK && !options->quiet) {
        print_summary(model, options, progress_seconds(&progress));
    }
    return status;
}

/* Checks all of the model before anything is written. */
static fanin_status run(struct model *model, const struct init_options *options, const struct inputs *inputs, const char *rules)
{
    fanin_plan *plan;
    fanin_status status = options->dry_run ? FANIN_OK : output_check(options->output, inputs);
    /* Before the check: a pattern that is wrong is why a tensor is not covered, or not rightly. */
    if (status == FANIN_OK && !options->quiet) {
        note_shard(model, options->like);
        note_idle_pairs(model);
    }
    status = status == FANIN_OK ? model_check(model, &plan) : status;
    if (status != FANIN_OK) {
        return status;
    }
    if (!options->quiet) {
        note_integers(model);
    }
    if (options->dry_run) {
        status = dry_run_print(model, plan, options);
    }
    fanin_plan_free(plan);
    return status == FANIN_OK && !options->dry_run ? write_model(model, options, inputs, rules) : status;
}

static fanin_status read_rules(struct inputs *inputs, const char *path, char **text, fanin_rules **out)
{
    size_t length;
    fanin_status status = input_text(inputs, path, text, &length);
    if (status != FANIN_OK) {
        return path[0] != '['
                   ? status
                   : fanin_fail(status, "%s; --rules takes the name of a file, - is standard input", fanin_last_error());
    }
    if (strlen(*text) != length) {
        return fanin_fail(FANIN_ERROR_SPEC, "rules '%s': byte %zu is NUL: no JSON", path, strlen(*text) + 1);
    }
    status = fanin_rules_create(*text, out);
    if (status != FANIN_OK) {
        status = fanin_fail(status, "--rules '%s': %s", path, command_without(fanin_last_error(), "rules: "));
    }
    return status;
}

int init_main(int argc, char **argv)
{
    struct init_options options;
    const int code = init_options_read(argc, argv, &options);
    if (code >= 0) {
        return code;
    }
    fanin_initializer *initializer = NULL;
    const fanin_status created = options.init ? fanin_create(options.init, &initializer) : FANIN_OK;
    if (created != FANIN_OK) {
        const char *const reason = command_without(fanin_last_error(), "initializer: ");
        return created == FANIN_ERROR_FILE || created == FANIN_ERROR_FORMAT || created == FANIN_ERROR_MEMORY
                   ? command_error(command, "--init: %s", reason)
                   : command_usage_error(command, "--init: %s", reason);
    }
    struct inputs inputs = {0};
    struct header like = {0};
    struct model model = {0};
    fanin_rules *rules = NULL;
    char *rules_text = NULL, *problems = NULL;
    fanin_status status = input_shapes(&inputs, options.like, &like);
    if (status == FANIN_OK && options.rules) {
        status = read_rules(&inputs, options.rules, &rules_text, &rules);
    }
    status = status == FANIN_OK ? inputs_add_loads(&inputs, initializer, rules) : status;
    if (status == FANIN_OK) {
        status = model_create(&model, &options, &like, initializer, rules);
        status = status == FANIN_OK ? run(&model, &options, &inputs, rules_text) : status;
        problems = model.problems;
        model.problems = NULL;
        model_free(&model);
    } else {
        fanin_release(initializer);
        fanin_rules_free(rules);
    }
    free(rules_text);
    header_free(&like);
    inputs_free(&inputs);
    int result = EXIT_DONE;
    if (status != FANIN_OK) {
        result = problems ? command_error_lines(command, problems) : command_error(command, "%s", fanin_last_error());
    }
    free(problems);
    return result;
}
