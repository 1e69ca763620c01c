/* parallel_for: tiles, threads, errors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpu/parallel.h"
#include "cpu/processors.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT 100003

static unsigned char met[COUNT];

struct expectation {
    int64_t count, tile;
};

static fanin_status meet(const void *context, int64_t begin, int64_t end)
{
    const struct expectation *expectation = context;
    const int64_t next = begin + expectation->tile;
    if (begin % expectation->tile != 0 || end != (next < expectation->count ? next : expectation->count)) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "a tile from %lld to %lld", (long long)begin, (long long)end);
    }
    for (int64_t i = begin; i < end; i++) {
        met[i]++;
    }
    return FANIN_OK;
}

static void each_once(void **state)
{
    (void)state;
    static const int64_t tiles[] = {1, 7, 1000, COUNT - 1, COUNT, COUNT + 1, INT64_MAX};
    for (size_t t = 0; t < sizeof tiles / sizeof tiles[0]; t++) {
        for (int threads = 0; threads <= 8; threads++) {
            for (int64_t count = COUNT; count >= 0; count -= 33334) {
                const struct expectation expectation = {count, tiles[t]};
                memset(met, 0, sizeof met);
                assert_int_equal(parallel_for(count, tiles[t], threads, meet, &expectation), FANIN_OK);
                for (int64_t i = 0; i < COUNT; i++) {
                    assert_int_equal(met[i], i < count);
                }
            }
        }
    }
}

struct team {
    int *size;
};

static fanin_status note_team(const void *context, int64_t begin, int64_t end)
{
    (void)end;
    const struct team *team = context;
    if (begin == 0) {
        *team->size = omp_get_num_threads();
    }
    return FANIN_OK;
}

/* The number of threads that run `tiles` tiles. */
static int team_of(int64_t tiles, int threads)
{
    int size = 0;
    const struct team team = {&size};
    assert_int_equal(parallel_for(tiles, 1, threads, note_team, &team), FANIN_OK);
    return size;
}

static void numbers_of_threads(void **state)
{
    (void)state;
    omp_set_dynamic(0);
    assert_int_equal(team_of(100, 3), 3);
    assert_int_equal(team_of(100, 1), 1);
    assert_int_equal(team_of(2, 8), 2);
    assert_int_equal(team_of(1, 8), 1);
    omp_set_num_threads(4);
    const int allowed = processors_allowed();
    assert_int_equal(team_of(100, 0), allowed < 4 ? allowed : 4);
    /* Not as many as a careless caller says: the runtime would end the process. */
    const int most = team_of(100000, 1000000000);
    assert_true(most <= 256 || most <= omp_get_num_procs());
}

static fanin_status count_calls(const void *context, int64_t begin, int64_t end)
{
    (void)begin;
    (void)end;
    const struct team *team = context;
    /* Without synchronisation: right only if one thread makes all calls. */
    ++*team->size;
    return omp_get_level() > 1 ? fanin_fail(FANIN_ERROR_ARGUMENT, "a team inside a team") : FANIN_OK;
}

/* Within a caller's parallel region each call stays on its thread. */
static void inside_a_team(void **state)
{
    (void)state;
    int bad = 0;
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(3) reduction(+ : bad)
    {
        int calls = 0;
        const struct team team = {&calls};
        bad += parallel_for(50, 1, 0, count_calls, &team) != FANIN_OK || calls != 50;
    }
    omp_set_max_active_levels(1);
    assert_int_equal(bad, 0);
}

static fanin_status fail_sometimes(const void *context, int64_t begin, int64_t end)
{
    const int64_t *first = context;
    (void)end;
    if (begin >= *first && (begin - *first) % 3 == 0) {
        return fanin_fail(begin == *first ? FANIN_ERROR_CUSTOM : FANIN_ERROR_FILE, "tile %lld is bad", (long long)begin);
    }
    return FANIN_OK;
}

/* The error of the lowest tile arrives, with its message, whichever thread met it. */
static void errors_reach_the_caller(void **state)
{
    (void)state;
    for (int64_t first = 0; first < 200; first += 23) {
        for (int threads = 1; threads <= 8; threads++) {
            char expected[64];
            fanin_fail(FANIN_ERROR_ARGUMENT, "tile %lld is bad", (long long)first);
            strcpy(expected, fanin_last_error());
            fanin_fail(FANIN_ERROR_ARGUMENT, "older");
            assert_int_equal(parallel_for(300, 1, threads, fail_sometimes, &first), FANIN_ERROR_CUSTOM);
            assert_string_equal(fanin_last_error(), expected);
        }
    }
}

struct slow_failure {
    int64_t first;
    unsigned first_wait, second_wait; /* microseconds */
};

static fanin_status fail_slowly(const void *context, int64_t begin, int64_t end)
{
    const struct slow_failure *slow = context;
    (void)end;
    if (begin != slow->first && begin != slow->first + 1) {
        return FANIN_OK;
    }
    usleep(begin == slow->first ? slow->first_wait : slow->second_wait);
    return fanin_fail(begin == slow->first ? FANIN_ERROR_CUSTOM : FANIN_ERROR_FILE, "tile %lld is bad", (long long)begin);
}

/* Two neighbours fail at once: the lower one's error counts, whether it comes first or last. */
static void the_lowest_error_counts(void **state)
{
    (void)state;
    static const struct slow_failure cases[] = {{10, 100, 3000}, {10, 3000, 100}, {0, 100, 3000}, {0, 3000, 100}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (int repeat = 0; repeat < 10; repeat++) {
            assert_int_equal(parallel_for(40, 1, 4, fail_slowly, &cases[c]), FANIN_ERROR_CUSTOM);
            assert_string_equal(fanin_last_error(), cases[c].first == 0 ? "tile 0 is bad" : "tile 10 is bad");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_once),
        cmocka_unit_test(numbers_of_threads),
        cmocka_unit_test(inside_a_team),
        cmocka_unit_test(errors_reach_the_caller),
        cmocka_unit_test(the_lowest_error_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
