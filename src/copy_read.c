#include "copy.h"

/* The dtype is a constant wherever this is called, and the compiler makes a loop for each. */
static inline __attribute__((always_inline)) void read_as(enum dtype dtype, const struct copy_map *map, int64_t index,
                                                          int64_t count, void *out)
{
    const int last = map->ndim - 1;
    const int64_t extent = last >= 0 ? map->extent[last] : INT64_MAX;
    const int64_t stride = last >= 0 ? map->stride[last] : 0;
    int64_t row = index / extent, first = index % extent;
    for (int64_t done = 0; done < count;) {
        const double *const values = map->values + copy_map_place(map, row, 1) + first * stride;
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

/* Integer dtypes of one size share a loop, but for 64 bits: only a signed int64 holds what is below 0, only uint64 what is above. */
void copy_read(const struct copy_map *map, enum dtype dtype, int64_t index, int64_t count, void *out)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        read_as(DTYPE_FLOAT16, map, index, count, out);
        break;
    case DTYPE_BFLOAT16:
        read_as(DTYPE_BFLOAT16, map, index, count, out);
        break;
    case DTYPE_FLOAT32:
        read_as(DTYPE_FLOAT32, map, index, count, out);
        break;
    case DTYPE_FLOAT64:
        read_as(DTYPE_FLOAT64, map, index, count, out);
        break;
    case DTYPE_INT8:
    case DTYPE_UINT8:
    case DTYPE_BOOL:
        read_as(DTYPE_INT8, map, index, count, out);
        break;
    case DTYPE_INT16:
    case DTYPE_UINT16:
        read_as(DTYPE_INT16, map, index, count, out);
        break;
    case DTYPE_INT32:
    case DTYPE_UINT32:
        read_as(DTYPE_INT32, map, index, count, out);
        break;
    case DTYPE_INT64:
        read_as(DTYPE_INT64, map, index, count, out);
        break;
    default:
        read_as(DTYPE_UINT64, map, index, count, out);
    }
}
