#include "measure.h"
#include "report.h"

#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A sample is at least this long: the clock itself costs 20 to 50 ns. */
#define LEAST_SAMPLE 20e-6
/* Below, a fill is timed as a program meets it that has just allocated: in the cache. */
#define COLD_BYTES  (4 << 20)
#define LEAST_SHARE (256 << 10)

void bench_stop(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("fanin_bench: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void bench_check(fanin_status status, const char *what)
{
    if (status != FANIN_OK) {
        bench_stop("%s: %s", what, fanin_last_error());
    }
}

bool bench_wanted(const struct bench *bench, const char *name)
{
    return bench->filter == NULL || regexec(bench->filter, name, 0, NULL, 0) == 0;
}

double bench_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void bench_memory_set(void *memory, int64_t bytes, int threads)
{
    const int64_t most = bytes / LEAST_SHARE;
    const int shares = most < 2 ? 1 : most < threads ? (int)most : threads;
    if (shares == 1) {
        memset(memory, 0x5a, (size_t)bytes);
    } else {
#pragma omp parallel for num_threads(shares) schedule(static)
        for (int i = 0; i < shares; i++) {
            const int64_t begin = bytes * i / shares;
            memset((char *)memory + begin, 0x5a, (size_t)(bytes * (i + 1) / shares - begin));
        }
    }
    /* Keeps the compiler from dropping a memory set that another one follows. */
    __asm__ volatile("" : : "r"(memory) : "memory");
}

static void set_pieces(const struct bench *bench, const struct work *work, int threads)
{
    for (int64_t left = work->bytes; left > 0; left -= work->piece_bytes) {
        bench_memory_set(bench->memory, left < work->piece_bytes ? left : work->piece_bytes, threads);
    }
}

/* By reading, so that no dirty line is left whose way back to memory would be timed with the fill. */
static void flush_caches(const struct bench *bench)
{
    unsigned sum = 0;
    for (size_t i = 0; i < bench->flush_bytes; i += 64) {
        sum += bench->flush[i];
    }
    __asm__ volatile("" : : "r"(sum));
}

static void run(const struct work *work, const char *name)
{
    const fanin_status status = work->run(work->context);
    if (status != FANIN_OK) {
        bench_stop("%s: %s", name, fanin_last_error());
    }
}

static int calls_of_a_sample(const struct bench *bench, const struct work *work, const struct result *result)
{
    int calls = 1;
    for (;; calls *= 2) {
        double begin = bench_clock();
        for (int i = 0; i < calls; i++) {
            run(work, result->name);
        }
        double least = bench_clock() - begin;
        begin = bench_clock();
        for (int i = 0; i < calls; i++) {
            set_pieces(bench, work, result->threads);
        }
        const double other = bench_clock() - begin;
        least = least < other ? least : other;
        if (least >= LEAST_SAMPLE || calls >= 1 << 20) {
            return calls;
        }
    }
}

static int compare_times(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct spread spread_of(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare_times);
    const double median = count % 2 != 0 ? times[count / 2] : (times[count / 2 - 1] + times[count / 2]) / 2;
    return (struct spread){times[0], median, times[count - 1]};
}

static void append(struct results *results, const struct result *result)
{
    if (results->count == results->capacity) {
        results->capacity = results->capacity == 0 ? 256 : 2 * results->capacity;
        results->list = realloc(results->list, results->capacity * sizeof *results->list);
        if (results->list == NULL) {
            bench_stop("out of memory");
        }
    }
    results->list[results->count++] = *result;
}

void bench_measure(struct bench *bench, const struct work *work, struct result *result)
{
    double *const fills = malloc((size_t)bench->most * sizeof *fills), *const sets = malloc((size_t)bench->most * sizeof *sets);
    if (fills == NULL || sets == NULL) {
        bench_stop("out of memory");
    }
    result->threads = bench->threads;
    result->cold = work->bytes >= COLD_BYTES;
    const int calls = result->cold ? 1 : calls_of_a_sample(bench, work, result);
    double spent = 0;
    int count = 0;
    while (count < bench->most && (count < bench->least || spent < bench->seconds)) {
        if (result->cold) {
            flush_caches(bench);
        }
        double begin = bench_clock();
        for (int i = 0; i < calls; i++) {
            set_pieces(bench, work, result->threads);
        }
        sets[count] = (bench_clock() - begin) / calls;
        if (result->cold) {
            flush_caches(bench);
        }
        begin = bench_clock();
        for (int i = 0; i < calls; i++) {
            run(work, result->name);
        }
        const double taken = bench_clock() - begin;
        fills[count++] = taken / calls;
        spent += taken;
    }
    result->repeats = count;
    result->fill = spread_of(fills, count);
    result->memory_set = spread_of(sets, count);
    free(fills);
    free(sets);
    append(&bench->results, result);
    report_line(result);
}
