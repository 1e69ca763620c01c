/* Any number of threads may use the library at once, with shared initializers and rules. Made for the thread sanitizer. */
#include "api_helpers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 6, ROUNDS = 20, ROWS = 150, COLUMNS = 467, COUNT = ROWS * COLUMNS };

static const char *const specs[] = {
    "[\"uniform\", {\"scale\": 0.3}]", "[\"xavier\", {\"rnd_type\": \"gaussian\"}]",
    "[\"mixed\", {\"patterns\": [\".*a_w\", \".*\"], \"initializers\": [\"one\", \"normal\"]}]"};
enum { SPECS = sizeof specs / sizeof *specs };

/* What all threads share, and what each one found. */
struct shared {
    const fanin_initializer *initializers[SPECS];
    fanin_rules *rules;
    pthread_barrier_t barrier;
};

struct worker {
    struct shared *shared;
    int number;
    char failure[512]; /* "" if all went well: an assertion must not leave a thread */
};

static void fail_worker(struct worker *worker, const char *what)
{
    if (worker->failure[0] == '\0') {
        snprintf(worker->failure, sizeof worker->failure, "thread %d: %s: %s", worker->number, what, fanin_last_error());
    }
}

/* Runs `work` on all threads from the same moment on. */
static void run_together(struct shared *shared, void *(*work)(void *))
{
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    assert_int_equal(pthread_barrier_init(&shared->barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.shared = shared, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    pthread_barrier_destroy(&shared->barrier);
    for (int i = 0; i < THREADS; i++) {
        if (workers[i].failure[0] != '\0') {
            fail_msg("%s", workers[i].failure);
        }
    }
}

/* The parameters have few names, so that every thread fills the same ones and can be compared. */
static const char *const names[] = {"a_weight", "b_weight", "conv_b_weight", "bn_gamma", "q_weight_quantize"};
enum { NAMES = sizeof names / sizeof *names };

static bool fill(const struct shared *shared, int parameter, int threads, float *out)
{
    int64_t shape[] = {ROWS, COLUMNS};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = names[parameter % NAMES];
    desc.rules = shared->rules;
    const DLTensor tensor = {
        .data = out, .device = {kDLCPU, 0}, .ndim = 2, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = threads;
    return fanin_init(shared->initializers[parameter / NAMES], &desc, &tensor, &options) == FANIN_OK;
}

static float expected[NAMES * SPECS][COUNT];

static void *fill_many(void *argument)
{
    struct worker *const worker = argument;
    float *const got = malloc(sizeof(float) * COUNT);
    pthread_barrier_wait(&worker->shared->barrier);
    for (int round = 0; round < ROUNDS && got; round++) {
        const int parameter = (worker->number + round) % (NAMES * SPECS);
        memset(got, 0xcd, sizeof(float) * COUNT);
        if (!fill(worker->shared, parameter, 1 + round % 3, got)) {
            fail_worker(worker, "fanin_init");
        } else if (memcmp(got, expected[parameter], sizeof(float) * COUNT) != 0) {
            fail_worker(worker, "other values than alone");
        }
    }
    free(got);
    return NULL;
}

static void test_one_initializer_for_all(void **state)
{
    run_together(*state, fill_many);
}

/* Each thread has a plan; initializers, rules and the parameters' names are shared. */
static void *run_plans(void *argument)
{
    struct worker *const worker = argument;
    const struct shared *const shared = worker->shared;
    float *const got = malloc(sizeof(float) * COUNT * NAMES);
    pthread_barrier_wait(&worker->shared->barrier);
    for (int round = 0; round < 5 && got; round++) {
        const int spec = (worker->number + round) % SPECS;
        fanin_plan *plan = NULL;
        if (fanin_plan_create(&plan) != FANIN_OK) {
            fail_worker(worker, "fanin_plan_create");
        }
        for (int i = 0; i < NAMES && plan; i++) {
            int64_t shape[] = {ROWS, COLUMNS};
            fanin_desc desc = FANIN_DESC_INIT;
            desc.name = names[i];
            desc.rules = shared->rules;
            const DLTensor tensor = {.data = got + i * COUNT,
                                     .device = {kDLCPU, 0},
                                     .ndim = 2,
                                     .dtype = api_dtypes[API_FLOAT32].type,
                                     .shape = shape};
            if (fanin_plan_add(plan, shared->initializers[spec], &desc, &tensor) != FANIN_OK) {
                fail_worker(worker, "fanin_plan_add");
            }
        }
        fanin_options options = FANIN_OPTIONS_INIT;
        options.threads = 2;
        char *text = NULL;
        if (fanin_plan_dumps(plan, &text) != FANIN_OK || fanin_plan_run(plan, &options) != FANIN_OK) {
            fail_worker(worker, "the plan");
        } else if (memcmp(got, expected[spec * NAMES], sizeof(float) * COUNT * NAMES) != 0) {
            fail_worker(worker, "other values than alone");
        }
        fanin_string_free(text);
        fanin_plan_free(plan);
    }
    free(got);
    return NULL;
}

static void test_plans_at_once(void **state)
{
    run_together(*state, run_plans);
}

static fanin_status lower_half(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 0.5);
}

/* Some threads register rows, new ones and replacements of one; the others make, print and list. */
static void *use_registry(void *argument)
{
    struct worker *const worker = argument;
    pthread_barrier_wait(&worker->shared->barrier);
    for (int round = 0; round < ROUNDS; round++) {
        fanin_initializer *initializer = NULL;
        char *text = NULL;
        if (worker->number % 2 == 0) {
            char name[64];
            snprintf(name, sizeof name, "threads_%d_%d", worker->number, round);
            fanin_row row = FANIN_ROW_INIT;
            row.name = round % 4 == 0 ? "threads_shared" : name;
            row.help = "0.5.";
            row.lower = lower_half;
            if (fanin_register(&row, FANIN_REGISTER_REPLACE) != FANIN_OK || fanin_create(row.name, &initializer) != FANIN_OK) {
                fail_worker(worker, "a row of its own");
            }
            fanin_release(initializer);
            initializer = NULL;
        }
        if (fanin_create("[\"msraprelu\", {\"slope\": 0.1}]", &initializer) != FANIN_OK ||
            fanin_dumps(initializer, &text) != FANIN_OK) {
            fail_worker(worker, "fanin_create and fanin_dumps");
        } else if (strcmp(text, "[\"msraprelu\", {\"factor_type\": \"avg\", \"slope\": 0.1}]") != 0) {
            fail_worker(worker, text);
        }
        fanin_string_free(text);
        fanin_release(initializer);
        size_t count = 0;
        for (const fanin_row *row = fanin_row_at(0); row; row = fanin_row_at(++count)) {
            if (!fanin_row_find(row->name)) {
                fail_worker(worker, row->name);
            }
        }
        text = NULL;
        if (count < 10 || fanin_registry_dumps(round % 2 ? NULL : "xavier", &text) != FANIN_OK) {
            fail_worker(worker, "fanin_registry_dumps");
        }
        fanin_string_free(text);
    }
    return NULL;
}

static void test_registry_at_once(void **state)
{
    run_together(*state, use_registry);
}

static fanin_initializer *passed_on[THREADS];

/* Every thread gets a reference of its own to one initializer and gives it back; the last of them frees it. */
static void *retain_and_release(void *argument)
{
    struct worker *const worker = argument;
    fanin_initializer *const initializer = passed_on[worker->number];
    pthread_barrier_wait(&worker->shared->barrier);
    for (int i = 0; i < 2000; i++) {
        fanin_initializer *const again = fanin_retain(initializer);
        if (again != initializer) {
            fail_worker(worker, "fanin_retain");
        }
        fanin_release(again);
    }
    char *text = NULL;
    if (fanin_dumps(initializer, &text) != FANIN_OK) {
        fail_worker(worker, "fanin_dumps");
    }
    fanin_string_free(text);
    fanin_release(initializer);
    return NULL;
}

static void test_retain_and_release(void **state)
{
    for (int round = 0; round < ROUNDS; round++) {
        fanin_initializer *const initializer = api_create(specs[2]);
        for (int i = 0; i < THREADS; i++) {
            passed_on[i] = fanin_retain(initializer);
        }
        fanin_release(initializer);
        run_together(*state, retain_and_release);
    }
}

/* A failure of one thread is not seen by the others, and stays while they fail. */
static void *fail_alone(void *argument)
{
    struct worker *const worker = argument;
    char name[32];
    snprintf(name, sizeof name, "of_thread_%d", worker->number);
    const char *const before = fanin_last_error();
    if (before[0] != '\0') {
        fail_worker(worker, "an error before the first one");
    }
    for (int round = 0; round < ROUNDS; round++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = name;
        float element = 7.0f;
        const DLTensor tensor = {.data = &element, .device = {kDLCPU, 0}, .dtype = api_dtypes[API_FLOAT32].type};
        if (fanin_init(NULL, &desc, &tensor, NULL) != FANIN_ERROR_UNCOVERED) {
            fail_worker(worker, "a name that no rule covers");
        }
        pthread_barrier_wait(&worker->shared->barrier);
        if (!strstr(fanin_last_error(), name)) {
            fail_worker(worker, "the error of another thread");
        }
        pthread_barrier_wait(&worker->shared->barrier);
    }
    return NULL;
}

static void test_last_errors(void **state)
{
    run_together(*state, fail_alone);
}

/* A thread's message is gone at its end, also for the caller's own destructors. */
static pthread_key_t last_key;
static bool is_forgotten;

static void ask_last(void *value)
{
    (void)value;
    is_forgotten = fanin_last_error()[0] == '\0';
}

static void *fail_at_the_end(void *argument)
{
    fanin_fail(FANIN_ERROR_CUSTOM, "a message that the thread's end frees");
    pthread_setspecific(last_key, argument);
    return NULL;
}

static void test_after_the_end(void **state)
{
    (void)state;
    /* Keys' destructors run in the order of the keys: the library's was made by its first failure. */
    fanin_fail(FANIN_ERROR_CUSTOM, "a first message");
    pthread_t thread;
    assert_int_equal(pthread_key_create(&last_key, ask_last), 0);
    assert_int_equal(pthread_create(&thread, NULL, fail_at_the_end, &last_key), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(is_forgotten);
    pthread_key_delete(last_key);
}

static int setup(void **state)
{
    static struct shared shared;
    for (int i = 0; i < SPECS; i++) {
        shared.initializers[i] = api_create(specs[i]);
    }
    assert_int_equal(fanin_rules_create("[[\"conv\\\\w*\", [\"uniform\", {\"scale\": 2}]]]", &shared.rules), FANIN_OK);
    for (int i = 0; i < NAMES * SPECS; i++) {
        if (!fill(&shared, i, 1, expected[i])) {
            fail_msg("%s", fanin_last_error());
        }
    }
    *state = &shared;
    return 0;
}

static int teardown(void **state)
{
    struct shared *const shared = *state;
    for (int i = 0; i < SPECS; i++) {
        fanin_release((fanin_initializer *)shared->initializers[i]);
    }
    fanin_rules_free(shared->rules);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_initializer_for_all),
        cmocka_unit_test(test_plans_at_once),
        cmocka_unit_test(test_registry_at_once),
        cmocka_unit_test(test_retain_and_release),
        cmocka_unit_test(test_last_errors),
        cmocka_unit_test(test_after_the_end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
