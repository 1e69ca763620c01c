#include "measure.h"
#include "report.h"

#include <omp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A sample is at least this long: the clock itself costs 20 to 50 ns. On a device it counts what the host does before the first
 * launch as well, so that many fills are queued. */
#define LEAST_SAMPLE        20e-6
#define LEAST_DEVICE_SAMPLE 2e-3
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

static volatile sig_atomic_t is_ended;

static void end(int signal)
{
    (void)signal;
    is_ended = 1;
}

void bench_catch_signals(void)
{
    const struct sigaction action = {.sa_handler = end, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool bench_is_ended(void)
{
    return is_ended != 0;
}

bool bench_wanted(const struct bench *bench, const char *name)
{
    return !bench_is_ended() && (bench->filter == NULL || regexec(bench->filter, name, 0, NULL, 0) == 0);
}

const char *bench_where(const struct bench *bench, char text[BENCH_WHERE_SIZE])
{
    if (bench->gpu != NULL) {
        return "gpu";
    }
    snprintf(text, BENCH_WHERE_SIZE, "t%d", bench->threads);
    return text;
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

unsigned char *bench_memory(const struct bench *bench)
{
    return bench->gpu != NULL ? bench->gpu->memory : bench->memory;
}

int64_t bench_memory_bytes(const struct bench *bench)
{
    return bench->gpu != NULL ? bench->gpu->memory_bytes : bench->memory_bytes;
}

void bench_spoil(const struct bench *bench, int64_t bytes)
{
    if (bench->gpu != NULL) {
        gpu_spoil(bench->gpu, bytes);
    } else {
        memset(bench->memory, 0xff, (size_t)bytes);
    }
}

const unsigned char *bench_read(const struct bench *bench, int64_t offset, int64_t bytes)
{
    if (bench->gpu == NULL) {
        return bench->memory + offset;
    }
    gpu_read(bench->gpu, bench->gpu->memory + offset, bench->memory, bytes);
    return bench->memory;
}

DLDevice bench_device(const struct bench *bench)
{
    return bench->gpu != NULL ? bench->gpu->device : (DLDevice){kDLCPU, 0};
}

fanin_options bench_options(const struct bench *bench, uint64_t seed)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    options.threads = bench->threads;
    options.cuda_stream = bench->gpu != NULL ? bench->gpu->stream : NULL;
    return options;
}

static void run_limit(const struct bench *bench, const struct work *work)
{
    for (int64_t left = work->bytes; left > 0; left -= work->piece_bytes) {
        const int64_t bytes = left < work->piece_bytes ? left : work->piece_bytes;
        if (bench->gpu != NULL) {
            gpu_store(bench->gpu, bytes);
        } else {
            bench_memory_set(bench->memory, bytes, bench->threads);
        }
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

/* Seconds of some calls of the work, or of its limit where `name` is NULL. */
static double time_calls(const struct bench *bench, const struct work *work, const char *name, int calls)
{
    const bool on_device = bench->gpu != NULL && !work->host_time;
    const double begin = bench_clock();
    if (on_device) {
        gpu_begin(bench->gpu);
    }
    for (int i = 0; i < calls; i++) {
        if (name != NULL) {
            run(work, name);
        } else {
            run_limit(bench, work);
        }
    }
    if (on_device) {
        return gpu_end(bench->gpu);
    }
    const double seconds = bench_clock() - begin;
    if (bench->gpu != NULL) {
        gpu_wait(bench->gpu);
    }
    return seconds;
}

static int calls_of_a_sample(const struct bench *bench, const struct work *work, const struct result *result)
{
    /* A device's queue takes about a thousand launches before the host has to wait. */
    const int most = bench->gpu != NULL ? 512 : 1 << 20;
    const bool on_device = bench->gpu != NULL && !work->host_time;
    for (int calls = 1;; calls *= 2) {
        const double fill = time_calls(bench, work, result->name, calls), limit = time_calls(bench, work, NULL, calls);
        if ((on_device ? fill >= LEAST_DEVICE_SAMPLE : (fill < limit ? fill : limit) >= LEAST_SAMPLE) || calls >= most) {
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

/* The fastest of the same case with any number of threads. */
static void find_on_cpu(const struct results *results, struct result *result)
{
    const size_t same = (size_t)(strrchr(result->name, '/') - result->name) + 1;
    for (size_t i = 0; i < results->count && result->threads == 0; i++) {
        const struct result *const other = &results->list[i];
        const bool is_same =
            other->threads > 0 && strncmp(other->name, result->name, same) == 0 && strchr(other->name + same, '/') == NULL;
        if (is_same && (result->cpu.seconds == 0 || other->fill.best < result->cpu.seconds)) {
            result->cpu.seconds = other->fill.best;
            result->cpu.threads = other->threads;
        }
    }
}

void bench_measure(struct bench *bench, const struct work *work, struct result *result)
{
    double *const fills = malloc((size_t)bench->most * sizeof *fills);
    double *const limits = malloc((size_t)bench->most * sizeof *limits);
    if (fills == NULL || limits == NULL) {
        bench_stop("out of memory");
    }
    result->threads = bench->gpu != NULL ? 0 : bench->threads;
    result->cold = bench->gpu == NULL && work->bytes >= COLD_BYTES;
    const int calls = result->cold ? 1 : calls_of_a_sample(bench, work, result);
    const double begin = bench_clock();
    double spent = 0;
    int count = 0;
    /* A large cache is flushed for much longer than a small fill takes. */
    while (count < bench->most &&
           (count < bench->least || (spent < bench->seconds && bench_clock() - begin < 10 * bench->seconds))) {
        if (result->cold) {
            flush_caches(bench);
        }
        limits[count] = time_calls(bench, work, NULL, calls) / calls;
        if (result->cold) {
            flush_caches(bench);
        }
        const double taken = time_calls(bench, work, result->name, calls);
        fills[count++] = taken / calls;
        spent += taken;
    }
    result->repeats = count;
    result->fill = spread_of(fills, count);
    result->limit = spread_of(limits, count);
    find_on_cpu(&bench->results, result);
    free(fills);
    free(limits);
    append(&bench->results, result);
    report_line(result);
}
