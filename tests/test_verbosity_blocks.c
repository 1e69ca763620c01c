/* Log lines of blocks: MXNet's of fusedrnn, and those of boxes. */
#include "log_helpers.h"

static int64_t recorded_integer(const cJSON *entry, const char *key)
{
    return (int64_t)cJSON_GetObjectItemCaseSensitive(entry, key)->valuedouble;
}

/* A fusedrnn: the size for one layer is (I + h + 2)·h·m·b. */
static void run_fusedrnn_case(const cJSON *entry)
{
    const bool lstm = strcmp(recorded_text(entry, "mode"), "lstm") == 0;
    const bool both = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(entry, "bidirectional"));
    const int64_t hidden = recorded_integer(entry, "num_hidden");
    assert_int_equal(recorded_integer(entry, "num_layers"), 1);
    const int64_t size = (recorded_integer(entry, "num_input") + hidden + 2) * hidden * (lstm ? 4 : 3) * (both ? 2 : 1);
    assert_string_equal(recorded_text(entry, "inner"), "Constant(0.5)");
    fanin_initializer *const inner = create("[\"constant\", {\"value\": 0.5}]");
    fanin_initializer *fusedrnn = NULL;
    assert_status(fanin_fusedrnn(inner, hidden, 1, lstm ? FANIN_RNN_LSTM : FANIN_RNN_GRU, both,
                                 cJSON_GetObjectItemCaseSensitive(entry, "forget_bias")->valuedouble, &fusedrnn),
                  FANIN_OK);
    float values[64];
    const DLTensor tensor = VECTOR(values, size);
    struct log log;
    const fanin_options options = verbose_to(&log);
    const fanin_desc desc = desc_of(recorded_text(entry, "name"));
    assert_status(fanin_init(fusedrnn, &desc, &tensor, &options), FANIN_OK);
    assert_log(&log, cJSON_GetObjectItemCaseSensitive(entry, "log"));
    /* From a plan. */
    fanin_plan *const plan = new_plan();
    assert_status(fanin_plan_add(plan, fusedrnn, &desc, &tensor), FANIN_OK);
    log.count = 0;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_log(&log, cJSON_GetObjectItemCaseSensitive(entry, "log"));
    fanin_plan_free(plan);
    fanin_release(fusedrnn);
    fanin_release(inner);
}

static void recorded(void **state)
{
    (void)state;
    cJSON *const tree = recorded_open("verbosity.json");
    int run = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(tree, "fusedrnn_cases"))
    {
        run_fusedrnn_case(entry);
        run++;
    }
    cJSON_Delete(tree);
    assert_int_equal(run, 2);
}

static fanin_status print_place(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    snprintf(text, size, "%s %d %lld %lld %g", name, tensor->ndim, tensor->ndim > 0 ? (long long)tensor->shape[0] : 1LL,
             tensor->ndim > 0 ? (long long)tensor->strides[0] : 1LL,
             (double)*(const float *)((const char *)tensor->data + tensor->byte_offset));
    return FANIN_OK;
}

/* Lines of blocks: those that have elements in the tensor, with their part of it, or with their own shape where all is
 * there. */
static void blocks(void **state)
{
    (void)state;
    static float memory[64];
    /* l0_i2h_weight (2, 3), l0_h2h_weight (2, 2), l0_i2h_bias, l0_h2h_bias: 6 + 4 + 2 + 2. */
    fanin_initializer *const fusedrnn =
        create("[\"fusedrnn\", {\"init\": \"one\", \"num_hidden\": 2, \"num_layers\": 1, \"mode\": \"rnn_tanh\"}]");
    struct log log;
    fanin_options options = verbose_to(&log);
    options.statistic = print_place;
    fanin_desc desc = desc_of("a_weight");
    const int64_t global = 14, offset = 5;
    desc.global_shape = &global;
    desc.offset = &offset;
    DLTensor box = VECTOR(memory + 30, 6);
    box.strides = (int64_t[]){-3};
    assert_status(fanin_init(fusedrnn, &desc, &box, &options), FANIN_OK);
    assert_int_equal(log.count, 4);
    assert_string_equal(log.line[0], "Initialized l0_i2h_weight as weight: l0_i2h_weight 0 1 1 1");
    assert_string_equal(log.line[1], "Initialized l0_h2h_weight as weight: l0_h2h_weight 2 2 -6 1");
    assert_string_equal(log.line[2], "Initialized l0_i2h_bias as bias: l0_i2h_bias 0 1 1 0");
    assert_string_equal(log.line[3], "Initialized a_weight as weight: a_weight 1 6 -3 1");
    /* The older rule logs nothing. */
    log.count = 0;
    desc.rule = FANIN_RULE_LEGACY;
    assert_status(fanin_init(fusedrnn, &desc, &box, &options), FANIN_OK);
    assert_int_equal(log.count, 0);
    fanin_release(fusedrnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded),
        cmocka_unit_test(blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
