#include "init_metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON without the blanks between its tokens; the caller's to free. The text was read as JSON before. */
static char *compact(const char *text)
{
    char *const out = malloc(strlen(text) + 1);
    char *end = out;
    bool in_string = false;
    for (; out && *text; text++) {
        if (in_string && *text == '\\') {
            *end++ = *text++;
        } else if (*text == '"') {
            in_string = !in_string;
        } else if (!in_string && strchr(" \t\r\n", *text)) {
            continue;
        }
        *end++ = *text;
    }
    if (out) {
        *end = 0;
    }
    return out;
}

static fanin_status set_initializer(struct header *header, const fanin_initializer *initializer)
{
    char *spec;
    fanin_status status = fanin_dumps(initializer, &spec);
    if (status != FANIN_OK) {
        return status;
    }
    status = header_set_metadata(header, "fanin.init", spec);
    fanin_string_free(spec);
    return status;
}

static fanin_status set_rules(struct header *header, const char *rules)
{
    char *const text = compact(rules);
    if (!text) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for the metadata 'fanin.rules'");
    }
    const fanin_status status = header_set_metadata(header, "fanin.rules", text);
    free(text);
    return status;
}

fanin_status init_metadata(struct model *model, const struct init_options *options, const char *rules)
{
    struct header *const header = &model->header;
    char text[64];
    /* Of an earlier run, whose values these are not. */
    header_drop_metadata(header, "fanin.");
    fanin_status status = FANIN_OK;
    /* Readers insist on one. */
    if (!header_metadata(header, "format")) {
        status = header_set_metadata(header, "format", "pt");
    }
    status = status == FANIN_OK ? header_set_metadata(header, "fanin.version", fanin_version()) : status;
    snprintf(text, sizeof text, "%d", FANIN_CONTRACT);
    status = status == FANIN_OK ? header_set_metadata(header, "fanin.contract", text) : status;
    snprintf(text, sizeof text, "%" PRIu64, options->seed);
    status = status == FANIN_OK ? header_set_metadata(header, "fanin.seed", text) : status;
    if (status == FANIN_OK && model->initializer) {
        status = set_initializer(header, model->initializer);
    }
    if (status == FANIN_OK && rules) {
        status = set_rules(header, rules);
    }
    if (status == FANIN_OK && options->shards > 1) {
        snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, options->shard, options->shards);
        status = header_set_metadata(header, "fanin.shard", text);
    }
    return status;
}
