#include "cpu/copy_kernels.h"

#include "copy_map.h"

/* The dtype is a constant wherever this is called, and the compiler makes a loop for each. */
static inline __attribute__((always_inline)) void copy(enum dtype dtype, const struct cpu_fill *fill, int64_t index,
                                                       int64_t count, void *out)
{
    const struct copy_map *const map = fill->copy;
    const int last = map->ndim - 1;
    const int64_t extent = last >= 0 ? map->extent[last] : INT64_MAX;
    const int64_t stride = last >= 0 ? map->stride[last] : 0;
    int64_t row = index / extent, first = index % extent;
    for (int64_t done = 0; done < count;) {
        const double *const values = map->values + copy_map_row(map, row) + first * stride;
        const int64_t taken = extent - first < count - done ? extent - first : count - done;
        for (int64_t i = 0; i < taken; i++) {
            const uint64_t bits = copy_bits(dtype, values[i * stride]);
            switch (dtype) {
            case DTYPE_INT8:
                ((uint8_t *)out)[done + i] = (uint8_t)bits;
                break;
            case DTYPE_FLOAT16:
            case DTYPE_BFLOAT16:
            case DTYPE_INT16:
                ((uint16_t *)out)[done + i] = (uint16_t)bits;
                break;
            case DTYPE_FLOAT32:
            case DTYPE_INT32:
                ((uint32_t *)out)[done + i] = (uint32_t)bits;
                break;
            default:
                ((uint64_t *)out)[done + i] = bits;
            }
        }
        done += taken;
        first = 0;
        row++;
    }
}

static void copy_float16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_FLOAT16, fill, index, count, out);
}

static void copy_bfloat16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_BFLOAT16, fill, index, count, out);
}

static void copy_float32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_FLOAT32, fill, index, count, out);
}

static void copy_float64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_FLOAT64, fill, index, count, out);
}

static void copy_int8(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_INT8, fill, index, count, out);
}

static void copy_int16(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_INT16, fill, index, count, out);
}

static void copy_int32(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_INT32, fill, index, count, out);
}

static void copy_int64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_INT64, fill, index, count, out);
}

static void copy_uint64(const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    copy(DTYPE_UINT64, fill, index, count, out);
}

/* Integer dtypes of one size share theirs, but for 64 bits: only a signed int64 holds what is below 0, only uint64 what is
 * above. */
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
