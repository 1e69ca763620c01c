/* Timing, and the results that it gives. */
#ifndef FANIN_BENCH_MEASURE_H
#define FANIN_BENCH_MEASURE_H

#include <fanin/fanin.h>

#include <regex.h>
#include <stdbool.h>

/* Seconds that one call took, over the repeats. */
struct spread {
    double best, median, worst;
};

struct result {
    char name[96]; /* group/what/dtype/size/tTHREADS: what --filter and --compare know it by */
    const char *group;
    char initializer[24], dtype[12];
    int64_t bytes, values;
    int threads, repeats;
    bool cold; /* caches were flushed before each repeat */
    struct spread fill, memory_set;
};

struct results {
    struct result *list;
    size_t count, capacity;
};

struct bench {
    struct results results;
    const regex_t *filter; /* NULL: everything */
    double seconds;        /* of fills, for each case */
    int least, most;       /* repeats */
    int64_t most_bytes;    /* of the memory that is filled */
    int64_t values;        /* not 0: this many elements in place of the sizes */
    int threads;           /* of the cases that run now */
    unsigned char *memory; /* most_bytes, all touched */
    unsigned char *flush;  /* flush_bytes, more than the largest cache */
    size_t flush_bytes;
    const char *models; /* folder */
};

/* What is timed. `run` fills `memory`. */
struct work {
    fanin_status (*run)(void *context);
    void *context;
    int64_t bytes;       /* that one run writes */
    int64_t piece_bytes; /* of memory that the run writes again and again; memory set does the same */
};

/* Prints "fanin_bench: …" and ends the program with status 1. */
_Noreturn void bench_stop(const char *format, ...) FANIN_PRINTF(1, 2);

/* Ends the program with the library's last error if `status` is one. */
void bench_check(fanin_status status, const char *what);

bool bench_wanted(const struct bench *bench, const char *name);

/* Seconds of a clock that only goes forward. */
double bench_clock(void);

/* Sets memory by as many threads, each at least 256 KiB. */
void bench_memory_set(void *memory, int64_t bytes, int threads);

/* Times the work and, in turn with it, the memory set of the same bytes by the same threads; fills in `repeats`, `cold` and the
 * spreads of `result`, appends it and prints its line. */
void bench_measure(struct bench *bench, const struct work *work, struct result *result);

#endif
