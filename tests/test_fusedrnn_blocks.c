/* fusedrnn beyond MXNet's cases: the nearest sizes, the blocks' streams, bad input, many blocks. */
#include "plan_helpers.h"

#include <math.h>
#include <time.h>

struct wrong_size {
    int64_t hidden, layers, size;
    fanin_rnn mode;
    int bidirectional;
    const char *part;
};

static void test_nearest_sizes(void **state)
{
    (void)state;
    static const struct wrong_size cases[] = {
        {2, 1, 57, FANIN_RNN_LSTM, 0,
         "nearest valid sizes of fusedrnn (lstm, 2 hidden, 1 layer, one direction) are 56 (input size "
         "3) and 64 (input size 4)"},
        {2, 1, 55, FANIN_RNN_LSTM, 0, "are 48 (input size 2) and 56 (input size 3)"},
        {2, 1, 39, FANIN_RNN_LSTM, 0, "has at least 40 (input size 1), and 8 more for each further input"},
        {3, 2, 541, FANIN_RNN_GRU, 1,
         "gru, 3 hidden, 2 layers, both directions) are 540 (input size 14) and 558 (input size 15)"},
        {3, 2, 0, FANIN_RNN_GRU, 1, "has at least 306 (input size 1), and 18 more"},
        {3, 1, INT64_MAX, FANIN_RNN_RELU, 0, "are 9223372036854775806 (input size 3074457345618258597)"},
        {INT64_C(3037000500), 1, 1000, FANIN_RNN_RELU, 0, "needs 2^63 or more"},
        {INT64_C(1) << 53, 4096, 1000, FANIN_RNN_LSTM, 1, "needs 2^63 or more"},
        {INT64_C(1) << 31, 2, 1000, FANIN_RNN_RELU, 0, "needs 2^63 or more"},
        {INT64_C(1) << 30, 2, 1000, FANIN_RNN_RELU, 0, "at least 3458764519189250048 (input size 1), and 1073741824 more"},
    };
    fanin_initializer *const one = create("one");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fanin_initializer *fusedrnn = NULL;
        assert_status(
            fanin_fusedrnn(one, cases[i].hidden, cases[i].layers, cases[i].mode, cases[i].bidirectional, 1.0, &fusedrnn),
            FANIN_OK);
        const fanin_desc desc = desc_of("rnn_weight");
        struct lowering lowering;
        assert_status(lower_vector(fusedrnn, &desc, cases[i].size, &lowering), FANIN_ERROR_SHAPE);
        assert_message("'rnn_weight'", cases[i].part, NULL);
        fanin_release(fusedrnn);
    }
    fanin_release(one);
}

#define LSTM_SIZE ((13 + 7 + 2) * 7 * 4 * 2 + 1 * 4 * 7 * (7 + 14 + 2) * 2)

/* The blocks as parameters of their own, under the names of their streams, hold the same numbers; so do boxes that cut blocks
 * anywhere, and a plan. */
static void test_streams(void **state)
{
    (void)state;
    static float whole[LSTM_SIZE], again[LSTM_SIZE];
    fanin_initializer *const xavier = create("[\"xavier\", {\"rnd_type\": \"gaussian\"}]");
    fanin_initializer *fusedrnn = NULL;
    assert_status(fanin_fusedrnn(xavier, 7, 2, FANIN_RNN_LSTM, 1, 1.5, &fusedrnn), FANIN_OK);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 20;
    fanin_desc desc = desc_of("r.weight");
    const DLTensor tensor = VECTOR(whole, LSTM_SIZE);
    assert_status(fanin_init(fusedrnn, &desc, &tensor, &options), FANIN_OK);

    struct lowering lowering;
    assert_status(lower_vector(fusedrnn, &desc, LSTM_SIZE, &lowering), FANIN_OK);
    int random = 0, open = 0;
    for (size_t i = 0; i < lowering.count; i++) {
        const struct lowered *const part = &lowering.fills[i];
        const bool bias = part->fill.ndim == 1, forget = bias && strstr(part->block, "_f_bias");
        fanin_desc block = desc_of(part->block);
        DLTensor piece = tensor_of(again, part->fill.ndim, part->fill.domain);
        if (forget) {
            fanin_initializer *constant = NULL;
            assert_status(fanin_constant(1.5, &constant), FANIN_OK);
            block.rule = FANIN_RULE_WEIGHT;
            assert_status(fanin_init(constant, &block, &piece, &options), FANIN_OK);
            fanin_release(constant);
        } else {
            assert_status(fanin_init(xavier, &block, &piece, &options), FANIN_OK);
        }
        assert_memory_equal(whole + part->begin, again, (size_t)part->count * sizeof *again);
        random += !bias;
        open += forget;
    }
    assert_int_equal(random, 2 * 2 * 2 * 4);
    assert_int_equal(open, 2 * 2 * 2);
    lower_free(&lowering);

    fanin_plan *const plan = new_plan();
    const int64_t global = LSTM_SIZE;
    desc.global_shape = &global;
    memset(again, 0, sizeof again);
    for (int64_t offset = 0, extent = 1; offset < LSTM_SIZE; offset += extent, extent = extent * 3 % 101) {
        const DLTensor box = VECTOR(again + offset, offset + extent < LSTM_SIZE ? extent : LSTM_SIZE - offset);
        desc.offset = &offset;
        assert_status(fanin_plan_add(plan, fusedrnn, &desc, &box), FANIN_OK);
    }
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_memory_equal(whole, again, sizeof whole);
    fanin_plan_free(plan);
    fanin_release(fusedrnn);
    fanin_release(xavier);
}

