/* The statistic of a tensor on a device: ‖x‖₂/√size. Tiles, blocks and their order are the host's (norm_tiles.h), so that the
 * result has the same bits. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_NORM_H
#define FANIN_SRC_CUDA_NORM_H

#include "cuda/view.h"
#include "norm_tiles.h"

/* Threads of a block of threads; each does a tile. */
#define NORM_THREADS 32

/* What a thread does: one tile. It goes over the elements twice, first for their scale. */
STREAM_FUNCTION struct norm_partial norm_tile(const struct cuda_view *view, int64_t tile)
{
    const int64_t begin = tile * NORM_TILE;
    const int count = view->size - begin < NORM_TILE ? (int)(view->size - begin) : NORM_TILE;
    double largest = 0.0;
    CUDA_KEEP_ROLLED
    for (int i = 0; i < count; i++) {
        const double magnitude =
            fabs(norm_element((enum dtype)view->dtype, (const void *)(uintptr_t)cuda_view_address(view, begin + i)));
        largest = magnitude > largest ? magnitude : largest;
    }
    struct norm_partial partial;
    partial.exponent = norm_exponent(largest);
    const double scale = norm_scale(partial.exponent);
    double sum[NORM_LANES] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    /* The sums take turns at the first place, so that one piece of code serves all; a whole number of rounds brings each
     * back. */
    const int rounds = (count + NORM_LANES - 1) / NORM_LANES;
    CUDA_KEEP_ROLLED
    for (int i = 0; i < rounds * NORM_LANES; i++) {
        const double value =
            i < count ? norm_element((enum dtype)view->dtype, (const void *)(uintptr_t)cuda_view_address(view, begin + i))
                      : 0.0;
        const double scaled = double_multiply(value, scale);
        const double first = double_add(sum[0], double_multiply(scaled, scaled));
        CUDA_UNROLL
        for (int lane = 1; lane < NORM_LANES; lane++) {
            sum[lane - 1] = sum[lane];
        }
        sum[NORM_LANES - 1] = first;
    }
    CUDA_UNROLL
    for (int width = NORM_LANES / 2; width > 0; width /= 2) {
        CUDA_UNROLL
        for (int lane = 0; lane < width; lane++) {
            sum[lane] = double_add(sum[lane], sum[lane + width]);
        }
    }
    partial.sum = sum[0];
    return partial;
}

#endif
