/* Public functions with tensors on a device, and the runtime's stand-in under them: stored tensors, recurrent networks, and all
 * kinds of fills in one plan. Against the CPU, bit for bit. */
#include "../load_helpers.h"
#include "mock_items.h"

#define BYTES 65536

static _Alignas(64) char there[BYTES], here[BYTES];

fanin_status __wrap_backend_find(const char *name, DLDevice device, const struct backend **out);

fanin_status __wrap_backend_find(const char *name, DLDevice device, const struct backend **out)
{
    (void)name;
    *out = device.device_type == kDLCUDA ? &cuda_backend : &cpu_backend;
    return FANIN_OK;
}

static int setup_memory(void **state)
{
    if (setup(state) != 0) {
        return 1;
    }
    mock_add_region(there, sizeof there, cudaMemoryTypeDevice, 0);
    memset(there, 0xA5, sizeof there);
    memset(here, 0xA5, sizeof here);
    return 0;
}

static void assert_nothing_left(void)
{
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.events_left, 0);
    assert_int_equal(mock.freed_in_use, 0);
    assert_int_equal(mock.foreign_rows, 0);
    assert_null(mock.current);
}

/* A tensor `offset` bytes into one of the memories. */
static DLTensor tensor_in(char *memory, int64_t offset, DLDataType dtype, int ndim, const int64_t *shape,
                          const int64_t *strides)
{
    DLTensor tensor = tensor_of(memory + offset, ndim, shape);
    tensor.device.device_type = memory == there ? kDLCUDA : kDLCPU;
    tensor.dtype = dtype;
    tensor.strides = (int64_t *)(uintptr_t)strides;
    return tensor;
}

/* ------------------------------------------------ load ------------------------------------------------------------------ */

static const char header[] = "{\"a.weight\": {\"dtype\": \"F32\", \"shape\": [40, 25], \"data_offsets\": [0, 4000]}, "
                             "\"b.weight\": {\"dtype\": \"F16\", \"shape\": [300], \"data_offsets\": [4000, 4600]}, "
                             "\"c.weight\": {\"dtype\": \"I64\", \"shape\": [3, 5], \"data_offsets\": [4600, 4720]}}";

static void write_stored(const char *path)
{
    static unsigned char data[4720];
    for (int i = 0; i < 1000; i++) {
        const float value = (float)i / 7.0f - 50.0f;
        memcpy(data + 4 * i, &value, 4);
    }
    for (int i = 4000; i < 4720; i++) {
        data[i] = (unsigned char)(i * 31 % 120);
    }
    write_safetensors(path, header, data, sizeof data);
}

/* Whole tensors and boxes of them, with and without gaps, converted and not; and one that is not stored, by default. */
static fanin_plan *plan_in(char *memory, const fanin_initializer *initializer)
{
    static const DLDataType float16 = {kDLFloat, 16, 1}, int32 = {kDLInt, 32, 1};
    static const int64_t box[] = {30, 10}, pitch[] = {16, 1}, global[] = {40, 25}, offset[] = {7, 12}, transposed[] = {1, 3};
    fanin_plan *const plan = new_plan();
    assert_status(add(plan, initializer, "a.weight", tensor_in(memory, 0, FLOAT32, 2, global, NULL)), FANIN_OK);
    fanin_desc part = desc_of("a.weight");
    part.global_shape = global;
    part.offset = offset;
    const DLTensor strided = tensor_in(memory, 8192, FLOAT32, 2, box, pitch);
    assert_status(fanin_plan_add(plan, initializer, &part, &strided), FANIN_OK);
    assert_status(add(plan, initializer, "b.weight", tensor_in(memory, 16384, float16, 1, (const int64_t[]){300}, NULL)),
                  FANIN_OK);
    assert_status(add(plan, initializer, "c.weight", tensor_in(memory, 20480, int32, 2, (const int64_t[]){3, 5}, transposed)),
                  FANIN_OK);
    assert_status(add(plan, initializer, "d.weight", tensor_in(memory, 24576, FLOAT32, 2, box, NULL)), FANIN_OK);
    return plan;
}