static void refuse(const char *spec, const fanin_initializer *global, int ndim, const int64_t *shape, enum dtype dtype,
                   fanin_status expected, const char *part)
{
    fanin_initializer *const fusedrnn = create(spec);
    fanin_desc desc = desc_of("p_weight");
    desc.global_init = global;
    struct shape whole = {.ndim = ndim};
    memcpy(whole.extent, shape, (size_t)ndim * sizeof *shape);
    struct lowering lowering;
    assert_status(lower_shape(fusedrnn, &desc, dtype, &whole, &lowering), expected);
    assert_message("'p_weight", part, NULL);
    fanin_release(fusedrnn);
}

static void test_refused(void **state)
{
    (void)state;
    static const char plain[] =
        "[\"fusedrnn\", {\"init\": null, \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"rnn_tanh\"}]";
    static const char with_uniform[] =
        "[\"fusedrnn\", {\"init\": \"uniform\", \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"rnn_tanh\"}]";
    const int64_t shape[] = {4, 1};
    fanin_initializer *const one = create("one"), *const other = create(plain);
    refuse(plain, one, 2, shape, DTYPE_FLOAT32, FANIN_ERROR_SHAPE, "one dimension, found a shape of 2");
    refuse(plain, one, 0, shape, DTYPE_FLOAT32, FANIN_ERROR_SHAPE, "one dimension, found a shape of 0");
    /* Without a global initializer the called one is global: itself. */
    refuse(plain, NULL, 1, shape, DTYPE_FLOAT32, FANIN_ERROR_UNCOVERED,
           "/l0_i2h_weight': its initializer 'fusedrnn' is the one");
    refuse(plain, other, 1, shape, DTYPE_FLOAT32, FANIN_ERROR_SHAPE, "/l0_i2h_weight': fusedrnn fills a packed vector");
    refuse(with_uniform, one, 1, shape, DTYPE_INT32, FANIN_ERROR_DTYPE, "/l0_i2h_weight': a fill of kind uniform");
    fanin_initializer *nested = NULL;
    assert_status(fanin_fusedrnn(other, 1, 1, FANIN_RNN_TANH, 0, 1.0, &nested), FANIN_OK);
    char *text = NULL;
    assert_status(fanin_dumps(nested, &text), FANIN_OK);
    refuse(text, one, 1, shape, DTYPE_FLOAT32, FANIN_ERROR_SHAPE, "/l0_i2h_weight': fusedrnn fills a packed vector");
    fanin_string_free(text);

    fanin_release(nested);

    /* No initializer at all for the blocks. */
    fanin_desc desc = desc_of("p_weight");
    desc.attrs = &(fanin_attr){"__init__", plain};
    desc.n_attrs = 1;
    struct lowering lowering;
    assert_status(lower_vector(NULL, &desc, 4, &lowering), FANIN_ERROR_UNCOVERED);
    assert_message("'p_weight/l0_i2h_weight': no initializer was given", NULL);
    fanin_release(other);
    fanin_release(one);

    /* A forget bias that the dtype does not hold. */
    refuse(
        "[\"fusedrnn\", {\"init\": \"one\", \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"lstm\", \"forget_bias\": 0.5}]",
        NULL, 1, (const int64_t[]){16}, DTYPE_INT8, FANIN_ERROR_VALUE, "/l0_i2h_f_bias': the value 0.5 does not fit int8");
}

