/* The device against the host, through the public API: every initializer, dtype, stride and shard, plans, capture, and what is
 * refused. Needs a GPU. */
#include "device.h"

#include <string.h>

/* Bytes of the two memories that most tests fill. */
#define BYTES  (16 << 20)
#define POISON 0xA5

static unsigned char *host, *copy, *device;

struct type {
    const char *name;
    DLDataType dtype;
};

static const struct type types[] = {
    {"float16", {kDLFloat, 16, 1}},
    {"bfloat16", {kDLBfloat, 16, 1}},
    {"float32", {kDLFloat, 32, 1}},
    {"float64", {kDLFloat, 64, 1}},
    {"int8", {kDLInt, 8, 1}},
    {"int16", {kDLInt, 16, 1}},
    {"int32", {kDLInt, 32, 1}},
    {"int64", {kDLInt, 64, 1}},
    {"uint8", {kDLUInt, 8, 1}},
    {"uint16", {kDLUInt, 16, 1}},
    {"uint32", {kDLUInt, 32, 1}},
    {"uint64", {kDLUInt, 64, 1}},
    {"bool", {6, 8, 1}},
};
enum { TYPES = sizeof types / sizeof types[0], FLOATS = 4 };

/* One for each row of the registry, and more where its parameters lead elsewhere. */
static const struct {
    const char *row, *spec;
} specs[] = {
    {"zero", "zero"},
    {"one", "one"},
    {"constant", "[\"constant\", {\"value\": 3}]"},
    {"uniform", "[\"uniform\", {\"scale\": 0.1}]"},
    {"normal", "[\"normal\", {\"sigma\": 0.7}]"},
    {"xavier", "xavier"},
    {"xavier", "[\"xavier\", {\"rnd_type\": \"gaussian\", \"factor_type\": \"in\", \"magnitude\": 2}]"},
    {"msraprelu", "msraprelu"},
    {"bilinear", "bilinear"},
    {"bilinear", "[\"bilinear\", {\"centred\": true}]"},
    {"lstmbias", "[\"lstmbias\", {\"forget_bias\": 1.0}]"},
    {"fusedrnn", "[\"fusedrnn\", {\"init\": \"xavier\", \"num_hidden\": 8, \"num_layers\": 1, \"mode\": \"lstm\"}]"},
    {"mixed", "[\"mixed\", {\"patterns\": [\".*\"], \"initializers\": [\"uniform\"]}]"},
};
enum { SPECS = sizeof specs / sizeof specs[0] };

/* Rows that no single tensor of these tests suits, and why. */
static const char *const rows_elsewhere[] = {"load" /* needs a file */, "orthogonal" /* not elementwise */};

struct view {
    int ndim;
    int64_t shape[4], strides[4];
    bool strided;
    int64_t offset; /* of the first element in the memory, elements */
    int64_t global[4], start[4];
    bool sharded;
};

