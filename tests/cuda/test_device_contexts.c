/* The library and contexts: the caller's own, none, those of streams and of memory; and captures beside its work. Needs a
 * GPU. */
#include "device_compare.h"

#include "cuda_module.h"
#include "private.h"

#include <cuda.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* ------------------------------------------------ the driver ------------------------------------------------------------- */

/* The runtime has no contexts but primary ones. The header's macros give its names their versions; cuCtxCreate has another form
 * in each. */
#define TEXT(name)   #name
#define SYMBOL(name) TEXT(name)

static struct {
    CUresult (*create)(CUcontext *, unsigned, CUdevice);
    __typeof__(cuCtxDestroy) *destroy;
    __typeof__(cuCtxPopCurrent) *pop_current;
    __typeof__(cuCtxGetCurrent) *get_current;
    __typeof__(cuCtxSetCurrent) *set_current;
    __typeof__(cuCtxSynchronize) *synchronize;
    __typeof__(cuStreamCreate) *create_stream;
    __typeof__(cuStreamDestroy) *destroy_stream;
    __typeof__(cuMemAlloc) *allocate;
    __typeof__(cuMemFree) *release;
    __typeof__(cuMemsetD8) *set;
    __typeof__(cuMemcpyDtoH) *read;
    __typeof__(cuPointerGetAttribute) *get_attribute;
    __typeof__(cuMemGetAllocationGranularity) *get_granularity;
    __typeof__(cuMemCreate) *create_memory;
    __typeof__(cuMemRelease) *release_memory;
    __typeof__(cuMemAddressReserve) *reserve;
    __typeof__(cuMemAddressFree) *free_reserved;
    __typeof__(cuMemMap) *map;
    __typeof__(cuMemUnmap) *unmap;
    __typeof__(cuMemSetAccess) *set_access;
#if CUDA_VERSION >= 12050
    __typeof__(cuDeviceGetDevResource) *get_resource;
    __typeof__(cuDevResourceGenerateDesc) *describe;
    __typeof__(cuGreenCtxCreate) *create_green;
    __typeof__(cuGreenCtxDestroy) *destroy_green;
    __typeof__(cuCtxFromGreenCtx) *from_green;
    __typeof__(cuGreenCtxStreamCreate) *create_green_stream;
#endif
} driver;

static bool find_driver(void)
{
    const struct {
        void *function;
        const char *name;
        bool is_new;
    } functions[] = {
        {&driver.create, "cuCtxCreate_v2", false},
        {&driver.destroy, SYMBOL(cuCtxDestroy), false},
        {&driver.pop_current, SYMBOL(cuCtxPopCurrent), false},
        {&driver.get_current, SYMBOL(cuCtxGetCurrent), false},
        {&driver.set_current, SYMBOL(cuCtxSetCurrent), false},
        {&driver.synchronize, SYMBOL(cuCtxSynchronize), false},
        {&driver.create_stream, SYMBOL(cuStreamCreate), false},
        {&driver.destroy_stream, SYMBOL(cuStreamDestroy), false},
        {&driver.allocate, SYMBOL(cuMemAlloc), false},
        {&driver.release, SYMBOL(cuMemFree), false},
        {&driver.set, SYMBOL(cuMemsetD8), false},
        {&driver.read, SYMBOL(cuMemcpyDtoH), false},
        {&driver.get_attribute, SYMBOL(cuPointerGetAttribute), false},
        {&driver.get_granularity, SYMBOL(cuMemGetAllocationGranularity), false},
        {&driver.create_memory, SYMBOL(cuMemCreate), false},
        {&driver.release_memory, SYMBOL(cuMemRelease), false},
        {&driver.reserve, SYMBOL(cuMemAddressReserve), false},
        {&driver.free_reserved, SYMBOL(cuMemAddressFree), false},
        {&driver.map, SYMBOL(cuMemMap), false},
        {&driver.unmap, SYMBOL(cuMemUnmap), false},
        {&driver.set_access, SYMBOL(cuMemSetAccess), false},
#if CUDA_VERSION >= 12050
        {&driver.get_resource, SYMBOL(cuDeviceGetDevResource), true},
        {&driver.describe, SYMBOL(cuDevResourceGenerateDesc), true},
        {&driver.create_green, SYMBOL(cuGreenCtxCreate), true},
        {&driver.destroy_green, SYMBOL(cuGreenCtxDestroy), true},
        {&driver.from_green, SYMBOL(cuCtxFromGreenCtx), true},
        {&driver.create_green_stream, SYMBOL(cuGreenCtxStreamCreate), true},
#endif
    };
    void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *const found = library != NULL ? dlsym(library, functions[i].name) : NULL;
        if (found == NULL && !functions[i].is_new) {
            fprintf(stderr, "the driver lacks %s\n", functions[i].name);
            return false;
        }
        memcpy(functions[i].function, &found, sizeof found);
    }
    return true;
}

