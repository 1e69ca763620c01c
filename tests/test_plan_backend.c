/* Which backend a tensor's device picks, with a second backend in the place of CUDA's: its items never reach the CPU, nor those of
 * the CPU it, and a custom fill without a function for the device never runs. */
#include "backend.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static int device_runs, device_items, custom_calls;

static fanin_status device_supports(const struct item *item)
{
    return item->fill->kind == FILL_CUSTOM
               ? fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': no function for this device", item->name)
               : FANIN_OK;
}

static fanin_status device_run(const struct item *items, size_t count, const fanin_options *options)
{
    (void)options;
    device_runs++;
    device_items += (int)count;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].device.device_type, kDLCUDA);
        *(float *)(void *)items[i].data = 42.0f;
    }
    return FANIN_OK;
}

static fanin_status device_norm(const struct tensor *tensor, const fanin_options *options, double *out)
{
    (void)tensor, (void)options;
    *out = 0.0;
    return FANIN_OK;
}

static const struct backend device_backend = {"device", device_supports, device_run, device_norm};

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
    *(float *)call->view->data = 7.0f;
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

static const fanin_initializer *initializer(const char *spec)
{
    static fanin_initializer *made[2];
    fanin_initializer **const place = &made[spec[0] == 's'];
    if (!*place) {
        if (spec[0] == 's') {
            fanin_row row = FANIN_ROW_INIT;
            row.name = "seven";
            row.help = "7.";
            row.lower = lower_custom;
            assert_int_equal(fanin_register(&row, 0), FANIN_OK);
        }
        assert_int_equal(fanin_create(spec, place), FANIN_OK);
    }
    return *place;
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
    assert_int_equal(custom_calls, 1);
    const float expected[4] = {1.0f, 42.0f, 7.0f, 42.0f};
    assert_memory_equal(values, expected, sizeof values);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_to_its_own),
        cmocka_unit_test(test_device_alone),
        cmocka_unit_test(test_custom_without_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
