/* The module's only symbol, and its end of what library and module share. */
#include "cuda/run.h"
#include "cuda/context.h"
#include "cuda/stage.h"
#include "cuda/upload.h"
#include "cuda_module.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cuda_host *host;

/* The module's own, under the library's name: files that both are made of call it. The message becomes the library's last
 * one. */
fanin_status fanin_fail(fanin_status status, const char *format, ...)
{
    const int caller_errno = errno;
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    const int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    (void)host->fail(status, length >= 0 ? text : "out of memory, and none left to say where");
    if (length >= 0) {
        free(text);
    }
    errno = caller_errno;
    return status;
}

fanin_status upload_read(const struct item *items, size_t item_count, const fanin_options *options)
{
    return host->read(items, item_count, options);
}

static fanin_status count(int *out)
{
    return context_count(NULL, out);
}

static fanin_status describe(int ordinal, struct cuda_device *out)
{
    struct cudaDeviceProp properties;
    const cudaError_t error = cudaGetDeviceProperties(&properties, ordinal);
    if (error != cudaSuccess) {
        return context_fail(error, NULL);
    }
    snprintf(out->name, sizeof out->name, "%s", properties.name);
    out->major = properties.major;
    out->minor = properties.minor;
    out->multiprocessors = properties.multiProcessorCount;
    out->memory = properties.totalGlobalMem;
    return FANIN_OK;
}

__attribute__((visibility("default"))) uint32_t fanin_cuda_open(uint32_t abi, const struct cuda_host *library,
                                                                struct cuda_module *out);

uint32_t fanin_cuda_open(uint32_t abi, const struct cuda_host *library, struct cuda_module *out)
{
    if (abi == CUDA_MODULE_ABI) {
        host = library;
        *out = (struct cuda_module){.backend = &cuda_backend,
                                    .count = count,
                                    .describe = describe,
                                    .prepare = context_prepare,
                                    .stage_open = stage_open,
                                    .stage_close = stage_close,
                                    .stage_stream = stage_stream,
                                    .stage_device = stage_device,
                                    .stage_copy = stage_copy,
                                    .stage_wait = stage_wait};
    }
    return CUDA_MODULE_ABI;
}
