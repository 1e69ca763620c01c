/* What the module does around its kernels, with the runtime's stand-in: devices, contexts, streams, pointers, errors, the
 * statistic, and the program's buffers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cuda/builder.h"
#include "cuda/context.h"
#include "cuda/run.h"
#include "cuda/stage.h"
#include "mock.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 5000

static _Alignas(64) float on_device[2][COUNT], managed[COUNT], pinned[COUNT], pageable[COUNT], expected[COUNT];
static const struct fill normal = {.kind = FILL_NORMAL, .a = 0.0, .b = 1.0, .stream = 99};

static fanin_options options_of(void *stream)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.contract = FANIN_CONTRACT;
    options.seed = 5;
    options.cuda_stream = stream;
    return options;
}

static struct item item_of(float *data, int device, int64_t count)
{
    return (struct item){.fill = &normal,
                         .name = "weight",
                         .data = (char *)data,
                         .device = {kDLCUDA, device},
                         .dtype = DTYPE_FLOAT32,
                         .ndim = 1,
                         .extent = {count},
                         .stride = {1},
                         .step = {1},
                         .size = count};
}

static int setup(void **state)
{
    (void)state;
    mock_reset();
    mock_add_region(on_device[0], sizeof on_device[0], cudaMemoryTypeDevice, 0);
    mock_add_region(on_device[1], sizeof on_device[1], cudaMemoryTypeDevice, 1);
    mock_add_region(managed, sizeof managed, cudaMemoryTypeManaged, 0);
    mock_add_region(pinned, sizeof pinned, cudaMemoryTypeHost, 0);
    memset(on_device, 0, sizeof on_device);
    memset(managed, 0, sizeof managed);
    struct item item = item_of(expected, 0, COUNT);
    const fanin_options options = options_of(NULL);
    return cpu_backend.run(&item, 1, &options) != FANIN_OK;
}

static fanin_status run_one(float *data, int device, void *stream)
{
    const struct item item = item_of(data, device, COUNT);
    const fanin_options options = options_of(stream);
    return cuda_backend.run(&item, 1, &options);
}

/* A failure: its status, words of its message, and no launch. */
static void assert_failure(fanin_status found, fanin_status status, const char *words)
{
    assert_int_equal(found, status);
    if (strstr(fanin_last_error(), words) == NULL) {
        fail_msg("'%s' is not in: %s", words, fanin_last_error());
    }
    assert_int_equal(mock.launches[0] + mock.launches[1], 0);
}

/* After an error of ours nothing is pending, nothing changed, and the next call works. */
static void assert_works(void)
{
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    assert_memory_equal(on_device[0], expected, sizeof expected);
}

/* ------------------------------------------------ what works -------------------------------------------------------------- */

static void test_one_device(void **state)
{
    (void)state;
    int stream;
    assert_int_equal(run_one(on_device[1], 1, &stream), FANIN_OK);
    assert_memory_equal(on_device[1], expected, sizeof expected);
    assert_int_equal(mock.launches[0], 0);
    assert_int_equal(mock.launches[1], 1);
    assert_ptr_equal(mock.last_stream, (cudaStream_t)&stream);
    assert_null(mock.current);
    assert_int_equal(mock.synchronizations, 0);
    assert_int_equal(mock.frees_left, 0);
}

static void test_managed_memory(void **state)
{
    (void)state;
    assert_int_equal(run_one(managed, 0, NULL), FANIN_OK);
    assert_memory_equal(managed, expected, sizeof expected);
    assert_int_equal(run_one(managed, 1, NULL), FANIN_OK);
    assert_int_equal(mock.launches[1], 1);
}

