#include "cpu/norm.h"

#include "norm_tiles.h"

#include "float_environment.h"
#include "parallel.h"
#include "walk.h"

#include <math.h>
#include <string.h>

/* Elements of a block, which one worker adds up. */
#define BLOCK (NORM_BLOCK * NORM_TILE)

/* Blocks that are summed, in any order, between two rounds of adding them up in theirs: a table of a fixed size. */
#define ROUND 1024

struct round_context {
    const struct item *view;
    int64_t first; /* block of the tensor that is the round's first */
    struct norm_partial *partials;
};

static inline __attribute__((always_inline)) void load_as(enum dtype dtype, const char *from, int64_t stride, int count,
                                                          double *out)
{
    for (int i = 0; i < count; i++) {
        out[i] = norm_element(dtype, from + i * stride);
    }
}

/* `count` elements, `stride` bytes apart, as float64. The dtypes that tensors mostly have get a loop of their own. */
static void load(enum dtype dtype, const char *from, int64_t stride, int count, double *out)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        load_as(DTYPE_FLOAT16, from, stride, count, out);
        break;
    case DTYPE_BFLOAT16:
        load_as(DTYPE_BFLOAT16, from, stride, count, out);
        break;
    case DTYPE_FLOAT32:
        load_as(DTYPE_FLOAT32, from, stride, count, out);
        break;
    case DTYPE_FLOAT64:
        load_as(DTYPE_FLOAT64, from, stride, count, out);
        break;
    default:
        load_as(dtype, from, stride, count, out);
    }
}

static struct norm_partial sum_squares(const double *values, int count)
{
    double largest = 0.0;
    for (int i = 0; i < count; i++) {
        const double magnitude = fabs(values[i]);
        largest = magnitude > largest ? magnitude : largest;
    }
    const int64_t exponent = norm_exponent(largest);
    const double scale = norm_scale(exponent);
    double sum[NORM_LANES] = {0.0};
    for (int i = 0; i < count; i++) {
        const double scaled = values[i] * scale;
        sum[i % NORM_LANES] += scaled * scaled;
    }
    for (int width = NORM_LANES / 2; width > 0; width /= 2) {
        for (int i = 0; i < width; i++) {
            sum[i] += sum[i + width];
        }
    }
    return (struct norm_partial){sum[0], exponent};
}

/* The next `count` elements of the walk in row-major order, at most a tile. */
static void load_tile(enum dtype dtype, struct walk *walk, int count, double *out)
{
    int loaded = 0;
    while (loaded < count) {
        const int64_t row = walk_left_in_row(walk);
        const int taken = row < count - loaded ? (int)row : count - loaded;
        load(dtype, walk->data, walk->inner.stride, taken, out + loaded);
        walk_advance(walk, taken);
        loaded += taken;
    }
}

static struct norm_partial sum_block(const struct item *view, int64_t first)
{
    struct walk walk;
    walk_start(&walk, view, view->ndim - 1, first);
    int64_t left = view->size - first < BLOCK ? view->size - first : BLOCK;
    struct norm_partial sum = {0.0, 0};
    while (left > 0) {
        double values[NORM_TILE];
        const int count = left < NORM_TILE ? (int)left : NORM_TILE;
        load_tile(view->dtype, &walk, count, values);
        sum = norm_add(sum, sum_squares(values, count));
        left -= count;
    }
    return sum;
}

static fanin_status sum_blocks(const void *context, int64_t begin, int64_t end)
{
    const struct round_context *round = context;
    for (int64_t block = begin; block < end; block++) {
        round->partials[block] = sum_block(round->view, (round->first + block) * BLOCK);
    }
    return FANIN_OK;
}

static double norm_of(const struct item *view, int threads)
{
    const int64_t blocks = (view->size - 1) / BLOCK + 1;
    struct norm_partial partials[ROUND];
    struct norm_partial total = {0.0, 0};
    for (int64_t first = 0; first < blocks; first += ROUND) {
        const int64_t count = blocks - first < ROUND ? blocks - first : ROUND;
        const struct round_context round = {view, first, partials};
        /* Summing does not fail. */
        (void)parallel_for(count, 1, threads, sum_blocks, &round);
        for (int64_t i = 0; i < count; i++) {
            total = norm_add(total, partials[i]);
        }
    }
    return norm_finish(total, view->size);
}

fanin_status cpu_norm(const struct tensor *tensor, const fanin_options *options, double *out)
{
    if (tensor->size == 0) {
        *out = 0.0;
        return FANIN_OK;
    }
    int64_t extent[FANIN_MAX_NDIM], stride[FANIN_MAX_NDIM], step[FANIN_MAX_NDIM];
    for (int d = 0; d < tensor->ndim; d++) {
        extent[d] = tensor->shape[d];
        stride[d] = tensor->stride[d];
        step[d] = 0; /* there is no domain */
    }
    const struct item view = {.data = tensor->data,
                              .dtype = tensor->dtype,
                              .ndim = tensor->ndim,
                              .extent = extent,
                              .stride = stride,
                              .step = step,
                              .size = tensor->size};
    const struct float_environment caller = float_environment_enter();
    *out = norm_of(&view, options->threads);
    float_environment_leave(&caller);
    return FANIN_OK;
}