#define assert_driver(call) assert_int_equal((int)(call), (int)CUDA_SUCCESS)

static CUcontext current_context(void)
{
    CUcontext context = NULL;
    assert_driver(driver.get_current(&context));
    return context;
}

/* Makes device 0's primary context current, and returns it. */
static CUcontext use_primary(void)
{
    assert_cuda(cudaSetDevice(0));
    return current_context();
}

/* A context of device 0 that is not its primary one; current. A thread's contexts are a stack: cuCtxCreate puts a new one on
 * what was current, cuCtxSetCurrent takes the place of the top, or with NULL pops it, and cuCtxDestroy pops what is the top.
 * Here there is never more than one, so that none is current then. */
static CUcontext use_new_context(void)
{
    CUcontext context = NULL, popped = NULL;
    assert_driver(driver.create(&context, 0, 0));
    assert_driver(driver.pop_current(&popped));
    assert_ptr_equal(popped, context);
    assert_driver(driver.set_current(context));
    assert_ptr_equal(current_context(), context);
    return context;
}

/* ------------------------------------------------ fills ------------------------------------------------------------------ */

static const struct view line = {.ndim = 1, .shape = {1000}};
static const struct view square = {.ndim = 2, .shape = {30, 20}};
static const struct view large = {.ndim = 2, .shape = {600, 70}}; /* needs cuSOLVER */
static const struct view gaps = {.ndim = 2, .shape = {100, 7}, .strides = {9, 1}, .strided = true};

static const char haar[] = "[\"orthogonal\", {\"method\": \"haar\"}]";
static const char numbers[] = "[\"constant\", {\"value\": [1, 0, 2, 3, 0, 1, 7]}]";

#define LINE_BYTES 4000
#define GAPS_BYTES ((99 * 9 + 7) * 4)

static fanin_options options_of(void *stream)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.cuda_stream = stream;
    return options;
}

static fanin_status fill_there(void *memory, const char *spec, const struct view *view, void *stream)
{
    const fanin_options options = options_of(stream);
    return fill(kDLCUDA, memory, spec, &types[2], view, &options);
}

static void assert_filled(fanin_status status)
{
    if (status != FANIN_OK) {
        fail_msg("%s: %s", fanin_status_name(status), fanin_last_error());
    }
}

static void assert_refused(fanin_status found, fanin_status status, const char *words)
{
    if (found != status || strstr(fanin_last_error(), words) == NULL) {
        fail_msg("found %s: %s; expected %s: %s", fanin_status_name(found), found == FANIN_OK ? "" : fanin_last_error(),
                 fanin_status_name(status), words);
    }
}

static CUdeviceptr address_of(const void *memory)
{
    return (CUdeviceptr)(uintptr_t)memory;
}

/* When all is done, memory of the current context holds what the host fills; or is as it was before. */
static void assert_there(const void *memory, const char *spec, const struct view *view, size_t bytes)
{
    const fanin_options options = options_of(NULL);
    memset(host, POISON, bytes);
    assert_int_equal(fill(kDLCPU, host, spec, &types[2], view, &options), FANIN_OK);
    assert_driver(driver.synchronize());
    assert_driver(driver.read(copy, address_of(memory), bytes));
    assert_memory_equal(copy, host, bytes);
}

static void assert_untouched(const void *memory)
{
    memset(host, POISON, LINE_BYTES);
    assert_driver(driver.synchronize());
    assert_driver(driver.read(copy, address_of(memory), LINE_BYTES));
    assert_memory_equal(copy, host, LINE_BYTES);
}

