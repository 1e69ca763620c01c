/* The line that tells how far a run is, redrawn on a terminal. */
#ifndef FANIN_CLI_PROGRESS_H
#define FANIN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown; /* standard error is a terminal, and nobody asked for quiet */
    int64_t total;
    double start, drawn; /* seconds of a steady clock */
};

void progress_start(struct progress *progress, int64_t total_bytes, bool quiet);

/* Redraws the line, a few times a second at most. */
void progress_update(struct progress *progress, int64_t bytes);

/* Shows a text in its place: "bringing it to the disk ...". */
void progress_say(const struct progress *progress, const char *text);

/* Clears the line. */
void progress_end(const struct progress *progress);

/* Since the start. */
double progress_seconds(const struct progress *progress);

#endif
