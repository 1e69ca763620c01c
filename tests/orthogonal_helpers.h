/* What the tests of orthogonal fills share. */
#ifndef FANIN_TESTS_ORTHOGONAL_HELPERS_H
#define FANIN_TESTS_ORTHOGONAL_HELPERS_H

#include "test_helpers.h"

#include <math.h>

#define FLOAT32 ((DLDataType){kDLFloat, 32, 1})
#define FLOAT64 ((DLDataType){kDLFloat, 64, 1})

/* Row-major elements of a parameter of this name, widened to double; free with free. */
static inline double *filled(const char *spec, const char *name, DLDataType dtype, const struct shape *shape, uint64_t seed,
                             int threads)
{
    const size_t size = (size_t)shape_size(shape), bytes = dtype.bits / 8;
    double *const values = calloc(size, sizeof *values);
    void *const memory = malloc(size * bytes);
    assert_non_null(values);
    assert_non_null(memory);
    const DLTensor tensor = {.data = memory,
                             .device = {kDLCPU, 0},
                             .ndim = shape->ndim,
                             .dtype = dtype,
                             .shape = (int64_t *)(uintptr_t)shape->extent};
    fanin_initializer *const initializer = create(spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    options.threads = threads;
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    for (size_t i = 0; i < size; i++) {
        values[i] = bytes == 8 ? ((const double *)memory)[i] : (double)((const float *)memory)[i];
    }
    fanin_release(initializer);
    free(memory);
    return values;
}

/* shape[0], and the product of the rest. */
static inline int64_t rows_of(const struct shape *shape)
{
    return shape->extent[0];
}

static inline int64_t columns_of(const struct shape *shape)
{
    return shape_size(shape) / shape->extent[0];
}

/* max |Q·Qᵀ/scale² - 1| of the rows of a wide matrix, max |Qᵀ·Q/scale² - 1| of the columns of any other. */
static inline double departure(const double *q, int64_t rows, int64_t columns, double scale)
{
    const bool wide = rows < columns;
    const int64_t vectors = wide ? rows : columns, length = wide ? columns : rows;
    double *const products = calloc((size_t)(vectors * vectors), sizeof *products);
    double most = 0.0;
    assert_non_null(products);
    if (wide) {
        for (int64_t a = 0; a < vectors; a++) {
            for (int64_t b = 0; b <= a; b++) {
                double sum = 0.0;
                for (int64_t i = 0; i < length; i++) {
                    sum += q[a * length + i] * q[b * length + i];
                }
                products[a * vectors + b] = sum;
            }
        }
    } else {
        for (int64_t i = 0; i < length; i++) {
            for (int64_t a = 0; a < vectors; a++) {
                for (int64_t b = 0; b <= a; b++) {
                    products[a * vectors + b] += q[i * vectors + a] * q[i * vectors + b];
                }
            }
        }
    }
    for (int64_t a = 0; a < vectors; a++) {
        for (int64_t b = 0; b <= a; b++) {
            const double difference = fabs(products[a * vectors + b] / (scale * scale) - (a == b));
            most = difference > most || isnan(difference) ? difference : most;
        }
    }
    free(products);
    return most;
}

#endif
