/* A process that has filled forks, and its child fills too, with several threads, or has parallel regions of its own: GNU's
 * OpenMP alone would wait for ever. */
#include "api_helpers.h"

#include "cpu/parallel.h"

#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Seconds after which a child that waits is ended. */
#define PATIENCE 60

#define ROWS    700
#define COLUMNS 701

static float filled[ROWS * COLUMNS], again[ROWS * COLUMNS];

static fanin_status fill(const char *spec, float *out)
{
    fanin_initializer *initializer = NULL;
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    const DLTensor tensor = {.data = out,
                             .device = {kDLCPU, 0},
                             .ndim = 2,
                             .dtype = api_dtypes[API_FLOAT32].type,
                             .shape = (int64_t[]){ROWS, COLUMNS}};
    desc.name = "a_weight";
    options.threads = 3;
    fanin_status status = fanin_create(spec, &initializer);
    status = status == FANIN_OK ? fanin_init(initializer, &desc, &tensor, &options) : status;
    fanin_release(initializer);
    return status;
}

static fanin_status note_team(const void *context, int64_t begin, int64_t end)
{
    (void)end;
    if (begin == 0) {
        *(int *)(uintptr_t)context = omp_get_num_threads();
    }
    return FANIN_OK;
}

/* Of anyone's. */
static int threads_of_a_region(void)
{
    int count = 0;
#pragma omp parallel num_threads(3) reduction(+ : count)
    count++;
    return count;
}

static fanin_status fail_at(const void *context, int64_t begin, int64_t end)
{
    (void)end;
    return begin < *(const int64_t *)context ? FANIN_OK : fanin_fail(FANIN_ERROR_VALUE, "tile %lld", (long long)begin);
}

/* What is wrong in a child, as its exit status; 0: nothing. Children of children are as good. */
static int in_child(const char *spec, int generations)
{
    static int size;
    const int64_t first_failure = 7;
    const pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE);
        memset(again, 0, sizeof again);
        int wrong = 0;
        if (threads_of_a_region() != 3) {
            wrong = 4;
        } else if (fill(spec, again) != FANIN_OK || memcmp(filled, again, sizeof filled) != 0) {
            wrong = 1;
        } else if (parallel_for(64, 1, 3, note_team, &size) != FANIN_OK || size != 3) {
            wrong = 2;
        } else if (parallel_for(64, 1, 3, fail_at, &first_failure) != FANIN_ERROR_VALUE ||
                   strcmp(fanin_last_error(), "tile 7") != 0) {
            wrong = 3;
        }
        _exit(wrong != 0 || generations == 1 ? wrong : in_child(spec, generations - 1));
    }
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 100 + WTERMSIG(state);
}

static void test_children(void **state)
{
    (void)state;
    static const char *const specs[] = {"normal", "[\"orthogonal\", {\"method\": \"haar\"}]"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        assert_int_equal(fill(specs[i], filled), FANIN_OK);
        assert_int_equal(in_child(specs[i], 3), 0);
        /* The parent goes on. */
        assert_int_equal(fill(specs[i], again), FANIN_OK);
        assert_memory_equal(filled, again, sizeof filled);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_children)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