static fanin_status fill(DLDeviceType where, void *memory, const char *spec, const struct type *type, const struct view *view,
                         const fanin_options *options)
{
    const int64_t size = type->dtype.bits / 8;
    DLTensor tensor = {(char *)memory + view->offset * size,
                       {where, 0},
                       view->ndim,
                       type->dtype,
                       (int64_t *)view->shape,
                       view->strided ? (int64_t *)view->strides : NULL,
                       0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "block.weight";
    desc.rule = FANIN_RULE_WEIGHT;
    if (view->sharded) {
        desc.global_shape = view->global;
        desc.offset = view->start;
    }
    fanin_initializer *initializer = NULL;
    fanin_status status = fanin_create(spec, &initializer);
    if (status == FANIN_OK) {
        status = fanin_init(initializer, &desc, &tensor, options);
    }
    fanin_release(initializer);
    return status;
}

/* The bytes up to a view's last element, and some more. */
static size_t bytes_of(const struct type *type, const struct view *view)
{
    int64_t last = view->offset, stride = 1;
    for (int d = view->ndim - 1; d >= 0; d--) {
        const int64_t reach = (view->shape[d] - 1) * (view->strided ? view->strides[d] : stride);
        last += reach > 0 ? reach : 0;
        stride *= view->shape[d];
    }
    const size_t bytes = (size_t)(last + 1) * type->dtype.bits / 8 + 4096;
    assert_true(bytes <= BYTES);
    return bytes;
}

/* Fills both memories and compares them; or both refuse, for the same reason. Returns whether they were filled. */
static bool compare(const char *spec, const struct type *type, const struct view *view)
{
    const size_t bytes = bytes_of(type, view);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 0x123456789abcdef0u;
    memset(host, POISON, bytes);
    assert_cuda(cudaMemset(device, POISON, bytes));
    const fanin_status expected = fill(kDLCPU, host, spec, type, view, &options);
    const fanin_status found = fill(kDLCUDA, device, spec, type, view, &options);
    if (found != expected) {
        fail_msg("%s, %s: the host says %s, the device %s (%s)", spec, type->name, fanin_status_name(expected),
                 fanin_status_name(found), fanin_last_error());
    }
    assert_cuda(cudaMemcpy(copy, device, bytes, cudaMemcpyDeviceToHost));
    if (memcmp(copy, host, bytes) != 0) {
        size_t at = 0;
        while (copy[at] == host[at]) {
            at++;
        }
        fail_msg("%s, %s, %d dimensions: byte %zu differs", spec, type->name, view->ndim, at);
    }
    return expected == FANIN_OK;
}

static void test_registry(void **state)
{
    (void)state;
    static const struct view views[] = {
        {.ndim = 0},
        {.ndim = 1, .shape = {1000}},
        {.ndim = 1, .shape = {512}}, /* the packed vector of fusedrnn, for 6 inputs */
        {.ndim = 2, .shape = {64, 520}},
        {.ndim = 3, .shape = {8, 9, 10}},
        {.ndim = 4, .shape = {6, 5, 4, 6}},
        {.ndim = 4, .shape = {3, 1, 7, 10}},
        {.ndim = 2, .shape = {400, 3000}},
        {.ndim = 2, .shape = {0, 5}},
    };
    bool is_covered[SPECS] = {false};
    for (size_t i = 0; i < SPECS; i++) {
        for (size_t t = 0; t < TYPES; t++) {
            for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
                is_covered[i] |= compare(specs[i].spec, &types[t], &views[v]);
            }
        }
    }
    for (size_t i = 0; i < SPECS; i++) {
        assert_true(is_covered[i]);
    }
    for (size_t i = 0; fanin_row_at(i) != NULL; i++) {
        const char *const name = fanin_row_at(i)->name;
        bool is_known = false;
        for (size_t k = 0; k < SPECS; k++) {
            is_known |= strcmp(specs[k].row, name) == 0;
        }
        for (size_t k = 0; k < sizeof rows_elsewhere / sizeof rows_elsewhere[0]; k++) {
            is_known |= strcmp(rows_elsewhere[k], name) == 0;
        }
        if (!is_known) {
            fail_msg("the row '%s' has no test on a device", name);
        }
    }
}

static void test_sizes_and_alignments(void **state)
{
    (void)state;
    for (size_t t = 0; t < FLOATS; t++) {
        for (int64_t size = 1; size <= 1000; size += size < 40 ? 1 : 31) {
            for (int64_t offset = 0; offset < 9; offset += 1 + (size > 40)) {
                const struct view view = {.ndim = 1, .shape = {size}, .offset = offset};
                assert_true(compare("normal", &types[t], &view));
                assert_true(compare("uniform", &types[t], &view));
            }
        }
    }
}

static void test_strides(void **state)
{
    (void)state;
    static const struct view views[] = {
        {.ndim = 1, .shape = {500}, .strides = {3}, .strided = true},
        {.ndim = 1, .shape = {500}, .strides = {-1}, .strided = true, .offset = 499},
        {.ndim = 2, .shape = {70, 90}, .strides = {1, 70}, .strided = true},
        {.ndim = 2, .shape = {70, 90}, .strides = {128, 1}, .strided = true},
        {.ndim = 2, .shape = {70, 90}, .strides = {-128, 1}, .strided = true, .offset = 69 * 128},
        {.ndim = 4, .shape = {9, 8, 7, 6}, .strides = {1, 378, 54, 9}, .strided = true},
        {.ndim = 4, .shape = {5, 2, 200, 300}, .strides = {600, 300, 3000, 1}, .strided = true},
    };
    for (size_t t = 0; t < TYPES; t++) {
        for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
            assert_true(compare("one", &types[t], &views[v]));
            if (t < FLOATS) {
                assert_true(compare("normal", &types[t], &views[v]));
                assert_true(compare("uniform", &types[t], &views[v]));
            }
        }
    }
}

