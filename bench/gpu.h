/* A GPU as the benchmark needs it: memory, a stream, a clock of the device, and a kernel that does nothing but store. Exactly
 * one of gpu_none.c, cuda/gpu.c and, for tests, gpu_pretended.c is linked. */
#ifndef FANIN_BENCH_GPU_H
#define FANIN_BENCH_GPU_H

#include <fanin/fanin.h>

#include <stdbool.h>

struct gpu {
    char name[256];  /* and the driver's version */
    DLDevice device; /* of tensors in its memory */
    unsigned char *memory;
    int64_t memory_bytes; /* as many as were wanted, or nearly all that is free */
    void *stream;         /* for fanin_options */
};

/* Opens the first GPU. false, and why, where there is none. Whatever else fails ends the program. */
bool gpu_open(struct gpu *gpu, int64_t wanted_bytes, char *reason, size_t reason_size);
void gpu_close(struct gpu *gpu);

/* Seconds that the device takes for what is put into the stream between the two. One pair at a time. */
void gpu_begin(const struct gpu *gpu);
double gpu_end(const struct gpu *gpu);

/* Waits for all that is in the stream. */
void gpu_wait(const struct gpu *gpu);

/* Puts a kernel into the stream that stores to the first `bytes`, up to whole 16 of them. */
void gpu_store(const struct gpu *gpu, int64_t bytes);

/* Puts a kernel into the stream that stores the generator's words (of stream 0 under `seed`, from block 0 on) to the first
 * `bytes`, a multiple of 64 KiB: whole, or their upper 16 bits. No fill of random numbers of that size can be faster in
 * that variant, the mixed or the plain one. */
void gpu_generate(const struct gpu *gpu, uint64_t seed, bool upper_16, bool mixed, int64_t bytes);

/* Sets the first `bytes` to 0xff; and copies to the host what is there when all in the stream is done. */
void gpu_spoil(const struct gpu *gpu, int64_t bytes);
void gpu_read(const struct gpu *gpu, const void *from, void *to, int64_t bytes);

#endif
