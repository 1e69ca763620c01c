/* What the tests of the log share: one that keeps its lines. */
#ifndef FANIN_TESTS_LOG_HELPERS_H
#define FANIN_TESTS_LOG_HELPERS_H

#include "plan_helpers.h"

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

#endif