static void test_shards(void **state)
{
    (void)state;
    for (size_t t = 0; t < FLOATS; t++) {
        for (int64_t part = 0; part < 4; part++) {
            const struct view rows = {
                .ndim = 2, .shape = {100, 300}, .sharded = true, .global = {400, 300}, .start = {100 * part, 0}};
            const struct view columns = {
                .ndim = 2, .shape = {400, 75}, .sharded = true, .global = {400, 300}, .start = {0, 75 * part}};
            const struct view far = {.ndim = 1,
                                     .shape = {5000},
                                     .sharded = true,
                                     .global = {INT64_C(1) << 40},
                                     .start = {(INT64_C(1) << (31 + part)) - 2001}};
            assert_true(compare("normal", &types[t], &rows));
            assert_true(compare("uniform", &types[t], &columns));
            assert_true(compare("normal", &types[t], &far));
        }
    }
}

/* ------------------------------------------------ plans ------------------------------------------------------------------ */

static fanin_plan *plan_of(int count, DLDeviceType where, unsigned char *memory)
{
    fanin_plan *plan = NULL;
    fanin_initializer *initializer[2] = {NULL, NULL};
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    assert_int_equal(fanin_create("normal", &initializer[0]), FANIN_OK);
    assert_int_equal(fanin_create("uniform", &initializer[1]), FANIN_OK);
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d", i);
        int64_t shape[] = {1 + i % 7, 1 + (i * 13) % 97};
        const struct type *const type = &types[i % FLOATS];
        DLTensor tensor = {memory + offset, {where, 0}, 2, type->dtype, shape, NULL, 0};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = name;
        desc.rule = FANIN_RULE_WEIGHT;
        assert_int_equal(fanin_plan_add(plan, initializer[i % 2], &desc, &tensor), FANIN_OK);
        offset += (size_t)(shape[0] * shape[1]) * type->dtype.bits / 8;
        offset = (offset + 7) / 8 * 8;
        assert_true(offset + 8 * 7 * 97 < BYTES);
    }
    fanin_release(initializer[0]);
    fanin_release(initializer[1]);
    return plan;
}

static void test_plans(void **state)
{
    (void)state;
    static const int counts[] = {1, 12, 13, 300, 371, 372, 5000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        memset(host, POISON, BYTES);
        assert_cuda(cudaMemset(device, POISON, BYTES));
        fanin_plan *const there = plan_of(counts[i], kDLCUDA, device), *const here = plan_of(counts[i], kDLCPU, host);
        assert_int_equal(fanin_plan_run(there, NULL), FANIN_OK);
        assert_int_equal(fanin_plan_run(here, NULL), FANIN_OK);
        assert_cuda(cudaMemcpy(copy, device, BYTES, cudaMemcpyDeviceToHost));
        assert_memory_equal(copy, host, BYTES);
        fanin_plan_free(there);
        fanin_plan_free(here);
    }
}

static void test_capture(void **state)
{
    (void)state;
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t replay;
    fanin_plan *const there = plan_of(500, kDLCUDA, device), *const here = plan_of(500, kDLCPU, host);
    fanin_options options = FANIN_OPTIONS_INIT;
    memset(host, POISON, BYTES);
    assert_int_equal(fanin_plan_run(here, &options), FANIN_OK);
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    options.cuda_stream = stream;
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_int_equal(fanin_plan_run(there, &options), FANIN_OK);
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_cuda(cudaGraphInstantiateWithFlags(&replay, graph, 0));
    for (int i = 0; i < 3; i++) {
        assert_cuda(cudaMemsetAsync(device, POISON, BYTES, stream));
        assert_cuda(cudaGraphLaunch(replay, stream));
        assert_cuda(cudaMemcpyAsync(copy, device, BYTES, cudaMemcpyDeviceToHost, stream));
        assert_cuda(cudaStreamSynchronize(stream));
        assert_memory_equal(copy, host, BYTES);
    }
    assert_cuda(cudaGraphExecDestroy(replay));
    assert_cuda(cudaGraphDestroy(graph));
    assert_cuda(cudaStreamDestroy(stream));
    fanin_plan_free(there);
    fanin_plan_free(here);
}

