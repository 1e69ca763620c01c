#include "orthogonal_reference.h"

#include "../item_numbers.h"
#include "backend.h"
#include "stream/round.h"

#include <math.h>
#include <stdlib.h>

struct fill reference_fill(fanin_orthogonal_method method, fanin_distribution random, int64_t rows, int64_t columns)
{
    /* The last so many fills are good. */
    static int64_t domains[64][2];
    static size_t next;
    int64_t *const domain = domains[next++ % 64];
    domain[0] = rows;
    domain[1] = columns;
    return (struct fill){.kind = FILL_ORTHOGONAL,
                         .a = 1.414,
                         .stream = stream_of_name("weight"),
                         .ndim = 2,
                         .domain = domain,
                         .orthogonal = {method, random}};
}

struct item reference_item(const struct fill *fill, enum dtype dtype, void *data, int device)
{
    const int64_t size = fill->domain[0] * fill->domain[1];
    struct item item = {
        .fill = fill, .name = "weight", .data = data, .device = {kDLCUDA, device}, .dtype = dtype, .size = size};
    item_numbers(&item, 2); /* a test may add an axis */
    if (size > 1) {
        item.ndim = 1;
        item.extent[0] = size;
        item.stride[0] = item.step[0] = 1;
    }
    return item;
}

double *reference_random(const struct fill *fill, enum dtype dtype, uint64_t seed)
{
    struct orthogonal shape;
    orthogonal_describe(fill, dtype, &shape);
    const int64_t size = shape.rows * shape.columns;
    double *const out = malloc((size_t)size * sizeof *out);
    struct item item = reference_item(&shape.random, shape.dtype, out, 0);
    item.device.device_type = kDLCPU;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.contract = FANIN_CONTRACT;
    options.seed = seed;
    options.threads = 1;
    (void)backend_run(&cpu_backend, &item, 1, &options);
    for (int64_t i = size - 1; i >= 0; i--) {
        out[i] = reference_get(shape.dtype, out, i);
    }
    return out;
}

/* Applies H = 1 - 2vvᵀ/vᵀv to a vector; both have `count` elements. */
static void reflect(const double *v, double *x, int64_t count)
{
    double vv = 0.0, vx = 0.0;
    for (int64_t i = 0; i < count; i++) {
        vv += v[i] * v[i];
        vx += v[i] * x[i];
    }
    for (int64_t i = 0; i < count; i++) {
        x[i] -= 2.0 * vx / vv * v[i];
    }
}

double *reference_haar(const struct orthogonal *shape, const double *random)
{
    const int64_t m = shape->longer, n = shape->shorter;
    double *const v = calloc((size_t)(m * n), sizeof *v), *const out = malloc((size_t)(m * n) * sizeof *out);
    double *const sign = malloc((size_t)n * sizeof *sign), *const q = malloc((size_t)m * sizeof *q);
    for (int64_t k = 0; k < n; k++) {
        double norm = 0.0;
        for (int64_t i = k; i < m; i++) {
            v[k * m + i] = random[i * n + k];
            norm += v[k * m + i] * v[k * m + i];
        }
        /* The reflector maps the column to -sign(first)·norm times the first unit vector; one of one element maps nothing. */
        const double first = v[k * m + k];
        sign[k] = (first < 0.0) == (k < m - 1) ? 1.0 : -1.0;
        v[k * m + k] += copysign(sqrt(norm), first);
    }
    for (int64_t k = 0; k < n; k++) {
        for (int64_t i = 0; i < m; i++) {
            q[i] = i == k ? 1.0 : 0.0;
        }
        for (int64_t r = n - 1; r >= 0; r--) {
            if (r < m - 1) {
                reflect(&v[r * m + r], &q[r], m - r);
            }
        }
        for (int64_t i = 0; i < m; i++) {
            out[shape->wide ? k * m + i : i * n + k] = q[i] * sign[k];
        }
    }
    free(v);
    free(sign);
    free(q);
    return out;
}