static void test_two_devices(void **state)
{
    (void)state;
    /* By turns: each device has its own launch with both of its items. */
    const struct item items[] = {item_of(on_device[1], 1, 100), item_of(on_device[0], 0, COUNT),
                                 item_of(on_device[1] + 100, 1, 100), item_of(managed, 0, COUNT)};
    fanin_options options = options_of(NULL);
    mock.current = &mock.primary[1];
    assert_int_equal(cuda_backend.run(items, 4, &options), FANIN_OK);
    assert_ptr_equal(mock.current, &mock.primary[1]);
    assert_int_equal(mock.foreign_rows, 0);
    assert_int_equal(mock.launches[0], 1);
    assert_int_equal(mock.launches[1], 1);
    assert_memory_equal(on_device[0], expected, sizeof expected);
    assert_memory_equal(managed, expected, sizeof expected);
    assert_memory_equal(on_device[1] + 100, expected, 100 * sizeof(float));

    memset(mock.launches, 0, sizeof mock.launches);
    options.cuda_stream = &options;
    assert_failure(cuda_backend.run(items, 4, &options), FANIN_ERROR_ARGUMENT, "devices 0 and 1");

    /* A stream for each; device 1 is the last. */
    char streams[2];
    void *const of_devices[2] = {&streams[0], &streams[1]};
    options.cuda_streams = of_devices;
    options.n_cuda_streams = 2;
    assert_int_equal(cuda_backend.run(items, 4, &options), FANIN_OK);
    assert_ptr_equal(mock.last_stream, &streams[1]);
    assert_int_equal(cuda_backend.run(items, 1, &options), FANIN_OK);
    assert_ptr_equal(mock.last_stream, &streams[items[0].device.device_id]);
}

/* A context of the device that is not its primary one stays current; that of another device comes back. */
static void test_contexts(void **state)
{
    (void)state;
    mock.current = &mock.other[0];
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    assert_ptr_equal(mock.current, &mock.other[0]);
    assert_int_equal(mock.set_devices, 0);
    assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
    assert_ptr_equal(mock.current, &mock.other[0]);
    assert_int_equal(mock.launches[1], 1);
}

static void test_many_items(void **state)
{
    (void)state;
    struct item *items = malloc(COUNT * sizeof *items);
    assert_non_null(items);
    for (int i = 0; i < COUNT; i++) {
        items[i] = item_of(&on_device[0][i], 0, 1);
        items[i].ndim = 0;
        items[i].start = i;
    }
    const fanin_options options = options_of(NULL);
    assert_int_equal(cuda_backend.run(items, COUNT, &options), FANIN_OK);
    free(items);
    assert_memory_equal(on_device[0], expected, sizeof expected);
    assert_int_equal(mock.launches[0], (COUNT - 1) / (int)CUDA_SLOTS + 1);
}

static void test_nothing(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    assert_int_equal(cuda_backend.run(NULL, 0, &options), FANIN_OK);
    assert_int_equal(mock.launches[0], 0);
}

/* ------------------------------------------------ what is wrong ----------------------------------------------------------- */

static void test_wrong_memory(void **state)
{
    (void)state;
    assert_failure(run_one(pageable, 0, NULL), FANIN_ERROR_DEVICE, "'weight': found host memory");
    assert_works();
    memset(mock.launches, 0, sizeof mock.launches);
    assert_failure(run_one(pinned, 0, NULL), FANIN_ERROR_DEVICE, "pinned host memory");
    assert_failure(run_one(on_device[0], 1, NULL), FANIN_ERROR_DEVICE, "memory of CUDA device 0");
    /* Freed. */
    mock.regions[0].type = cudaMemoryTypeUnregistered;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "found host memory, or none");
    mock.regions[0].type = cudaMemoryTypeDevice;
    assert_works();
}

/* The last element counts as the first does; of an item that goes down, that is the lowest. */
static void test_memory_too_short(void **state)
{
    (void)state;
    mock.regions[0].bytes -= 4;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "found host memory");
    mock.regions[0].bytes += 4;
    mock.regions[0].base = on_device[0] + 1;
    mock.regions[0].bytes -= 4;
    struct item item = item_of(on_device[0] + COUNT - 1, 0, COUNT);
    item.stride[0] = -1;
    const fanin_options options = options_of(NULL);
    assert_failure(cuda_backend.run(&item, 1, &options), FANIN_ERROR_DEVICE, "found host memory");
    item.extent[0] = item.size = COUNT - 1;
    assert_int_equal(cuda_backend.run(&item, 1, &options), FANIN_OK);
}

