/* The weights of bilinear up-sampling on the device. In float64, rounded to float32 at the end, as MXNet computes them. */
#ifndef FANIN_SRC_CUDA_BILINEAR_H
#define FANIN_SRC_CUDA_BILINEAR_H

#include "cuda/device.h"

#include <math.h>
#include <stdbool.h>

/* 1 - |coordinate / scale - centre| */
STREAM_FUNCTION double bilinear_tent_mxnet(uint64_t coordinate, double scale, double centre)
{
    return double_add(1.0, -fabs(double_add((double)coordinate / scale, -centre)));
}

/* 1 - |coordinate - centre| / scale, centre and scale of the axis's own extent. */
STREAM_FUNCTION double bilinear_tent_centred(uint64_t coordinate, int64_t extent)
{
    const int64_t factor = extent / 2 + extent % 2;
    const double centre = extent % 2 != 0 ? (double)(factor - 1) : double_add((double)factor, -0.5);
    return double_add(1.0, -(fabs(double_add((double)coordinate, -centre)) / (double)factor));
}

/* The weight at a row-major index of (filters, channels, height, width). MXNet's formula gives the height the width's scale;
 * the centred one is FCN's (Shelhamer et al. 2016). */
STREAM_FUNCTION float bilinear_weight(bool centred, int64_t height, int64_t width, uint64_t index)
{
    uint64_t row, filter;
    const uint64_t x = divide(index, (uint64_t)width, &row), y = divide(row, (uint64_t)height, &filter);
    if (centred) {
        return (float)double_multiply(bilinear_tent_centred(x, width), bilinear_tent_centred(y, height));
    }
    const int64_t factor = width / 2 + width % 2;
    const double scale = (double)factor;
    const double centre = (double)(2 * factor - 1 - factor % 2) / (double)(2 * factor);
    return (float)double_multiply(bilinear_tent_mxnet(x, scale, centre), bilinear_tent_mxnet(y, scale, centre));
}

#endif
