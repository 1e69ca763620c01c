/* The weights of bilinear up-sampling. In float64, rounded to float32 at the end, as MXNet computes them. */
#ifndef FANIN_SRC_CPU_BILINEAR_H
#define FANIN_SRC_CPU_BILINEAR_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* One axis of the filter: a tent over its coordinates. */
struct bilinear_axis {
    int64_t extent;
    double scale, centre;
};

struct bilinear {
    bool centred;
    struct bilinear_axis x, y;
};

/* MXNet's Bilinear: the height takes the width's scale, and widths with W mod 4 in {2, 3} are not symmetric. */
static inline struct bilinear bilinear_mxnet(int64_t height, int64_t width)
{
    const int64_t f = width / 2 + width % 2;
    const double centre = (2.0 * (double)f - 1.0 - (double)(f % 2)) / (2.0 * (double)f);
    return (struct bilinear){false, {width, (double)f, centre}, {height, (double)f, centre}};
}

static inline struct bilinear_axis bilinear_centred_axis(int64_t extent)
{
    const int64_t factor = extent / 2 + extent % 2;
    const double centre = extent % 2 != 0 ? (double)(factor - 1) : (double)factor - 0.5;
    return (struct bilinear_axis){extent, (double)factor, centre};
}

/* Symmetric, each axis with its own scale: `upsample_filt` of FCN (Shelhamer et al. 2016), Caffe's filler. */
static inline struct bilinear bilinear_centred(int64_t height, int64_t width)
{
    return (struct bilinear){true, bilinear_centred_axis(width), bilinear_centred_axis(height)};
}

/* The tent of one axis. */
static inline double bilinear_tent(const struct bilinear_axis *axis, bool centred, int64_t coordinate)
{
    if (centred) {
        return 1.0 - fabs((double)coordinate - axis->centre) / axis->scale;
    }
    return 1.0 - fabs((double)coordinate / axis->scale - axis->centre);
}

#endif