/* Memory of the current context. */
static void poison(void *memory, size_t bytes)
{
    assert_driver(driver.set(address_of(memory), POISON, bytes));
    assert_driver(driver.synchronize());
}

static void *make_memory(size_t bytes)
{
    CUdeviceptr memory = 0;
    assert_driver(driver.allocate(&memory, bytes));
    poison((void *)(uintptr_t)memory, bytes);
    return (void *)(uintptr_t)memory;
}

/* The primary context works, and nothing is pending. */
static void assert_works(void)
{
    (void)use_primary();
    assert_true(compare("normal", &types[2], &line));
    assert_cuda(cudaPeekAtLastError());
}

/* ------------------------------------------------ captures beside the work ----------------------------------------------- */

/* What another thread does meanwhile, in a context that it makes current (NULL: none), each in a part of the memory. */
enum { NORMAL, HAAR, SOLVER, ARRAY, STATISTIC, WORKS };
#define PART (1 << 18)

struct beside {
    CUcontext context;
    cudaStream_t stream;
    char *memory;
    fanin_status status[WORKS];
    char message[WORKS][300];
    bool is_current; /* whether the context still is, in the end */
};

static void ignore_line(void *context, const char *text)
{
    (void)context, (void)text;
}

static void *work_beside(void *argument)
{
    static const char *const specs[WORKS] = {"normal", haar, "orthogonal", numbers, "normal"};
    static const struct view *const views[WORKS] = {&line, &square, &large, &gaps, &line};
    struct beside *const beside = argument;
    CUcontext after = NULL;
    (void)driver.set_current(beside->context);
    for (int i = 0; i < WORKS; i++) {
        fanin_options options = options_of(beside->stream);
        options.verbose = i == STATISTIC;
        options.log = ignore_line;
        beside->status[i] = fill(kDLCUDA, beside->memory + i * PART, specs[i], &types[2], views[i], &options);
        if (beside->status[i] != FANIN_OK) {
            snprintf(beside->message[i], sizeof beside->message[i], "%s", fanin_last_error());
        }
    }
    beside->is_current = driver.get_current(&after) == CUDA_SUCCESS && after == beside->context;
    (void)driver.set_current(NULL);
    return NULL;
}

static void check_beside(const struct beside *beside)
{
    for (int i = 0; i < WORKS; i++) {
        if (i == SOLVER && beside->status[i] == FANIN_ERROR_SOLVER && strstr(beside->message[i], "cannot be opened") != NULL) {
            print_message("not tested beside a capture: %s\n", beside->message[i]);
        } else if (beside->status[i] != FANIN_OK) {
            fail_msg("work %d: %s: %s", i, fanin_status_name(beside->status[i]), beside->message[i]);
        }
    }
    assert_true(beside->is_current);
}

/* The capture goes on, and what it has taken can be done. In the primary context. */
static void end_capture(cudaStream_t stream, unsigned char value)
{
    cudaGraph_t graph = NULL;
    cudaGraphExec_t replay = NULL;
    size_t nodes = 0;
    enum cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    assert_cuda(cudaStreamIsCapturing(stream, &capture));
    assert_int_equal(capture, cudaStreamCaptureStatusActive);
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_non_null(graph);
    assert_cuda(cudaGraphGetNodes(graph, NULL, &nodes));
    assert_int_equal(nodes, 1);
    assert_cuda(cudaGraphInstantiateWithFlags(&replay, graph, 0));
    assert_cuda(cudaGraphLaunch(replay, stream));
    assert_cuda(cudaStreamSynchronize(stream));
    assert_cuda(cudaMemcpy(copy, device, LINE_BYTES, cudaMemcpyDeviceToHost));
    memset(host, value, LINE_BYTES);
    assert_memory_equal(copy, host, LINE_BYTES);
    assert_cuda(cudaGraphExecDestroy(replay));
    assert_cuda(cudaGraphDestroy(graph));
}

