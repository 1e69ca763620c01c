/* Where the elements of a COPY fill come from: an array of float64 values, broadcast to the fill's domain. Valid C11 and C++. */
#ifndef FANIN_SRC_COPY_MAP_H
#define FANIN_SRC_COPY_MAP_H

#include "dtype.h"
#include "stream/round.h"

/* The domain's axes as far as they differ in the source: merged, none of extent 1, the outermost first. An element's place
 * in `values` is affine in its coordinates. */
struct copy_map {
    const double *values;           /* on the host */
    int ndim;
    int64_t extent[FANIN_MAX_NDIM]; /* > 0 */
    int64_t stride[FANIN_MAX_NDIM]; /* values; 0 along an axis that repeats them */
};

/* The place in `values` of the first element of a row of the last axis, rows being counted in row-major order. */
STREAM_FUNCTION int64_t copy_map_row(const struct copy_map *map, int64_t row)
{
    int64_t place = 0;
    for (int d = map->ndim - 2; d >= 0; d--) {
        place += row % map->extent[d] * map->stride[d];
        row /= map->extent[d];
    }
    return place;
}

/* The bits of a number that the dtype can hold, in the low bytes; signed and unsigned integers of a size have the same. */
STREAM_FUNCTION uint64_t copy_bits(enum dtype dtype, double value)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        return round_to_float16((float)value);
    case DTYPE_BFLOAT16:
        return round_to_bfloat16((float)value);
    case DTYPE_FLOAT32:
        return float_bits((float)value);
    case DTYPE_FLOAT64:
        return double_bits(value);
    case DTYPE_UINT64:
        return (uint64_t)value;
    default:
        return (uint64_t)(int64_t)value;
    }
}

#endif
