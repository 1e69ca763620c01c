/* What the module does around its kernels, with the runtime's stand-in: devices, contexts, streams, pointers and errors. */
#include "mock_items.h"

#include "cuda/builder.h"
#include "cuda/context.h"

#include <fenv.h>

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

/* This program also runs with the environment variable set. */
static void test_variant(void **state)
{
    (void)state;
    const char *const wanted = getenv("FANIN_CUDA_VARIANT");
    const bool is_mixed = wanted != NULL && strcmp(wanted, "mixed") == 0;
    mock.variant = is_mixed ? CUDA_VARIANT_PLAIN : CUDA_VARIANT_MIXED;
    assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
    assert_memory_equal(on_device[1], expected, sizeof expected);
    assert_int_equal(mock.variant, is_mixed ? CUDA_VARIANT_MIXED : CUDA_VARIANT_PLAIN);
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
    assert_int_equal(run_items(items, 4, &options), FANIN_OK);
    assert_ptr_equal(mock.current, &mock.primary[1]);
    assert_int_equal(mock.foreign_rows, 0);
    assert_int_equal(mock.launches[0], 1);
    assert_int_equal(mock.launches[1], 1);
    assert_memory_equal(on_device[0], expected, sizeof expected);
    assert_memory_equal(managed, expected, sizeof expected);
    assert_memory_equal(on_device[1] + 100, expected, 100 * sizeof(float));

    memset(mock.launches, 0, sizeof mock.launches);
    options.cuda_stream = &options;
    assert_failure(run_items(items, 4, &options), FANIN_ERROR_ARGUMENT, "devices 0 and 1");
    options.cuda_streams = &options.cuda_stream;
    options.n_cuda_streams = 1;
    assert_failure(run_items(items, 4, &options), FANIN_ERROR_ARGUMENT, "devices 0 and 1");

    /* A stream for each; device 1 is the last. */
    char streams[2];
    void *const of_devices[2] = {&streams[0], &streams[1]};
    options.cuda_streams = of_devices;
    options.n_cuda_streams = 2;
    assert_int_equal(run_items(items, 4, &options), FANIN_OK);
    assert_ptr_equal(mock.last_stream, &streams[1]);
    assert_int_equal(run_items(items, 1, &options), FANIN_OK);
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
    /* A primary context that is made on the way ends no capture. */
    assert_true(mock.set_devices > 0);
    assert_int_equal(mock.calls_not_relaxed, 0);
    assert_int_equal(mock.mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
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
    assert_int_equal(run_items(items, COUNT, &options), FANIN_OK);
    assert_memory_equal(on_device[0], expected, sizeof expected);
    assert_int_equal(mock.launches[0], (COUNT - 1) / (int)CUDA_SLOTS + 1);
    /* They lie in one allocation, which is looked up once: its type, its device, and whether it is in reach. */
    assert_int_equal(mock.pointer_questions, 3);

    /* A launch that fails is told of one of its own items. */
    items[CUDA_SLOTS].name = "next";
    memset(mock.launches, 0, sizeof mock.launches);
    mock.fail_launch = 1;
    assert_failure(run_items(items, COUNT, &options), FANIN_ERROR_DEVICE, "'weight': CUDA says");
    free(items);
    assert_works();
}

static void test_nothing(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    assert_int_equal(run_items(NULL, 0, &options), FANIN_OK);
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

/* Each question may be what shows that the context is lost, or fail in a way that no driver is documented to. */
static void check_each_question(float *data, int device, int questions)
{
    for (int i = 0; i < questions; i++) {
        mock.pointer_questions = 0;
        mock.pointer_error_after = i;
        mock.pointer_error = CUDA_ERROR_ILLEGAL_ADDRESS;
        assert_failure(run_one(data, device, NULL), FANIN_ERROR_DEVICE, "'weight': the CUDA context is lost");
        mock.pointer_questions = 0;
        mock.pointer_error = CUDA_ERROR_UNKNOWN;
        assert_failure(run_one(data, device, NULL), FANIN_ERROR_DEVICE, "'weight': CUDA says");
        assert_int_equal(mock.pointer_questions, i + 1);
        assert_int_equal(mock.last, cudaSuccess);
    }
    mock.pointer_questions = 0;
    mock.pointer_error_after = questions;
    assert_int_equal(run_one(managed, 0, NULL), FANIN_OK);
    mock.pointer_error = CUDA_SUCCESS;
    memset(mock.launches, 0, sizeof mock.launches);
}

static void test_questions_that_fail(void **state)
{
    (void)state;
    check_each_question(on_device[0], 0, 3);
    check_each_question(pinned, 0, 3);
    check_each_question(on_device[0], 1, 3);
    mock.regions[0].context = &mock.other[0];
    check_each_question(on_device[0], 0, 5);
    mock.regions[0].context = NULL;
    assert_works();
}

/* Memory that a context of the caller's made, which is not the primary one, is filled there; elsewhere it is out of reach. */
static void test_memory_of_contexts(void **state)
{
    (void)state;
    mock.regions[0].context = &mock.other[0];
    mock.current = &mock.other[0];
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    assert_memory_equal(on_device[0], expected, sizeof expected);
    assert_int_equal(mock.foreign_rows, 0);
    memset(mock.launches, 0, sizeof mock.launches);
    void *const elsewhere[] = {NULL, &mock.primary[0], &mock.green[0], &mock.primary[1]};
    for (int i = 0; i < 4; i++) {
        mock.current = elsewhere[i];
        assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "'weight': found memory of another context at");
        assert_ptr_equal(mock.current, elsewhere[i]);
    }
    /* It is another device's, whatever context it is of. */
    assert_failure(run_one(on_device[0], 1, NULL), FANIN_ERROR_DEVICE, "memory of CUDA device 0");
    assert_int_equal(mock.last, cudaSuccess);
    /* That of the primary one is its green contexts' as well, and theirs is its own. */
    void *const parts[] = {&mock.primary[0], &mock.green[0]};
    for (int i = 0; i < 4; i++) {
        mock.regions[0].context = parts[i / 2];
        mock.current = parts[i % 2];
        assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    }
    mock.current = &mock.other[0];
    memset(mock.launches, 0, sizeof mock.launches);
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "memory of another context at");
    assert_int_equal(mock.foreign_rows, 0);
    mock.current = NULL;
    assert_works();
}

