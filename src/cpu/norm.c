#include "norm.h"

#include "float_environment.h"
#include "parallel.h"
#include "stream/round.h"
#include "walk.h"

#include <math.h>
#include <string.h>

/* Elements that are summed at once, in LANES sums, element i in sum i mod LANES; tiles of a block, which one worker adds up in
 * order. Parts of the result's definition. */
#define TILE        1024
#define LANES       8
#define BLOCK_TILES 64
#define BLOCK       (BLOCK_TILES * TILE)

/* Blocks that are summed, in any order, between two rounds of adding them up in theirs: a table of a fixed size. */
#define ROUND 1024

/* sum · 2^(2·exponent) is the sum of the squares. */
struct partial {
    double sum;
    int exponent;
};

struct round_context {
    const struct item *view;
    int64_t first; /* block of the tensor that is the round's first */
    struct partial *partials;
};

/* The element at `from`, aligned or not. */
static inline __attribute__((always_inline)) double element(enum dtype dtype, size_t size, const char *from)
{
    union {
        float float32;
        double float64;
        int8_t int8;
        int16_t int16;
        int32_t int32;
        int64_t int64;
        uint8_t uint8;
        uint16_t uint16;
        uint32_t uint32;
        uint64_t uint64;
    } value;
    memcpy(&value, from, size);
    switch (dtype) {
    case DTYPE_FLOAT16:
        return (double)float16_to_float(value.uint16);
    case DTYPE_BFLOAT16:
        return (double)bfloat16_to_float(value.uint16);
    case DTYPE_FLOAT32:
        return (double)value.float32;
    case DTYPE_FLOAT64:
        return value.float64;
    case DTYPE_INT8:
        return (double)value.int8;
    case DTYPE_INT16:
        return (double)value.int16;
    case DTYPE_INT32:
        return (double)value.int32;
    case DTYPE_INT64:
        return (double)value.int64;
    case DTYPE_UINT8:
        return (double)value.uint8;
    case DTYPE_UINT16:
        return (double)value.uint16;
    case DTYPE_UINT32:
        return (double)value.uint32;
    case DTYPE_UINT64:
        return (double)value.uint64;
    default: /* bool */
        return value.uint8 != 0 ? 1.0 : 0.0;
    }
}

static inline __attribute__((always_inline)) void load_as(enum dtype dtype, size_t size, const char *from, int64_t stride,
                                                          int count, double *out)
{
    for (int i = 0; i < count; i++) {
        out[i] = element(dtype, size, from + i * stride);
    }
}

/* `count` elements, `stride` bytes apart, as float64. The dtypes that tensors mostly have get a loop of their own. */
static void load(enum dtype dtype, const char *from, int64_t stride, int count, double *out)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        load_as(DTYPE_FLOAT16, 2, from, stride, count, out);
        break;
    case DTYPE_BFLOAT16:
        load_as(DTYPE_BFLOAT16, 2, from, stride, count, out);
        break;
    case DTYPE_FLOAT32:
        load_as(DTYPE_FLOAT32, 4, from, stride, count, out);
        break;
    case DTYPE_FLOAT64:
        load_as(DTYPE_FLOAT64, 8, from, stride, count, out);
        break;
    default:
        load_as(dtype, dtype_table[dtype].size, from, stride, count, out);
    }
}

/* The exponent of a power of two near the largest magnitude; 0 where a value is no number or infinite, or all are 0. */
static int scale_exponent(const double *values, int count)
{
    double largest = 0.0;
    for (int i = 0; i < count; i++) {
        const double magnitude = fabs(values[i]);
        largest = magnitude > largest ? magnitude : largest;
    }
    if (largest == 0.0 || largest > 0x1.fffffffffffffp1023) {
        return 0;
    }
    int exponent;
    frexp(largest, &exponent);
    /* 2^-exponent must be a double, too. What is left of subnormals then is 2^-73 and more, whose squares are exact enough. */
    return exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent;
}

static struct partial sum_squares(const double *values, int count)
{
    const int exponent = scale_exponent(values, count);
    const double scale = ldexp(1.0, -exponent);
    double sum[LANES] = {0.0};
    for (int i = 0; i < count; i++) {
        const double scaled = values[i] * scale;
        sum[i % LANES] += scaled * scaled;
    }
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int i = 0; i < width; i++) {
            sum[i] += sum[i + width];
        }
    }
    return (struct partial){sum[0], exponent};
}

/* Adds in order, at the larger scale of the two. Exact but for the sum's own rounding, and for what is too small to count. */
static struct partial add(struct partial a, struct partial b)
{
    if (a.sum == 0.0) {
        return b;
    }
    if (b.sum == 0.0) {
        return a;
    }
    const int exponent = a.exponent > b.exponent ? a.exponent : b.exponent;
    const double sum = ldexp(a.sum, 2 * (a.exponent - exponent)) + ldexp(b.sum, 2 * (b.exponent - exponent));
    return (struct partial){sum, exponent};
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

static struct partial sum_block(const struct item *view, int64_t first)
{
    struct walk walk;
    walk_start(&walk, view, view->ndim - 1, first);
    int64_t left = view->size - first < BLOCK ? view->size - first : BLOCK;
    struct partial sum = {0.0, 0};
    while (left > 0) {
        double values[TILE];
        const int count = left < TILE ? (int)left : TILE;
        load_tile(view->dtype, &walk, count, values);
        sum = add(sum, sum_squares(values, count));
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
    struct partial partials[ROUND];
    struct partial total = {0.0, 0};
    for (int64_t first = 0; first < blocks; first += ROUND) {
        const int64_t count = blocks - first < ROUND ? blocks - first : ROUND;
        const struct round_context round = {view, first, partials};
        /* Summing does not fail. */
        (void)parallel_for(count, 1, threads, sum_blocks, &round);
        for (int64_t i = 0; i < count; i++) {
            total = add(total, partials[i]);
        }
    }
    return ldexp(sqrt(total.sum / (double)view->size), total.exponent);
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
