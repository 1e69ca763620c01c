/* Orthogonal matrices, beside LAPACK's geqrf and orgqr of the normal matrix that one of Haar's distribution is usually made
 * from. The three take turns. */
#include "cases.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 7

/* Rows: larger ones by the SVD take half a minute a repeat. */
#define SVD_MOST 2048

/* Of OpenBLAS; with another BLAS its threads are whatever they are. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

struct square {
    lapack_int n;
    int threads;
    float *memory, *normal; /* n × n */
    float *tau, *work;
    lapack_int work_size;
};

static void fill(const struct square *square, const char *spec, float *memory)
{
    const int64_t shape[] = {square->n, square->n};
    const DLTensor tensor = {memory, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, (int64_t *)shape, NULL, 0};
    fanin_initializer *initializer = NULL;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "square_weight";
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    options.threads = square->threads;
    bench_check(fanin_create(spec, &initializer), spec);
    bench_check(fanin_init(initializer, &desc, &tensor, &options), spec);
    fanin_release(initializer);
}

static void run_haar(const struct square *square)
{
    fill(square, "[\"orthogonal\", {\"scale\": 1, \"method\": \"haar\"}]", square->memory);
}

static void run_svd(const struct square *square)
{
    fill(square, "[\"orthogonal\", {\"scale\": 1}]", square->memory);
}

static void run_lapack(const struct square *square)
{
    const lapack_int n = square->n;
    if (LAPACKE_sgeqrf_work(LAPACK_COL_MAJOR, n, n, square->memory, n, square->tau, square->work, square->work_size) != 0 ||
        LAPACKE_sorgqr_work(LAPACK_COL_MAJOR, n, n, n, square->memory, n, square->tau, square->work, square->work_size) != 0) {
        bench_stop("LAPACK refuses a matrix of %d rows", (int)n);
    }
}

/* The answer is orthogonal; `products` is n × n. */
static void check(const struct square *square, float *products, const char *what)
{
    const int n = square->n;
    cblas_ssyrk(CblasColMajor, CblasUpper, CblasTrans, n, n, 1.0f, square->memory, n, 0.0f, products, n);
    float most = 0.0f;
    for (int j = 0; j < n; j++) {
        for (int i = 0; i <= j; i++) {
            const float difference = fabsf(products[(size_t)j * n + i] - (float)(i == j));
            most = difference > most || isnan(difference) ? difference : most;
        }
    }
    if (!(most <= 64 * 0x1p-23f * sqrtf((float)n))) {
        bench_stop("%s of %d rows is not orthogonal: it departs by %g", what, n, (double)most);
    }
}

struct method {
    const char *name;
    void (*run)(const struct square *square);
    int most; /* rows */
};

/* The first is what the others are compared with. */
static const struct method methods[] = {
    {"geqrf+orgqr", run_lapack, INT32_MAX}, {"haar", run_haar, INT32_MAX}, {"svd", run_svd, SVD_MOST}};
#define METHODS (sizeof methods / sizeof *methods)

static int compare(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void print_method(const struct square *square, const struct method *method, double *seconds, int repeats,
                         double reference)
{
    char name[80];
    snprintf(name, sizeof name, "orthogonal/%s/float32/%d/t%d", method->name, (int)square->n, square->threads);
    qsort(seconds, (size_t)repeats, sizeof *seconds, compare);
    printf("%-40s %11.2f ms best %11.2f ms median", name, seconds[0] * 1e3, seconds[repeats / 2] * 1e3);
    if (reference > 0.0) {
        printf(" %8.2f x geqrf+orgqr", seconds[0] / reference);
    }
    printf("\n");
    fflush(stdout);
}

/* One run of each to check the answer and to warm up, then the repeats in turn. */
static void measure(const struct square *square, const bool wanted[METHODS], int repeats)
{
    const size_t bytes = (size_t)square->n * (size_t)square->n * sizeof(float);
    double *const seconds = malloc(METHODS * (size_t)repeats * sizeof *seconds);
    float *const products = malloc(bytes);
    if (seconds == NULL || products == NULL) {
        bench_stop("out of memory");
    }
    for (int r = -1; r < repeats; r++) {
        for (size_t m = 0; m < METHODS; m++) {
            if (!wanted[m]) {
                continue;
            }
            memcpy(square->memory, square->normal, bytes);
            const double begin = bench_clock();
            methods[m].run(square);
            if (r >= 0) {
                seconds[m * (size_t)repeats + (size_t)r] = bench_clock() - begin;
            } else {
                check(square, products, methods[m].name);
            }
        }
    }
    double reference = 0.0;
    for (size_t m = 0; m < METHODS; m++) {
        if (wanted[m]) {
            print_method(square, &methods[m], &seconds[m * (size_t)repeats], repeats, reference);
            reference = m == 0 ? seconds[0] : reference; /* sorted */
        }
    }
    free(seconds);
    free(products);
}

static bool any_wanted(const struct bench *bench, int n, bool wanted[METHODS])
{
    bool any = false;
    for (size_t m = 0; m < METHODS; m++) {
        char name[80];
        snprintf(name, sizeof name, "orthogonal/%s/float32/%d/t%d", methods[m].name, n, bench->threads);
        wanted[m] = n <= methods[m].most && bench_wanted(bench, name);
        any = any || wanted[m];
    }
    return any;
}

static void open_square(struct square *square, int n, int threads)
{
    const size_t size = (size_t)n * (size_t)n;
    *square = (struct square){.n = n, .threads = threads, .work_size = 64 * n};
    square->memory = malloc(size * sizeof(float));
    square->normal = malloc(size * sizeof(float));
    square->tau = malloc((size_t)n * sizeof(float));
    square->work = malloc((size_t)square->work_size * sizeof(float));
    if (square->memory == NULL || square->normal == NULL || square->tau == NULL || square->work == NULL) {
        bench_stop("out of memory");
    }
    if (openblas_set_num_threads) {
        openblas_set_num_threads(threads);
    }
    fill(square, "[\"normal\", {\"sigma\": 1}]", square->normal);
}

void cases_orthogonal(struct bench *bench)
{
    static const int sizes[] = {256, 1024, 2048, 4096};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        bool wanted[METHODS];
        if ((int64_t)sizes[s] * sizes[s] * 4 > bench->most_bytes || !any_wanted(bench, sizes[s], wanted)) {
            continue;
        }
        struct square square;
        open_square(&square, sizes[s], bench->threads);
        measure(&square, wanted, bench->least);
        free(square.memory);
        free(square.normal);
        free(square.tau);
        free(square.work);
        bench->unlisted++;
    }
}
