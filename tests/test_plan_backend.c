/* Which backend a tensor's device picks, with a second backend in the place of CUDA's: its items never reach the CPU, nor those
 * of the CPU it, and a custom fill without a function for the device never runs. What the backend is asked before it writes. */
#include "backend.h"
#include "cpu/orthogonal_set.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static int device_runs, device_runs_before_custom, device_items, custom_calls, checked_items, checks_that_wait, acquired,
    released;
static bool check_fails, device_acquire_fails, cpu_acquire_fails;

static fanin_status device_supports(const struct item *item)
{
    return item->fill->kind == FILL_CUSTOM && !item->fill->custom.cuda
               ? fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': no function for this device", item->name)
               : FANIN_OK;
}

static fanin_status device_check(const struct item *items, size_t count, bool waits, const fanin_options *options)
{
    (void)options;
    checked_items += (int)count;
    checks_that_wait += waits;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].device.device_type, kDLCUDA);
    }
    return check_fails ? fanin_fail(FANIN_ERROR_CAPTURE, "parameter '%s': not now", items[count - 1].name) : FANIN_OK;
}

static fanin_status device_acquire(const struct item *items, size_t count, const fanin_options *options, void **out)
{
    (void)items, (void)count, (void)options;
    if (device_acquire_fails) {
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory on the device");
    }
    acquired++;
    *out = &acquired;
    return FANIN_OK;
}

static void device_release(void *context)
{
    assert_ptr_equal(context, &acquired);
    released++;
}

static fanin_status device_run(const struct item *items, size_t count, const fanin_options *options, void *context)
{
    (void)options;
    assert_ptr_equal(context, &acquired);
    device_runs++;
    device_items += (int)count;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].device.device_type, kDLCUDA);
        *(float *)(void *)items[i].data = 42.0f;
    }
    return FANIN_OK;
}

static fanin_status device_run_custom(const struct item *item, const fanin_options *options, fanin_custom_call *call)
{
    call->cuda_stream = options->cuda_stream;
    return item->fill->custom.cuda(call);
}

static fanin_status device_norm(const struct tensor *tensor, const fanin_options *options, double *out)
{
    (void)tensor, (void)options;
    *out = 0.0;
    return FANIN_OK;
}

static const struct backend device_backend = {device_supports, device_check,      device_acquire, device_run,
                                              device_release,  device_run_custom, device_norm};

/* What the CPU's backend asks for first. */
fanin_status __real_cpu_orthogonal_open(const struct item *items, size_t count, const fanin_options *options,
                                        struct cpu_orthogonal_set **out);
fanin_status __wrap_cpu_orthogonal_open(const struct item *items, size_t count, const fanin_options *options,
                                        struct cpu_orthogonal_set **out);

fanin_status __wrap_cpu_orthogonal_open(const struct item *items, size_t count, const fanin_options *options,
                                        struct cpu_orthogonal_set **out)
{
    return cpu_acquire_fails ? fanin_fail(FANIN_ERROR_SOLVER, "no LAPACK")
                             : __real_cpu_orthogonal_open(items, count, options, out);
}

fanin_status __wrap_backend_find(const char *name, DLDevice device, const struct backend **out);

fanin_status __wrap_backend_find(const char *name, DLDevice device, const struct backend **out)
{
    (void)name;
    *out = device.device_type == kDLCUDA ? &device_backend : &cpu_backend;
    return FANIN_OK;
}

static fanin_status write_seven(const fanin_custom_call *call)
{
    custom_calls++;
    device_runs_before_custom = device_runs;
    *(float *)call->view->data = 7.0f;
    return FANIN_OK;
}

static fanin_status write_eight(const fanin_custom_call *call)
{
    custom_calls++;
    assert_ptr_equal(call->cuda_stream, &custom_calls);
    *(float *)call->view->data = 8.0f;
    return FANIN_OK;
}

