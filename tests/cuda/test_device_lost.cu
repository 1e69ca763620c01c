/* A kernel of the caller's that faults takes the process's context with it: the library says so, then and after, whatever it
 * had acquired. Each loss has a process of its own. Needs a GPU. */
#include "device.h"

#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES (4 << 20)

/* So long, about half a second, that all that is acquired is so before. */
#define CYCLES 1000000000ll

/* Of each process. */
#define MOST_SECONDS 60

__global__ void fault(long long cycles)
{
    const long long start = clock64();
    while (clock64() - start < cycles) {
    }
    __trap();
}

static const char *const haar = "[\"orthogonal\", {\"method\": \"haar\"}]";
static const char *const numbers = "[\"constant\", {\"value\": [1, 0, 2, 3, 0, 1, 7]}]";

static void *memory;
static cudaStream_t stream;

static fanin_status fill(const char *spec, int64_t rows, int64_t columns, int64_t pitch)
{
    int64_t shape[] = {rows, columns}, strides[] = {pitch, 1};
    DLTensor tensor = {memory, {kDLCUDA, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    fanin_initializer *initializer = nullptr;
    desc.name = "block.weight";
    options.cuda_stream = stream;
    fanin_status status = fanin_create(spec, &initializer);
    if (status == FANIN_OK) {
        status = fanin_init(initializer, &desc, &tensor, &options);
    }
    fanin_release(initializer);
    return status;
}

static void assert_lost(const char *spec, int64_t rows, int64_t columns, int64_t pitch)
{
    const fanin_status status = fill(spec, rows, columns, pitch);
    if (status != FANIN_ERROR_DEVICE || strstr(fanin_last_error(), "the CUDA context is lost") == nullptr) {
        fail_msg("found %s: %s", fanin_status_name(status), status == FANIN_OK ? "" : fanin_last_error());
    }
}

static void start_fault(long long cycles)
{
    void *arguments[] = {&cycles};
    assert_cuda(cudaLaunchKernel((const void *)fault, dim3(1), dim3(1), arguments, 0, stream));
}

static void assert_lost_after()
{
    assert_lost("normal", 10, 100, 100);
    assert_lost(haar, 30, 20, 20);
    assert_lost(numbers, 100, 7, 9);
}

/* Before the call. */
static void test_before(void **)
{
    start_fault(0);
    assert_int_not_equal(cudaDeviceSynchronize(), cudaSuccess);
    assert_lost("normal", 10, 100, 100);
    assert_lost_after();
}

/* The first that is asked is what makes a matrix ready, cuSOLVER or nothing but its loader. */
static void test_before_a_matrix(void **)
{
    assert_int_equal(fill("normal", 10, 100, 100), FANIN_OK);
    start_fault(0);
    assert_int_not_equal(cudaDeviceSynchronize(), cudaSuccess);
    assert_lost("orthogonal", 300, 200, 200);
    assert_lost_after();
}

/* While what is behind the fault in the stream waits for it, with everything acquired. The same is done once before, so that
 * nothing has to be opened or loaded then. */
static void lose_with(const char *spec, int64_t rows, int64_t columns, int64_t pitch)
{
    const fanin_status status = fill(spec, rows, columns, pitch);
    if (status == FANIN_ERROR_SOLVER && strstr(fanin_last_error(), "cannot be opened") != nullptr) {
        print_message("skipped: %s\n", fanin_last_error());
        skip();
    }
    assert_int_equal(status, FANIN_OK);
    start_fault(CYCLES);
    assert_lost(spec, rows, columns, pitch);
    assert_lost_after();
}

static void test_small_matrices(void **)
{
    lose_with(haar, 30, 20, 20);
}

static void test_reflectors(void **)
{
    lose_with(haar, 600, 70, 70);
}

static void test_svd(void **)
{
    lose_with("orthogonal", 300, 200, 200);
}

static void test_polar(void **)
{
    lose_with("orthogonal", 1000, 600, 600);
}

/* With gaps: by way of memory from the pool. */
static void test_uploads(void **)
{
    lose_with(numbers, 1000, 7, 9);
}

static int lose(const CMUnitTest &test)
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    if (cudaMalloc(&memory, BYTES) != cudaSuccess || cudaStreamCreate(&stream) != cudaSuccess) {
        fprintf(stderr, "no memory\n");
        return 1;
    }
    const CMUnitTest tests[] = {test};
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}

/* CUDA works in a child only if the parent did not begin to use it. */
static int lose_in_child(const CMUnitTest &test)
{
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(MOST_SECONDS); /* what others' libraries do with a lost context is theirs */
        exit(lose(test));
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_before),     cmocka_unit_test(test_before_a_matrix), cmocka_unit_test(test_small_matrices),
        cmocka_unit_test(test_reflectors), cmocka_unit_test(test_svd),             cmocka_unit_test(test_polar),
        cmocka_unit_test(test_uploads),
    };
    int result = 0;
    for (const CMUnitTest &test : tests) {
        const int found = lose_in_child(test);
        if (found == DEVICE_SKIPPED) {
            return DEVICE_SKIPPED;
        }
        result |= found;
    }
    return result;
}