/* What belongs to no context, or to the current one, is the device's, even where the driver does not say how it can be
 * accessed; managed memory is everyone's, wherever it is said to lie. */
static void test_memory_in_doubt(void **state)
{
    (void)state;
    mock.no_pointers = true;
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    mock.regions[0].context = mock.current = &mock.other[0];
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    mock.regions[2].context = &mock.primary[1];
    assert_int_equal(run_one(managed, 0, NULL), FANIN_OK);
    mock.no_pointers = false;
    mock.managed_is_host = true;
    assert_int_equal(run_one(managed, 1, NULL), FANIN_OK);
    mock.regions[0].context = mock.current = NULL;
    assert_works();
}

/* More tiles than a launch has. All elements are one, so that they lie in the memory that is there. */
static void test_too_many_elements(void **state)
{
    (void)state;
    struct item item = item_of(on_device[0], 0, INT64_C(1) << 46);
    item.stride[0] = 0;
    const fanin_options options = options_of(NULL);
    assert_failure(run_items(&item, 1, &options), FANIN_ERROR_ARGUMENT, "'weight': more elements than a launch can fill");
    assert_works();
}

/* The caller rounds up: it changes no number, and the caller still does. */
static void test_rounding(void **state)
{
    (void)state;
    assert_int_equal(fesetround(FE_UPWARD), 0);
    const fanin_status status = run_one(on_device[0], 0, NULL);
    const bool still_up = rounds_up();
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_int_equal(status, FANIN_OK);
    assert_true(still_up);
    assert_memory_equal(on_device[0], expected, sizeof expected);
}

/* The last element counts as the first does; of an item that goes down, that is the lowest. */
static void test_memory_too_short(void **state)
{
    (void)state;
    const fanin_options options = options_of(NULL);
    mock.regions[0].bytes -= 4;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "found host memory");
    /* Its last byte, and those of an item that begins in memory which was looked up for another one. */
    mock.regions[0].bytes += 3;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "found host memory");
    const struct item two[] = {item_of(on_device[0], 0, 10), item_of(on_device[0] + COUNT - 10, 0, 10)};
    assert_failure(run_items(two, 2, &options), FANIN_ERROR_DEVICE, "found host memory");
    mock.regions[0].bytes += 1;
    mock.regions[0].base = on_device[0] + 1;
    mock.regions[0].bytes -= 4;
    struct item item = item_of(on_device[0] + COUNT - 1, 0, COUNT);
    item.stride[0] = -1;
    assert_failure(run_items(&item, 1, &options), FANIN_ERROR_DEVICE, "found host memory");
    item.extent[0] = item.size = COUNT - 1;
    assert_int_equal(run_items(&item, 1, &options), FANIN_OK);
}