static fanin_status lower_custom(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "seven";
    custom.cpu = write_seven;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static fanin_status lower_device_custom(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "eight";
    custom.cuda = write_eight;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static void register_row(const char *name, fanin_lower_fn lower)
{
    fanin_row row = FANIN_ROW_INIT;
    row.name = name;
    row.help = "A number.";
    row.lower = lower;
    assert_int_equal(fanin_register(&row, 0), FANIN_OK);
}

static const fanin_initializer *initializer(const char *spec)
{
    static const char *const specs[] = {"one", "seven", "eight"};
    static fanin_initializer *made[3];
    int i = 0;
    while (strcmp(specs[i], spec) != 0) {
        i++;
    }
    if (!made[i]) {
        if (i > 0) {
            register_row(spec, i == 1 ? lower_custom : lower_device_custom);
        }
        assert_int_equal(fanin_create(spec, &made[i]), FANIN_OK);
    }
    return made[i];
}

static DLTensor tensor_of(float *data, DLDeviceType type)
{
    return (DLTensor){.data = data, .device = {type, 0}, .ndim = 0, .dtype = {kDLFloat, 32, 1}};
}

static fanin_desc desc_of(const char *name)
{
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    return desc;
}

static void test_each_to_its_own(void **state)
{
    (void)state;
    float values[4] = {0};
    static const char *const names[] = {"a_weight", "b_weight", "c_weight", "d_weight"};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    for (int i = 0; i < 4; i++) {
        const DLTensor tensor = tensor_of(&values[i], i % 2 ? kDLCUDA : kDLCPU);
        const fanin_desc desc = desc_of(names[i]);
        assert_int_equal(fanin_plan_add(plan, initializer(i == 2 ? "seven" : "one"), &desc, &tensor), FANIN_OK);
    }
    device_runs = device_items = custom_calls = 0;
    assert_int_equal(fanin_plan_run(plan, NULL), FANIN_OK);
    fanin_plan_free(plan);
    assert_int_equal(device_runs, 1);
    assert_int_equal(device_items, 2);
    assert_int_equal(device_runs_before_custom, 1); /* devices work while the host does */
    assert_int_equal(custom_calls, 1);
    const float expected[4] = {1.0f, 42.0f, 7.0f, 42.0f};
    assert_memory_equal(values, expected, sizeof values);
}

/* Where one backend cannot get what it needs, none writes, and all give back what they got. */
static void test_acquired_before_written(void **state)
{
    (void)state;
    float values[2] = {0};
    static const char *const names[] = {"a_weight", "b_weight"};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    for (int i = 0; i < 2; i++) {
        const DLTensor tensor = tensor_of(&values[i], i % 2 ? kDLCUDA : kDLCPU);
        const fanin_desc desc = desc_of(names[i]);
        assert_int_equal(fanin_plan_add(plan, initializer("one"), &desc, &tensor), FANIN_OK);
    }
    acquired = released = device_runs = 0;
    cpu_acquire_fails = true;
    assert_int_equal(fanin_plan_run(plan, NULL), FANIN_ERROR_SOLVER);
    assert_string_equal(fanin_last_error(), "no LAPACK");
    cpu_acquire_fails = false;
    assert_int_equal(acquired, 1);
    assert_int_equal(released, 1);
    device_acquire_fails = true;
    assert_int_equal(fanin_plan_run(plan, NULL), FANIN_ERROR_MEMORY);
    device_acquire_fails = false;
    assert_int_equal(acquired, 1);
    assert_int_equal(released, 1);
    assert_int_equal(device_runs, 0);
    assert_true(values[0] == 0.0f && values[1] == 0.0f);

    assert_int_equal(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_int_equal(acquired, 2);
    assert_int_equal(released, 2);
    assert_true(values[0] == 1.0f && values[1] == 42.0f);
    fanin_plan_free(plan);
}

static void test_device_alone(void **state)
{
    (void)state;
    float value = 0.0f;
    const DLTensor tensor = tensor_of(&value, kDLCUDA);
    const fanin_desc desc = desc_of("a_weight");
    device_runs = 0;
    assert_int_equal(fanin_init(initializer("one"), &desc, &tensor, NULL), FANIN_OK);
    assert_int_equal(device_runs, 1);
    assert_true(value == 42.0f);
}

static void test_custom_without_function(void **state)
{
    (void)state;
    float value = 0.0f;
    const DLTensor tensor = tensor_of(&value, kDLCUDA);
    const fanin_desc desc = desc_of("a_weight");
    custom_calls = 0;
    assert_int_equal(fanin_init(initializer("seven"), &desc, &tensor, NULL), FANIN_ERROR_DEVICE);
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    assert_int_equal(fanin_plan_add(plan, initializer("seven"), &desc, &tensor), FANIN_OK);
    assert_int_equal(fanin_plan_run(plan, NULL), FANIN_ERROR_DEVICE);
    fanin_plan_free(plan);
    assert_int_equal(custom_calls, 0);
    assert_true(value == 0.0f);
}

static void ignore_line(void *context, const char *line)
{
    (void)context, (void)line;
}

static fanin_status say_nothing(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context, (void)name, (void)tensor, (void)text, (void)size;
    return FANIN_OK;
}

/* Custom items are checked with the others, before any is written, and then run by the device's function. */
static void test_check(void **state)
{
    (void)state;
    float values[3] = {0};
    static const char *const names[] = {"a_weight", "b_weight", "c_weight"};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    for (int i = 0; i < 3; i++) {
        const DLTensor tensor = tensor_of(&values[i], kDLCUDA);
        const fanin_desc desc = desc_of(names[i]);
        assert_int_equal(fanin_plan_add(plan, initializer(i == 1 ? "one" : "eight"), &desc, &tensor), FANIN_OK);
    }
    fanin_options options = FANIN_OPTIONS_INIT;
    options.cuda_stream = &custom_calls;
    device_runs = checked_items = checks_that_wait = custom_calls = 0;
    check_fails = true;
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_ERROR_CAPTURE);
    assert_int_equal(device_runs + custom_calls, 0);
    check_fails = false;
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(checked_items, 6);
    assert_int_equal(custom_calls, 2);
    assert_true(values[0] == 8.0f && values[1] == 42.0f && values[2] == 8.0f);

    /* Only the library's own statistic waits. */
    assert_int_equal(checks_that_wait, 0);
    options.verbose = 1;
    options.log = ignore_line;
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(checks_that_wait, 1);
    options.statistic = say_nothing;
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(checks_that_wait, 1);
    fanin_plan_free(plan);

    float value = 0.0f;
    const DLTensor here = tensor_of(&value, kDLCPU);
    const fanin_desc desc = desc_of("a_weight");
    assert_int_equal(fanin_init(initializer("eight"), &desc, &here, NULL), FANIN_ERROR_DEVICE);
    assert_non_null(strstr(fanin_last_error(), "its fill 'eight' has no function for tensors on the CPU"));
}

/* ---- with a log ---- */

static int lines;
static char last_line[5000];

static void take_line(void *context, const char *line)
{
    (void)context;
    lines++;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static fanin_options options_with_log(void)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.verbose = 1;
    options.log = take_line;
    lines = checks_that_wait = 0;
    return options;
}

/* LEGACY: without a line. */
static void add_number(fanin_plan *plan, const char *name, float *value, DLDeviceType type, fanin_rule rule)
{
    const DLTensor tensor = tensor_of(value, type);
    fanin_desc desc = desc_of(name);
    desc.rule = rule;
    assert_int_equal(fanin_plan_add(plan, initializer("one"), &desc, &tensor), FANIN_OK);
}

/* Nothing is logged of a plan that did not run, and its error is not lost. */
static void test_log_of_a_failure(void **state)
{
    (void)state;
    float value = 0.0f;
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    add_number(plan, "a_weight", &value, kDLCUDA, FANIN_RULE_NAME);
    const fanin_options options = options_with_log();
    check_fails = true;
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_ERROR_CAPTURE);
    check_fails = false;
    assert_int_equal(lines, 0);
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(lines, 1);
    fanin_plan_free(plan);
}

static fanin_status fail_once(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context, (void)tensor, (void)text, (void)size;
    return strcmp(name, "a_weight") == 0 ? fanin_fail(FANIN_ERROR_CUSTOM, "no number of it") : FANIN_OK;
}

/* A statistic that fails ends the log. */
static void test_statistic_that_fails(void **state)
{
    (void)state;
    float values[2] = {0};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    add_number(plan, "a_weight", &values[0], kDLCPU, FANIN_RULE_NAME);
    add_number(plan, "b_weight", &values[1], kDLCPU, FANIN_RULE_NAME);
    fanin_options options = options_with_log();
    options.statistic = fail_once;
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_ERROR_CUSTOM);
    assert_int_equal(lines, 0);
    fanin_plan_free(plan);
}