/* ------------------------------------------------ large tensors ---------------------------------------------------------- */

/* Past 2^32 elements; the host fills what is looked at as shards of the same parameter. */
static void test_large(void **state)
{
    (void)state;
    enum { WINDOW = 100000 };
    const int64_t count = (INT64_C(1) << 32) + 12345;
    const struct type *const type = &types[1];
    void *memory = NULL;
    size_t free_bytes = 0, total = 0;
    assert_cuda(cudaMemGetInfo(&free_bytes, &total));
    if (free_bytes < (size_t)count * 2 + (1u << 28) || cudaMalloc(&memory, (size_t)count * 2) != cudaSuccess) {
        (void)cudaGetLastError();
        print_message("skipped: %zu bytes of device memory are free, %zu are needed\n", free_bytes, (size_t)count * 2);
        skip();
    }
    const struct view whole = {.ndim = 1, .shape = {count}};
    const int64_t places[] = {0, (INT64_C(1) << 31) - WINDOW / 2, (INT64_C(1) << 32) - WINDOW / 2, count - WINDOW};
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_int_equal(fill(kDLCUDA, memory, "normal", type, &whole, &options), FANIN_OK);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct view window = {.ndim = 1, .shape = {WINDOW}, .sharded = true, .global = {count}, .start = {places[i]}};
        assert_int_equal(fill(kDLCPU, host, "normal", type, &window, &options), FANIN_OK);
        assert_cuda(cudaMemcpy(copy, (char *)memory + 2 * places[i], 2 * WINDOW, cudaMemcpyDeviceToHost));
        assert_memory_equal(copy, host, 2 * WINDOW);
    }
    assert_cuda(cudaFree(memory));
}

/* ------------------------------------------------ memory of other kinds, errors ------------------------------------------ */

static const struct view small = {.ndim = 1, .shape = {1000}};

static void assert_works(void)
{
    assert_true(compare("normal", &types[2], &small));
    assert_cuda(cudaPeekAtLastError());
}

