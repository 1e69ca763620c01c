/* What else a plan holds, in which order, does not change a parameter's bits: each is as fanin_init fills it alone. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GUARD = 64, PARAMETERS = 48, TRIALS = 40 };
static const uint64_t seed = 99;

struct parameter {
    char name[64];
    const struct api_kind *kind;
    const struct api_dtype *dtype;
    fanin_initializer *initializer;
    int64_t global[4], offset[4];
    struct api_view view;
    size_t place, bytes; /* its part of the memory, guards included */
};

struct model {
    struct parameter parameters[PARAMETERS];
    struct api_memory alone; /* every parameter filled by fanin_init */
    struct api_memory plan;
};

static fanin_desc describe(const struct parameter *parameter)
{
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = parameter->name;
    desc.global_shape = parameter->global;
    desc.offset = parameter->offset;
    return desc;
}

static void make_parameter(struct parameter *parameter, int number, uint64_t *random)
{
    const struct api_kind *kind;
    const struct api_dtype *dtype;
    do {
        kind = &api_kinds[api_random_below(random, API_KINDS)];
        dtype = &api_dtypes[api_random_below(random, API_DTYPES)];
    } while (!api_takes(kind, dtype));
    parameter->kind = kind;
    parameter->dtype = dtype;
    parameter->initializer = api_create(kind->spec);
    snprintf(parameter->name, sizeof parameter->name, "layer%d.%s", number, kind->name);

    const int most = kind->max_ndim < 4 ? kind->max_ndim : 4;
    const int ndim = kind->min_ndim + (int)api_random_below(random, most - kind->min_ndim + 1);
    int64_t shape[4];
    for (int d = 0; d < ndim; d++) {
        static const int64_t widest[] = {0, 20000, 160, 28, 13};
        parameter->global[d] = 1 + api_random_below(random, widest[ndim]);
        parameter->global[d] *= d == 0 ? kind->rows_multiple : 1;
        /* Some whole, some boxes. */
        parameter->offset[d] = number % 3 == 0 ? api_random_below(random, parameter->global[d]) : 0;
        shape[d] = parameter->global[d] - parameter->offset[d];
    }
    parameter->view = api_random_view(ndim, shape, dtype->size, GUARD, random, &parameter->bytes);
    parameter->bytes = (parameter->bytes + 63) / 64 * 64;
}

static struct model *make_model(uint64_t random)
{
    struct model *const model = calloc(1, sizeof *model);
    assert_non_null(model);
    size_t place = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        struct parameter *const parameter = &model->parameters[i];
        make_parameter(parameter, i, &random);
        parameter->place = place;
        parameter->view.origin += place;
        place += parameter->bytes;
    }
    model->alone = api_memory_open(place);
    model->plan = api_memory_open(place);
    for (int i = 0; i < PARAMETERS; i++) {
        const struct parameter *const parameter = &model->parameters[i];
        const fanin_desc desc = describe(parameter);
        const DLTensor tensor = api_tensor(&model->alone, &parameter->view, parameter->dtype);
        fanin_options options = FANIN_OPTIONS_INIT;
        options.seed = seed;
        options.threads = 1;
        if (fanin_init(parameter->initializer, &desc, &tensor, &options) != FANIN_OK) {
            fail_msg("%s", fanin_last_error());
        }
    }
    return model;
}

static void free_model(struct model *model)
{
    for (int i = 0; i < PARAMETERS; i++) {
        fanin_release(model->parameters[i].initializer);
    }
    api_memory_close(&model->alone);
    api_memory_close(&model->plan);
    free(model);
}

static void add(fanin_plan *plan, struct model *model, const struct parameter *parameter)
{
    const fanin_desc desc = describe(parameter);
    const DLTensor tensor = api_tensor(&model->plan, &parameter->view, parameter->dtype);
    if (fanin_plan_add(plan, parameter->initializer, &desc, &tensor) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
    memcpy(model->plan.want + parameter->place, model->alone.got + parameter->place, parameter->bytes);
}

static void run(fanin_plan *plan, int threads)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    options.threads = threads;
    if (fanin_plan_run(plan, &options) != FANIN_OK) {
        fail_msg("%s", fanin_last_error());
    }
}

