#include "cuda/stage.h"

#include "cuda/context.h"

#include <stdlib.h>

#define BUFFERS 2

struct cuda_stage {
    int ordinal;
    cudaStream_t fills, copies;
    void *device[BUFFERS], *host[BUFFERS];
    cudaEvent_t filled[BUFFERS], copied[BUFFERS];
};

static cudaError_t make_buffer(struct cuda_stage *stage, int buffer, size_t bytes)
{
    cudaError_t error = cudaMalloc(&stage->device[buffer], bytes);
    if (error == cudaSuccess) {
        error = cudaHostAlloc(&stage->host[buffer], bytes, cudaHostAllocDefault);
    }
    if (error == cudaSuccess) {
        error = cudaEventCreateWithFlags(&stage->filled[buffer], cudaEventDisableTiming);
    }
    if (error == cudaSuccess) {
        error = cudaEventCreateWithFlags(&stage->copied[buffer], cudaEventDisableTiming);
    }
    return error;
}

static cudaError_t make_all(struct cuda_stage *stage, size_t bytes)
{
    /* Of their own, and not held up by the default stream. */
    cudaError_t error = cudaStreamCreateWithFlags(&stage->fills, cudaStreamNonBlocking);
    if (error == cudaSuccess) {
        error = cudaStreamCreateWithFlags(&stage->copies, cudaStreamNonBlocking);
    }
    for (int i = 0; i < BUFFERS && error == cudaSuccess; i++) {
        error = make_buffer(stage, i, bytes);
    }
    return error;
}

static void destroy(struct cuda_stage *stage)
{
    if (stage->fills != NULL) {
        (void)cudaStreamSynchronize(stage->fills);
        (void)cudaStreamDestroy(stage->fills);
    }
    if (stage->copies != NULL) {
        (void)cudaStreamSynchronize(stage->copies);
        (void)cudaStreamDestroy(stage->copies);
    }
    for (int i = 0; i < BUFFERS; i++) {
        (void)cudaFree(stage->device[i]);
        (void)cudaFreeHost(stage->host[i]);
        if (stage->filled[i] != NULL) {
            (void)cudaEventDestroy(stage->filled[i]);
        }
        if (stage->copied[i] != NULL) {
            (void)cudaEventDestroy(stage->copied[i]);
        }
    }
    free(stage);
}

fanin_status stage_open(int ordinal, size_t bytes, struct cuda_stage **out)
{
    struct context_scope scope;
    fanin_status status = context_enter(NULL, ordinal, &scope);
    if (status != FANIN_OK) {
        return status;
    }
    struct cuda_stage *const stage = calloc(1, sizeof *stage);
    if (stage == NULL) {
        status = fanin_fail(FANIN_ERROR_MEMORY, "out of memory for buffers of CUDA device %d", ordinal);
    } else {
        stage->ordinal = ordinal;
        const cudaError_t error = make_all(stage, bytes);
        if (error != cudaSuccess) {
            status = context_fail(error, NULL);
            destroy(stage);
        } else {
            *out = stage;
        }
    }
    context_leave(&scope);
    return status;
}

void stage_close(struct cuda_stage *stage)
{
    struct context_scope scope;
    if (stage == NULL) {
        return;
    }
    const bool entered = context_return(stage->ordinal, &scope);
    destroy(stage);
    (void)cudaGetLastError();
    if (entered) {
        context_leave(&scope);
    }
}

void *stage_stream(const struct cuda_stage *stage)
{
    return stage->fills;
}

void *stage_device(const struct cuda_stage *stage, int buffer)
{
    return stage->device[buffer];
}

/* The copy waits for the fills that were begun, on the device; the host waits for a copy before it begins to fill the buffer
 * again. */
static cudaError_t copy(struct cuda_stage *stage, int buffer, size_t bytes)
{
    cudaError_t error = cudaEventRecord(stage->filled[buffer], stage->fills);
    if (error == cudaSuccess) {
        error = cudaStreamWaitEvent(stage->copies, stage->filled[buffer], 0);
    }
    if (error == cudaSuccess) {
        error = cudaMemcpyAsync(stage->host[buffer], stage->device[buffer], bytes, cudaMemcpyDeviceToHost, stage->copies);
    }
    if (error == cudaSuccess) {
        error = cudaEventRecord(stage->copied[buffer], stage->copies);
    }
    return error;
}

fanin_status stage_copy(struct cuda_stage *stage, int buffer, size_t bytes)
{
    struct context_scope scope;
    fanin_status status = context_enter(NULL, stage->ordinal, &scope);
    if (status != FANIN_OK) {
        return status;
    }
    const cudaError_t error = copy(stage, buffer, bytes);
    status = error == cudaSuccess ? FANIN_OK : context_fail(error, NULL);
    context_leave(&scope);
    return status;
}

fanin_status stage_wait(struct cuda_stage *stage, int buffer, const void **out)
{
    struct context_scope scope;
    fanin_status status = context_enter(NULL, stage->ordinal, &scope);
    if (status != FANIN_OK) {
        return status;
    }
    const cudaError_t error = cudaEventSynchronize(stage->copied[buffer]);
    if (error == cudaSuccess) {
        *out = stage->host[buffer];
    } else {
        status = context_fail(error, NULL);
    }
    context_leave(&scope);
    return status;
}
