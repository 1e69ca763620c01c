/* A build without a CUDA toolkit. */
#include "gpu.h"

#include <stdio.h>

bool gpu_open(struct gpu *gpu, int64_t wanted_bytes, char *reason, size_t reason_size)
{
    (void)gpu, (void)wanted_bytes;
    snprintf(reason, reason_size, "this build has no CUDA (it found no toolkit, or FANIN_CUDA is OFF)");
    return false;
}

/* Nothing was opened, so none of these is called. */
void gpu_close(struct gpu *gpu)
{
    (void)gpu;
}

void gpu_begin(const struct gpu *gpu)
{
    (void)gpu;
}

double gpu_end(const struct gpu *gpu)
{
    (void)gpu;
    return 0;
}

void gpu_wait(const struct gpu *gpu)
{
    (void)gpu;
}

void gpu_store(const struct gpu *gpu, int64_t bytes)
{
    (void)gpu, (void)bytes;
}

void gpu_generate(const struct gpu *gpu, uint64_t seed, bool upper_16, bool mixed, int64_t bytes)
{
    (void)gpu, (void)seed, (void)upper_16, (void)mixed, (void)bytes;
}

void gpu_spoil(const struct gpu *gpu, int64_t bytes)
{
    (void)gpu, (void)bytes;
}

void gpu_read(const struct gpu *gpu, const void *from, void *to, int64_t bytes)
{
    (void)gpu, (void)from, (void)to, (void)bytes;
}
