/* A plan as it grows: thousands of parameters and refusals between them, checks and runs with more added after them. */
#include "plan_helpers.h"

#include <stdlib.h>

#define PARAMETERS 3000
#define ROWS       3
#define COLUMNS    5
#define SIZE       (ROWS * COLUMNS)

/* A fill, then one that no call may make: what was made until then goes back. */
static fanin_status lower_half(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    const fanin_status status = fanin_emit_constant(emitter, 1, 7.0);
    return status == FANIN_OK ? fanin_emit_constant(emitter, -5, 7.0) : status;
}

static const char *name_of(int i, char name[32])
{
    snprintf(name, 32, "layer%d_%s", i, i % 3 == 0 ? "bias" : "weight");
    return name;
}

/* Each as a call of its own fills it: whole matrices, packed ones and columns of larger ones. */
static void fill_one(fanin_plan *plan, const fanin_initializer *const *initializers, int i, float *data)
{
    static const int64_t global[] = {ROWS, 2 * COLUMNS}, offset[] = {0, COLUMNS};
    char name[32];
    fanin_desc desc = desc_of(name_of(i, name));
    if (i % 5 == 0) {
        desc.global_shape = global;
        desc.offset = offset;
    }
    const DLTensor tensor = MATRIX(data, ROWS, COLUMNS);
    const fanin_initializer *const initializer = initializers[i % 2];
    if (plan) {
        assert_status(fanin_plan_add(plan, initializer, &desc, &tensor), FANIN_OK);
    } else {
        assert_status(fanin_init(initializer, &desc, &tensor, NULL), FANIN_OK);
    }
}

static void many(void **state)
{
    (void)state;
    const fanin_initializer *const initializers[] = {create("xavier"), create("packed")};
    fanin_initializer *const half = create("half");
    float *const found = malloc(PARAMETERS * SIZE * sizeof *found), *const expected = malloc(PARAMETERS * SIZE * sizeof *found);
    assert_non_null(found);
    assert_non_null(expected);
    fanin_plan *const plan = new_plan();
    int filled = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        fill_one(plan, initializers, i, found + i * SIZE);
        fill_one(NULL, initializers, i, expected + i * SIZE);
        for (int n = 0; n < i % 4; n++) {
            assert_status(add(plan, half, "half_weight", MATRIX(found, ROWS, COLUMNS)), FANIN_ERROR_ARGUMENT);
        }
        if (i == 0 || i == 40 || i == 1000 || i == PARAMETERS - 1) {
            memset(found, 0xff, PARAMETERS * SIZE * sizeof *found);
            for (int run = 0; run < 2; run++) {
                assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
                assert_memory_equal(found, expected, (size_t)(i + 1) * SIZE * sizeof *found);
            }
            filled++;
        }
    }
    assert_int_equal(filled, 4);
    fanin_plan_free(plan);
    free(found);
    free(expected);
    fanin_release(half);
    fanin_release((fanin_initializer *)initializers[0]);
    fanin_release((fanin_initializer *)initializers[1]);
}

/* What a check found does not hold for what comes later. */
static void problems_after_a_check(void **state)
{
    (void)state;
    float values[64] = {0};
    static const struct {
        const char *name;
        size_t offset;
        fanin_status status;
    } later[] = {
        {"b_bias", 4, FANIN_ERROR_CLASH},    /* a part of a's memory */
        {"none", 32, FANIN_ERROR_UNCOVERED}, /* no rule */
        {"a_bias", 32, FANIN_ERROR_CLASH},   /* another shape under one name */
    };
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        fanin_plan *const plan = new_plan();
        assert_status(fanin_plan_check(plan), FANIN_OK);
        assert_status(add(plan, NULL, "a_bias", VECTOR(values, 8)), FANIN_OK);
        assert_status(fanin_plan_check(plan), FANIN_OK);
        assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
        assert_status(add(plan, NULL, later[i].name, VECTOR(values + later[i].offset, 9)), FANIN_OK);
        values[0] = 5.0f;
        for (int again = 0; again < 2; again++) {
            assert_status(fanin_plan_check(plan), later[i].status);
            assert_status(fanin_plan_run(plan, NULL), later[i].status);
        }
        assert_true(values[0] == 5.0f);
        fanin_plan_free(plan);
    }
}

/* Tensors that lie in memory in another order than they are added in share none, or do. */
static void any_order_in_memory(void **state)
{
    (void)state;
    float values[64];
    for (int shared = 0; shared < 2; shared++) {
        static const int64_t order[] = {40, 0, 24, 8, 16, 32};
        fanin_plan *const plan = new_plan();
        for (int i = 0; i < 6; i++) {
            char name[32];
            snprintf(name, sizeof name, "p%d_bias", i);
            assert_status(add(plan, NULL, name, VECTOR(values + order[i], i == 2 ? 8 + shared : 8)), FANIN_OK);
        }
        assert_status(fanin_plan_check(plan), shared ? FANIN_ERROR_CLASH : FANIN_OK);
        fanin_plan_free(plan);
    }
}

int main(void)
{
    register_packed();
    fanin_row row = FANIN_ROW_INIT;
    row.name = "half";
    row.help = "Fails half-way.";
    row.lower = lower_half;
    assert_status(fanin_register(&row, 0), FANIN_OK);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many),
        cmocka_unit_test(problems_after_a_check),
        cmocka_unit_test(any_order_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