static void test_one_wrong_of_many(void **state)
{
    (void)state;
    const struct item items[] = {item_of(on_device[0], 0, COUNT), item_of(on_device[1], 1, COUNT), item_of(pageable, 1, 7)};
    const fanin_options options = options_of(NULL);
    assert_failure(cuda_backend.run(items, 3, &options), FANIN_ERROR_DEVICE, "found host memory");
}

static void test_no_such_device(void **state)
{
    (void)state;
    const struct item item = item_of(on_device[0], 2, COUNT);
    assert_failure(cuda_backend.supports(&item), FANIN_ERROR_DEVICE, "found CUDA device 2, expected 0 to 1");
    assert_failure(run_one(on_device[0], 2, NULL), FANIN_ERROR_DEVICE, "found CUDA device 2, expected 0 to 1");
    assert_works();
}

static void test_no_driver(void **state)
{
    (void)state;
    int count;
    mock.count_error = cudaErrorInsufficientDriver;
    mock.driver_version = 0;
    assert_failure(context_count(NULL, &count), FANIN_ERROR_DEVICE, "CUDA: there is no NVIDIA driver");
    mock.driver_version = 11080;
    assert_failure(context_count("w", &count), FANIN_ERROR_DEVICE, "'w': the NVIDIA driver is too old: found CUDA 11.8");
    mock.count_error = cudaErrorNoDevice;
    assert_failure(context_count(NULL, &count), FANIN_ERROR_DEVICE, "finds no GPU");
    mock.count_error = cudaSuccess;
    mock.devices = 0;
    assert_failure(context_count(NULL, &count), FANIN_ERROR_DEVICE, "finds no GPU");
    mock.devices = 2;
    mock.count_error = cudaErrorUnknown;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "cudaErrorOfTheMock");
    mock.count_error = cudaSuccess;
    assert_works();
}

static void test_pending_error(void **state)
{
    (void)state;
    mock.last = cudaErrorInvalidValue;
    for (int i = 0; i < 2; i++) {
        assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "an earlier CUDA error of the caller's is pending");
        assert_int_equal(mock.last, cudaErrorInvalidValue);
        assert_null(mock.current);
    }
    (void)cudaGetLastError();
    assert_works();
}

static void test_lost_context(void **state)
{
    (void)state;
    mock.lost = cudaErrorLaunchFailure;
    for (int i = 0; i < 2; i++) {
        assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "the CUDA context is lost (cudaErrorLaunchFailure");
        assert_int_equal(mock.last, cudaErrorLaunchFailure);
    }
}

/* It shows when the fill is launched, as an earlier kernel's fault does. */
static void test_context_lost_at_launch(void **state)
{
    (void)state;
    mock.launch_error = cudaErrorIllegalAddress;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "the CUDA context is lost");
    assert_int_equal(mock.last, cudaErrorIllegalAddress);
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "the CUDA context is lost");
}

static void test_wrong_stream(void **state)
{
    (void)state;
    int stream;
    mock.launch_error = cudaErrorInvalidResourceHandle;
    assert_failure(run_one(on_device[0], 0, &stream), FANIN_ERROR_DEVICE, "a stream that is not one of CUDA device 0");
    mock.launch_error = cudaErrorInvalidConfiguration;
    assert_failure(run_one(on_device[0], 0, &stream), FANIN_ERROR_DEVICE, "CUDA says");
    mock.launch_error = cudaSuccess;
    assert_works();
}

static void test_custom_fill(void **state)
{
    (void)state;
    struct item item = item_of(on_device[0], 0, COUNT);
    const struct fill custom = {.kind = FILL_CUSTOM, .custom = {.kind = "orthogonal"}};
    item.fill = &custom;
    assert_failure(cuda_backend.supports(&item), FANIN_ERROR_DEVICE, "'orthogonal' has no function for tensors on CUDA");
}

