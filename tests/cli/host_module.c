/* A module in the place of libfanin_cuda.so whose two devices are the host: what the program does with a device (windows,
 * buffers, copies, order) runs without a GPU. A copy is made only when it is waited for, from what the buffer then holds, so
 * that a program that filled a buffer again too early writes a wrong file. */
#include "cuda_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 2 };

static const struct cuda_host *host;

static fanin_status fail(fanin_status status, const char *message)
{
    return host->fail(status, message);
}

static fanin_status count(int *out)
{
    *out = DEVICES;
    return getenv("FANIN_TEST_NO_DRIVER") ? fail(FANIN_ERROR_DEVICE, "there is no NVIDIA driver on this machine (libcuda.so.1)")
                                          : FANIN_OK;
}

static fanin_status describe(int ordinal, struct cuda_device *out)
{
    *out = (struct cuda_device){.major = 9, .minor = ordinal, .multiprocessors = 1, .memory = UINT64_C(1) << 30};
    snprintf(out->name, sizeof out->name, "Host in the place of a device");
    return FANIN_OK;
}

static fanin_status prepare(const char *name, int ordinal)
{
    int devices;
    (void)name;
    const fanin_status status = count(&devices);
    return status != FANIN_OK || (ordinal >= 0 && ordinal < DEVICES)
               ? status
               : fail(FANIN_ERROR_DEVICE, "found a device that is not there, expected 0 or 1");
}

struct cuda_stage {
    size_t capacity, copied[2];
    char *device[2], *host[2];
};

static fanin_status stage_open(int ordinal, size_t bytes, struct cuda_stage **out)
{
    if (ordinal == 1) {
        return fail(FANIN_ERROR_MEMORY, "--device cuda: device 1 has no memory for the buffers");
    }
    struct cuda_stage *const stage = calloc(1, sizeof *stage);
    stage->capacity = bytes;
    for (int i = 0; i < 2; i++) {
        stage->device[i] = malloc(bytes);
        stage->host[i] = malloc(bytes);
    }
    *out = stage;
    return FANIN_OK;
}

static void stage_close(struct cuda_stage *stage)
{
    for (int i = 0; i < 2 && stage != NULL; i++) {
        free(stage->device[i]);
        free(stage->host[i]);
    }
    free(stage);
}

static void *stage_stream(const struct cuda_stage *stage)
{
    return (void *)stage;
}

static void *stage_device(const struct cuda_stage *stage, int buffer)
{
    return stage->device[buffer];
}

static fanin_status stage_copy(struct cuda_stage *stage, int buffer, size_t bytes)
{
    if (bytes > stage->capacity || stage->copied[buffer] != 0) {
        return fail(FANIN_ERROR_DEVICE, "a copy too long, or begun before the last one was waited for");
    }
    stage->copied[buffer] = bytes;
    return FANIN_OK;
}

static fanin_status stage_wait(struct cuda_stage *stage, int buffer, const void **out)
{
    if (stage->copied[buffer] == 0) {
        return fail(FANIN_ERROR_DEVICE, "no copy to wait for");
    }
    memcpy(stage->host[buffer], stage->device[buffer], stage->copied[buffer]);
    /* Nothing of it may be taken for the next one. */
    memset(stage->device[buffer], 0xA5, stage->copied[buffer]);
    stage->copied[buffer] = 0;
    *out = stage->host[buffer];
    return FANIN_OK;
}

static fanin_status run(const struct item *items, size_t item_count, const fanin_options *options, void *acquired)
{
    return options->cuda_stream != NULL ? cpu_backend.run(items, item_count, options, acquired)
                                        : fail(FANIN_ERROR_DEVICE, "found the default stream, expected that of the buffers");
}

uint32_t fanin_cuda_open(uint32_t abi, const struct cuda_host *lent, struct cuda_module *out);

uint32_t fanin_cuda_open(uint32_t abi, const struct cuda_host *lent, struct cuda_module *out)
{
    static struct backend backend;
    if (abi == CUDA_MODULE_ABI) {
        host = lent;
        backend = cpu_backend;
        backend.run = run;
        *out = (struct cuda_module){.backend = &backend,
                                    .count = count,
                                    .describe = describe,
                                    .prepare = prepare,
                                    .stage_open = stage_open,
                                    .stage_close = stage_close,
                                    .stage_stream = stage_stream,
                                    .stage_device = stage_device,
                                    .stage_copy = stage_copy,
                                    .stage_wait = stage_wait};
    }
    return CUDA_MODULE_ABI;
}
