#include "parallel.h"

#include "float_environment.h"
#include "processors.h"

#include <omp.h>
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

static void run_tile(int64_t tile, int64_t size, int64_t count, parallel_work work, const void *context,
                     struct failure *failure)
{
    int64_t failed;
#pragma omp atomic read
    failed = failure->tile;
    /* Tiles below the failed one still run, so that which error is returned does not depend on timing. */
    if (tile > failed) {
        return;
    }
    const int64_t begin = tile * size;
    const int64_t end = count - begin < size ? count : begin + size;
    const fanin_status status = work(context, begin, end);
    if (status != FANIN_OK) {
        record(failure, tile, status);
    }
}

fanin_status parallel_for(int64_t count, int64_t tile, int threads, parallel_work work, const void *context)
{
    if (count <= 0) {
        return FANIN_OK;
    }
    const int64_t tiles = (count - 1) / tile + 1;
    const int wanted = tiles > 1 ? parallel_threads(threads) : 1, team = wanted < tiles ? wanted : (int)tiles;
    struct failure failure = {INT64_MAX, FANIN_OK, NULL};

    if (team == 1) {
        const struct float_environment caller = float_environment_enter();
        for (int64_t t = 0; t < tiles && failure.status == FANIN_OK; t++) {
            run_tile(t, tile, count, work, context, &failure);
        }
        float_environment_leave(&caller);
    } else {
#pragma omp parallel num_threads(team)
        {
            const struct float_environment caller = float_environment_enter();
#pragma omp for schedule(dynamic, 1)
            for (int64_t t = 0; t < tiles; t++) {
                run_tile(t, tile, count, work, context, &failure);
            }
            float_environment_leave(&caller);
        }
    }
    if (failure.status != FANIN_OK) {
        fanin_fail(failure.status, "%s", failure.message ? failure.message : fanin_status_text(failure.status));
        free(failure.message);
    }
    return failure.status;
}
