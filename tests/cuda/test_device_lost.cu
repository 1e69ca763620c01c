/* A kernel of the caller's that faults takes the process's context with it: the library says so, then and after. Needs a
 * GPU. */
#include "device.h"

#include <string.h>

__global__ void fault()
{
    __trap();
}

static void assert_lost(void *memory)
{
    int64_t shape[] = {1000};
    DLTensor tensor = {memory, {kDLCUDA, 0}, 1, {kDLFloat, 32, 1}, shape, nullptr, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_initializer *normal = nullptr;
    desc.name = "block.weight";
    assert_int_equal(fanin_create("normal", &normal), FANIN_OK);
    assert_int_equal(fanin_init(normal, &desc, &tensor, nullptr), FANIN_ERROR_DEVICE);
    fanin_release(normal);
    if (strstr(fanin_last_error(), "the CUDA context is lost") == nullptr) {
        fail_msg("found: %s", fanin_last_error());
    }
}

static void test_lost_context(void **)
{
    void *memory = nullptr;
    assert_cuda(cudaMalloc(&memory, 4000));
    void *none[] = {nullptr};
    assert_cuda(cudaLaunchKernel((const void *)fault, dim3(1), dim3(1), none, 0, nullptr));
    assert_int_not_equal(cudaDeviceSynchronize(), cudaSuccess);
    assert_lost(memory);
    assert_lost(memory);
}

int main()
{
    if (!device_is_there()) {
        return DEVICE_SKIPPED;
    }
    const CMUnitTest tests[] = {cmocka_unit_test(test_lost_context)};
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