/* A backend is told that a statistic follows if one of its own tensors' does, whichever it is. */
static void test_whose_statistic(void **state)
{
    (void)state;
    static const struct {
        DLDeviceType logged;
        bool empty, first;
        int waits;
    } cases[] = {{kDLCUDA, false, true, 1}, {kDLCUDA, false, false, 1}, {kDLCUDA, true, true, 0}, {kDLCPU, false, true, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float values[2] = {0};
        int64_t none = 0;
        fanin_plan *plan = NULL;
        assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
        for (int turn = 0; turn < 2; turn++) {
            if ((turn == 0) != cases[i].first) {
                add_number(plan, "quiet_weight", &values[1], kDLCUDA, FANIN_RULE_LEGACY);
                continue;
            }
            DLTensor tensor = tensor_of(&values[0], cases[i].logged);
            tensor.ndim = cases[i].empty;
            tensor.shape = &none;
            const fanin_desc desc = desc_of("a_weight");
            assert_int_equal(fanin_plan_add(plan, initializer("one"), &desc, &tensor), FANIN_OK);
        }
        const fanin_options options = options_with_log();
        assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
        assert_int_equal(lines, 1);
        assert_int_equal(checks_that_wait, cases[i].waits);
        fanin_plan_free(plan);
    }
}

/* There is room for the longest line, wherever it is. */
static void test_long_line(void **state)
{
    (void)state;
    static char name[4000];
    memset(name, 'n', sizeof name - 8);
    strcpy(name + sizeof name - 8, "_weight");
    float values[2] = {0};
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    add_number(plan, name, &values[0], kDLCPU, FANIN_RULE_NAME);
    add_number(plan, "quiet_weight", &values[1], kDLCPU, FANIN_RULE_LEGACY);
    const fanin_options options = options_with_log();
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(lines, 1);
    assert_int_equal(strncmp(last_line, "Initialized nnn", 15), 0);
    assert_non_null(strstr(last_line, "n_weight as weight: 1.0"));
    fanin_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_to_its_own),
        cmocka_unit_test(test_acquired_before_written),
        cmocka_unit_test(test_device_alone),
        cmocka_unit_test(test_custom_without_function),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_log_of_a_failure),
        cmocka_unit_test(test_statistic_that_fails),
        cmocka_unit_test(test_whose_statistic),
        cmocka_unit_test(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
