/* The CUDA module, libfanin_cuda.so, as the library sees it. It lies beside libfanin.so and is opened on the first CUDA
 * tensor; so neither the library nor the program links a CUDA library, and a process that never touches a GPU loads none. */
#ifndef FANIN_SRC_CUDA_MODULE_H
#define FANIN_SRC_CUDA_MODULE_H

#include "backend.h"
#include "module.h"

/* Raised when items, fills, tensors, options or the structs below change between versions of the library (module.h). */
#define CUDA_MODULE_REVISION 8
#define CUDA_MODULE_ABI      MODULE_ABI(CUDA_MODULE_REVISION)

/* What the library lends to the module. */
struct cuda_host {
    /* fanin_fail with a finished message: there is one last error, the library's. */
    fanin_status (*fail)(fanin_status status, const char *message);

    /* Fills items whose elements are read (kinds COPY and LOAD), in memory of the host, by all threads that the options allow. Errors:
     * those of reading. */
    fanin_status (*read)(const struct item *items, size_t count, const fanin_options *options);
};

/* What is known of a device. */
struct cuda_device {
    char name[256];
    int major, minor; /* compute capability */
    int multiprocessors;
    uint64_t memory; /* bytes */
};

/* Buffers between a device and the program; see docs/cuda.md. */
struct cuda_stage;

/* What the module gives to the library. All functions leave the caller's current device, or lack of one, and its error state as
 * they were, and return DEVICE with the reason where CUDA refuses. */
struct cuda_module {
    const struct backend *backend;

    /* The number of devices. DEVICE with the reason where there is no driver, or no device. */
    fanin_status (*count)(int *out);

    /* What a device is. `ordinal` is below the count. */
    fanin_status (*describe)(int ordinal, struct cuda_device *out);

    /* Makes a device ready for the backend: all its kernels are loaded, so that a capture never meets lazy loading. The message
     * names the parameter, if `name` is not NULL. */
    fanin_status (*prepare)(const char *name, int ordinal);

    /* Two buffers of `bytes` on a device, two in pinned host memory, and a stream. Errors: DEVICE, MEMORY. */
    fanin_status (*stage_open)(int ordinal, size_t bytes, struct cuda_stage **out);

    /* Waits for all that was begun, then frees; NULL is fine. */
    void (*stage_close)(struct cuda_stage *stage);

    /* The stream (a cudaStream_t), and the device memory of buffer 0 or 1. */
    void *(*stage_stream)(const struct cuda_stage *stage);
    void *(*stage_device)(const struct cuda_stage *stage, int buffer);

    /* Begins to copy the first `bytes` of a device buffer to its host buffer, behind all that the stream was given so far. */
    fanin_status (*stage_copy)(struct cuda_stage *stage, int buffer, size_t bytes);

    /* Waits for that copy; `*out` is the host buffer, valid until the next copy to it. */
    fanin_status (*stage_wait)(struct cuda_stage *stage, int buffer, const void **out);
};

/* The one symbol of the module. Returns the number that it was built with; where that is not `abi`, it did nothing else. */
typedef uint32_t (*cuda_open_fn)(uint32_t abi, const struct cuda_host *host, struct cuda_module *out);
#define CUDA_OPEN_SYMBOL "fanin_cuda_open"

/* The backend of a CUDA device, ready to run. Errors: DEVICE; the message names the parameter. */
fanin_status cuda_module_backend(const char *name, int ordinal, const struct backend **out);

/* Opens a module by its absolute path; for fanin_private_cuda_module and tests. false, and the reason in `reason`, where it
 * cannot be. */
bool cuda_module_open(const char *path, struct cuda_module *out, char *reason, size_t reason_size);

#endif
