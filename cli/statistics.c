#include "statistics.h"

#include "elements.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Elements that are converted and reduced at once: they stay in the first-level cache. */
#define TILE 2048

static void exact_range(struct statistics_range *range, enum dtype dtype, const void *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t x;
        memcpy(&x, (const char *)data + i * sizeof x, sizeof x);
        if (dtype == DTYPE_UINT64) {
            range->low_uint = x < range->low_uint ? x : range->low_uint;
            range->high_uint = x > range->high_uint ? x : range->high_uint;
        } else {
            range->low_int = (int64_t)x < range->low_int ? (int64_t)x : range->low_int;
            range->high_int = (int64_t)x > range->high_int ? (int64_t)x : range->high_int;
        }
    }
}

void statistics_range_add(struct statistics_range *range, enum dtype dtype, const void *data, size_t count)
{
    double values[TILE];
    if (dtype == DTYPE_INT64 || dtype == DTYPE_UINT64) {
        exact_range(range, dtype, data, count);
    }
    for (size_t done = 0; done < count; done += TILE) {
        const size_t n = count - done < TILE ? count - done : TILE;
        elements_convert(dtype, (const char *)data + done * dtype_table[dtype].size, DTYPE_FLOAT64, values, (int64_t)n);
        double low = range->low, high = range->high;
        int64_t finite = 0, nan = 0;
        for (size_t i = 0; i < n; i++) {
            const double x = values[i];
            const bool is_finite = fabs(x) <= DBL_MAX;
            low = is_finite && x < low ? x : low;
            high = is_finite && x > high ? x : high;
            finite += is_finite;
            nan += x != x;
        }
        range->low = low;
        range->high = high;
        range->finite += finite;
        range->nan += nan;
        range->inf += (int64_t)n - finite - nan;
    }
}

void statistics_range_merge(struct statistics_range *range, const struct statistics_range *next)
{
    range->finite += next->finite;
    range->nan += next->nan;
    range->inf += next->inf;
    range->low = next->low < range->low ? next->low : range->low;
    range->high = next->high > range->high ? next->high : range->high;
    range->low_int = next->low_int < range->low_int ? next->low_int : range->low_int;
    range->high_int = next->high_int > range->high_int ? next->high_int : range->high_int;
    range->low_uint = next->low_uint < range->low_uint ? next->low_uint : range->low_uint;
    range->high_uint = next->high_uint > range->high_uint ? next->high_uint : range->high_uint;
}

/* A power of two that brings the largest element near 1. Denormals need more than a double holds: 2^1000 is enough for their
 * squares. */
static double scale_of(const struct statistics_range *range)
{
    const double largest = fmax(fabs(range->low), fabs(range->high));
    int exponent;
    frexp(largest, &exponent);
    return largest == 0.0 ? 1.0 : ldexp(1.0, exponent < -1000 ? 1000 : -exponent);
}

/* What the second pass does with elements, from the first pass's range. */
struct shift {
    double scale, low, bins_each; /* bins for each unit of (x - low)·scale; 0 where all elements are equal */
};

static struct shift shift_of(const struct statistics_range *range)
{
    struct shift shift = {.scale = scale_of(range)};
    shift.low = range->low * shift.scale;
    const double width = range->high * shift.scale - shift.low;
    shift.bins_each = width > 0.0 ? STATISTICS_BINS / width : 0.0;
    return shift;
}

/* Keeps the finite ones, shifted and scaled; returns how many. */
static size_t keep_finite(double *values, size_t count, const struct shift *shift)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const double x = values[i];
        values[kept] = x * shift->scale - shift->low;
        kept += fabs(x) <= DBL_MAX;
    }
    return kept;
}

/* Two passes over values in the cache, with four sums each so that they overlap. */
static void tile_moments(const double *values, size_t count, struct statistics_moments *out)
{
    double sums[4] = {0}, squares[4] = {0};
    for (size_t i = 0; i < count; i++) {
        sums[i % 4] += values[i];
    }
    const double mean = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / (double)count;
    for (size_t i = 0; i < count; i++) {
        const double deviation = values[i] - mean;
        squares[i % 4] += deviation * deviation;
    }
    out->count = (int64_t)count;
    out->mean = mean;
    out->squares = (squares[0] + squares[1]) + (squares[2] + squares[3]);
}

void statistics_moments_add(struct statistics_moments *moments, const struct statistics_range *range, enum dtype dtype,
                            const void *data, size_t count)
{
    double values[TILE];
    const struct shift shift = shift_of(range);
    for (size_t done = 0; done < count; done += TILE) {
        const size_t n = count - done < TILE ? count - done : TILE;
        elements_convert(dtype, (const char *)data + done * dtype_table[dtype].size, DTYPE_FLOAT64, values, (int64_t)n);
        const size_t kept = keep_finite(values, n, &shift);
        if (kept == 0) {
            continue;
        }
        struct statistics_moments tile = {0};
        tile_moments(values, kept, &tile);
        for (size_t i = 0; i < kept; i++) {
            /* Rounding, or a file that changes between the passes, may lead outside. */
            const double bin = values[i] * shift.bins_each;
            tile.bins[!(bin > 0.0) ? 0 : bin < STATISTICS_BINS ? (int)bin : STATISTICS_BINS - 1]++;
        }
        statistics_moments_merge(moments, &tile);
    }
}

/* Chan, Golub and LeVeque 1979. */
void statistics_moments_merge(struct statistics_moments *moments, const struct statistics_moments *next)
{
    if (next->count == 0) {
        return;
    }
    const double a = (double)moments->count, b = (double)next->count, delta = next->mean - moments->mean;
    moments->mean += delta * (b / (a + b));
    moments->squares += next->squares + delta * delta * (a * (b / (a + b)));
    moments->count += next->count;
    for (int i = 0; i < STATISTICS_BINS; i++) {
        moments->bins[i] += next->bins[i];
    }
}

struct statistics statistics_finish(const struct statistics_range *range, const struct statistics_moments *moments)
{
    const struct shift shift = shift_of(range);
    const double mean = moments->mean + shift.low;
    const double variance = moments->squares / (double)moments->count;
    return (struct statistics){mean / shift.scale, sqrt(variance) / shift.scale, sqrt(mean * mean + variance) / shift.scale};
}
