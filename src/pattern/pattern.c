#include "pattern.h"

#include "json/utf8.h"
#include "translate.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

/* Steps of PCRE2's matching, about a tenth of a second, and its memory in KiB. A name of ordinary length and a pattern that
 * does not backtrack without end stay far below both. */
#define MATCH_LIMIT 2000000
#define HEAP_LIMIT  65536

struct pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
    char text[];
};

static fanin_status no_memory(void)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "out of memory while compiling a pattern");
}

/* Compiles what the translator wrote. */
static fanin_status compile(const char *text, const char *translated, pcre2_code **out)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL) {
        return no_memory();
    }
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int error;
    size_t offset;
    /* An anchored match gains nothing from the optimizations of a search, and they take time for hostile patterns. Automatic
     * possessification has had errors (10.42: `a*(?>b)?+.` does not match "a"), and the limits serve as well. */
    const uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK | PCRE2_NO_START_OPTIMIZE | PCRE2_NO_AUTO_POSSESS;
    *out = pcre2_compile((PCRE2_SPTR)translated, PCRE2_ZERO_TERMINATED, options, &error, &offset, context);
    pcre2_compile_context_free(context);
    if (*out != NULL) {
        return FANIN_OK;
    }
    if (error == PCRE2_ERROR_HEAP_FAILED) {
        return no_memory();
    }
    char excerpt[JSON_EXCERPT_SIZE];
    char message[128] = "";
    pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
    return fanin_fail(FANIN_ERROR_PATTERN, "pattern \"%s\": not supported: %s", json_excerpt(text, strlen(text), excerpt),
                      message);
}

fanin_status pattern_compile(const char *text, struct pattern **out)
{
    char *translated;
    fanin_status status = pattern_translate(text, &translated);
    if (status != FANIN_OK) {
        return status;
    }
    const size_t size = strlen(text) + 1;
    struct pattern *pattern = calloc(1, sizeof *pattern + size);
    if (pattern == NULL) {
        free(translated);
        return no_memory();
    }
    memcpy(pattern->text, text, size);
    status = compile(text, translated, &pattern->code);
    free(translated);
    if (status == FANIN_OK) {
        pattern->limits = pcre2_match_context_create(NULL);
        if (pattern->limits == NULL) {
            status = no_memory();
        }
    }
    if (status != FANIN_OK) {
        pattern_free(pattern);
        return status;
    }
    pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT);
    *out = pattern;
    return FANIN_OK;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern != NULL) {
        pcre2_code_free(pattern->code);
        pcre2_match_context_free(pattern->limits);
        free(pattern);
    }
}

const char *pattern_text(const struct pattern *pattern)
{
    return pattern->text;
}

static fanin_status fail_match(const struct pattern *pattern, const char *name, int error)
{
    char pattern_excerpt[JSON_EXCERPT_SIZE], name_excerpt[JSON_EXCERPT_SIZE];
    json_excerpt(pattern->text, strlen(pattern->text), pattern_excerpt);
    json_excerpt(name, strlen(name), name_excerpt);
    if (error <= PCRE2_ERROR_UTF8_ERR1 && error >= PCRE2_ERROR_UTF8_ERR21) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "name \"%s\" is not UTF-8", name_excerpt);
    }
    if (error == PCRE2_ERROR_NOMEMORY) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory while matching pattern \"%s\" against \"%s\"", pattern_excerpt,
                          name_excerpt);
    }
    char message[128] = "";
    pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
    return fanin_fail(FANIN_ERROR_PATTERN, "pattern \"%s\" is too costly to match against \"%s\": %s", pattern_excerpt,
                      name_excerpt, message);
}

fanin_status pattern_match(const struct pattern *pattern, const char *name, bool *matches)
{
    /* Whether it matches is all that is asked for: one pair of offsets. */
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (data == NULL) {
        return no_memory();
    }
    const int result = pcre2_match(pattern->code, (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, 0, 0, data, pattern->limits);
    pcre2_match_data_free(data);
    if (result < 0 && result != PCRE2_ERROR_NOMATCH) {
        return fail_match(pattern, name, result);
    }
    *matches = result >= 0;
    return FANIN_OK;
}