static void test_one_wrong_of_many(void **state)
{
    (void)state;
    const struct item items[] = {item_of(on_device[0], 0, COUNT), item_of(on_device[1], 1, COUNT), item_of(pageable, 1, 7)};
    const fanin_options options = options_of(NULL);
    assert_failure(run_items(items, 3, &options), FANIN_ERROR_DEVICE, "found host memory");
    /* What was looked up for one device is not another one's. */
    const struct item mixed_up[] = {item_of(on_device[0], 0, COUNT), item_of(on_device[0] + 7, 1, 7)};
    assert_failure(run_items(mixed_up, 2, &options), FANIN_ERROR_DEVICE, "memory of CUDA device 0");
}

static void test_no_such_device(void **state)
{
    (void)state;
    const struct item item = item_of(on_device[0], 2, COUNT);
    assert_failure(cuda_backend.supports(&item), FANIN_ERROR_DEVICE, "found CUDA device 2, expected 0 to 1");
    assert_failure(run_one(on_device[0], 2, NULL), FANIN_ERROR_DEVICE, "found CUDA device 2, expected 0 to 1");
    assert_failure(context_prepare("weight", -1), FANIN_ERROR_DEVICE, "found CUDA device -1, expected 0 to 1");
    assert_works();
}

static void test_no_driver(void **state)
{
    (void)state;
    int count;
    mock.count_error = cudaErrorInsufficientDriver;
    mock.driver_version = 0;
    assert_failure(context_count(NULL, &count), FANIN_ERROR_DEVICE, "there is no NVIDIA driver");
    assert_int_equal(mock.last, cudaSuccess);
    mock.driver_version = 11080;
    assert_failure(context_count("w", &count), FANIN_ERROR_DEVICE, "'w': the NVIDIA driver is too old: found CUDA 11.8,");
    mock.count_error = cudaErrorNoDevice;
    assert_failure(context_count(NULL, &count), FANIN_ERROR_DEVICE, "finds no GPU");
    assert_int_equal(mock.last, cudaSuccess);
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
    /* Work of the caller's that goes on is no error. */
    mock.last = cudaErrorNotReady;
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    assert_int_equal(mock.last, cudaErrorNotReady);
    /* The caller destroyed a context: other work goes on. */
    mock.last = cudaErrorContextIsDestroyed;
    memset(mock.launches, 0, sizeof mock.launches);
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "an earlier CUDA error of the caller's is pending");
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

/* The errors of which CUDA's header says that the process has to be ended, and those of memory and links that nothing corrects;
 * and some of the others. */
