/* What the tests of the log share: one that keeps its lines. */
#ifndef FANIN_TESTS_LOG_HELPERS_H
#define FANIN_TESTS_LOG_HELPERS_H

#include "plan_helpers.h"
#include "recorded.h"

#include <math.h>
#include <pthread.h>

#define MOST_LINES 32

struct log {
    char line[MOST_LINES][2048];
    int count;
    pthread_t thread;
};

static inline void take_line(void *context, const char *line)
{
    struct log *const log = context;
    assert_true(log->count < MOST_LINES);
    snprintf(log->line[log->count++], sizeof log->line[0], "%s", line);
    log->thread = pthread_self();
}

static inline fanin_options verbose_to(struct log *log)
{
    log->count = 0;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.verbose = 1;
    options.log = take_line;
    options.context = log;
    return options;
}

/* The lines are MXNet's, but for the last digit of a float32 statistic, which depends there on the order of summation and on
 * where it is rounded. */
static inline void assert_line(const char *line, const char *expected)
{
    const char *const number = strrchr(expected, ' ') + 1;
    const size_t before = (size_t)(number - expected);
    if (strcmp(line, expected) == 0) {
        return;
    }
    char *line_end, *end;
    const float wanted = strtof(number, &end);
    const bool begins = strlen(line) > before && strncmp(line, expected, before) == 0;
    const float found = begins ? strtof(line + before, &line_end) : 0.0f;
    if (!begins || *end != '\0' || *line_end != '\0' ||
        (found != nextafterf(wanted, INFINITY) && found != nextafterf(wanted, 0.0f))) {
        fail_msg("found the line '%s', expected '%s'", line, expected);
    }
}

static inline void assert_log(const struct log *log, const cJSON *lines)
{
    assert_int_equal(log->count, cJSON_GetArraySize(lines));
    for (int k = 0; k < log->count; k++) {
        assert_line(log->line[k], cJSON_GetStringValue(cJSON_GetArrayItem(lines, k)));
    }
}

#endif
