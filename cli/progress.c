#include "progress.h"

#include "text.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.2
/* Before that the rate means nothing. */
#define RATE_SECONDS 0.5

/* To the line's start, and clears it. */
#define CLEAR "\r\033[K"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void progress_start(struct progress *progress, int64_t total_bytes, bool quiet)
{
    *progress = (struct progress){!quiet && isatty(STDERR_FILENO) == 1, total_bytes, now(), 0};
}

double progress_seconds(const struct progress *progress)
{
    return now() - progress->start;
}

void progress_update(struct progress *progress, int64_t bytes)
{
    const double seconds = progress_seconds(progress);
    if (!progress->shown || seconds < progress->drawn + REDRAW_SECONDS) {
        return;
    }
    progress->drawn = seconds;
    char done[TEXT_SIZE], total[TEXT_SIZE], rate[TEXT_SIZE], left[TEXT_SIZE];
    const double share = (double)bytes / (double)progress->total, speed = (double)bytes / seconds;
    fprintf(stderr, CLEAR "%3.0f%%  %s of %s", share * 100, text_bytes((double)bytes, done),
            text_bytes((double)progress->total, total));
    if (seconds >= RATE_SECONDS && bytes > 0) {
        fprintf(stderr, "  %s/s  %s left", text_bytes(speed, rate),
                text_seconds((double)(progress->total - bytes) / speed, left));
    }
    fflush(stderr);
}

void progress_say(const struct progress *progress, const char *text)
{
    if (progress->shown) {
        fprintf(stderr, CLEAR "%s", text);
        fflush(stderr);
    }
}

void progress_end(const struct progress *progress)
{
    if (progress->shown) {
        fputs(CLEAR, stderr);
        fflush(stderr);
    }
}
