/* The statistic of a tensor on a device: ‖x‖₂/√size. Tiles, blocks and their order are the host's (norm_tiles.h), so that the
 * result has the same bits. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_NORM_H
#define FANIN_SRC_CUDA_NORM_H

#include "cuda/view.h"
#include "norm_tiles.h"

/* Threads of a block of threads; each does a tile. */
#define NORM_THREADS 32

/* The exponent of a power of two near the largest magnitude, within ±1000 so that its inverse is a double too; 0 where a value
 * is infinite, or all are 0 or no numbers. */
STREAM_FUNCTION int64_t norm_exponent(double largest)
{
    const int64_t biased = (int64_t)(double_bits(largest) >> 52);
    if (largest == 0.0 || biased == 0x7ff) {
        return 0;
    }
    const int64_t exponent = biased - 1022;
    return exponent < -1000 ? -1000 : exponent > 1000 ? 1000 : exponent;
}

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
    const double scale = double_from_bits((uint64_t)(1023 - partial.exponent) << 52);
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

/* The view of a tensor with elements. */
void norm_view_make(const struct tensor *tensor, struct cuda_view *out);

#endif