static void assert_refused(DLDeviceType where, void *memory, int ordinal, void *stream, const char *words)
{
    DLTensor tensor = {memory, {where, ordinal}, 1, types[2].dtype, (int64_t *)small.shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    fanin_initializer *normal = NULL;
    desc.name = "block.weight";
    options.cuda_stream = stream;
    assert_int_equal(fanin_create("normal", &normal), FANIN_OK);
    assert_int_equal(fanin_init(normal, &desc, &tensor, &options), FANIN_ERROR_DEVICE);
    fanin_release(normal);
    if (strstr(fanin_last_error(), words) == NULL) {
        fail_msg("'%s' is not in: %s", words, fanin_last_error());
    }
    assert_works();
}

static void test_managed_and_pinned(void **state)
{
    (void)state;
    fanin_options options = FANIN_OPTIONS_INIT;
    void *managed = NULL, *pinned = NULL;
    assert_int_equal(fill(kDLCPU, host, "normal", &types[2], &small, &options), FANIN_OK);
    assert_cuda(cudaMallocManaged(&managed, 4000, cudaMemAttachGlobal));
    assert_int_equal(fill(kDLCUDAManaged, managed, "normal", &types[2], &small, &options), FANIN_OK);
    assert_cuda(cudaDeviceSynchronize());
    assert_memory_equal(managed, host, 4000);
    assert_cuda(cudaFree(managed));
    assert_cuda(cudaHostAlloc(&pinned, 4000, cudaHostAllocDefault));
    assert_int_equal(fill(kDLCUDAHost, pinned, "normal", &types[2], &small, &options), FANIN_OK);
    assert_memory_equal(pinned, host, 4000);
    assert_refused(kDLCUDA, pinned, 0, NULL, "pinned host memory");
    assert_cuda(cudaFreeHost(pinned));
}

static void test_wrong_pointers(void **state)
{
    (void)state;
    void *freed = NULL;
    assert_refused(kDLCUDA, host, 0, NULL, "found host memory");
    assert_cuda(cudaMalloc(&freed, 64 << 20));
    assert_cuda(cudaFree(freed));
    assert_refused(kDLCUDA, freed, 0, NULL, "found host memory, or none");
}

static void test_wrong_devices(void **state)
{
    (void)state;
    int count = 0;
    assert_cuda(cudaGetDeviceCount(&count));
    assert_refused(kDLCUDA, device, count, NULL, "expected 0 to ");
    assert_refused(kDLCUDA, device, -1, NULL, "expected 0 to ");
    if (count > 1) {
        cudaStream_t stream;
        assert_cuda(cudaSetDevice(1));
        assert_cuda(cudaStreamCreate(&stream));
        assert_cuda(cudaSetDevice(0));
        assert_refused(kDLCUDA, device, 0, stream, "a stream that is not one of CUDA device 0");
        assert_refused(kDLCUDA, device, 1, NULL, "memory of CUDA device 0");
        assert_cuda(cudaStreamDestroy(stream));
    } else {
        print_message("one GPU: the stream of another one is not tested\n");
    }
}

/* The caller's device and error are its own. */
static void test_state_of_the_caller(void **state)
{
    (void)state;
    int count = 0, current = -1;
    assert_cuda(cudaGetDeviceCount(&count));
    const int other = count - 1;
    assert_cuda(cudaSetDevice(other));
    assert_true(compare("normal", &types[2], &small));
    assert_cuda(cudaGetDevice(&current));
    assert_int_equal(current, other);
    assert_cuda(cudaSetDevice(0));

    assert_int_equal(cudaSetDevice(count), cudaErrorInvalidDevice);
    assert_int_equal(cudaPeekAtLastError(), cudaErrorInvalidDevice);
    fanin_options options = FANIN_OPTIONS_INIT;
    (void)fill(kDLCUDA, device, "normal", &types[2], &small, &options);
    assert_int_equal(cudaGetLastError(), cudaErrorInvalidDevice);
    assert_works();
}

/* ------------------------------------------------ the log ---------------------------------------------------------------- */

static void keep_lines(void *context, const char *line)
{
    char *const text = context;
    assert_true(strlen(text) + strlen(line) + 2 < 65536);
    strcat(strcat(text, line), "\n");
}

static void test_log(void **state)
{
    (void)state;
    static char lines[2][65536];
    static const DLDeviceType where[2] = {kDLCPU, kDLCUDA};
    unsigned char *const memory[2] = {host, device};
    for (int i = 0; i < 2; i++) {
        fanin_plan *const plan = plan_of(300, where[i], memory[i]);
        fanin_options options = FANIN_OPTIONS_INIT;
        options.verbose = 1;
        options.log = keep_lines;
        options.context = lines[i];
        lines[i][0] = '\0';
        assert_int_equal(fanin_plan_run(plan, &options), FANIN_OK);
        fanin_plan_free(plan);
    }
    assert_true(strlen(lines[0]) > 300);
    assert_string_equal(lines[1], lines[0]);
}

static void ignore_line(void *context, const char *line)
{
    (void)context, (void)line;
}

/* A statistic would have to wait; it is refused, and the capture is not ended by it. */
static void test_statistic_while_capturing(void **state)
{
    (void)state;
    cudaStream_t stream;
    cudaGraph_t graph = NULL;
    fanin_options options = FANIN_OPTIONS_INIT;
    assert_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    options.cuda_stream = stream;
    options.verbose = 1;
    options.log = ignore_line;
    assert_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    assert_int_not_equal(fill(kDLCUDA, device, "normal", &types[2], &small, &options), FANIN_OK);
    assert_non_null(strstr(fanin_last_error(), "being captured"));
    assert_cuda(cudaStreamEndCapture(stream, &graph));
    assert_cuda(cudaGraphDestroy(graph));
    assert_cuda(cudaStreamDestroy(stream));
    assert_works();
}

int main(void)
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    host = malloc(BYTES);
    copy = malloc(BYTES);
    if (host == NULL || copy == NULL || cudaMalloc((void **)&device, BYTES) != cudaSuccess) {
        fprintf(stderr, "no memory\n");
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_sizes_and_alignments),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_capture),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_managed_and_pinned),
        cmocka_unit_test(test_wrong_pointers),
        cmocka_unit_test(test_wrong_devices),
        cmocka_unit_test(test_state_of_the_caller),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_statistic_while_capturing),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cudaFree(device);
    free(host);
    free(copy);
    return failed;
}