static void test_load(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    const char *const path = file_in(&folder, "stored.safetensors");
    write_stored(path);
    fanin_initializer *default_init = NULL;
    assert_status(fanin_create("normal", &default_init), FANIN_OK);
    fanin_initializer *const initializer = load(path, default_init);
    fanin_plan *const on_device_plan = plan_in(there, initializer), *const on_cpu_plan = plan_in(here, initializer);
    assert_status(fanin_plan_run(on_cpu_plan, NULL), FANIN_OK);
    assert_status(fanin_plan_run(on_device_plan, NULL), FANIN_OK);
    assert_memory_equal(there, here, sizeof there);
    assert_int_equal(mock.launches[0], 1);
    assert_int_equal(mock.reads, 1);
    assert_int_equal(mock.copies, 4);
    assert_int_equal(mock.scatters, 2);
    assert_nothing_left();

    /* It would have to wait. */
    memset(there, 0xA5, sizeof there);
    memset(here, 0xA5, sizeof here);
    memset(mock.launches, 0, sizeof mock.launches);
    mock.capturing = true;
    assert_failure(fanin_plan_run(on_device_plan, NULL), FANIN_ERROR_CAPTURE,
                   "'a.weight': found a stream that is being captured");
    mock.capturing = false;

    /* Without the file nothing is written. */
    assert_int_equal(truncate(path, 1000), 0);
    assert_failure(fanin_plan_run(on_device_plan, NULL), FANIN_ERROR_FILE, path);
    assert_memory_equal(there, here, sizeof there);
    assert_nothing_left();
    fanin_plan_free(on_device_plan);
    fanin_plan_free(on_cpu_plan);
    fanin_release(initializer);
    fanin_release(default_init);
    folder_close(&folder);
}

/* ------------------------------------------------ others ---------------------------------------------------------------- */

/* All blocks of a packed vector, an array, and empty tensors: one launch and one copy. */
static void test_plan_of_all_kinds(void **state)
{
    (void)state;
    static const char rnn[] = "[\"fusedrnn\", {\"init\": \"xavier\", \"num_hidden\": 8, \"num_layers\": 2, \"mode\": \"lstm\", "
                              "\"bidirectional\": true}]";
    static const char *const specs[] = {rnn, "[\"constant\", {\"value\": [1, 2, 3]}]", "bilinear",
                                        "[\"lstmbias\", {\"forget_bias\": 1}]"};
    static const int64_t shapes[4][4] = {{2688}, {5, 7, 3}, {2, 2, 4, 4}, {64}};
    static const int ndims[] = {1, 3, 4, 1};
    char *const memories[] = {there, here};
    for (int m = 0; m < 2; m++) {
        fanin_plan *const plan = new_plan();
        for (int i = 0; i < 4; i++) {
            const char name[] = {(char)('a' + i), '\0'};
            assert_status(add_with(plan, specs[i], name, tensor_in(memories[m], 16384 * i, FLOAT32, ndims[i], shapes[i], NULL)),
                          FANIN_OK);
        }
        const DLTensor empty = tensor_in(memories[m], 0, FLOAT32, 2, (const int64_t[]){0, 3}, NULL);
        assert_status(add_with(plan, "normal", "nothing", empty), FANIN_OK);
        assert_status(add_with(plan, specs[1], "nothing_copied", empty), FANIN_OK);
        assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
        fanin_plan_free(plan);
    }
    assert_memory_equal(there, here, sizeof there);
    assert_int_equal(mock.launches[0], 1);
    assert_int_equal(mock.copies, 1);
    assert_nothing_left();
}

/* The blocks of a recurrent network and of a convolution, a shard, and elementwise fills beside them: the host's to
 * rounding. */
