/* What the tests with the runtime's stand-in share: memory of each kind, items in it, and what must hold after an error. */
#ifndef FANIN_TESTS_CUDA_MOCK_ITEMS_H
#define FANIN_TESTS_CUDA_MOCK_ITEMS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cuda/run.h"
#include "../item_numbers.h"
#include "mock.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 5000

static _Alignas(64) float on_device[2][COUNT], managed[COUNT], pinned[COUNT], expected[COUNT];
static __attribute__((unused)) float pageable[COUNT];
static const struct fill normal = {.kind = FILL_NORMAL, .a = 0.0, .b = 1.0, .stream = 99};

static inline fanin_options options_of(void *stream)
{
    fanin_options options = FANIN_OPTIONS_INIT;
    options.contract = FANIN_CONTRACT;
    options.seed = 5;
    options.cuda_stream = stream;
    return options;
}

static inline struct item item_of(float *data, int device, int64_t count)
{
    struct item item = {.fill = &normal,
                        .name = "weight",
                        .data = (char *)data,
                        .device = {kDLCUDA, device},
                        .dtype = DTYPE_FLOAT32,
                        .ndim = 1,
                        .size = count};
    item_numbers(&item, 1);
    item.extent[0] = count;
    item.stride[0] = item.step[0] = 1;
    return item;
}

static inline int setup(void **state)
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
    return backend_run(&cpu_backend, &item, 1, &options) != FANIN_OK;
}

static inline fanin_status run_items(const struct item *items, size_t count, const fanin_options *options)
{
    const fanin_status status = cuda_backend.check(items, count, false, options);
    return status == FANIN_OK ? backend_run(&cuda_backend, items, count, options) : status;
}

static inline fanin_status run_one(float *data, int device, void *stream)
{
    const struct item item = item_of(data, device, COUNT);
    const fanin_options options = options_of(stream);
    return run_items(&item, 1, &options);
}

/* A failure: its status, words of its message, and no launch. */
static inline void assert_failure(fanin_status found, fanin_status status, const char *words)
{
    assert_int_equal(found, status);
    if (strstr(fanin_last_error(), words) == NULL) {
        fail_msg("'%s' is not in: %s", words, fanin_last_error());
    }
    assert_int_equal(mock.launches[0] + mock.launches[1], 0);
}

/* After an error of ours nothing is pending, nothing changed, and the next call works. */
static inline void assert_works(void)
{
    assert_int_equal(mock.last, cudaSuccess);
    assert_null(mock.current);
    assert_int_equal(run_one(on_device[0], 0, NULL), FANIN_OK);
    assert_memory_equal(on_device[0], expected, sizeof expected);
}

/* Whether arithmetic rounds up: fegetround does not tell, for it asks the x87 unit. */
static inline bool rounds_up(void)
{
    const volatile double one = 1.0, little = 0x1p-60;
    const volatile double sum = one + little; /* computed here, and not after a call that follows */
    return sum > 1.0;
}

/* The driver's stand-in, before the module looks for it; or another one, which the environment names. */
static inline bool open_driver(void)
{
    const char *const other = getenv("MOCK_DRIVER");
    if (dlopen(other != NULL ? other : MOCK_DRIVER, RTLD_NOW | RTLD_GLOBAL) == NULL) {
        print_error("%s\n", dlerror());
        return false;
    }
    return true;
}

#endif