static void test_order_and_subset(void **state)
{
    (void)state;
    uint64_t random = 11;
    struct model *const model = make_model(3);
    for (int trial = 0; trial < TRIALS; trial++) {
        int order[PARAMETERS];
        for (int i = 0; i < PARAMETERS; i++) {
            const int other = (int)api_random_below(&random, i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        const int count = trial == 0 ? PARAMETERS : (int)api_random_below(&random, PARAMETERS + 1);
        api_memory_poison(&model->plan);
        fanin_plan *plan = NULL;
        assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
        for (int i = 0; i < count; i++) {
            add(plan, model, &model->parameters[order[i]]);
        }
        char what[64];
        snprintf(what, sizeof what, "trial %d of %d parameters", trial, count);
        run(plan, 1 + trial % 8);
        api_memory_check(&model->plan, what);
        /* Again, over what it wrote. */
        run(plan, 1 + trial % 3);
        api_memory_check(&model->plan, what);
        fanin_plan_free(plan);
    }
    free_model(model);
}

/* The plan keeps nothing of the caller's but the memory that it fills. */
static void test_arguments_may_go_after_add(void **state)
{
    (void)state;
    struct model *const model = make_model(4);
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    for (int i = 0; i < PARAMETERS; i++) {
        struct parameter *const parameter = &model->parameters[i];
        add(plan, model, parameter);
        fanin_release(parameter->initializer);
        parameter->initializer = NULL;
        memset(parameter->name, '?', sizeof parameter->name);
        memset(parameter->global, 0x7f, sizeof parameter->global);
        memset(parameter->offset, 0x7f, sizeof parameter->offset);
        memset(&parameter->view, 0x7f, sizeof parameter->view);
    }
    run(plan, 2);
    api_memory_check(&model->plan, "the whole model");
    fanin_plan_free(plan);
    free_model(model);
}

/* One parameter as several boxes and two replicas of it in one plan. */
static void test_boxes_and_replicas_of_one_name(void **state)
{
    (void)state;
    enum { ROWS = 61, COLUMNS = 53 };
    static const int64_t global[] = {ROWS, COLUMNS};
    for (int k = 0; k < API_KINDS; k++) {
        const struct api_kind *const kind = &api_kinds[k];
        const struct api_dtype *const dtype = &api_dtypes[API_FLOAT32];
        if (!api_takes_shape(kind, 2, global)) {
            continue;
        }
        float *const whole = api_whole(kind, dtype, 2, global, seed);
        struct api_memory memory = api_memory_open(2 * sizeof(float) * ROWS * COLUMNS);
        memcpy(memory.want, whole, memory.size / 2);
        memcpy(memory.want + memory.size / 2, whole, memory.size / 2);
        fanin_initializer *const initializer = api_create(kind->spec);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = kind->name;
        desc.global_shape = global;
        fanin_plan *plan = NULL;
        assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
        for (int64_t replica = 0; replica < 2; replica++) {
            for (int64_t row = 0; row < ROWS; row += 20) {
                for (int64_t column = 0; column < COLUMNS; column += 17) {
                    const int64_t offset[] = {row, column};
                    int64_t shape[] = {row + 20 > ROWS ? ROWS - row : 20, column + 17 > COLUMNS ? COLUMNS - column : 17};
                    int64_t strides[] = {COLUMNS, 1};
                    desc.offset = offset;
                    const DLTensor tensor = {
                        .data = memory.got,
                        .device = {kDLCPU, 0},
                        .ndim = 2,
                        .dtype = dtype->type,
                        .shape = shape,
                        .strides = strides,
                        .byte_offset = (uint64_t)((replica * ROWS + row) * COLUMNS + column) * sizeof(float),
                    };
                    assert_int_equal(fanin_plan_add(plan, initializer, &desc, &tensor), FANIN_OK);
                }
            }
        }
        run(plan, 3);
        api_memory_check(&memory, kind->label);
        fanin_plan_free(plan);
        fanin_release(initializer);
        api_memory_close(&memory);
        free(whole);
    }
}

/* A block of a packed parameter is what a parameter of the block's full name would be. */
static void test_block_is_a_parameter(void **state)
{
    (void)state;
    static const int64_t shape[] = {9, 37}, block_shape[] = {8 * 37};
    const struct api_dtype *const dtype = &api_dtypes[API_FLOAT32];
    float *const whole = api_whole(&api_kinds[API_PACKED], dtype, 2, shape, seed);
    const struct api_kind block = {
        .label = "block", .name = "packed_weight/block_weight", .spec = "[\"uniform\", {\"scale\": 0.5}]"};
    float *const alone = api_whole(&block, dtype, 1, block_shape, seed);
    for (int i = 0; i < 37; i++) {
        assert_true(whole[i] == 0.25f);
    }
    assert_memory_equal(whole + 37, alone, sizeof(float) * 8 * 37);
    free(whole);
    free(alone);
}

/* The seed, the name and nothing less: one bit of either changes the numbers. */
static void test_seed_and_name_matter(void **state)
{
    (void)state;
    const int64_t size = 64;
    const struct api_dtype *const dtype = &api_dtypes[API_FLOAT32];
    const struct api_kind *const kind = &api_kinds[API_UNIFORM];
    float *const first = api_whole(kind, dtype, 1, &size, seed);
    for (int bit = 0; bit < 64; bit++) {
        float *const other = api_whole(kind, dtype, 1, &size, seed ^ (UINT64_C(1) << bit));
        assert_memory_not_equal(first, other, sizeof(float) * 64);
        free(other);
    }
    struct api_kind renamed = *kind;
    renamed.name = "uniform_Weight_weight";
    float *const other = api_whole(&renamed, dtype, 1, &size, seed);
    assert_memory_not_equal(first, other, sizeof(float) * 64);
    free(other);
    free(first);
}

static int setup(void **state)
{
    (void)state;
    api_register();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_subset),
        cmocka_unit_test(test_arguments_may_go_after_add),
        cmocka_unit_test(test_boxes_and_replicas_of_one_name),
        cmocka_unit_test(test_block_is_a_parameter),
        cmocka_unit_test(test_seed_and_name_matter),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
