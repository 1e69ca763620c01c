/* The emitter: what a lower function of the caller's own may do, and blocks of packed parameters. */
#include "test_helpers.h"

#include <math.h>

static int user_mark;

/* What the next lower function does. */
static fanin_status (*script)(fanin_emitter *emitter);

static fanin_status lower_script(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return script(emitter);
}

static fanin_status run_script(fanin_status (*steps)(fanin_emitter *), const struct shape *shape, struct lowering *out)
{
    static bool registered;
    if (!registered) {
        fanin_row row = FANIN_ROW_INIT;
        row.name = "script";
        row.lower = lower_script;
        assert_status(fanin_register(&row, 0), FANIN_OK);
        registered = true;
    }
    script = steps;
    fanin_initializer *const initializer = create("script");
    fanin_initializer *const one = create("one");
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "p_weight";
    desc.global_init = one;
    const fanin_status status = lower_shape(initializer, &desc, DTYPE_FLOAT32, shape, out);
    fanin_release(one);
    fanin_release(initializer);
    return status;
}

static fanin_status emit_parts(fanin_emitter *emitter)
{
    assert_string_equal(fanin_emitter_name(emitter), "p_weight");
    assert_int_equal(fanin_emitter_ndim(emitter), 2);
    assert_int_equal(fanin_emitter_shape(emitter)[1], 3);
    assert_int_equal(fanin_emitter_dtype(emitter).code, kDLFloat);
    assert_status(fanin_emit_constant(emitter, 1, 5.0), FANIN_OK);
    assert_status(fanin_emit_normal(emitter, 0, 0.0, 1.0), FANIN_OK);
    assert_status(fanin_emit_uniform(emitter, 2, -1.0, 2.0), FANIN_OK);
    return fanin_emit_normal(emitter, FANIN_ALL_ROWS, 1.0, 0.5);
}

static fanin_status emit_too_few(fanin_emitter *emitter)
{
    return fanin_emit_constant(emitter, 3, 0.0);
}

static fanin_status emit_too_many(fanin_emitter *emitter)
{
    return fanin_emit_constant(emitter, 5, 0.0);
}

static fanin_status emit_negative(fanin_emitter *emitter)
{
    return fanin_emit_constant(emitter, -2, 0.0);
}

/* An error that the function drops is not lost. */
static fanin_status emit_and_forget(fanin_emitter *emitter)
{
    (void)fanin_emit_uniform(emitter, 1, 1.0, 0.0);
    assert_status(fanin_emit_constant(emitter, FANIN_ALL_ROWS, 0.0), FANIN_ERROR_VALUE);
    return FANIN_OK;
}

static fanin_status fail_silently(fanin_emitter *emitter)
{
    (void)emitter;
    return FANIN_ERROR_SHAPE;
}

static fanin_status fail_with_number(fanin_emitter *emitter)
{
    (void)emitter;
    return (fanin_status)99;
}

/* As of a fanin_init within the lower function, of a name that begins as the parameter's. */
static fanin_status fail_with_other_name(fanin_emitter *emitter)
{
    (void)emitter;
    return fanin_fail(FANIN_ERROR_CUSTOM, "parameter 'p_weights': too many");
}

static fanin_status fail_with_message(fanin_emitter *emitter)
{
    (void)emitter;
    return fanin_fail(FANIN_ERROR_CUSTOM, "the moon is full");
}

static fanin_status emit_nothing(fanin_emitter *emitter)
{
    (void)emitter;
    return FANIN_OK;
}

