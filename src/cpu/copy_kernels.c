#include "cpu/copy_kernels.h"

#include "copy.h"

static void copy_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_FLOAT16, index, count, out);
}

static void copy_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_BFLOAT16, index, count, out);
}

static void copy_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_FLOAT32, index, count, out);
}

static void copy_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_FLOAT64, index, count, out);
}

static void copy_int8(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_INT8, index, count, out);
}

static void copy_int16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_INT16, index, count, out);
}

static void copy_int32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_INT32, index, count, out);
}

static void copy_int64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_INT64, index, count, out);
}

static void copy_uint64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy_read(fill->copy, DTYPE_UINT64, index, count, out);
}

/* Integer dtypes of one size share theirs, as in copy_read. */
void cpu_copy_add(struct cpu_kernels *kernels)
{
    static const cpu_kernel by_dtype[DTYPE_COUNT] = {
        [DTYPE_FLOAT16] = copy_float16, [DTYPE_BFLOAT16] = copy_bfloat16, [DTYPE_FLOAT32] = copy_float32,
        [DTYPE_FLOAT64] = copy_float64, [DTYPE_INT8] = copy_int8,         [DTYPE_INT16] = copy_int16,
        [DTYPE_INT32] = copy_int32,     [DTYPE_INT64] = copy_int64,       [DTYPE_UINT8] = copy_int8,
        [DTYPE_UINT16] = copy_int16,    [DTYPE_UINT32] = copy_int32,      [DTYPE_UINT64] = copy_uint64,
        [DTYPE_BOOL] = copy_int8,
    };
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        kernels->fill[FILL_COPY][dtype] = by_dtype[dtype];
    }
}
