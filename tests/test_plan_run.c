/* Running plans: what is written, when, and what reaches the caller. */
#include "plan_helpers.h"

#include <errno.h>
#include <pthread.h>

static float memory[1 << 12];

static fanin_options seeded(uint64_t seed)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    return options;
}

/* Nothing of the caller's but the tensors' memory is needed after they were added. */
static void keeps_copies(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const uniform = create("uniform");
    char name[] = "fc1_weight";
    int64_t shape[] = {4, 4}, strides[] = {1, 4}, global[] = {8, 4}, offset[] = {4, 0};
    fanin_desc desc = desc_of(name);
    desc.global_shape = global;
    desc.offset = offset;
    DLTensor tensor = tensor_of(memory, 2, shape);
    tensor.strides = strides;
    assert_status(fanin_plan_add(plan, uniform, &desc, &tensor), FANIN_OK);
    memset(name, 'x', sizeof name - 1);
    memset(shape, 0, sizeof shape);
    memset(strides, 0, sizeof strides);
    memset(global, 0, sizeof global);
    memset(offset, 0, sizeof offset);
    memset(&tensor, 0, sizeof tensor);
    fanin_release(uniform);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    fanin_plan_free(plan);

    float whole[8][4];
    fanin_initializer *const again = create("uniform");
    const fanin_desc whole_desc = desc_of("fc1_weight");
    const DLTensor whole_tensor = MATRIX(whole, 8, 4);
    assert_status(fanin_init(again, &whole_desc, &whole_tensor, NULL), FANIN_OK);
    fanin_release(again);
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++) {
            assert_true(memory[r + 4 * c] == whole[4 + r][c]);
        }
    }
}

static void again_and_with_other_seeds(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const normal = create("normal");
    static float first[300], other[300];
    assert_status(add(plan, normal, "w_weight", VECTOR(memory, 300)), FANIN_OK);
    const uint64_t seeds[] = {0, 1, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        const fanin_options options = seeded(seeds[i]);
        assert_status(fanin_plan_run(plan, &options), FANIN_OK);
        memcpy(first, memory, sizeof first);
        memset(memory, 0, sizeof first);
        assert_status(fanin_plan_run(plan, &options), FANIN_OK);
        assert_memory_equal(first, memory, sizeof first);
        assert_memory_not_equal(first, other, sizeof first);
        memcpy(other, first, sizeof other);
    }
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    const fanin_options zero = seeded(0);
    memcpy(first, memory, sizeof first);
    assert_status(fanin_plan_run(plan, &zero), FANIN_OK);
    assert_memory_equal(first, memory, sizeof first);
    fanin_release(normal);
    fanin_plan_free(plan);
}