static void capture_beside(struct beside *beside, enum cudaStreamCaptureMode mode)
{
    cudaStream_t stream = NULL;
    pthread_t thread;
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    poison(device, LINE_BYTES);
    assert_cuda(cudaStreamBeginCapture(stream, mode));
    assert_cuda(cudaMemsetAsync(device, 0x5A, LINE_BYTES, stream));
    assert_int_equal(pthread_create(&thread, NULL, work_beside, beside), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    end_capture(stream, 0x5A);
    assert_cuda(cudaStreamDestroy(stream));
    check_beside(beside);
}

static void check_memory(const char *memory)
{
    assert_there(memory + NORMAL * PART, "normal", &line, LINE_BYTES);
    assert_there(memory + ARRAY * PART, numbers, &gaps, GAPS_BYTES);
    assert_there(memory + STATISTIC * PART, "normal", &line, LINE_BYTES);
}

/* All that is loaded and opened on the way is so while the other thread captures; so it must be the first test. This and the
 * next one make an SVD: script/test-gpu leaves them out, by their names, under compute-sanitizer. */
static void test_first_calls_beside_a_capture(void **state)
{
    (void)state;
    struct beside beside = {.context = NULL};
    (void)use_primary();
    beside.memory = make_memory(WORKS * PART);
    assert_cuda(cudaStreamCreateWithFlags(&beside.stream, cudaStreamNonBlocking));
    capture_beside(&beside, cudaStreamCaptureModeGlobal);
    check_memory(beside.memory);
    /* And again, with all of it there. */
    poison(beside.memory, WORKS * PART);
    capture_beside(&beside, cudaStreamCaptureModeThreadLocal);
    check_memory(beside.memory);
    assert_cuda(cudaStreamDestroy(beside.stream));
    assert_driver(driver.release(address_of(beside.memory)));
    assert_works();
}

/* Kernels and handles of a context are its own. */
static void test_new_calls_beside_a_capture(void **state)
{
    (void)state;
    struct beside beside = {.context = use_new_context()};
    CUstream stream = NULL;
    beside.memory = make_memory(WORKS * PART);
    assert_driver(driver.create_stream(&stream, CU_STREAM_NON_BLOCKING));
    beside.stream = stream;
    (void)use_primary();
    capture_beside(&beside, cudaStreamCaptureModeGlobal);
    assert_driver(driver.set_current(beside.context));
    check_memory(beside.memory);
    assert_driver(driver.destroy(beside.context));
    assert_works();
}

/* ------------------------------------------------ the default stream beside a capture ------------------------------------ */

/* It would have to wait for a stream that is being captured: refused, and the capture goes on. */
static void check_default_stream(enum cudaStreamCaptureMode mode)
{
    cudaStream_t stream = NULL;
    fanin_plan *const plan = plan_of(300, kDLCUDA, device);
    const fanin_options options = options_of(NULL), legacy = options_of(cudaStreamLegacy);
    assert_cuda(cudaStreamCreate(&stream));
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    poison(device, LINE_BYTES);
    assert_cuda(cudaStreamBeginCapture(stream, mode));
    assert_cuda(cudaMemsetAsync(device, 0x77, LINE_BYTES, stream));
    assert_refused(fanin_plan_run(plan, &options), FANIN_ERROR_CAPTURE, "is being captured");
    assert_refused(fanin_plan_run(plan, &legacy), FANIN_ERROR_CAPTURE, "is being captured");
    assert_refused(fill_there(device, haar, &square, NULL), FANIN_ERROR_CAPTURE, "is being captured");
    assert_refused(fill_there(device, numbers, &gaps, NULL), FANIN_ERROR_CAPTURE, "is being captured");
    /* The thread's own default stream does not wait for that one. */
    assert_filled(fill_there(device + PART, "normal", &line, cudaStreamPerThread));
    end_capture(stream, 0x77);
    assert_cuda(cudaPeekAtLastError());
    assert_there(device + PART, "normal", &line, LINE_BYTES);
    assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
    fanin_plan_free(plan);
    assert_cuda(cudaStreamDestroy(stream));
    assert_works();
}

static void test_default_stream_beside_a_capture(void **state)
{
    (void)state;
    (void)use_primary();
    check_default_stream(cudaStreamCaptureModeGlobal);
    check_default_stream(cudaStreamCaptureModeThreadLocal);
    check_default_stream(cudaStreamCaptureModeRelaxed);
}

/* Streams that the default stream does not wait for may be captured. */
static void test_default_stream_beside_another_capture(void **state)
{
    (void)state;
    cudaStream_t stream = NULL;
    (void)use_primary();
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    poison(device, LINE_BYTES);
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_cuda(cudaMemsetAsync(device, 0x11, LINE_BYTES, stream));
    assert_filled(fill_there(device + PART, "normal", &line, NULL));
    assert_filled(fill_there(device + 2 * PART, haar, &square, NULL));
    assert_filled(fill_there(device + 3 * PART, numbers, &gaps, NULL));
    end_capture(stream, 0x11);
    assert_there(device + PART, "normal", &line, LINE_BYTES);
    assert_cuda(cudaStreamDestroy(stream));
    assert_works();
}

/* ------------------------------------------------ the current context ---------------------------------------------------- */

/* All kinds of fills in memory of the current context, which stays so. */
static void check_fills(CUcontext context, char *memory, void *stream)
{
    fanin_options options = options_of(stream);
    assert_filled(fill_there(memory + NORMAL * PART, "normal", &line, stream));
    assert_ptr_equal(current_context(), context);
    assert_filled(fill_there(memory + HAAR * PART, haar, &square, stream));
    assert_ptr_equal(current_context(), context);
    assert_filled(fill_there(memory + ARRAY * PART, numbers, &gaps, stream));
    assert_ptr_equal(current_context(), context);
    options.verbose = 1;
    options.log = ignore_line;
    assert_filled(fill(kDLCUDA, memory + STATISTIC * PART, "normal", &types[2], &line, &options));
    assert_ptr_equal(current_context(), context);
}

/* Kernels are loaded for each context, in turn. */
static void test_own_contexts(void **state)
{
    (void)state;
    CUcontext contexts[2];
    char *memory[2];
    for (int i = 0; i < 2; i++) {
        contexts[i] = use_new_context();
        memory[i] = make_memory(WORKS * PART);
    }
    for (int round = 0; round < 4; round++) {
        CUstream stream = NULL;
        assert_driver(driver.set_current(contexts[round % 2]));
        poison(memory[round % 2], WORKS * PART);
        if (round >= 2) {
            assert_driver(driver.create_stream(&stream, CU_STREAM_NON_BLOCKING));
        }
        check_fills(contexts[round % 2], memory[round % 2], stream);
        if (stream != NULL) {
            assert_driver(driver.destroy_stream(stream));
        }
        check_memory(memory[round % 2]);
    }
    for (int i = 0; i < 2; i++) {
        assert_driver(driver.destroy(contexts[i]));
    }
    assert_works();
}

static void test_no_context(void **state)
{
    (void)state;
    char *const memory = (char *)device;
    (void)use_primary();
    poison(memory, WORKS * PART);
    assert_driver(driver.set_current(NULL));
    check_fills(NULL, memory, NULL);
    (void)use_primary();
    check_memory(memory);
    assert_works();
}

/* The program's buffers. */
static void test_buffers_without_a_context(void **state)
{
    (void)state;
    const struct cuda_module *module = NULL;
    struct cuda_stage *stage = NULL;
    const void *found = NULL;
    const fanin_options options = options_of(NULL);
    assert_int_equal(fill(kDLCPU, host, "normal", &types[2], &line, &options), FANIN_OK);
    (void)use_primary();
    assert_driver(driver.set_current(NULL));
    assert_int_equal(fanin_private_cuda_module("test", &module), FANIN_OK);
    assert_int_equal(module->stage_open(0, LINE_BYTES, &stage), FANIN_OK);
    assert_null(current_context());
    for (int i = 0; i < 4; i++) {
        assert_filled(fill_there(module->stage_device(stage, i % 2), "normal", &line, module->stage_stream(stage)));
        assert_int_equal(module->stage_copy(stage, i % 2, LINE_BYTES), FANIN_OK);
        assert_int_equal(module->stage_wait(stage, i % 2, &found), FANIN_OK);
        assert_null(current_context());
        assert_memory_equal(found, host, LINE_BYTES);
    }
    module->stage_close(stage);
    assert_null(current_context());
    assert_works();
}

/* ------------------------------------------------ streams and memory of another context ---------------------------------- */

static void check_wrong_stream(void *memory, void *stream)
{
    const CUcontext before = current_context();
    for (int i = 0; i < 2; i++) {
        assert_refused(fill_there(memory, "normal", &line, stream), FANIN_ERROR_DEVICE,
                       "a stream of another device or context");
        assert_ptr_equal(current_context(), before);
    }
}

static void test_stream_of_another_context(void **state)
{
    (void)state;
    CUstream there = NULL;
    cudaStream_t here = NULL;
    const CUcontext primary = use_primary(), own = use_new_context();
    void *const memory = make_memory(LINE_BYTES);
    assert_driver(driver.create_stream(&there, CU_STREAM_NON_BLOCKING));
    assert_driver(driver.set_current(primary));
    assert_cuda(cudaStreamCreateWithFlags(&here, cudaStreamNonBlocking));
    poison(device, LINE_BYTES);
    check_wrong_stream(device, there);
    assert_untouched(device);
    assert_filled(fill_there(device, "normal", &line, here));
    /* With no context the primary one is used. */
    assert_driver(driver.set_current(NULL));
    check_wrong_stream(device, there);
    assert_filled(fill_there(device, "normal", &line, here));
    assert_null(current_context());
    assert_driver(driver.set_current(own));
    check_wrong_stream(memory, here);
    assert_untouched(memory);
    assert_filled(fill_there(memory, "normal", &line, there));
    assert_there(memory, "normal", &line, LINE_BYTES);
    assert_driver(driver.destroy(own));
    (void)use_primary();
    assert_cuda(cudaStreamDestroy(here));
    assert_works();
}

/* Fills memory of a context from another one, which is current afterwards: as the driver says that kernels there can, or not. */
static void check_memory_elsewhere(void *memory, CUcontext owner, CUcontext other)
{
    CUdeviceptr there = 0;
    assert_driver(driver.set_current(other));
    const bool is_shared =
        driver.get_attribute(&there, CU_POINTER_ATTRIBUTE_DEVICE_POINTER, address_of(memory)) == CUDA_SUCCESS && there != 0;
    const fanin_status status = fill_there(memory, "normal", &line, NULL);
    if (is_shared) {
        print_message("the driver lets contexts use each other's memory\n");
        assert_filled(status);
    } else {
        assert_refused(status, FANIN_ERROR_DEVICE, "memory of another context");
    }
    assert_driver(driver.synchronize());
    assert_driver(driver.set_current(owner));
    if (is_shared) {
        assert_there(memory, "normal", &line, LINE_BYTES);
        poison(memory, LINE_BYTES);
    }
    assert_untouched(memory);
    assert_driver(driver.set_current(other));
}

/* Memory that the driver says is shared and is not would be the end of the primary context: this is the last test. */
static void test_memory_of_another_context(void **state)
{
    (void)state;
    const CUcontext primary = use_primary();
    poison(device, LINE_BYTES);
    const CUcontext own = use_new_context();
    void *const memory = make_memory(LINE_BYTES);
    check_memory_elsewhere(device, primary, own);
    check_memory_elsewhere(memory, own, primary);
    assert_driver(driver.destroy(own));
    assert_works();
}

/* Memory of pools belongs to no context; it is the device's. */
static void test_pool(void **state)
{
    (void)state;
    void *memory = NULL;
    (void)use_primary();
    if (cudaMallocAsync(&memory, LINE_BYTES, NULL) != cudaSuccess) {
        (void)cudaGetLastError();
        print_message("skipped: the device has no pools\n");
        skip();
    }
    assert_filled(fill_there(memory, "normal", &line, NULL));
    assert_there(memory, "normal", &line, LINE_BYTES);
    assert_cuda(cudaFreeAsync(memory, NULL));
    assert_works();
}

/* Neither does memory that is mapped, as that of frameworks whose segments grow. */
static void test_mapped_memory(void **state)
{
    (void)state;
    const CUmemAllocationProp properties = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                            .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
    const CUmemAccessDesc access = {.location = properties.location, .flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
    CUmemGenericAllocationHandle handle;
    CUdeviceptr memory = 0;
    size_t bytes = 0;
    (void)use_primary();
    if (driver.get_granularity(&bytes, &properties, CU_MEM_ALLOC_GRANULARITY_MINIMUM) != CUDA_SUCCESS ||
        driver.create_memory(&handle, bytes, &properties, 0) != CUDA_SUCCESS) {
        print_message("skipped: the device maps no memory\n");
        skip();
    }
    assert_driver(driver.reserve(&memory, bytes, 0, 0, 0));
    assert_driver(driver.map(memory, bytes, 0, handle, 0));
    assert_driver(driver.set_access(memory, bytes, &access, 1));
    assert_filled(fill_there((void *)(uintptr_t)memory, "normal", &line, NULL));
    assert_there((void *)(uintptr_t)memory, "normal", &line, LINE_BYTES);
    assert_driver(driver.unmap(memory, bytes));
    assert_driver(driver.free_reserved(memory, bytes));
    assert_driver(driver.release_memory(handle));
    assert_works();
}

#if CUDA_VERSION >= 12050
/* A green context, all of whose multiprocessors are those of the device; false where there are none. */
static bool make_green(CUgreenCtx *green, CUstream *stream)
{
    CUdevResource resource;
    CUdevResourceDesc description;
    return driver.get_resource != NULL && driver.describe != NULL && driver.create_green != NULL &&
           driver.destroy_green != NULL && driver.from_green != NULL && driver.create_green_stream != NULL &&
           driver.get_resource(0, &resource, CU_DEV_RESOURCE_TYPE_SM) == CUDA_SUCCESS &&
           driver.describe(&description, &resource, 1) == CUDA_SUCCESS &&
           driver.create_green(green, description, 0, CU_GREEN_CTX_DEFAULT_STREAM) == CUDA_SUCCESS &&
           driver.create_green_stream(stream, *green, CU_STREAM_NON_BLOCKING, 0) == CUDA_SUCCESS;
}

/* Parts of the primary context: its memory is theirs, and work of any goes to the streams of all. */
static void test_green_context(void **state)
{
    (void)state;
    CUgreenCtx green = NULL;
    CUcontext context = NULL;
    CUstream there = NULL;
    cudaStream_t here = NULL;
    const CUcontext primary = use_primary();
    if (!make_green(&green, &there)) {
        print_message("skipped: the driver makes no green contexts with streams\n");
        skip();
    }
    assert_cuda(cudaStreamCreateWithFlags(&here, cudaStreamNonBlocking));
    assert_driver(driver.from_green(&context, green));
    assert_filled(fill_there(device, "normal", &line, there));
    assert_there(device, "normal", &line, LINE_BYTES);
    void *const streams[] = {there, here, NULL};
    for (int i = 0; i < 3; i++) {
        poison(device, GAPS_BYTES);
        assert_driver(driver.set_current(context));
        assert_filled(fill_there(device, "normal", &line, streams[i]));
        assert_ptr_equal(current_context(), context);
        assert_driver(driver.synchronize());
        assert_driver(driver.set_current(primary));
        assert_there(device, "normal", &line, LINE_BYTES);
        /* What has events. */
        poison(device, GAPS_BYTES);
        assert_driver(driver.set_current(context));
        assert_filled(fill_there(device, numbers, &gaps, streams[i]));
        assert_driver(driver.set_current(primary));
        assert_there(device, numbers, &gaps, GAPS_BYTES);
    }
    assert_driver(driver.destroy_stream(there));
    assert_driver(driver.destroy_green(green));
    assert_cuda(cudaStreamDestroy(here));
    assert_works();
}
#endif

int main(void)
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    if (!find_driver() || !memories_make()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_calls_beside_a_capture),
        cmocka_unit_test(test_new_calls_beside_a_capture),
        cmocka_unit_test(test_default_stream_beside_a_capture),
        cmocka_unit_test(test_default_stream_beside_another_capture),
        cmocka_unit_test(test_own_contexts),
        cmocka_unit_test(test_no_context),
        cmocka_unit_test(test_buffers_without_a_context),
        cmocka_unit_test(test_stream_of_another_context),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_mapped_memory),
#if CUDA_VERSION >= 12050
        cmocka_unit_test(test_green_context),
#endif
        cmocka_unit_test(test_memory_of_another_context),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    memories_free();
    return failed;
}
