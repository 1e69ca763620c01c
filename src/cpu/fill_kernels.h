/* The kernels of a variant, one for each kind and dtype; integer dtypes of one size share theirs. A variant's source file
 * includes its words_make and its fill_continuous (uniform and normal) first, names the table (VARIANT_KERNELS), and includes
 * this. */
#ifndef FANIN_SRC_CPU_FILL_KERNELS_H
#define FANIN_SRC_CPU_FILL_KERNELS_H

#include "fill_body.h"
#include "variant.h"

static void constant_1(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    (void)index;
    fill_constant(1, fill, count, out);
}

static void constant_2(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    (void)index;
    fill_constant(2, fill, count, out);
}

static void constant_4(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    (void)index;
    fill_constant(4, fill, count, out);
}

static void constant_8(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    (void)index;
    fill_constant(8, fill, count, out);
}

static void uniform_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_UNIFORM, DTYPE_FLOAT16, 2, fill, index, count, out);
}

static void uniform_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_UNIFORM, DTYPE_BFLOAT16, 2, fill, index, count, out);
}

static void uniform_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_UNIFORM, DTYPE_FLOAT32, 4, fill, index, count, out);
}

static void uniform_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_UNIFORM, DTYPE_FLOAT64, 8, fill, index, count, out);
}

static void normal_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_NORMAL, DTYPE_FLOAT16, 2, fill, index, count, out);
}

static void normal_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_NORMAL, DTYPE_BFLOAT16, 2, fill, index, count, out);
}

static void normal_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_NORMAL, DTYPE_FLOAT32, 4, fill, index, count, out);
}

static void normal_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_continuous(FILL_NORMAL, DTYPE_FLOAT64, 8, fill, index, count, out);
}

static void integer_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_FLOAT16, 2, fill, index, count, out);
}

static void integer_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_BFLOAT16, 2, fill, index, count, out);
}

static void integer_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_FLOAT32, 4, fill, index, count, out);
}

static void integer_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_FLOAT64, 8, fill, index, count, out);
}

static void integer_uint8(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_UINT8, 1, fill, index, count, out);
}

static void integer_uint16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_UINT16, 2, fill, index, count, out);
}

static void integer_uint32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_UINT32, 4, fill, index, count, out);
}

static void integer_uint64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_random(FILL_INTEGER, DTYPE_UINT64, 8, fill, index, count, out);
}

static void bilinear_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_bilinear(DTYPE_FLOAT16, 2, fill, index, count, out);
}

static void bilinear_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_bilinear(DTYPE_BFLOAT16, 2, fill, index, count, out);
}

static void bilinear_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_bilinear(DTYPE_FLOAT32, 4, fill, index, count, out);
}

static void bilinear_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    fill_bilinear(DTYPE_FLOAT64, 8, fill, index, count, out);
}

const struct cpu_kernels VARIANT_KERNELS = {{
    [FILL_CONSTANT] = {[DTYPE_FLOAT16] = constant_2,
                       [DTYPE_BFLOAT16] = constant_2,
                       [DTYPE_FLOAT32] = constant_4,
                       [DTYPE_FLOAT64] = constant_8,
                       [DTYPE_INT8] = constant_1,
                       [DTYPE_INT16] = constant_2,
                       [DTYPE_INT32] = constant_4,
                       [DTYPE_INT64] = constant_8,
                       [DTYPE_UINT8] = constant_1,
                       [DTYPE_UINT16] = constant_2,
                       [DTYPE_UINT32] = constant_4,
                       [DTYPE_UINT64] = constant_8,
                       [DTYPE_BOOL] = constant_1},
    [FILL_UNIFORM] = {[DTYPE_FLOAT16] = uniform_float16,
                      [DTYPE_BFLOAT16] = uniform_bfloat16,
                      [DTYPE_FLOAT32] = uniform_float32,
                      [DTYPE_FLOAT64] = uniform_float64},
    [FILL_NORMAL] = {[DTYPE_FLOAT16] = normal_float16,
                     [DTYPE_BFLOAT16] = normal_bfloat16,
                     [DTYPE_FLOAT32] = normal_float32,
                     [DTYPE_FLOAT64] = normal_float64},
    [FILL_INTEGER] = {[DTYPE_FLOAT16] = integer_float16,
                      [DTYPE_BFLOAT16] = integer_bfloat16,
                      [DTYPE_FLOAT32] = integer_float32,
                      [DTYPE_FLOAT64] = integer_float64,
                      [DTYPE_INT8] = integer_uint8,
                      [DTYPE_INT16] = integer_uint16,
                      [DTYPE_INT32] = integer_uint32,
                      [DTYPE_INT64] = integer_uint64,
                      [DTYPE_UINT8] = integer_uint8,
                      [DTYPE_UINT16] = integer_uint16,
                      [DTYPE_UINT32] = integer_uint32,
                      [DTYPE_UINT64] = integer_uint64,
                      [DTYPE_BOOL] = integer_uint8},
    [FILL_BILINEAR] = {[DTYPE_FLOAT16] = bilinear_float16,
                       [DTYPE_BFLOAT16] = bilinear_bfloat16,
                       [DTYPE_FLOAT32] = bilinear_float32,
                       [DTYPE_FLOAT64] = bilinear_float64},
}};

#endif
