/* Loading: a safetensors file, beside `cp` of the same file to memory. */
#include "cases.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TENSORS 16
#define REPEATS 7

extern char **environ;

struct file {
    char path[512], copy[512];
    int64_t values; /* float32, of each tensor */
};

static int64_t file_bytes(const struct file *file)
{
    return TENSORS * file->values * (int64_t)sizeof(float);
}

static float value_at(int64_t index)
{
    return (float)(index % 8191);
}

static void write_all(FILE *out, const void *data, size_t size, const char *path)
{
    if (fwrite(data, 1, size, out) != size) {
        bench_stop("%s cannot be written", path);
    }
}

static void write_header(FILE *out, const struct file *file)
{
    char text[8192];
    size_t used = 0;
    const int64_t bytes = file->values * (int64_t)sizeof(float);
    for (int i = 0; i < TENSORS; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[%lld],\"data_offsets\":[%lld,%lld]}", i ? "," : "{",
                                 i, (long long)file->values, (long long)(i * bytes), (long long)((i + 1) * bytes));
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "}%*s", (int)(7 - used % 8), "");
    const uint64_t size = used;
    write_all(out, &size, sizeof size, file->path);
    write_all(out, text, used, file->path);
}

static void write_file(const struct file *file)
{
    FILE *const out = fopen(file->path, "wb");
    float *const part = malloc((size_t)file->values * sizeof *part);
    if (out == NULL || part == NULL) {
        bench_stop("%s cannot be written", file->path);
    }
    write_header(out, file);
    for (int64_t i = 0; i < file->values; i++) {
        part[i] = value_at(i);
    }
    for (int i = 0; i < TENSORS; i++) {
        write_all(out, part, (size_t)file->values * sizeof *part, file->path);
    }
    if (fclose(out) != 0) {
        bench_stop("%s cannot be written", file->path);
    }
    free(part);
}

/* Seconds of `cp` to /dev/shm, whose pages are new each time. */
static double time_copy(const struct file *file)
{
    char *const arguments[] = {"cp", (char *)(uintptr_t)file->path, (char *)(uintptr_t)file->copy, NULL};
    pid_t child;
    int status = 0;
    (void)unlink(file->copy);
    const double start = bench_clock();
    if (posix_spawnp(&child, "cp", NULL, NULL, arguments, environ) != 0 || waitpid(child, &status, 0) != child || status != 0) {
        bench_stop("cp %s %s failed", file->path, file->copy);
    }
    const double seconds = bench_clock() - start;
    (void)unlink(file->copy);
    return seconds;
}

static void add_tensor(fanin_plan *plan, const fanin_initializer *initializer, int number, float *data, int64_t *shape)
{
    char name[16];
    snprintf(name, sizeof name, "t%d", number);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    const DLTensor tensor = {.data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 32, 1}, .shape = shape};
    bench_check(fanin_plan_add(plan, initializer, &desc, &tensor), name);
}

/* Seconds of fanin_load and of one plan of all tensors, into memory whose pages are new too. */
static double time_load(const struct file *file, int threads)
{
    const size_t bytes = (size_t)file_bytes(file);
    float *const memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        bench_stop("no memory for %zu bytes", bytes);
    }
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = threads;
    int64_t shape = file->values;
    fanin_initializer *initializer;
    fanin_plan *plan;
    const double start = bench_clock();
    bench_check(fanin_load(file->path, NULL, 0, &initializer), file->path);
    bench_check(fanin_plan_create(&plan), "a plan");
    for (int i = 0; i < TENSORS; i++) {
        add_tensor(plan, initializer, i, memory + i * file->values, &shape);
    }
    bench_check(fanin_plan_run(plan, &options), file->path);
    const double seconds = bench_clock() - start;
    for (int64_t i = 0; i < TENSORS * file->values; i += 4093) {
        if (memory[i] != value_at(i % file->values)) {
            bench_stop("%s: value %lld is %g", file->path, (long long)i, (double)memory[i]);
        }
    }
    fanin_plan_free(plan);
    fanin_release(initializer);
    munmap(memory, bytes);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, double *seconds, double bytes)
{
    qsort(seconds, REPEATS, sizeof *seconds, compare);
    printf("  %-22s %6.2f GB/s (median; best %.2f, worst %.2f)\n", what, bytes / seconds[REPEATS / 2] * 1e-9,
           bytes / seconds[0] * 1e-9, bytes / seconds[REPEATS - 1] * 1e-9);
}

void bench_load(const char *folder, int64_t bytes)
{
    struct file file = {.values = bytes / TENSORS / (int64_t)sizeof(float)};
    snprintf(file.path, sizeof file.path, "%s/fanin_bench_%d.safetensors", folder, (int)getpid());
    snprintf(file.copy, sizeof file.copy, "/dev/shm/fanin_bench_%d", (int)getpid());
    write_file(&file);
    double copy[REPEATS], load[REPEATS], alone[REPEATS];
    (void)time_copy(&file); /* the file is in the page cache */
    for (int i = 0; i < REPEATS; i++) {
        copy[i] = time_copy(&file);
        load[i] = time_load(&file, 0);
        alone[i] = time_load(&file, 1);
    }
    (void)unlink(file.path);
    printf("a safetensors file of %.3f GB in the page cache, to new memory\n", (double)file_bytes(&file) * 1e-9);
    print("cp to /dev/shm", copy, (double)file_bytes(&file));
    print("load, all threads", load, (double)file_bytes(&file));
    print("load, one thread", alone, (double)file_bytes(&file));
    printf("  load : cp = %.2f\n", copy[REPEATS / 2] / load[REPEATS / 2]);
}
