/* The GPU by CUDA's runtime. */
#include "../gpu.h"

#include "../measure.h"
#include "store.h"

#include <stdio.h>

static cudaEvent_t begin, end;

static void check(cudaError_t error, const char *what)
{
    if (error != cudaSuccess) {
        bench_stop("%s: %s", what, cudaGetErrorString(error));
    }
}

bool gpu_open(struct gpu *gpu, int64_t wanted_bytes, char *reason, size_t reason_size)
{
    struct cudaDeviceProp properties;
    int count = 0, driver = 0;
    size_t available = 0, total = 0;
    cudaStream_t stream;
    const cudaError_t error = cudaGetDeviceCount(&count);
    (void)cudaDriverGetVersion(&driver);
    if (error != cudaSuccess || count == 0) {
        snprintf(reason, reason_size, "%s",
                 driver == 0 ? "there is no NVIDIA driver"
                             : cudaGetErrorString(error != cudaSuccess ? error : cudaErrorNoDevice));
        (void)cudaGetLastError();
        return false;
    }
    *gpu = (struct gpu){.device = {kDLCUDA, 0}};
    check(cudaSetDevice(0), "cudaSetDevice");
    check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
    snprintf(gpu->name, sizeof gpu->name, "%.200s, %d multiprocessors, driver for CUDA %d.%d", properties.name,
             properties.multiProcessorCount, driver / 1000, driver % 1000 / 10);
    check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
    const int64_t most = (int64_t)(available / 10 * 9);
    gpu->memory_bytes = wanted_bytes < most ? wanted_bytes : most;
    check(cudaMalloc((void **)&gpu->memory, (size_t)gpu->memory_bytes), "cudaMalloc");
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    gpu->stream = stream;
    check(cudaEventCreate(&begin), "cudaEventCreate");
    check(cudaEventCreate(&end), "cudaEventCreate");
    return true;
}

void gpu_close(struct gpu *gpu)
{
    check(cudaEventDestroy(begin), "cudaEventDestroy");
    check(cudaEventDestroy(end), "cudaEventDestroy");
    check(cudaStreamDestroy((cudaStream_t)gpu->stream), "cudaStreamDestroy");
    check(cudaFree(gpu->memory), "cudaFree");
}

void gpu_begin(const struct gpu *gpu)
{
    check(cudaEventRecord(begin, (cudaStream_t)gpu->stream), "cudaEventRecord");
}

double gpu_end(const struct gpu *gpu)
{
    float milliseconds = 0;
    check(cudaEventRecord(end, (cudaStream_t)gpu->stream), "cudaEventRecord");
    check(cudaEventSynchronize(end), "cudaEventSynchronize");
    check(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
    return (double)milliseconds / 1e3;
}

void gpu_wait(const struct gpu *gpu)
{
    check(cudaStreamSynchronize((cudaStream_t)gpu->stream), "cudaStreamSynchronize");
}

void gpu_store(const struct gpu *gpu, int64_t bytes)
{
    check(store_launch(gpu->memory, bytes, (cudaStream_t)gpu->stream), "the kernel that stores");
}

void gpu_generate(const struct gpu *gpu, uint64_t seed, bool upper_16, bool mixed, int64_t bytes)
{
    check(generate_launch(gpu->memory, bytes, seed, upper_16, mixed, (cudaStream_t)gpu->stream), "the kernel that generates");
}

void gpu_spoil(const struct gpu *gpu, int64_t bytes)
{
    check(cudaMemsetAsync(gpu->memory, 0xff, (size_t)bytes, (cudaStream_t)gpu->stream), "cudaMemsetAsync");
}

void gpu_read(const struct gpu *gpu, const void *from, void *to, int64_t bytes)
{
    gpu_wait(gpu);
    check(cudaMemcpy(to, from, (size_t)bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
}
