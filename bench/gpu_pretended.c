/* For tests: memory of the host that is filled by the CPU, timed as a GPU's is, so that all around it runs where there is
 * none. */
#include "gpu.h"
#include "measure.h"
#include "stream/philox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double begun;

bool gpu_open(struct gpu *gpu, int64_t wanted_bytes, char *reason, size_t reason_size)
{
    (void)reason, (void)reason_size;
    const int64_t most = (int64_t)64 << 20;
    *gpu = (struct gpu){.name = "pretended, the CPU's memory", .device = {kDLCPU, 0}};
    gpu->memory_bytes = wanted_bytes < most ? wanted_bytes : most;
    gpu->memory = aligned_alloc(4096, (size_t)gpu->memory_bytes);
    if (gpu->memory == NULL) {
        bench_stop("out of memory");
    }
    return true;
}

void gpu_close(struct gpu *gpu)
{
    free(gpu->memory);
}

void gpu_begin(const struct gpu *gpu)
{
    (void)gpu;
    begun = bench_clock();
}

double gpu_end(const struct gpu *gpu)
{
    (void)gpu;
    return bench_clock() - begun;
}

void gpu_wait(const struct gpu *gpu)
{
    (void)gpu;
}

void gpu_store(const struct gpu *gpu, int64_t bytes)
{
    memset(gpu->memory, 1, (size_t)bytes);
}

void gpu_generate(const struct gpu *gpu, uint64_t seed, bool upper_16, bool mixed, int64_t bytes)
{
    (void)mixed;
    const int64_t blocks = bytes / (upper_16 ? 8 : 16);
    for (int64_t block = 0; block < blocks; block++) {
        uint32_t words[4];
        philox_block(seed, 0, (uint64_t)block, words);
        for (int i = 0; i < 4; i++) {
            if (upper_16) {
                ((uint16_t *)(void *)gpu->memory)[4 * block + i] = (uint16_t)(words[i] >> 16);
            } else {
                ((uint32_t *)(void *)gpu->memory)[4 * block + i] = words[i];
            }
        }
    }
}

void gpu_spoil(const struct gpu *gpu, int64_t bytes)
{
    memset(gpu->memory, 0xff, (size_t)bytes);
}

void gpu_read(const struct gpu *gpu, const void *from, void *to, int64_t bytes)
{
    (void)gpu;
    memcpy(to, from, (size_t)bytes);
}
