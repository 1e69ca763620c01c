/* fusedrnn: MXNet's recorded layouts, vectors, draws and sizes. */
#include "plan_helpers.h"
#include "recorded.h"

static int64_t integer_of(const cJSON *record, const char *key)
{
    return (int64_t)cJSON_GetObjectItemCaseSensitive(record, key)->valuedouble;
}

static double number_of(const cJSON *record, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(record, key)->valuedouble;
}

static fanin_rnn mode_of(const cJSON *record)
{
    static const char *const names[] = {"rnn_relu", "rnn_tanh", "lstm", "gru"};
    int mode = 0;
    while (strcmp(names[mode], recorded_text(record, "mode")) != 0) {
        mode++;
        assert_true(mode < 4);
    }
    return (fanin_rnn)mode;
}

static fanin_initializer *make(const cJSON *record, const fanin_initializer *init)
{
    const cJSON *const forget_bias = cJSON_GetObjectItemCaseSensitive(record, "forget_bias");
    fanin_initializer *fusedrnn = NULL;
    assert_status(fanin_fusedrnn(init, integer_of(record, "num_hidden"), integer_of(record, "num_layers"), mode_of(record),
                                 cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "bidirectional")),
                                 forget_bias ? forget_bias->valuedouble : 1.0, &fusedrnn),
                  FANIN_OK);
    return fusedrnn;
}

/* How a case calls the initializer: what is called, and the descriptor. */
struct call {
    fanin_initializer *inner, *fusedrnn;
    const fanin_initializer *called;
    fanin_desc desc;
    fanin_attr attribute;
    char *text;
};

static void open_call(const cJSON *record, struct call *call)
{
    const char *const how = recorded_text(record, "how");
    const bool direct = !how || strcmp(how, "direct") == 0, with_own = direct || strcmp(how, "object") == 0;
    call->inner = create(recorded_text(record, "init"));
    call->fusedrnn = make(record, with_own ? call->inner : NULL);
    assert_status(fanin_dumps(call->fusedrnn, &call->text), FANIN_OK);
    call->desc = desc_of(direct ? "rnn_weight" : "rnn_parameters");
    call->attribute = (fanin_attr){"__init__", call->text};
    call->desc.attrs = &call->attribute;
    call->desc.n_attrs = !direct;
    call->called = direct ? call->fusedrnn : NULL;
    if (how && strcmp(how, "global") == 0) {
        call->desc.global_init = call->inner;
    } else if (how && strcmp(how, "called") == 0) {
        call->called = call->inner;
    }
}

static void close_call(struct call *call)
{
    fanin_string_free(call->text);
    fanin_release(call->fusedrnn);
    fanin_release(call->inner);
}

/* The fills are the recorded blocks: their order, places, shapes and streams. */
static void assert_blocks(const struct lowering *lowering, const char *name, const cJSON *blocks)
{
    assert_int_equal(lowering->count, cJSON_GetArraySize(blocks));
    const struct lowered *part = lowering->fills;
    const cJSON *block;
    cJSON_ArrayForEach(block, blocks)
    {
        char stream[64];
        snprintf(stream, sizeof stream, "%s/%s", name, cJSON_GetStringValue(cJSON_GetArrayItem(block, 0)));
        assert_string_equal(part->block, stream);
        assert_int_equal(part->fill.stream, fanin_stream(stream));
        assert_int_equal(part->begin, (int64_t)cJSON_GetArrayItem(block, 1)->valuedouble);
        assert_int_equal(part->first, 0);
        const cJSON *const shape = cJSON_GetArrayItem(block, 2);
        assert_int_equal(part->fill.ndim, cJSON_GetArraySize(shape));
        int64_t size = 1;
        for (int d = 0; d < part->fill.ndim; d++) {
            assert_int_equal(part->fill.domain[d], (int64_t)cJSON_GetArrayItem(shape, d)->valuedouble);
            size *= part->fill.domain[d];
        }
        assert_int_equal(part->count, size);
        part++;
    }
}

