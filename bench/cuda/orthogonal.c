/* How long square float32 orthogonal matrices take on a GPU: one call of fanin_init each, which returns when it is made.
 *     bench_cuda_orthogonal [MOST]     rows, from 256 to MOST (default: 8192), doubled each time
 * Prints a line for each: method, rows, and the best, median and worst of the repeats. The answer is checked first.
 * Exit status: 77 where there is no GPU or no cuSOLVER, with the reason. bench/rivals/rival_torch_orthogonal.py is the same by
 * torch. */
#include <cuda_runtime_api.h>
#include <fanin/fanin.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPEATS 7
#define SKIPPED 77

/* Pairs of rows of each matrix that are checked. */
#define PAIRS 256

static const struct {
    const char *name, *spec;
} methods[] = {
    {"haar", "[\"orthogonal\", {\"scale\": 1, \"method\": \"haar\"}]"},
    {"svd", "[\"orthogonal\", {\"scale\": 1, \"rand_type\": \"normal\"}]"},
};

static _Noreturn void stop(const char *what, const char *why)
{
    fprintf(stderr, "bench_cuda_orthogonal: %s: %s\n", what, why);
    exit(1);
}

static void check(cudaError_t error, const char *what)
{
    if (error != cudaSuccess) {
        stop(what, cudaGetErrorString(error));
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static fanin_status fill(const char *spec, float *memory, int64_t rows, cudaStream_t stream)
{
    int64_t shape[] = {rows, rows};
    const DLTensor tensor = {memory, {kDLCUDA, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
    fanin_initializer *initializer = NULL;
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    desc.name = "bench_weight";
    options.seed = 1;
    options.cuda_stream = stream;
    fanin_status status = fanin_create(spec, &initializer);
    if (status == FANIN_OK) {
        status = fanin_init(initializer, &desc, &tensor, &options);
    }
    fanin_release(initializer);
    return status;
}

/* Some rows are unit vectors, and orthogonal to others. */
static void check_answer(const char *name, const float *memory, int64_t rows)
{
    float *const host = malloc((size_t)(rows * rows) * sizeof *host);
    if (host == NULL) {
        stop(name, "no memory to check the answer in");
    }
    check(cudaMemcpy(host, memory, (size_t)(rows * rows) * sizeof *host, cudaMemcpyDeviceToHost), "cudaMemcpy");
    double worst = 0.0;
    for (int64_t pair = 0; pair < PAIRS; pair++) {
        const float *const a = &host[pair * 7919 % rows * rows], *const b = &host[pair * 104729 % rows * rows];
        double product = 0.0;
        for (int64_t i = 0; i < rows; i++) {
            product += (double)a[i] * b[i];
        }
        worst = fmax(worst, fabs(product - (a == b)));
    }
    free(host);
    if (!(worst <= 64.0 * 0x1p-23 * sqrt((double)rows))) {
        stop(name, "the matrix is not orthogonal");
    }
}

static int compare(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void measure(const char *name, const char *spec, float *memory, int64_t rows, cudaStream_t stream)
{
    double seconds[REPEATS];
    check(cudaMemset(memory, 0xff, (size_t)(rows * rows) * sizeof *memory), "cudaMemset");
    for (int i = -1; i < REPEATS; i++) {
        const double begin = now();
        if (fill(spec, memory, rows, stream) != FANIN_OK) {
            stop(name, fanin_last_error());
        }
        if (i < 0) {
            check_answer(name, memory, rows);
        } else {
            seconds[i] = now() - begin;
        }
    }
    qsort(seconds, REPEATS, sizeof *seconds, compare);
    printf("fanin %-5s float32 %6lld rows %10.3f ms best %10.3f median %10.3f worst\n", name, (long long)rows, seconds[0] * 1e3,
           seconds[REPEATS / 2] * 1e3, seconds[REPEATS - 1] * 1e3);
    fflush(stdout);
}

static int64_t most_of(int argc, char **argv)
{
    char *end = NULL;
    const long long most = argc > 1 ? strtoll(argv[1], &end, 10) : 8192;
    if (argc > 2 || (end != NULL && *end != '\0') || most < 256 || most > 32768) {
        fputs("usage: bench_cuda_orthogonal [MOST]     rows: 256 to 32768\n", stderr);
        exit(2);
    }
    return most;
}

int main(int argc, char **argv)
{
    const int64_t most = most_of(argc, argv);
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess || count == 0) {
        printf("skipped: no GPU: %s\n", cudaGetErrorString(error != cudaSuccess ? error : cudaErrorNoDevice));
        return SKIPPED;
    }
    struct cudaDeviceProp properties;
    cudaStream_t stream;
    float *memory = NULL;
    check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    check(cudaMalloc((void **)&memory, (size_t)(most * most) * sizeof *memory), "cudaMalloc");
    const fanin_status first = fill(methods[1].spec, memory, 2, stream); /* opens cuSOLVER */
    if (first == FANIN_ERROR_SOLVER && strstr(fanin_last_error(), "cannot be opened") != NULL) {
        printf("skipped: %s\n", fanin_last_error());
        return SKIPPED;
    }
    printf("%s, fanin %s\n", properties.name, fanin_version());
    for (int64_t rows = 256; rows <= most; rows *= 2) {
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            measure(methods[i].name, methods[i].spec, memory, rows, stream);
        }
    }
    check(cudaFree(memory), "cudaFree");
    check(cudaStreamDestroy(stream), "cudaStreamDestroy");
    return 0;
}