/* Kernels are loaded once a device, in a mode that a capture survives. It must be the first test: what is loaded stays so. */
static void test_loading(void **state)
{
    (void)state;
    const struct item item = item_of(on_device[0], 0, COUNT);
    mock.load_error = cudaErrorNoKernelImageForDevice;
    assert_failure(cuda_backend.supports(&item), FANIN_ERROR_DEVICE, "no code for device 0 (compute capability 7.5)");
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    mock.load_error = cudaSuccess;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cuda_backend.supports(&item), FANIN_OK);
    }
    assert_int_equal(mock.loads, 2);
    assert_true(mock.loaded_relaxed);
    assert_int_equal(mock.mode, cudaStreamCaptureModeGlobal);
}

/* ------------------------------------------------ the statistic ----------------------------------------------------------- */

static struct tensor tensor_of(float *data, int device, int64_t count)
{
    return (struct tensor){.data = (char *)data,
                           .device = {kDLCUDA, device},
                           .dtype = DTYPE_FLOAT32,
                           .ndim = 1,
                           .shape = {count},
                           .stride = {1},
                           .size = count,
                           .low = 0,
                           .high = count * 4};
}

static void test_statistic(void **state)
{
    (void)state;
    assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
    const fanin_options options = options_of(NULL);
    for (int64_t count = 0; count <= COUNT; count += 500) {
        const struct tensor there = tensor_of(on_device[1], 1, count), here = tensor_of(expected, 0, count);
        double found = -1.0, wanted = -2.0;
        assert_int_equal(cuda_backend.norm(&there, &options, &found), FANIN_OK);
        assert_int_equal(cpu_backend.norm(&here, &options, &wanted), FANIN_OK);
        assert_memory_equal(&found, &wanted, sizeof found);
    }
    assert_int_equal(mock.frees_left, 0);
    assert_null(mock.current);
}

static void test_statistic_errors(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    const struct tensor tensor = tensor_of(on_device[0], 0, COUNT), host = tensor_of(pageable, 0, COUNT);
    double found = -1.0;
    assert_failure(cuda_backend.norm(&host, &options, &found), FANIN_ERROR_DEVICE, "found host memory");
    mock.capturing = true;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_DEVICE, "not being captured");
    assert_null(mock.last_stream);
    mock.capturing = false;
    mock.fail_allocation = 1;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_MEMORY, "CUDA");
    mock.launch_error = cudaErrorInvalidConfiguration;
    assert_failure(cuda_backend.norm(&tensor, &options, &found), FANIN_ERROR_DEVICE, "CUDA says");
    assert_int_equal(mock.frees_left, 0);
    assert_true(found == -1.0);
    mock.launch_error = cudaSuccess;
    mock.pool_error = cudaErrorNotSupported;
    assert_int_equal(cuda_backend.norm(&tensor, &options, &found), FANIN_OK);
    assert_true(found == 0.0);
    assert_int_equal(mock.frees_left, 0);
    assert_works();
}

/* More tiles than are brought to the host at once. */
static void test_statistic_rounds(void **state)
{
    (void)state;
    if (getenv("FANIN_TEST_LONG") == NULL) {
        print_message("skipped: 2^26 elements are for FANIN_TEST_LONG\n");
        skip();
    }
    const int64_t count = (INT64_C(1) << 26) + 2500;
    unsigned char *const memory = malloc((size_t)count);
    assert_non_null(memory);
    for (int64_t i = 0; i < count; i++) {
        memory[i] = (unsigned char)(i * 7 + (i >> 12));
    }
    mock_add_region(memory, (size_t)count, cudaMemoryTypeDevice, 0);
    struct tensor tensor = tensor_of((float *)memory, 0, count);
    tensor.dtype = DTYPE_UINT8;
    tensor.high = count;
    const fanin_options options = options_of(NULL);
    double found = -1.0, wanted = -2.0;
    assert_int_equal(cuda_backend.norm(&tensor, &options, &found), FANIN_OK);
    assert_int_equal(cpu_backend.norm(&tensor, &options, &wanted), FANIN_OK);
    assert_memory_equal(&found, &wanted, sizeof found);
    free(memory);
}

