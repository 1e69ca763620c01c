#include "initializer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How deep the initializers among the arguments go: 0 for none. */
static int measure_height(const fanin_args *args)
{
    int height = 0;
    for (size_t i = 0; i < args->row->n_params; i++) {
        const struct argument *const value = &args->values[i];
        for (size_t j = 0; value->initializers && j < value->count; j++) {
            const int inner = value->initializers[j]->height + 1;
            height = inner > height ? inner : height;
        }
    }
    return height;
}

fanin_status initializer_new(const struct registry_entry *entry, fanin_args *args, fanin_initializer **out)
{
    const int height = measure_height(args);
    fanin_initializer *const initializer = height <= ARGS_MAX_DEPTH ? malloc(sizeof *initializer) : NULL;
    if (!initializer) {
        args_close(args);
        return height <= ARGS_MAX_DEPTH
                   ? fanin_fail(FANIN_ERROR_MEMORY, "out of memory for an initializer '%s'", entry->row.name)
                   : fanin_fail(FANIN_ERROR_SPEC, "'%s': initializers are nested more than %d deep", entry->row.name,
                                ARGS_MAX_DEPTH);
    }
    *initializer = (struct fanin_initializer){.entry = entry, .args = *args, .height = height};
    atomic_init(&initializer->references, 1);
    if (entry->hooks && entry->hooks->prepare) {
        const fanin_status status = entry->hooks->prepare(&initializer->args, &initializer->prepared);
        if (status != FANIN_OK) {
            args_close(&initializer->args);
            free(initializer);
            return status;
        }
    }
    *out = initializer;
    return FANIN_OK;
}

fanin_initializer *fanin_retain(const fanin_initializer *initializer)
{
    /* Only the count changes, which no one sees. */
    fanin_initializer *const counted = (fanin_initializer *)initializer;
    if (counted) {
        atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    }
    return counted;
}

void fanin_release(fanin_initializer *initializer)
{
    if (!initializer || atomic_fetch_sub_explicit(&initializer->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    const int saved_errno = errno;
    if (initializer->entry->hooks && initializer->entry->hooks->dispose) {
        initializer->entry->hooks->dispose(initializer->prepared);
    }
    args_close(&initializer->args);
    free(initializer);
    errno = saved_errno;
}

static void write_spec(FILE *stream, const fanin_initializer *initializer);

static void write_value(FILE *stream, const fanin_param *param, const struct argument *value)
{
    if (value->text) {
        fputs(value->text, stream);
        return;
    }
    if (param->type == FANIN_PARAM_INITIALIZER) {
        write_spec(stream, value->initializers[0]);
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        fputs(i == 0 ? "[" : ", ", stream);
        write_spec(stream, value->initializers[i]);
    }
    fputs(value->count == 0 ? "[]" : "]", stream);
}

/* Is it a parameter that MXNet does not have, at its default? */
static bool is_silent(const fanin_param *param, const struct argument *value)
{
    return (param->flags & FANIN_PARAM_QUIET) &&
           (value->defaulted || (value->text && strcmp(value->text, param->default_json) == 0));
}

static void write_spec(FILE *stream, const fanin_initializer *initializer)
{
    const fanin_row *const row = &initializer->entry->row;
    fprintf(stream, "[\"%s\", {", row->name);
    const char *separator = "";
    for (size_t i = 0; i < row->n_params; i++) {
        if (is_silent(&row->params[i], &initializer->args.values[i])) {
            continue;
        }
        fprintf(stream, "%s\"%s\": ", separator, row->params[i].name);
        write_value(stream, &row->params[i], &initializer->args.values[i]);
        separator = ", ";
    }
    fputs("}]", stream);
}

fanin_status fanin_dumps(const fanin_initializer *initializer, char **out)
{
    if (!initializer || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_dumps: %s is NULL", initializer ? "out" : "initializer");
    }
    const int saved_errno = errno;
    char *text = NULL;
    size_t size = 0;
    FILE *const stream = open_memstream(&text, &size);
    bool whole = stream != NULL;
    if (stream) {
        write_spec(stream, initializer);
        whole = !ferror(stream);
        whole = fclose(stream) == 0 && whole;
    }
    errno = saved_errno;
    if (!whole) {
        free(text);
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the text of an initializer '%s'",
                          initializer->entry->row.name);
    }
    *out = text;
    return FANIN_OK;
}

void fanin_string_free(char *string)
{
    const int saved_errno = errno;
    free(string);
    errno = saved_errno;
}