static void assert_values(const cJSON *record, const float *values)
{
    int64_t i = 0;
    const cJSON *run;
    cJSON_ArrayForEach(run, cJSON_GetObjectItemCaseSensitive(record, "runs"))
    {
        const float value = (float)cJSON_GetArrayItem(run, 0)->valuedouble;
        const int64_t end = i + (int64_t)cJSON_GetArrayItem(run, 1)->valuedouble;
        for (; i < end; i++) {
            assert_memory_equal(&values[i], &value, sizeof value);
        }
    }
    assert_int_equal(i, integer_of(record, "size"));
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("fusedrnn.json");
    int cases = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        struct call call;
        open_call(record, &call);
        const int64_t size = integer_of(record, "size");
        struct lowering lowering;
        assert_status(lower_vector(call.called, &call.desc, size, &lowering), FANIN_OK);
        assert_covered(&lowering, size);
        assert_blocks(&lowering, call.desc.name, cJSON_GetObjectItemCaseSensitive(record, "blocks"));
        lower_free(&lowering);

        float values[4096];
        assert_true(size <= 4096);
        memset(values, 0x7f, sizeof values);
        const DLTensor tensor = VECTOR(values, size);
        assert_status(fanin_init(call.called, &call.desc, &tensor, NULL), FANIN_OK);
        assert_values(record, values);
        close_call(&call);
        cases++;
    }
    assert_int_equal(cases, 36);
    cJSON_Delete(data);
}

/* Each random block has the interval or deviation that MXNet draws with; what it does not draw is recorded in `runs`. */
static void test_drawn(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("fusedrnn.json");
    int cases = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "drawn_cases"))
    {
        struct call call;
        open_call(record, &call);
        const int64_t size = integer_of(record, "size");
        struct lowering lowering;
        assert_status(lower_vector(call.called, &call.desc, size, &lowering), FANIN_OK);
        assert_covered(&lowering, size);
        float values[1024];
        assert_true(size <= 1024);
        const cJSON *draw = cJSON_GetObjectItemCaseSensitive(record, "draws")->child;
        for (size_t i = 0; i < lowering.count; i++) {
            const struct lowered *const part = &lowering.fills[i];
            const bool constant = part->fill.kind == FILL_CONSTANT;
            for (int64_t k = 0; k < part->count; k++) {
                values[part->begin + k] = constant ? (float)part->fill.a : 0.5f;
            }
            if (constant) {
                continue;
            }
            const bool uniform = strcmp(recorded_text(draw, "fn"), "uniform") == 0;
            assert_int_equal(part->fill.kind, uniform ? FILL_UNIFORM : FILL_NORMAL);
            assert_int_equal(part->fill.ndim, 2);
            const cJSON *const rows = cJSON_GetObjectItemCaseSensitive(draw, "shape")->child;
            assert_int_equal(part->fill.domain[0], (int64_t)rows->valuedouble);
            assert_int_equal(part->fill.domain[1], (int64_t)rows->next->valuedouble);
            assert_string_equal(strchr(part->block, '/') + 1, recorded_text(draw, "block"));
            assert_true(part->fill.a == number_of(draw, uniform ? "low" : "loc"));
            assert_true(part->fill.b == number_of(draw, uniform ? "high" : "scale"));
            draw = draw->next;
        }
        assert_null(draw);
        assert_values(record, values);
        lower_free(&lowering);
        close_call(&call);
        cases++;
    }
    assert_int_equal(cases, 5);
    cJSON_Delete(data);
}

static void test_sizes(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("fusedrnn.json");
    fanin_initializer *const one = create("one");
    int fit = 0, refused = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "size_cases"))
    {
        fanin_initializer *const fusedrnn = make(record, one);
        const fanin_desc desc = desc_of("rnn_weight");
        const int64_t size = integer_of(record, "size");
        struct lowering lowering;
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "ok"))) {
            assert_status(lower_vector(fusedrnn, &desc, size, &lowering), FANIN_OK);
            const cJSON *const block = cJSON_GetObjectItemCaseSensitive(record, "blocks")->child;
            assert_string_equal(lowering.fills[0].block + strlen("rnn_weight/"), block->child->valuestring);
            assert_int_equal(lowering.fills[0].fill.domain[1], (int64_t)cJSON_GetArrayItem(block, 2)->child->next->valuedouble);
            lower_free(&lowering);
            fit++;
        } else {
            assert_status(lower_vector(fusedrnn, &desc, size, &lowering), FANIN_ERROR_SHAPE);
            char found[48];
            snprintf(found, sizeof found, "'rnn_weight': found %lld elements", (long long)size);
            assert_message(found, "fusedrnn (", NULL);
            refused++;
        }
        fanin_release(fusedrnn);
    }
    assert_int_equal(fit, 6);
    assert_int_equal(refused, 12);
    fanin_release(one);
    cJSON_Delete(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