static void test_constructor(void **state)
{
    (void)state;
    fanin_initializer *const one = create("one");
    fanin_initializer *made = NULL;
    assert_status(fanin_fusedrnn(one, 3, 2, FANIN_RNN_GRU, 7, 0, &made), FANIN_OK);
    char *text = NULL;
    assert_status(fanin_dumps(made, &text), FANIN_OK);
    assert_string_equal(
        text, "[\"fusedrnn\", {\"init\": \"[\\\"one\\\", {}]\", \"num_hidden\": 3, \"num_layers\": 2, \"mode\": \"gru\", "
              "\"bidirectional\": true, \"forget_bias\": 0.0}]");
    fanin_string_free(text);
    fanin_release(made);
    made = NULL;
    assert_status(fanin_fusedrnn(one, 0, 1, FANIN_RNN_GRU, 0, 1, &made), FANIN_ERROR_PARAMETER);
    assert_message("'num_hidden'", "at least 1", NULL);
    assert_status(fanin_fusedrnn(one, (INT64_C(1) << 53) + 1, 1, FANIN_RNN_GRU, 0, 1, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_fusedrnn(one, 1, INT64_MIN, FANIN_RNN_GRU, 0, 1, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_fusedrnn(NULL, 1, 4097, FANIN_RNN_GRU, 0, 1, &made), FANIN_ERROR_PARAMETER);
    assert_message("'num_layers'", "4097", NULL);
    assert_status(fanin_fusedrnn(one, 1, 1, (fanin_rnn)4, 0, 1, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_fusedrnn(one, 1, 1, FANIN_RNN_GRU, 0, NAN, &made), FANIN_ERROR_PARAMETER);
    assert_status(fanin_fusedrnn(one, 1, 1, FANIN_RNN_GRU, 0, 1, NULL), FANIN_ERROR_ARGUMENT);
    assert_null(made);

    /* Quotation marks of quotation marks, as deep as they go: texts double their backslashes with each. */
    fanin_initializer *inner = fanin_retain(one);
    for (int i = 0; i < 4; i++) {
        assert_status(fanin_fusedrnn(inner, 1, 1, FANIN_RNN_GRU, 0, 1, &made), FANIN_OK);
        fanin_release(inner);
        inner = made;
    }
    made = NULL;
    assert_status(fanin_fusedrnn(inner, 1, 1, FANIN_RNN_GRU, 0, 1, &made), FANIN_ERROR_SPEC);
    assert_message("'fusedrnn': initializers are nested more than 4 deep", NULL);
    assert_status(fanin_dumps(inner, &text), FANIN_OK);
    fanin_initializer *const again = create(text);
    char *text_again = NULL;
    assert_status(fanin_dumps(again, &text_again), FANIN_OK);
    assert_true(strcmp(text, text_again) == 0);
    fanin_string_free(text_again);
    fanin_string_free(text);
    fanin_release(again);
    fanin_release(inner);
    fanin_release(one);
}

/* The most blocks that there can be take time in proportion. */
static void test_many_blocks(void **state)
{
    (void)state;
    fanin_initializer *const one = create("one");
    fanin_initializer *fusedrnn = NULL;
    assert_status(fanin_fusedrnn(one, 1, 4096, FANIN_RNN_LSTM, 1, 1.0, &fusedrnn), FANIN_OK);
    const int64_t size = (3 + 1 + 2) * 4 * 2 + INT64_C(4095) * 4 * (1 + 2 + 2) * 2;
    const fanin_desc desc = desc_of("rnn_weight");
    struct lowering lowering;
    const clock_t start = clock();
    assert_status(lower_vector(fusedrnn, &desc, size, &lowering), FANIN_OK);
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_message("%zu blocks in %.3f s\n", lowering.count, seconds);
    assert_int_equal(lowering.count, 4096 * 2 * 2 * 2 * 4);
    assert_covered(&lowering, size);
    /* Comparing each with all others takes minutes. */
    assert_true(seconds < 5.0);
    lower_free(&lowering);
    fanin_release(fusedrnn);
    fanin_release(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest_sizes), cmocka_unit_test(test_streams),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_constructor),   cmocka_unit_test(test_many_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