static fanin_status emit_bad_custom(fanin_emitter *emitter)
{
    const fanin_custom custom = FANIN_CUSTOM_INIT;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static fanin_status run_custom(const fanin_custom_call *call)
{
    (void)call;
    return FANIN_OK;
}

static fanin_status emit_custom(fanin_emitter *emitter)
{
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "spiral";
    custom.cpu = run_custom;
    custom.user = &user_mark;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

/* As a program was compiled that does not know the function for CUDA: what lies there is not the struct's. */
static fanin_status emit_older_custom(fanin_emitter *emitter)
{
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "spiral";
    custom.cpu = run_custom;
    custom.cuda = run_custom;
    custom.size = offsetof(fanin_custom, cuda);
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static fanin_status emit_newer_custom(fanin_emitter *emitter)
{
    struct {
        fanin_custom custom;
        int64_t more;
    } newer = {FANIN_CUSTOM_INIT, 1};
    newer.custom.kind = "spiral";
    newer.custom.cpu = run_custom;
    newer.custom.size = sizeof newer;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &newer.custom);
}

static fanin_status emit_too_old_custom(fanin_emitter *emitter)
{
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "spiral";
    custom.cpu = run_custom;
    custom.size = offsetof(fanin_custom, user);
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static void test_emitter(void **state)
{
    (void)state;
    const struct shape shape = {2, {4, 3}};
    struct lowering lowering = {.fills = NULL};
    assert_status(run_script(emit_parts, &shape, &lowering), FANIN_OK);
    assert_covered(&lowering, 12);
    assert_int_equal(lowering.count, 4);
    static const int64_t begins[] = {0, 3, 3, 9};
    for (size_t i = 0; i < 4; i++) {
        const struct lowered *const part = &lowering.fills[i];
        /* Element i of the parameter is element i of its stream. */
        assert_int_equal(part->begin, begins[i]);
        assert_int_equal(part->first, begins[i]);
        assert_int_equal(part->fill.stream, fanin_stream("p_weight"));
        assert_int_equal(part->fill.domain[0], 4);
        assert_null(part->block);
    }
    lower_free(&lowering);

    assert_status(run_script(emit_custom, &shape, &lowering), FANIN_OK);
    assert_int_equal(lowering.fills[0].fill.kind, FILL_CUSTOM);
    assert_string_equal(lowering.fills[0].fill.custom.kind, "spiral");
    assert_ptr_equal(lowering.fills[0].fill.custom.user, &user_mark);
    lower_free(&lowering);
    assert_status(run_script(emit_older_custom, &shape, &lowering), FANIN_OK);
    assert_ptr_equal(lowering.fills[0].fill.custom.cpu, run_custom);
    assert_null(lowering.fills[0].fill.custom.cuda);
    lower_free(&lowering);

    static const struct {
        fanin_status (*steps)(fanin_emitter *);
        fanin_status status;
        const char *part;
    } cases[] = {
        {emit_too_few, FANIN_ERROR_SHAPE, "covered 3 of 4"},
        {emit_too_many, FANIN_ERROR_SHAPE, "5 rows"},
        {emit_negative, FANIN_ERROR_ARGUMENT, "-2 rows"},
        {emit_and_forget, FANIN_ERROR_VALUE, "reversed"},
        {fail_silently, FANIN_ERROR_SHAPE, "without a message"},
        {fail_with_number, FANIN_ERROR_CUSTOM, "99"},
        {fail_with_message, FANIN_ERROR_CUSTOM, "parameter 'p_weight': the moon is full"},
        {fail_with_message, FANIN_ERROR_CUSTOM, "parameter 'p_weight': the moon is full"},
        {fail_with_other_name, FANIN_ERROR_CUSTOM, "parameter 'p_weight': parameter 'p_weights': too many"},
        {emit_nothing, FANIN_ERROR_SHAPE, "covered 0 of 4"},
        {emit_bad_custom, FANIN_ERROR_ARGUMENT, "needs a kind and a function"},
        {emit_newer_custom, FANIN_ERROR_ARGUMENT, "the caller's is newer"},
        {emit_too_old_custom, FANIN_ERROR_ARGUMENT, "its member size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_status(run_script(cases[i].steps, &shape, &lowering), cases[i].status);
        assert_message("'p_weight'", cases[i].part, NULL);
        assert_null(lowering.fills);
    }
    /* No rows: nothing is left uncovered. */
    assert_status(run_script(emit_nothing, &(struct shape){2, {0, 3}}, &lowering), FANIN_OK);
    lower_free(&lowering);
    assert_status(fanin_emit_constant(NULL, 1, 0.0), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_emit_uniform(NULL, 1, 0.0, 1.0), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_emit_custom(NULL, 1, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_emit_sub_parameter(NULL, 1, NULL, "a", 0, NULL), FANIN_ERROR_ARGUMENT);
    assert_null(fanin_emitter_name(NULL));
    assert_null(fanin_emitter_shape(NULL));
    assert_null(fanin_emitter_user(NULL));
    assert_int_equal(fanin_emitter_ndim(NULL), 0);
}

static fanin_status emit_blocks(fanin_emitter *emitter)
{
    fanin_initializer *const xavier = create("xavier"), *const lstmbias = create("lstmbias");
    fanin_status status = fanin_emit_sub_parameter(emitter, 12, xavier, "l0_weight", 2, (int64_t[]){3, 4});
    if (status == FANIN_OK) {
        status = fanin_emit_sub_parameter(emitter, 2, NULL, "r0_weight", 1, (int64_t[]){2});
    }
    if (status == FANIN_OK) {
        status = fanin_emit_sub_parameter(emitter, 2, xavier, "l0_bias", 1, (int64_t[]){2});
    }
    if (status == FANIN_OK) {
        status = fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, lstmbias, "r0_weight2_weight", 1, (int64_t[]){8});
    }
    fanin_release(lstmbias);
    fanin_release(xavier);
    return status;
}

static void test_blocks(void **state)
{
    (void)state;
    struct lowering lowering = {.fills = NULL};
    assert_status(run_script(emit_blocks, &(struct shape){1, {24}}, &lowering), FANIN_OK);
    assert_covered(&lowering, 24);
    assert_int_equal(lowering.count, 6);
    const struct lowered *const fills = lowering.fills;
    assert_int_equal(fills[0].fill.kind, FILL_UNIFORM);
    assert_true(fills[0].fill.b == sqrt(3.0 / 3.5));
    assert_int_equal(fills[0].fill.ndim, 2);
    assert_int_equal(fills[0].fill.stream, fanin_stream("p_weight/l0_weight"));
    assert_string_equal(fills[0].block, "p_weight/l0_weight");
    assert_true(fills[1].fill.a == 1.0);                                        /* the global one */
    assert_true(fills[2].fill.kind == FILL_CONSTANT && fills[2].fill.a == 0.0); /* a bias */
    static const int64_t begins[] = {0, 12, 14, 16, 18, 20}, firsts[] = {0, 0, 0, 0, 2, 4};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(fills[i].begin, begins[i]);
        assert_int_equal(fills[i].first, firsts[i]);
    }
    assert_true(fills[4].fill.a == 1.0);
    lower_free(&lowering);
    /* The same vector as whole rows of a matrix, but not where a block's part would cut a row. */
    assert_status(run_script(emit_blocks, &(struct shape){2, {24, 1}}, &lowering), FANIN_OK);
    lower_free(&lowering);
    assert_status(run_script(emit_blocks, &(struct shape){2, {24, 2}}, &lowering), FANIN_ERROR_SHAPE);
    assert_message("'l0_weight' has 12 elements, its 12 rows have 24", NULL);
}

static int64_t deep_shape[1] = {4};

static fanin_status emit_deep(fanin_emitter *emitter)
{
    /* A new object each time, so that none finds itself above. */
    fanin_initializer *const inner = create("script");
    const fanin_status status = fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, inner, "b_weight", 1, deep_shape);
    fanin_release(inner);
    return status;
}

static fanin_status emit_cut_row(fanin_emitter *emitter)
{
    fanin_initializer *const lstmbias = create("lstmbias");
    const fanin_status status = fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, lstmbias, "b_weight", 1, (int64_t[]){4});
    fanin_release(lstmbias);
    return status;
}

static fanin_status emit_same_block(fanin_emitter *emitter)
{
    const fanin_status status = fanin_emit_sub_parameter(emitter, 1, NULL, "b_weight", 1, (int64_t[]){1});
    return status == FANIN_OK ? fanin_emit_sub_parameter(emitter, 1, NULL, "b_weight", 1, (int64_t[]){1}) : status;
}

static fanin_status emit_nameless(fanin_emitter *emitter)
{
    return fanin_emit_sub_parameter(emitter, 1, NULL, "", 0, NULL);
}

static fanin_status emit_33(fanin_emitter *emitter)
{
    return fanin_emit_sub_parameter(emitter, 1, NULL, "b_weight", 33, deep_shape);
}

static fanin_status emit_shapeless(fanin_emitter *emitter)
{
    return fanin_emit_sub_parameter(emitter, 1, NULL, "b_weight", 1, NULL);
}

static fanin_status emit_negative_extent(fanin_emitter *emitter)
{
    return fanin_emit_sub_parameter(emitter, 1, NULL, "b_weight", 2, (int64_t[]){-1, -4});
}

static fanin_status emit_overflow(fanin_emitter *emitter)
{
    return fanin_emit_sub_parameter(emitter, 1, NULL, "b_weight", 2, (int64_t[]){INT64_C(1) << 32, INT64_C(1) << 32});
}

static fanin_status emit_unknown_ending(fanin_emitter *emitter)
{
    return fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, NULL, "kernel", 1, deep_shape);
}