static void nothing_to_fill(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_status(add(plan, NULL, "a_bias", VECTOR(NULL, 0)), FANIN_OK);
    assert_status(add(plan, NULL, "b_bias", MATRIX(memory, 5, 0)), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    fanin_plan_free(plan);
    fanin_plan_free(NULL);
}

static void without_data(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    memset(memory, 0x5a, 64);
    assert_status(add(plan, NULL, "a_bias", VECTOR(memory, 16)), FANIN_OK);
    assert_status(add(plan, NULL, "b_bias", VECTOR(NULL, 16)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_ERROR_ARGUMENT);
    assert_message("'b_bias'", "NULL", "16 elements", NULL);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(((unsigned char *)memory)[i], 0x5a);
    }
    fanin_plan_free(plan);
}

/* ---- fills of the caller's ---- */

struct visit {
    char name[32];
    char *data;
    int ndim, domain_ndim;
    int64_t shape[4], stride[4], step[4], domain[4], start;
    uint64_t seed, stream;
    float seen; /* of a fill by the library */
    pthread_t thread;
};

static struct {
    struct visit list[16];
    int count, fail_at;
    enum { FAIL_WITH_MESSAGE, FAIL_SILENTLY, FAIL_WITH_NONSENSE } manner;
} visits;

static fanin_status visit(const fanin_custom_call *call)
{
    assert_int_equal(call->size, sizeof *call);
    errno = 99;
    struct visit *const entry = &visits.list[visits.count++];
    snprintf(entry->name, sizeof entry->name, "%s", call->name);
    entry->data = (char *)call->view->data + call->view->byte_offset;
    entry->ndim = call->view->ndim;
    entry->domain_ndim = call->domain_ndim;
    for (int d = 0; d < call->view->ndim; d++) {
        entry->shape[d] = call->view->shape[d];
        entry->stride[d] = call->view->strides[d];
        entry->step[d] = call->step[d];
    }
    for (int d = 0; d < call->domain_ndim; d++) {
        entry->domain[d] = call->domain[d];
    }
    entry->start = call->start;
    entry->seed = call->seed;
    entry->stream = call->stream;
    entry->seen = *(const float *)call->user;
    entry->thread = pthread_self();
    if (visits.count != visits.fail_at) {
        return FANIN_OK;
    }
    switch (visits.manner) {
    case FAIL_WITH_MESSAGE:
        return fanin_fail(FANIN_ERROR_FILE, "the disk is %d%% full", 100);
    case FAIL_SILENTLY:
        return FANIN_ERROR_SHAPE;
    default:
        return (fanin_status)12345;
    }
}

static fanin_status lower_visited(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "visit";
    custom.cpu = visit;
    custom.user = memory;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static fanin_plan *plan_of_visits(void)
{
    memset(&visits, 0, sizeof visits);
    memset(memory, 0, sizeof memory);
    fanin_plan *const plan = new_plan();
    DLTensor columns = MATRIX(memory + 16, 3, 2);
    columns.strides = (int64_t[]){-4, 1};
    columns.data = memory + 24;
    const fanin_attr attribute = {"__init__", "visited"};
    fanin_desc desc = desc_of("columns");
    desc.attrs = &attribute;
    desc.n_attrs = 1;
    desc.global_shape = (const int64_t[]){5, 7};
    desc.offset = (const int64_t[]){1, 3};
    assert_status(fanin_plan_add(plan, NULL, &desc, &columns), FANIN_OK);
    assert_status(add_with(plan, "visited", "row", MATRIX(memory + 48, 4, 8)), FANIN_OK);
    assert_status(add_with(plan, "[\"constant\", {\"value\": 3}]", "constant", VECTOR(memory, 8)), FANIN_OK);
    assert_status(add_with(plan, "visited", "empty", VECTOR(memory, 0)), FANIN_OK);
    assert_status(add_with(plan, "visited", "scalar", tensor_of(memory + 100, 0, NULL)), FANIN_OK);
    return plan;
}

/* Once an item, in the plan's order, on this thread, when all the library's own fills are written. */
static void custom_fills(void **state)
{
    (void)state;
    fanin_plan *const plan = plan_of_visits();
    const fanin_options options = seeded(UINT64_MAX - 5);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_int_equal(visits.count, 0);
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(visits.count, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(pthread_equal(visits.list[i].thread, pthread_self()));
        assert_true(visits.list[i].seed == UINT64_MAX - 5);
        assert_true(visits.list[i].stream == fanin_stream(visits.list[i].name));
        assert_true(visits.list[i].seen == 3.0f);
    }
    const struct visit *const columns = &visits.list[0], *const row = &visits.list[1], *const scalar = &visits.list[2];
    assert_string_equal(columns->name, "columns");
    assert_ptr_equal(columns->data, memory + 24);
    assert_int_equal(columns->ndim, 2);
    assert_memory_equal(columns->shape, ((int64_t[]){3, 2}), 16);
    assert_memory_equal(columns->stride, ((int64_t[]){-4, 1}), 16);
    assert_memory_equal(columns->step, ((int64_t[]){7, 1}), 16);
    assert_int_equal(columns->domain_ndim, 2);
    assert_memory_equal(columns->domain, ((int64_t[]){5, 7}), 16);
    assert_int_equal(columns->start, 10);
    assert_string_equal(row->name, "row");
    assert_int_equal(row->ndim, 1);
    assert_int_equal(row->shape[0], 32);
    assert_int_equal(row->domain_ndim, 2);
    assert_string_equal(scalar->name, "scalar");
    assert_int_equal(scalar->ndim, 0);
    assert_ptr_equal(scalar->data, memory + 100);
    fanin_plan_free(plan);
}

static void custom_fills_that_fail(void **state)
{
    (void)state;
    static const struct {
        fanin_status status;
        const char *words;
    } expected[] = {
        [FAIL_WITH_MESSAGE] = {FANIN_ERROR_FILE, "the disk is 100% full"},
        [FAIL_SILENTLY] = {FANIN_ERROR_SHAPE, "without a message"},
        [FAIL_WITH_NONSENSE] = {FANIN_ERROR_CUSTOM, "12345"},
    };
    for (int manner = 0; manner < 3; manner++) {
        fanin_plan *const plan = plan_of_visits();
        (void)fanin_fail(FANIN_ERROR_FORMAT, "an older error");
        visits.fail_at = 2;
        visits.manner = manner;
        assert_status(fanin_plan_run(plan, NULL), expected[manner].status);
        assert_int_equal(visits.count, 2);
        assert_message("'row'", "'visit'", expected[manner].words, NULL);
        assert_null(strstr(fanin_last_error(), "older"));
        fanin_plan_free(plan);
    }
    /* fanin_init goes the same way. */
    memset(&visits, 0, sizeof visits);
    visits.fail_at = 1;
    fanin_initializer *const visited = create("visited");
    const fanin_desc desc = desc_of("w_weight");
    const DLTensor tensor = VECTOR(memory, 4);
    assert_status(fanin_init(visited, &desc, &tensor, NULL), FANIN_ERROR_FILE);
    assert_message("'w_weight'", "the disk is 100% full", NULL);
    fanin_release(visited);
}

/* More fills than fit on fanin_init's stack. */
static void many_fills(void **state)
{
    (void)state;
    fanin_initializer *const rows = create("row_by_row");
    const fanin_desc desc = desc_of("w_weight");
    const DLTensor tensor = MATRIX(memory, 100, 3);
    assert_status(fanin_init(rows, &desc, &tensor, NULL), FANIN_OK);
    for (int i = 0; i < 300; i++) {
        assert_true(memory[i] == (float)(i / 3));
    }
    memset(memory, 0, sizeof memory);
    fanin_plan *const plan = new_plan();
    assert_status(add(plan, rows, "w_weight", tensor), FANIN_OK);
    assert_status(add(plan, rows, "v_weight", MATRIX(memory + 300, 100, 3)), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    for (int i = 0; i < 600; i++) {
        assert_true(memory[i] == (float)(i % 300 / 3));
    }
    fanin_plan_free(plan);
    fanin_release(rows);
}

static fanin_status lower_row_by_row(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_status status = FANIN_OK;
    const int64_t rows = fanin_emitter_shape(emitter)[0];
    for (int64_t row = 0; row < rows && status == FANIN_OK; row++) {
        status = fanin_emit_constant(emitter, 1, (double)row);
    }
    return status;
}

static void keeps_errno(void **state)
{
    (void)state;
    fanin_plan *plan = NULL;
    char *text = NULL;
    errno = 4321;
    assert_status(fanin_plan_create(&plan), FANIN_OK);
    memset(&visits, 0, sizeof visits);
    assert_status(add_with(plan, "normal", "a", VECTOR(memory, 100)), FANIN_OK);
    assert_status(add_with(plan, "visited", "b", VECTOR(memory + 100, 100)), FANIN_OK);
    assert_status(add(plan, NULL, "", VECTOR(memory, 100)), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_status(fanin_plan_dumps(plan, &text), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    fanin_string_free(text);
    fanin_plan_free(plan);
    fanin_initializer *const visited = create("visited");
    const fanin_desc desc = desc_of("w_weight");
    const DLTensor tensor = VECTOR(memory, 4);
    assert_status(fanin_init(visited, &desc, &tensor, NULL), FANIN_OK);
    fanin_release(visited);
    assert_int_equal(visits.count, 2);
    assert_int_equal(errno, 4321);
}

int main(void)
{
    const struct {
        const char *name;
        fanin_lower_fn lower;
    } own[] = {{"visited", lower_visited}, {"row_by_row", lower_row_by_row}};
    for (int i = 0; i < 2; i++) {
        fanin_row row = FANIN_ROW_INIT;
        row.name = own[i].name;
        row.help = "Of this test.";
        row.lower = own[i].lower;
        if (fanin_register(&row, 0) != FANIN_OK) {
            return 1;
        }
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_copies),    cmocka_unit_test(again_and_with_other_seeds),
        cmocka_unit_test(nothing_to_fill), cmocka_unit_test(without_data),
        cmocka_unit_test(custom_fills),    cmocka_unit_test(custom_fills_that_fail),
        cmocka_unit_test(many_fills),      cmocka_unit_test(keeps_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
