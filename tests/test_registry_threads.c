/* Threads that register, create, lower and release at once. */
#include "test_helpers.h"

#include <pthread.h>

static fanin_status lower_eleven(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 11.0);
}

#define THREADS 4
#define ROUNDS  200

static void *use_registry(void *argument)
{
    const int thread = *(const int *)argument;
    size_t failures = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char name[64], spec[128];
        snprintf(name, sizeof name, "thread_%d_%d", thread, i);
        snprintf(spec, sizeof spec,
                 "[\"mixed\", {\"patterns\": [\"x\", \".*\"], \"initializers\": [\"xavier\", \"THREAD_%d_%d\"]}]", thread, i);
        fanin_row row = FANIN_ROW_INIT;
        row.name = i % 2 ? name : "shared_by_threads";
        row.lower = lower_eleven;
        failures += fanin_register(&row, FANIN_REGISTER_REPLACE) != FANIN_OK;
        fanin_initializer *made = NULL;
        if (i % 2) {
            failures += fanin_create(spec, &made) != FANIN_OK;
        } else {
            failures += fanin_create("shared_by_threads", &made) != FANIN_OK;
        }
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "a_weight";
        struct lowering lowering = {.fills = NULL};
        failures += lower_vector(made, &desc, 4, &lowering) != FANIN_OK;
        lower_free(&lowering);
        fanin_release(made);
        failures += fanin_create("xaver", &made) != FANIN_ERROR_UNKNOWN;
    }
    return failures == 0 ? NULL : argument;
}

static fanin_initializer *shared;

static void *use_object(void *argument)
{
    size_t failures = 0;
    for (int i = 0; i < ROUNDS; i++) {
        fanin_initializer *const mine = fanin_retain(shared);
        char *text = NULL;
        failures += fanin_dumps(mine, &text) != FANIN_OK;
        fanin_string_free(text);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "conv_weight";
        struct lowering lowering = {.fills = NULL};
        failures += lower_shape(mine, &desc, DTYPE_FLOAT32, &(struct shape){2, {3, 4}}, &lowering) != FANIN_OK;
        lower_free(&lowering);
        fanin_release(mine);
    }
    return failures == 0 ? NULL : argument;
}

static void run_threads(void *(*work)(void *))
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static void test_registry(void **state)
{
    (void)state;
    run_threads(use_registry);
    assert_non_null(fanin_row_find("thread_3_199"));
}

static void test_object(void **state)
{
    (void)state;
    shared = create("[\"mixed\", {\"patterns\": [\"fc\", \"conv\"], \"initializers\": [\"zero\", \"xavier\"]}]");
    run_threads(use_object);
    fanin_release(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