static void test_bad_blocks(void **state)
{
    (void)state;
    static const struct {
        fanin_status (*steps)(fanin_emitter *);
        fanin_status status;
        const char *part;
    } cases[] = {
        {emit_deep, FANIN_ERROR_SHAPE, "16 deep"},
        {emit_same_block, FANIN_ERROR_ARGUMENT, "random stream"},
        {emit_nameless, FANIN_ERROR_ARGUMENT, "needs a name"},
        {emit_33, FANIN_ERROR_ARGUMENT, "33 dimensions"},
        {emit_shapeless, FANIN_ERROR_ARGUMENT, "shape"},
        {emit_negative_extent, FANIN_ERROR_SHAPE, "-1"},
        {emit_overflow, FANIN_ERROR_SHAPE, "2^63"},
        {emit_unknown_ending, FANIN_ERROR_UNCOVERED, "'p_weight/kernel'"},
    };
    struct lowering lowering = {.fills = NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_status(run_script(cases[i].steps, &(struct shape){1, {4}}, &lowering), cases[i].status);
        assert_message("parameter 'p_weight", cases[i].part, NULL);
    }
    /* The seventeenth block in a block is the first too many. */
    assert_status(run_script(emit_deep, &(struct shape){1, {4}}, &lowering), FANIN_ERROR_SHAPE);
    int depth = 0;
    for (const char *at = fanin_last_error(); (at = strstr(at, "/b_weight")) != NULL; at++) {
        depth++;
    }
    assert_int_equal(depth, 16);
    assert_status(run_script(emit_cut_row, &(struct shape){2, {2, 2}}, &lowering), FANIN_ERROR_SHAPE);
    assert_message("cuts a row", NULL);
}

