/* Timing, and the results that it gives. */
#ifndef FANIN_BENCH_MEASURE_H
#define FANIN_BENCH_MEASURE_H

#include "gpu.h"

#include <regex.h>
#include <stdbool.h>

/* Seconds that one call took, over the repeats. */
struct spread {
    double best, median, worst;
};

struct result {
    char name[96]; /* group/what/dtype/size/WHERE: what --filter and --compare know it by */
    const char *group;
    char initializer[24], dtype[12];
    int64_t bytes, values;
    int threads, repeats;      /* threads: 0 on a GPU */
    bool cold;                 /* caches were flushed before each repeat */
    struct spread fill, limit; /* limit: memory set, or a kernel that only stores */
    struct {
        double seconds; /* of the same case on the CPU, fastest; 0: it was not measured */
        int threads;
    } cpu; /* of a GPU's result */
};

struct results {
    struct result *list;
    size_t count, capacity;
};

struct bench {
    struct results results;
    int unlisted;          /* cases that were printed and are not in the results */
    const regex_t *filter; /* NULL: everything */
    double seconds;        /* of fills, for each case */
    int least, most;       /* repeats */
    int64_t most_bytes;    /* of the memory that is filled */
    int64_t values;        /* not 0: this many elements in place of the sizes */
    int threads;           /* of the cases that run now */
    const struct gpu *gpu; /* NULL: they run on the CPU */
    unsigned char *memory; /* memory_bytes, all touched */
    int64_t memory_bytes;
    unsigned char *flush; /* flush_bytes, more than the largest cache */
    size_t flush_bytes;
    const char *models; /* folder */
};

/* What is timed. `run` fills `memory`. */
struct work {
    fanin_status (*run)(void *context);
    void *context;
    int64_t bytes;       /* that one run writes */
    int64_t piece_bytes; /* of memory that the run writes again and again; the limit does the same */
    bool host_time;      /* on a GPU: what the calling thread spends, while the device works */
};

/* Prints "fanin_bench: …" and ends the program with status 1. */
_Noreturn void bench_stop(const char *format, ...) FANIN_PRINTF(1, 2);

/* Ends the program with the library's last error if `status` is one. */
void bench_check(fanin_status status, const char *what);

/* SIGINT and SIGTERM end the run after the case that is measured: no further one is wanted. A second one ends the program. */
void bench_catch_signals(void);
bool bench_is_ended(void);

bool bench_wanted(const struct bench *bench, const char *name);

/* The last part of the names of cases that run now: "t2", "gpu". */
#define BENCH_WHERE_SIZE 16
const char *bench_where(const struct bench *bench, char text[BENCH_WHERE_SIZE]);

/* Where the fills of now write, and how many bytes there are at least; sets the first ones to 0xff; and gives them, from
 * `offset` on, to the host: on a GPU in the first bytes of bench->memory. */
unsigned char *bench_memory(const struct bench *bench);
int64_t bench_memory_bytes(const struct bench *bench);
void bench_spoil(const struct bench *bench, int64_t bytes);
const unsigned char *bench_read(const struct bench *bench, int64_t offset, int64_t bytes);

/* The device and options of the fills of now. */
DLDevice bench_device(const struct bench *bench);
fanin_options bench_options(const struct bench *bench, uint64_t seed);

/* Seconds of a clock that only goes forward. */
double bench_clock(void);

/* Sets memory by as many threads, each at least 256 KiB. */
void bench_memory_set(void *memory, int64_t bytes, int threads);

/* Times the work and, in turn with it, its limit: memory set of the same bytes by the same threads, or on a GPU a kernel that
 * stores them. Fills in `repeats`, `cold` and the spreads of `result`, appends it and prints its line. */
void bench_measure(struct bench *bench, const struct work *work, struct result *result);

#endif
