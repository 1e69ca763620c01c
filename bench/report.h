/* What people and programs read. */
#ifndef FANIN_BENCH_REPORT_H
#define FANIN_BENCH_REPORT_H

#include "measure.h"

/* The machine and its load, before the first case. */
struct machine {
    char cpu[128];
    const char *variant; /* of the library's kernels */
    int processors;      /* that this process may use */
    int64_t memory, largest_cache;
    const char *gpu, *no_gpu; /* its name; where it is NULL, why */
    double load;              /* average over a minute; -1: not known */
};

struct machine report_machine(void);
void report_heading(const struct machine *machine);
void report_line(const struct result *result);
void report_bytes(int64_t bytes, char *text, size_t size);

/* Writes everything as JSON; ends the program if it cannot. */
void report_json(const struct machine *machine, const struct results *results, const char *path);

/* Prints the cases of two such files side by side. Returns how many cases of the second are slower than in the first by more
 * than their spreads explain. */
int report_compare(const char *before, const char *after);

#endif