static void test_lost_or_not(void **state)
{
    (void)state;
    static const int lost[] = {214, 220, 226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911, 0};
    static const int others[] = {1, 2, 400, 600, 701, 709, 900, 999, 0};
    for (int i = 0; lost[i] != 0; i++) {
        assert_failure(context_fail((cudaError_t)lost[i], "w"), FANIN_ERROR_DEVICE, "'w': the CUDA context is lost");
    }
    for (int i = 0; others[i] != 0; i++) {
        const fanin_status wanted = others[i] == cudaErrorMemoryAllocation ? FANIN_ERROR_MEMORY : FANIN_ERROR_DEVICE;
        assert_failure(context_fail((cudaError_t)others[i], "w"), wanted, "'w': CUDA says");
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
    assert_failure(run_one(on_device[0], 0, &stream), FANIN_ERROR_DEVICE, "a stream of another device or context");
    mock.launch_error = cudaErrorInvalidConfiguration;
    assert_failure(run_one(on_device[0], 0, &stream), FANIN_ERROR_DEVICE, "CUDA says");
    mock.launch_error = cudaSuccess;
    assert_works();
}

/* The driver knows, so that not even what is on the right device is written. */
static void test_stream_of_another_device(void **state)
{
    (void)state;
    char own, other;
    void *const streams[2] = {&own, &other};
    const struct item items[] = {item_of(on_device[1], 1, COUNT), item_of(on_device[0], 0, COUNT)};
    fanin_options options = options_of(NULL);
    options.cuda_streams = streams;
    options.n_cuda_streams = 2;
    mock.known_stream.stream = &own;
    mock.known_stream.context = &mock.primary[1];
    mock.current = &mock.other[1];
    assert_failure(run_items(items, 2, &options), FANIN_ERROR_DEVICE, "a stream of another device or context");
    assert_ptr_equal(mock.current, &mock.other[1]);
    mock.current = NULL;
    assert_failure(run_one(on_device[0], 0, &own), FANIN_ERROR_DEVICE, "a stream of another device or context");
    mock.current = &mock.other[0];
    assert_failure(run_one(on_device[0], 0, &own), FANIN_ERROR_DEVICE, "a stream of another device or context");
    assert_ptr_equal(mock.current, &mock.other[0]);
    mock.current = NULL;
    mock.known_stream.stream = &other;
    assert_int_equal(run_items(items, 2, &options), FANIN_OK);
    assert_works();
}

/* A launch would be done in the stream's context, where other memory may be. Nothing is made current to find out. */
static void test_stream_of_another_context(void **state)
{
    (void)state;
    char stream;
    void *const contexts[] = {&mock.primary[0], &mock.other[0], &mock.green[0]};
    const bool knows_green = dlsym(RTLD_DEFAULT, "cuStreamGetCtx_v2") != NULL; /* the driver; this program runs with both */
    mock.known_stream.stream = &stream;
    for (int own = 0; own < 3; own++) {
        for (int current = 0; current < 3; current++) {
            mock.known_stream.context = contexts[own];
            mock.current = contexts[current];
            memset(mock.launches, 0, sizeof mock.launches);
            if (own == current || (own != 1 && current != 1 && knows_green)) {
                assert_int_equal(run_one(on_device[0], 0, &stream), FANIN_OK);
                assert_int_equal(mock.launches[0], 1);
            } else {
                assert_failure(run_one(on_device[0], 0, &stream), FANIN_ERROR_DEVICE,
                               "'weight': found a stream of another device or context, expected one of the current");
            }
            assert_ptr_equal(mock.current, contexts[current]);
            assert_int_equal(mock.switches, 0);
        }
    }
    /* Where none is current, or one of another device, the primary one is used. */
    void *const elsewhere[] = {NULL, &mock.primary[1], &mock.other[1]};
    for (int i = 0; i < 3; i++) {
        mock.current = elsewhere[i];
        mock.known_stream.context = &mock.primary[0];
        assert_int_equal(run_one(on_device[0], 0, &stream), FANIN_OK);
        assert_ptr_equal(mock.current, elsewhere[i]);
        mock.known_stream.context = &mock.other[0];
        memset(mock.launches, 0, sizeof mock.launches);
        assert_failure(run_one(on_device[0], 0, &stream), FANIN_ERROR_DEVICE, "a stream of another device or context");
        assert_ptr_equal(mock.current, elsewhere[i]);
    }
    mock.current = NULL;
    assert_works();
}

/* The default streams are the current context's; a launch into the legacy one would end a capture that it has to wait for. */
static void test_default_stream_beside_a_capture(void **state)
{
    (void)state;
    char stream;
    mock.capturing_beside = true;
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_CAPTURE, "'weight': found the default stream while one");
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    assert_failure(run_one(on_device[0], 0, cudaStreamLegacy), FANIN_ERROR_CAPTURE, "is being captured");
    assert_int_equal(mock.last, cudaSuccess);
    assert_int_equal(run_one(on_device[0], 0, cudaStreamPerThread), FANIN_OK);
    assert_int_equal(run_one(on_device[0], 0, &stream), FANIN_OK);
    mock.capturing_beside = false;
    mock.capture_error = cudaErrorUnknown;
    memset(mock.launches, 0, sizeof mock.launches);
    assert_failure(run_one(on_device[0], 0, NULL), FANIN_ERROR_DEVICE, "'weight': CUDA says");
    assert_int_equal(run_one(on_device[0], 0, &stream), FANIN_OK);
    mock.capture_error = cudaSuccess;
    /* A stream that is being captured itself takes launches. */
    mock.capturing = true;
    assert_int_equal(run_one(on_device[0], 0, &stream), FANIN_OK);
    assert_int_equal(run_one(on_device[0], 0, cudaStreamPerThread), FANIN_OK);
    assert_int_equal(mock.captures_ended, 0);
    mock.capturing = false;
    assert_works();
}

