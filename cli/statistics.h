/* Statistics of an array's elements, gathered from pieces in any dtype. Pieces are merged in order, so the results do not
 * depend on how many threads made them. */
#ifndef FANIN_CLI_STATISTICS_H
#define FANIN_CLI_STATISTICS_H

#include "dtype.h"

#define STATISTICS_BINS 16

/* First pass: what lies where. Start from STATISTICS_RANGE_INIT. */
struct statistics_range {
    int64_t finite, nan, inf;
    double low, high;             /* of the finite elements; meaningless without any */
    int64_t low_int, high_int;    /* exact, of int64 */
    uint64_t low_uint, high_uint; /* exact, of uint64 */
};

#define STATISTICS_RANGE_INIT                                                                                                  \
    {                                                                                                                          \
        0, 0, 0, __builtin_inf(), -__builtin_inf(), INT64_MAX, INT64_MIN, UINT64_MAX, 0                                        \
    }

void statistics_range_add(struct statistics_range *range, enum dtype dtype, const void *data, size_t count);
void statistics_range_merge(struct statistics_range *range, const struct statistics_range *next);

/* Second pass: moments and histogram of the finite elements. Elements are taken as (x - low)·2^scale, so that neither a sum nor
 * a square leaves the range of a double and equal elements have a deviation of exactly 0. */
struct statistics_moments {
    int64_t count;
    double mean, squares; /* of (x - low)·2^scale; sum of the squared deviations from the mean */
    int64_t bins[STATISTICS_BINS];
};

void statistics_moments_add(struct statistics_moments *moments, const struct statistics_range *range, enum dtype dtype,
                            const void *data, size_t count);
void statistics_moments_merge(struct statistics_moments *moments, const struct statistics_moments *next);

/* Both passes' results; only for range->finite > 0. std divides by the count. */
struct statistics {
    double mean, std, rms;
};
struct statistics statistics_finish(const struct statistics_range *range, const struct statistics_moments *moments);

#endif
