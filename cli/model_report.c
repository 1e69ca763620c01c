#include "model.h"

#include "command.h"
#include "private.h"

#include "json/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names of tensors that nothing covers, and what the library says of the others that cannot be filled. */
struct report {
    FILE *names, *others;
    size_t uncovered, wrong;
    const char *shape; /* the name of the first whose shape --init cannot fill and a pair of rules could; or NULL */
};

/* Whether it is covered where its name's ending does not count: then the ending alone is missing. */
static bool is_missing_an_ending(const struct model *model, const struct header_tensor *tensor)
{
    struct model other = *model;
    other.rule = FANIN_RULE_WEIGHT;
    return model_check_alone(&other, tensor) != FANIN_ERROR_UNCOVERED;
}

/* Not where --init is a `load` that finds the name, or a `mixed`: they come before rules. */
static bool is_filled_by_a_pair(const struct model *model, const struct header_tensor *tensor)
{
    struct parameter parameter = model->parameters[tensor->tag];
    struct header_tensor only = *tensor;
    struct model other = *model;
    parameter.zero = true; /* as a pair would, whatever its initializer is */
    other.parameters = &parameter;
    only.tag = 0;
    return model_check_alone(&other, &only) == FANIN_OK;
}

/* Writes a text without control characters between `before` and `after`. */
static void write_clean(FILE *out, const char *before, const char *text, const char *after)
{
    char *const copy = command_clean_copy(text);
    fprintf(out, "%s%s%s", before, copy ? copy : "", after);
    free(copy);
}

/* `message`: the library's, of this tensor alone. */
static void report_tensor(const struct model *model, const struct header_tensor *tensor, fanin_status status,
                          const char *message, struct report *report)
{
    size_t pair = 0;
    const bool matched = fanin_private_rules_find(model->rules, tensor->name, &pair) == FANIN_OK && pair > 0;
    const bool ending =
        status == FANIN_ERROR_UNCOVERED && ((!matched && !model->initializer) || is_missing_an_ending(model, tensor));
    if (ending && !matched) {
        /* The library's words speak of its attributes. The names come under one line that speaks of options. */
        write_clean(report->names, "\n  ", tensor->name, "");
        report->uncovered++;
        return;
    }
    write_clean(report->others, "\n  ", message, "");
    report->wrong++;
    if (ending) {
        fprintf(report->others, "; pair %zu of --rules, ", pair);
        write_clean(report->others, "\"", fanin_private_rules_pattern(model->rules, pair), "\"");
        fputs(", matches it, but its 'load' or 'mixed' goes on by the end of the name: give the name a pair of its own "
              "before it",
              report->others);
    }
    if (!report->shape && status == FANIN_ERROR_SHAPE && !matched && model->initializer && is_filled_by_a_pair(model, tensor)) {
        report->shape = tensor->name;
    }
}

/* A pattern for names whose last two parts are those of this one, as those of like layers are: ".*ln_1\\.weight$". The caller's
 * to free; NULL: no memory. */
static char *pattern_of(const char *name)
{
    const char *part = name + strlen(name);
    for (int points = 0; part > name && (part[-1] != '.' || ++points < 2);) {
        part--;
    }
    char *const pattern = malloc(2 * strlen(part) + sizeof ".*$");
    char *end = pattern ? stpcpy(pattern, ".*") : NULL;
    for (; pattern && *part; part++) {
        if (strchr("\\^$.|?*+()[]{}", *part)) {
            *end++ = '\\';
        }
        *end++ = *part;
    }
    if (pattern) {
        strcpy(end, "$");
    }
    return pattern;
}

/* A pair of --rules for such names, as JSON; the caller's to free. NULL: no memory. */
static char *pair_of(const char *name)
{
    char *const pattern = pattern_of(name);
    cJSON *const pair = pattern ? cJSON_CreateArray() : NULL;
    const bool done = pair && json_append(pair, cJSON_CreateString(pattern)) && json_append(pair, cJSON_CreateString("one"));
    char *const text = done ? json_print(pair) : NULL;
    cJSON_Delete(pair);
    free(pattern);
    return text;
}

static void write_report(const struct report *report, const char *names, const char *others, FILE *out)
{
    if (report->uncovered > 0) {
        fprintf(
            out,
            "nothing says how to fill %zu tensor%s: add a pair to --rules for %s, or --init for names that end in 'weight':%s",
            report->uncovered, report->uncovered == 1 ? "" : "s", report->uncovered == 1 ? "it" : "them", names);
    }
    if (report->wrong > 0) {
        fprintf(out, "%s%zu tensor%s cannot be filled:%s", report->uncovered > 0 ? "\n" : "", report->wrong,
                report->wrong == 1 ? "" : "s", others);
    }
    char *const pair = report->shape ? pair_of(report->shape) : NULL;
    if (pair) {
        fprintf(out,
                "\n  --init fills every name that ends in 'weight': give those whose shape it cannot fill a pair in --rules, "
                "such as %s",
                pair);
    }
    free(pair);
}

/* What plans of single tensors say; nothing where each of them is fine. */
static bool write_tensors(const struct model *model, FILE *out)
{
    char *names = NULL, *others = NULL;
    size_t size;
    struct report report = {.names = open_memstream(&names, &size), .others = open_memstream(&others, &size)};
    bool all = report.names && report.others;
    for (size_t i = 0; all && i < model->header.count; i++) {
        const fanin_status status = model_check_alone(model, &model->header.tensors[i]);
        char *const message = status != FANIN_OK ? strdup(fanin_last_error()) : NULL;
        if (message) {
            report_tensor(model, &model->header.tensors[i], status, message, &report);
        }
        all = status == FANIN_OK || message;
        free(message);
    }
    all = report.names && fclose(report.names) == 0 && all;
    all = report.others && fclose(report.others) == 0 && all;
    if (all) {
        write_report(&report, names, others, out);
    }
    free(names);
    free(others);
    return all;
}

/* The plan's own lines, for tensors that exclude each other: its line breaks stay, control characters of names are cleaned in
 * `text`, a copy of `original`. */
static bool clean_names(const struct model *model, const char *original, char *text)
{
    for (size_t i = 0; i < model->header.count; i++) {
        const char *const name = model->header.tensors[i].name;
        const size_t length = strlen(name);
        char *const copy = strdup(name);
        const bool dirty = copy && command_clean(copy, length);
        for (const char *found = original; dirty && (found = strstr(found, name)) != NULL; found += length) {
            command_clean(text + (found - original), length);
        }
        free(copy);
        if (!copy) {
            return false;
        }
    }
    return true;
}

fanin_status model_report(struct model *model)
{
    char *text = NULL;
    size_t size = 0;
    char *const original = strdup(fanin_last_error()), *const plan = strdup(fanin_last_error());
    FILE *const out = open_memstream(&text, &size);
    bool written = original && plan && out && write_tensors(model, out);
    written = out && fclose(out) == 0 && written;
    written = written && (size > 0 || clean_names(model, original, plan));
    model->problems = !written ? NULL : strdup(size > 0 ? text : plan);
    free(original);
    free(plan);
    free(text);
    return model->problems ? FANIN_OK : fanin_fail(FANIN_ERROR_MEMORY, "out of memory");
}