/* A block without an initializer of its own: the descriptor's global one fills it. */
static fanin_status lower_probe(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, NULL, "block_weight", fanin_emitter_ndim(emitter),
                                    fanin_emitter_shape(emitter));
}

static void test_global_init(void **state)
{
    (void)state;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "probe";
    row.lower = lower_probe;
    assert_status(fanin_register(&row, 0), FANIN_OK);
    fanin_initializer *const seven = create("[\"constant\", {\"value\": 7}]"), *const one = create("one");
    const fanin_attr attr = {"__init__", "probe"};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "fc_weight";
    desc.attrs = &attr;
    desc.n_attrs = 1;
    struct lowering lowering = {.fills = NULL};

    /* As recorded in dispatch.json: the called one where there is none, else the one that was given. */
    assert_status(lower_vector(seven, &desc, 3, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.a == 7.0);
    assert_string_equal(lowering.fills[0].block, "fc_weight/block_weight");
    assert_int_equal(lowering.fills[0].fill.stream, fanin_stream("fc_weight/block_weight"));
    lower_free(&lowering);
    desc.global_init = one;
    assert_status(lower_vector(seven, &desc, 3, &lowering), FANIN_OK);
    assert_true(lowering.fills[0].fill.a == 1.0);
    lower_free(&lowering);
    desc.global_init = NULL;
    assert_status(lower_vector(NULL, &desc, 3, &lowering), FANIN_ERROR_UNCOVERED);
    assert_message("'fc_weight/block_weight'", "no initializer was given", NULL);

    /* A global initializer that is the one that asks for it. */
    fanin_initializer *const probe = create("probe");
    desc.n_attrs = 0;
    assert_status(lower_vector(probe, &desc, 3, &lowering), FANIN_ERROR_UNCOVERED);
    assert_message("'fc_weight/block_weight'", "'probe'", "global_init", NULL);
    desc.global_init = probe;
    assert_status(lower_vector(probe, &desc, 3, &lowering), FANIN_ERROR_UNCOVERED);
    fanin_release(probe);
    fanin_release(one);
    fanin_release(seven);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emitter),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_bad_blocks),
        cmocka_unit_test(test_global_init),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