static void test_orthogonal(void **state)
{
    (void)state;
    static const char haar[] = "[\"orthogonal\", {\"method\": \"haar\"}]";
    static const char rnn[] = "[\"fusedrnn\", {\"init\": [\"orthogonal\", {\"method\": \"haar\"}], \"num_hidden\": 8, "
                              "\"num_layers\": 2, \"mode\": \"lstm\", \"bidirectional\": true}]";
    static const int64_t whole[] = {70, 90}, rows[] = {20, 90}, start[] = {50, 0};
    char *const memories[] = {there, here};
    for (int m = 0; m < 2; m++) {
        fanin_plan *const plan = new_plan();
        fanin_initializer *initializer = NULL;
        fanin_desc shard = desc_of("shard_weight");
        shard.global_shape = whole;
        shard.offset = start;
        const DLTensor part = tensor_in(memories[m], 40000, FLOAT32, 2, rows, NULL);
        assert_status(add_with(plan, rnn, "rnn", tensor_in(memories[m], 0, FLOAT32, 1, (const int64_t[]){2688}, NULL)),
                      FANIN_OK);
        assert_status(add_with(plan, haar, "convolution_weight",
                               tensor_in(memories[m], 12000, FLOAT32, 4, (const int64_t[]){24, 8, 3, 3}, NULL)),
                      FANIN_OK);
        assert_status(
            add_with(plan, "normal", "plain_weight", tensor_in(memories[m], 20000, FLOAT32, 1, (const int64_t[]){1000}, NULL)),
            FANIN_OK);
        assert_status(fanin_create(haar, &initializer), FANIN_OK);
        assert_status(fanin_plan_add(plan, initializer, &shard, &part), FANIN_OK);
        fanin_release(initializer);
        assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
        fanin_plan_free(plan);
    }
    for (size_t i = 0; i < BYTES / sizeof(float); i++) {
        assert_float_equal(((const float *)(const void *)there)[i], ((const float *)(const void *)here)[i], 1e-5f);
    }
    assert_nothing_left();
}

/* A host pointer that is tagged as a device's; pinned memory, which is the CPU's. */
static void test_tags(void **state)
{
    (void)state;
    const fanin_desc desc = desc_of("weight");
    fanin_initializer *initializer = NULL;
    assert_status(fanin_create("normal", &initializer), FANIN_OK);
    DLTensor tensor = VECTOR(pageable, COUNT);
    tensor.device.device_type = kDLCUDA;
    assert_failure(fanin_init(initializer, &desc, &tensor, NULL), FANIN_ERROR_DEVICE, "'weight': found host memory");
    tensor.device.device_id = 2;
    assert_failure(fanin_init(initializer, &desc, &tensor, NULL), FANIN_ERROR_DEVICE, "found CUDA device 2, expected 0 to 1");
    tensor = VECTOR(pinned, COUNT);
    tensor.device.device_type = kDLCUDAHost;
    pinned[COUNT - 1] = 100.0f;
    assert_status(fanin_init(initializer, &desc, &tensor, NULL), FANIN_OK);
    assert_true(pinned[COUNT - 1] != 100.0f);
    assert_int_equal(mock.launches[0] + mock.launches[1], 0);
    fanin_release(initializer);
}

static void drop_line(void *context, const char *line)
{
    (void)context, (void)line;
}

/* A log that a statistic is for would have to wait: a call and a plan are refused before anything is enqueued. */
static void test_log_while_capturing(void **state)
{
    (void)state;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.verbose = 1;
    options.log = drop_line;
    fanin_initializer *one = NULL;
    assert_status(fanin_create("one", &one), FANIN_OK);
    const DLTensor tensor = tensor_in(there, 0, FLOAT32, 1, (const int64_t[]){COUNT}, NULL);
    const fanin_desc desc = desc_of("a.weight");
    fanin_plan *const plan = new_plan();
    assert_status(add(plan, one, "a.weight", tensor), FANIN_OK);
    mock.capturing = true;
    assert_failure(fanin_init(one, &desc, &tensor, &options), FANIN_ERROR_CAPTURE, "being captured");
    assert_failure(fanin_plan_run(plan, &options), FANIN_ERROR_CAPTURE, "being captured");
    assert_int_equal(mock.launches[0], 0);
    options.log = NULL;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(mock.launches[0], 1);
    mock.capturing = false;
    fanin_plan_free(plan);
    fanin_release(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_load, setup_memory),
        cmocka_unit_test_setup(test_plan_of_all_kinds, setup_memory),
        cmocka_unit_test_setup(test_orthogonal, setup_memory),
        cmocka_unit_test_setup(test_tags, setup_memory),
        cmocka_unit_test_setup(test_log_while_capturing, setup_memory),
    };
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
