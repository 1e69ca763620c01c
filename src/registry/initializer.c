#include "initializer.h"

#include "float_environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How deep the initializers among the arguments of an entry go, and how often the innermost one's text is quoted: 0 for
 * none. */
static void measure(const struct registry_entry *entry, const fanin_args *args, int *height, int *quotes)
{
    *height = *quotes = 0;
    for (size_t i = 0; i < args->row->n_params; i++) {
        const struct argument *const value = &args->values[i];
        const bool is_quoted =
            entry->hooks && entry->hooks->quoted && strcmp(entry->hooks->quoted, args->row->params[i].name) == 0;
        for (size_t j = 0; value->initializers && j < value->count; j++) {
            const fanin_initializer *const inner = value->initializers[j];
            *height = inner->height + 1 > *height ? inner->height + 1 : *height;
            *quotes = inner->quotes + is_quoted > *quotes ? inner->quotes + is_quoted : *quotes;
        }
    }
}

fanin_status initializer_new(const struct registry_entry *entry, fanin_args *args, fanin_status set, fanin_initializer **out)
{
    if (set != FANIN_OK) {
        args_close(args);
        return set;
    }
    int height, quotes;
    measure(entry, args, &height, &quotes);
    const bool is_too_deep = height > ARGS_MAX_DEPTH || quotes > ARGS_MAX_QUOTES;
    fanin_initializer *const initializer = is_too_deep ? NULL : malloc(sizeof *initializer);
    if (!initializer) {
        args_close(args);
        return is_too_deep ? fanin_fail(FANIN_ERROR_SPEC, "'%s': initializers are nested more than %d deep", entry->row.name,
                                        height > ARGS_MAX_DEPTH ? ARGS_MAX_DEPTH : ARGS_MAX_QUOTES)
                           : fanin_fail(FANIN_ERROR_MEMORY, "out of memory for an initializer '%s'", entry->row.name);
    }
    *initializer = (struct fanin_initializer){.entry = entry, .args = *args, .height = height, .quotes = quotes};
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

static bool write_spec(FILE *stream, const fanin_initializer *initializer);

char *initializer_text(const fanin_initializer *initializer)
{
    char *text = NULL;
    size_t size = 0;
    FILE *const stream = open_memstream(&text, &size);
    if (!stream) {
        return NULL;
    }
    const bool whole = write_spec(stream, initializer) && !ferror(stream);
    if (fclose(stream) != 0 || !whole) {
        free(text);
        return NULL;
    }
    return text;
}

/* As a string that holds the spec, which is printable ASCII. */
static bool write_quoted(FILE *stream, const fanin_initializer *initializer)
{
    char *const text = initializer_text(initializer);
    if (!text) {
        return false;
    }
    putc('"', stream);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            putc('\\', stream);
        }
        putc(*c, stream);
    }
    putc('"', stream);
    free(text);
    return true;
}

static bool write_value(FILE *stream, const fanin_param *param, bool quoted, const struct argument *value)
{
    if (value->text) {
        fputs(value->text, stream);
        return true;
    }
    if (value->array) {
        args_write_array(value->array, stream);
        return true;
    }
    if (value->store) {
        fputs("null", stream);
        return true;
    }
    if (param->type == FANIN_PARAM_INITIALIZER) {
        return quoted ? write_quoted(stream, value->initializers[0]) : write_spec(stream, value->initializers[0]);
    }
    bool whole = true;
    for (size_t i = 0; i < value->count && whole; i++) {
        fputs(i == 0 ? "[" : ", ", stream);
        whole = write_spec(stream, value->initializers[i]);
    }
    fputs(value->count == 0 ? "[]" : "]", stream);
    return whole;
}

/* Is it a parameter that MXNet does not have, at its default? */
static bool is_silent(const fanin_param *param, const struct argument *value)
{
    return (param->flags & FANIN_PARAM_QUIET) &&
           (value->defaulted || (value->text && strcmp(value->text, param->default_json) == 0));
}

/* false: no memory; the stream has an error of its own where it ran out there. */
static bool write_spec(FILE *stream, const fanin_initializer *initializer)
{
    const fanin_row *const row = &initializer->entry->row;
    const char *const quoted = initializer->entry->hooks ? initializer->entry->hooks->quoted : NULL;
    fprintf(stream, "[\"%s\", {", row->name);
    const char *separator = "";
    bool whole = true;
    for (size_t i = 0; i < row->n_params && whole; i++) {
        const fanin_param *const param = &row->params[i];
        if (is_silent(param, &initializer->args.values[i])) {
            continue;
        }
        fprintf(stream, "%s\"%s\": ", separator, param->name);
        whole = write_value(stream, param, quoted && strcmp(quoted, param->name) == 0, &initializer->args.values[i]);
        separator = ", ";
    }
    fputs("}]", stream);
    return whole;
}

/* Whether all of it, and of what it holds, has a text. */
static bool is_dumpable(const fanin_initializer *initializer)
{
    bool dumpable = true;
    for (size_t i = 0; i < initializer->args.row->n_params && dumpable; i++) {
        const struct argument *const value = &initializer->args.values[i];
        dumpable = !value->store;
        for (size_t j = 0; value->initializers && j < value->count && dumpable; j++) {
            dumpable = is_dumpable(value->initializers[j]);
        }
    }
    return dumpable;
}

fanin_status fanin_dumps(const fanin_initializer *initializer, char **out)
{
    if (!initializer || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_dumps: %s is NULL", initializer ? "out" : "initializer");
    }
    if (!is_dumpable(initializer)) {
        return fanin_fail(FANIN_ERROR_NOT_DUMPABLE, "'%s' has tensors that were given in memory: they have no text",
                          initializer->entry->row.name);
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    char *const text = initializer_text(initializer);
    float_environment_leave(&caller);
    errno = saved_errno;
    if (!text) {
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