/* Kernels are loaded once a device, in a mode that a capture survives. It must be the first test: what is loaded stays so. */
static void test_loading(void **state)
{
    (void)state;
    const struct item item = item_of(on_device[0], 0, COUNT);
    static const cudaError_t errors[] = {cudaErrorNoKernelImageForDevice, cudaErrorInvalidDeviceFunction};
    for (int i = 0; i < 2; i++) {
        mock.load_error = errors[i];
        assert_failure(cuda_backend.supports(&item), FANIN_ERROR_DEVICE, "no code for device 0 (compute capability 7.5)");
        assert_int_equal(mock.last, cudaSuccess);
        assert_null(mock.current);
    }
    mock.load_error = cudaSuccess;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cuda_backend.supports(&item), FANIN_OK);
    }
    assert_int_equal(mock.loads, 3);
    assert_int_equal(context_multiprocessors(0), 132);
    assert_true(mock.loaded_relaxed);
    assert_int_equal(mock.mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
}

/* A device's contexts have kernels of their own: those of another one than before are loaded before a launch meets it. */
static void test_loading_for_a_context(void **state)
{
    (void)state;
    assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
    mock.loads = 0;
    assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
    assert_int_equal(mock.loads, 0);
    mock.current = &mock.other[1];
    for (int i = 0; i < 2; i++) {
        mock.loaded_relaxed = false;
        assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
        assert_int_equal(mock.loads, 1);
        assert_int_equal(mock.loaded_relaxed, i == 0);
    }
    /* Where the driver does not tell contexts apart, it may be another one each time. */
    mock.no_numbers = true;
    for (int i = 0; i < 2; i++) {
        mock.loads = 0;
        assert_int_equal(run_one(on_device[1], 1, NULL), FANIN_OK);
        assert_int_equal(mock.loads, 1);
    }
    mock.no_numbers = false;
    mock.current = NULL;
    mock.load_error = cudaErrorMemoryAllocation;
    memset(mock.launches, 0, sizeof mock.launches);
    assert_failure(run_one(on_device[1], 1, NULL), FANIN_ERROR_MEMORY, "CUDA says");
    mock.load_error = cudaSuccess;
    assert_works();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_loading, setup),
        cmocka_unit_test_setup(test_loading_for_a_context, setup),
        cmocka_unit_test_setup(test_variant, setup),
        cmocka_unit_test_setup(test_one_device, setup),
        cmocka_unit_test_setup(test_managed_memory, setup),
        cmocka_unit_test_setup(test_two_devices, setup),
        cmocka_unit_test_setup(test_contexts, setup),
        cmocka_unit_test_setup(test_many_items, setup),
        cmocka_unit_test_setup(test_nothing, setup),
        cmocka_unit_test_setup(test_wrong_memory, setup),
        cmocka_unit_test_setup(test_questions_that_fail, setup),
        cmocka_unit_test_setup(test_memory_of_contexts, setup),
        cmocka_unit_test_setup(test_memory_in_doubt, setup),
        cmocka_unit_test_setup(test_memory_too_short, setup),
        cmocka_unit_test_setup(test_too_many_elements, setup),
        cmocka_unit_test_setup(test_rounding, setup),
        cmocka_unit_test_setup(test_one_wrong_of_many, setup),
        cmocka_unit_test_setup(test_no_such_device, setup),
        cmocka_unit_test_setup(test_no_driver, setup),
        cmocka_unit_test_setup(test_pending_error, setup),
        cmocka_unit_test_setup(test_lost_context, setup),
        cmocka_unit_test_setup(test_lost_or_not, setup),
        cmocka_unit_test_setup(test_context_lost_at_launch, setup),
        cmocka_unit_test_setup(test_wrong_stream, setup),
        cmocka_unit_test_setup(test_stream_of_another_device, setup),
        cmocka_unit_test_setup(test_stream_of_another_context, setup),
        cmocka_unit_test_setup(test_default_stream_beside_a_capture, setup),
    };
    return open_driver() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
