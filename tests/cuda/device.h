/* What the tests that need a GPU share. They use the library as its users do, through the public header and the shared
 * library. */
#ifndef FANIN_TESTS_CUDA_DEVICE_H
#define FANIN_TESTS_CUDA_DEVICE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#include <cmocka.h>
#ifdef __cplusplus
}
#endif

#include <cuda_runtime_api.h>
#include <fanin/fanin.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* ctest's "skipped". */
#define DEVICE_SKIPPED 77

#define assert_cuda(call) assert_int_equal((int)(call), (int)cudaSuccess)

/* Whether there is a GPU; says why not. The test that FANIN_TEST_SKIP names is left out of those that run next. */
static inline bool device_is_there(void)
{
    const char *const skipped = getenv("FANIN_TEST_SKIP");
    if (skipped != NULL) {
        cmocka_set_skip_filter(skipped);
    }
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess || count == 0) {
        printf("skipped: this test needs a GPU: %s\n", cudaGetErrorString(error != cudaSuccess ? error : cudaErrorNoDevice));
        return false;
    }
    return true;
}

#endif
