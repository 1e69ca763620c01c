/* mixed: the first pattern that matches the parameter's name picks the initializer. */
#include "builtin.h"
#include "pattern/pattern.h"
#include "registry/args.h"

#include <stdlib.h>

struct compiled {
    size_t count;
    struct pattern *patterns[];
};

static void dispose(void *prepared)
{
    struct compiled *const compiled = prepared;
    for (size_t i = 0; i < compiled->count; i++) {
        pattern_free(compiled->patterns[i]);
    }
    free(compiled);
}

static fanin_status prepare(const fanin_args *args, void **prepared)
{
    const size_t patterns = fanin_args_count(args, "patterns"), initializers = fanin_args_count(args, "initializers");
    if (patterns != initializers) {
        return fanin_fail(FANIN_ERROR_PARAMETER, "'mixed' has %zu patterns and %zu initializers, expected as many", patterns,
                          initializers);
    }
    struct compiled *const compiled = malloc(sizeof *compiled + patterns * sizeof *compiled->patterns);
    if (!compiled) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for %zu patterns", patterns);
    }
    compiled->count = 0;
    while (compiled->count < patterns) {
        const size_t i = compiled->count;
        const fanin_status status = pattern_compile(fanin_args_text_at(args, "patterns", i), &compiled->patterns[i]);
        if (status != FANIN_OK) {
            dispose(compiled);
            return fanin_fail(status, "'mixed', pattern %zu: %s", i + 1, fanin_last_error());
        }
        compiled->count++;
    }
    *prepared = compiled;
    return FANIN_OK;
}

static fanin_status choose(const fanin_args *args, const void *prepared, const char *name, const fanin_initializer **out)
{
    const struct compiled *const compiled = prepared;
    for (size_t i = 0; i < compiled->count; i++) {
        bool matches = false;
        const fanin_status status = pattern_match(compiled->patterns[i], name, &matches);
        if (status != FANIN_OK) {
            return fanin_fail(status, "parameter '%s': 'mixed', pattern %zu: %s", name, i + 1, fanin_last_error());
        }
        if (matches) {
            *out = fanin_args_initializer_at(args, "initializers", i);
            return FANIN_OK;
        }
    }
    return fanin_fail(
        FANIN_ERROR_UNCOVERED,
        "parameter '%s': no pattern of 'mixed' matches this name; add a last pattern \".*\" with an initializer for "
        "the rest",
        name);
}

static const struct registry_hooks mixed_hooks = {.prepare = prepare, .dispose = dispose, .choose = choose};

static const fanin_param mixed_params[] = {
    {"patterns", FANIN_PARAM_TEXTS, NULL, 0, 0, NULL, 0,
     "Python regular expressions, matched at the start of the name in this order."},
    {"initializers", FANIN_PARAM_INITIALIZERS, NULL, 0, 0, NULL, 0, "An initializer for each pattern."},
};

const struct registry_entry initializer_mixed = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "mixed",
            .help = "The initializer of the first pattern that matches the parameter's name.",
            .params = mixed_params,
            .n_params = sizeof mixed_params / sizeof *mixed_params,
        },
    .hooks = &mixed_hooks,
};
