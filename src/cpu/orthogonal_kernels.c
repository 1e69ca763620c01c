#include "cpu/orthogonal_kernels.h"

#include "cpu/orthogonal_matrix.h"
#include "stream/round.h"

/* Where a run of elements lies in the matrix: the first, and what leads from each to the next. */
struct run {
    int64_t place, stride;
    int64_t vector, vector_step; /* of the factors */
    int64_t count;
};

/* The run from this element on to the end of its row, or of the `count` elements. */
static struct run run_at(const struct cpu_orthogonal *matrix, int64_t index, int64_t count)
{
    const int64_t row = index / matrix->columns, column = index % matrix->columns;
    const int64_t left = matrix->columns - column;
    return (struct run){
        .place = row * matrix->row_stride + column * matrix->column_stride,
        .stride = matrix->column_stride,
        .vector = matrix->wide ? row : column,
        .vector_step = matrix->wide ? 0 : 1,
        .count = left < count ? left : count,
    };
}

static inline __attribute__((always_inline)) float value_float(const struct cpu_orthogonal *matrix, const struct run *run,
                                                               int64_t i)
{
    const float value = ((const float *)matrix->values)[run->place + i * run->stride];
    return value * ((const float *)matrix->factors)[run->vector + i * run->vector_step];
}

static void orthogonal_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    for (float *to = out; count > 0;) {
        const struct run run = run_at(fill->orthogonal, index, count);
        for (int64_t i = 0; i < run.count; i++) {
            to[i] = value_float(fill->orthogonal, &run, i);
        }
        to += run.count, index += run.count, count -= run.count;
    }
}

static void orthogonal_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    for (uint16_t *to = out; count > 0;) {
        const struct run run = run_at(fill->orthogonal, index, count);
        for (int64_t i = 0; i < run.count; i++) {
            to[i] = round_to_float16(value_float(fill->orthogonal, &run, i));
        }
        to += run.count, index += run.count, count -= run.count;
    }
}

static void orthogonal_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    for (uint16_t *to = out; count > 0;) {
        const struct run run = run_at(fill->orthogonal, index, count);
        for (int64_t i = 0; i < run.count; i++) {
            to[i] = round_to_bfloat16(value_float(fill->orthogonal, &run, i));
        }
        to += run.count, index += run.count, count -= run.count;
    }
}

static void orthogonal_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    const struct cpu_orthogonal *const matrix = fill->orthogonal;
    const double *const values = matrix->values, *const factors = matrix->factors;
    for (double *to = out; count > 0;) {
        const struct run run = run_at(matrix, index, count);
        for (int64_t i = 0; i < run.count; i++) {
            to[i] = values[run.place + i * run.stride] * factors[run.vector + i * run.vector_step];
        }
        to += run.count, index += run.count, count -= run.count;
    }
}

void cpu_orthogonal_add(struct cpu_kernels *kernels)
{
    kernels->fill[FILL_ORTHOGONAL][DTYPE_FLOAT16] = orthogonal_float16;
    kernels->fill[FILL_ORTHOGONAL][DTYPE_BFLOAT16] = orthogonal_bfloat16;
    kernels->fill[FILL_ORTHOGONAL][DTYPE_FLOAT32] = orthogonal_float32;
    kernels->fill[FILL_ORTHOGONAL][DTYPE_FLOAT64] = orthogonal_float64;
}
