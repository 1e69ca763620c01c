#include "parallel.h"

#include "float_environment.h"
#include "processors.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The OpenMP runtime ends the process when the system refuses a thread, so a careless number is not passed on to it. */
#define MOST_THREADS 256

/* The failed tile with the lowest number; `message` is its copy. */
struct failure {
    int64_t tile;
    fanin_status status;
    char *message;
};

int parallel_threads(int threads)
{
    if (threads <= 0) {
        const int given = omp_in_parallel() ? 1 : omp_get_max_threads();
        const int allowed = given > 1 ? processors_allowed() : 1;
        return given < allowed ? given : allowed;
    }
    if (threads > MOST_THREADS) {
        const int processors = omp_get_num_procs();
        return threads < processors ? threads : processors > MOST_THREADS ? processors : MOST_THREADS;
    }
    return threads;
}

static void record(struct failure *failure, int64_t tile, fanin_status status)
{
#pragma omp critical(fanin_parallel_failure)
    {
        if (tile < failure->tile) {
            free(failure->message);
            failure->status = status;
            failure->message = strdup(fanin_last_error());
#pragma omp atomic write
            failure->tile = tile;
        }
    }
}

/* A call of parallel_for. */
struct region {
    int64_t count, tile, tiles;
    int team;
    parallel_work work;
    const void *context;
    struct failure failure;
};

static void run_tile(struct region *region, int64_t tile)
{
    int64_t failed;
#pragma omp atomic read
    failed = region->failure.tile;
    /* Tiles below the failed one still run, so that which error is returned does not depend on timing. */
    if (tile > failed) {
        return;
    }
    const int64_t begin = tile * region->tile;
    const int64_t end = region->count - begin < region->tile ? region->count : begin + region->tile;
    const fanin_status status = region->work(region->context, begin, end);
    if (status != FANIN_OK) {
        record(&region->failure, tile, status);
    }
}

static void run_alone(struct region *region)
{
    const struct float_environment caller = float_environment_enter();
    for (int64_t t = 0; t < region->tiles && region->failure.status == FANIN_OK; t++) {
        run_tile(region, t);
    }
    float_environment_leave(&caller);
}

static void run_team(struct region *region)
{
#pragma omp parallel num_threads(region->team)
    {
        const struct float_environment caller = float_environment_enter();
#pragma omp for schedule(dynamic, 1)
        for (int64_t t = 0; t < region->tiles; t++) {
            run_tile(region, t);
        }
        float_environment_leave(&caller);
    }
}

#ifndef __clang__
/* GNU's OpenMP keeps a thread's team for its next parallel region, of whatever library. In a forked child the thread that forked
 * would wait for it for ever, for it stayed in the parent (GCC's bug 58378). So the team is ended before a fork; the next region
 * makes another. */
static void end_team(void)
{
    (void)omp_pause_resource_all(omp_pause_soft);
}

__attribute__((constructor)) static void watch_forks(void)
{
    (void)pthread_atfork(end_team, NULL, NULL);
}
#endif

fanin_status parallel_for(int64_t count, int64_t tile, int threads, parallel_work work, const void *context)
{
    if (count <= 0) {
        return FANIN_OK;
    }
    const int64_t tiles = (count - 1) / tile + 1;
    const int wanted = tiles > 1 ? parallel_threads(threads) : 1, team = wanted < tiles ? wanted : (int)tiles;
    struct region region = {count, tile, tiles, team, work, context, {INT64_MAX, FANIN_OK, NULL}};
    if (team == 1) {
        run_alone(&region);
    } else {
        run_team(&region);
    }
    const struct failure *const failure = &region.failure;
    if (failure->status != FANIN_OK) {
        fanin_fail(failure->status, "%s", failure->message ? failure->message : fanin_status_text(failure->status));
        free(failure->message);
    }
    return failure->status;
}