/* ------------------------------------------------ the program's buffers --------------------------------------------------- */

static void test_stage(void **state)
{
    (void)state;
    struct cuda_stage *stage = NULL;
    assert_int_equal(stage_open(1, 4096, &stage), FANIN_OK);
    assert_null(mock.current);
    for (int i = 0; i < 6; i++) {
        const void *host = NULL;
        memset(stage_device(stage, i % 2), i, 4096);
        assert_int_equal(stage_copy(stage, i % 2, 4000), FANIN_OK);
        assert_int_equal(stage_wait(stage, i % 2, &host), FANIN_OK);
        assert_memory_equal(host, stage_device(stage, i % 2), 4000);
    }
    assert_non_null(stage_stream(stage));
    assert_ptr_not_equal(stage_device(stage, 0), stage_device(stage, 1));
    stage_close(stage);
    stage_close(NULL);
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.streams_left, 0);
    assert_int_equal(mock.events_left, 0);
}

/* Whichever allocation fails, nothing is left. */
static void test_stage_without_memory(void **state)
{
    (void)state;
    int failures = 0;
    for (int number = 1;; number++) {
        struct cuda_stage *stage = NULL;
        mock.fail_allocation = number;
        const fanin_status status = stage_open(0, 64, &stage);
        if (status == FANIN_OK) {
            stage_close(stage);
            break;
        }
        failures++;
        assert_failure(status, FANIN_ERROR_MEMORY, "CUDA says");
        assert_null(stage);
        assert_int_equal(mock.frees_left, 0);
        assert_int_equal(mock.streams_left, 0);
        assert_int_equal(mock.events_left, 0);
        assert_int_equal(mock.last, cudaSuccess);
    }
    assert_int_equal(failures, 10);
    mock.fail_allocation = 0;
    struct cuda_stage *stage = NULL;
    assert_failure(stage_open(7, 64, &stage), FANIN_ERROR_DEVICE, "found CUDA device 7");
}

int main(void)
{
    /* Before the module looks for it. */
    if (dlopen(MOCK_DRIVER, RTLD_NOW | RTLD_GLOBAL) == NULL) {
        print_error("%s\n", dlerror());
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_loading, setup),
        cmocka_unit_test_setup(test_one_device, setup),
        cmocka_unit_test_setup(test_managed_memory, setup),
        cmocka_unit_test_setup(test_two_devices, setup),
        cmocka_unit_test_setup(test_contexts, setup),
        cmocka_unit_test_setup(test_many_items, setup),
        cmocka_unit_test_setup(test_nothing, setup),
        cmocka_unit_test_setup(test_wrong_memory, setup),
        cmocka_unit_test_setup(test_memory_too_short, setup),
        cmocka_unit_test_setup(test_one_wrong_of_many, setup),
        cmocka_unit_test_setup(test_no_such_device, setup),
        cmocka_unit_test_setup(test_no_driver, setup),
        cmocka_unit_test_setup(test_pending_error, setup),
        cmocka_unit_test_setup(test_lost_context, setup),
        cmocka_unit_test_setup(test_context_lost_at_launch, setup),
        cmocka_unit_test_setup(test_wrong_stream, setup),
        cmocka_unit_test_setup(test_custom_fill, setup),
        cmocka_unit_test_setup(test_statistic, setup),
        cmocka_unit_test_setup(test_statistic_errors, setup),
        cmocka_unit_test_setup(test_statistic_rounds, setup),
        cmocka_unit_test_setup(test_stage, setup),
        cmocka_unit_test_setup(test_stage_without_memory, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
