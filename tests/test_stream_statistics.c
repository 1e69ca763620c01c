/* The distribution of long runs of elements. Every test is two-sided at a significance of 1e-4: with fixed seeds it passes
 * always or never, and the limits are what a true random sequence passes but for one in 10,000. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/integer.h"
#include "stream/name.h"
#include "stream/normal.h"
#include "stream/philox.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the standard normal, and of Kolmogorov's distribution: √(-ln(α/2)/2). */
static const double normal_limit = 3.8906, kolmogorov_limit = 2.2253;

enum { VALUES = 1 << 26, VALUES_DOUBLE = 1 << 24, BATCH = 1 << 14, LONGEST_LAG = 1 << 12, BINS = 1 << 20 };

static const int lags[] = {1, 2, 3, 4, 5, 7, 8, 16, 32, 64, 128, 1000, 1024, LONGEST_LAG};
enum { LAGS = sizeof lags / sizeof *lags };

/* Elements [first, first + count) of a stream, both multiples of 4, as doubles. */
typedef void (*generator)(uint64_t seed, uint64_t stream, uint64_t first, int count, double *out);

static void generate_uniform_float(uint64_t seed, uint64_t stream, uint64_t first, int count, double *out)
{
    const struct uniform_float bounds = uniform_float_make(0, 1);
    for (int i = 0; i < count; i += 4) {
        uint32_t w[4];
        philox_block(seed, stream, (first + (uint64_t)i) / 4, w);
        for (int lane = 0; lane < 4; lane++)
            out[i + lane] = uniform_float(w[lane], &bounds);
    }
}

static void generate_normal_float(uint64_t seed, uint64_t stream, uint64_t first, int count, double *out)
{
    for (int i = 0; i < count; i += 4) {
        uint32_t w[4];
        float values[4];
        philox_block(seed, stream, (first + (uint64_t)i) / 4, w);
        normal_pair_float(w[0], w[1], 0, 1, values);
        normal_pair_float(w[2], w[3], 0, 1, values + 2);
        for (int lane = 0; lane < 4; lane++)
            out[i + lane] = values[lane];
    }
}

static void generate_uniform_double(uint64_t seed, uint64_t stream, uint64_t first, int count, double *out)
{
    const struct uniform_double bounds = uniform_double_make(0, 1);
    for (int i = 0; i < count; i += 2) {
        uint32_t w[4];
        philox_block(seed, stream, (first + (uint64_t)i) / 2, w);
        out[i] = uniform_double(w[0], w[1], &bounds);
        out[i + 1] = uniform_double(w[2], w[3], &bounds);
    }
}

static void generate_normal_double(uint64_t seed, uint64_t stream, uint64_t first, int count, double *out)
{
    for (int i = 0; i < count; i += 2) {
        uint32_t w[4];
        philox_block(seed, stream, (first + (uint64_t)i) / 2, w);
        normal_pair_double(w[0], w[1], w[2], w[3], 0, 1, out + i);
    }
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x * sqrt(0.5));
}

static double uniform_cdf(double x)
{
    return x;
}

/* A distribution: its CDF, where the bins begin and end, its moments about the mean from the first (the mean itself) to the
 * eighth. */
struct distribution {
    double (*cdf)(double);
    double low, high, mean;
    double moments[9];
};

static const struct distribution standard_normal = {normal_cdf, -8, 8, 0, {1, 0, 1, 0, 3, 0, 15, 0, 105}};
static const struct distribution unit_uniform = {
    uniform_cdf, 0, 1, 0.5, {1, 0, 1.0 / 12, 0, 1.0 / 80, 0, 1.0 / 448, 0, 1.0 / 2304}};

/* Fails unless `found` is within the limit of a normal variable with this mean and standard deviation. */
static void expect(const char *what, double found, double mean, double deviation)
{
    if (!(fabs(found - mean) <= normal_limit * deviation))
        fail_msg("%s: found %.9g, expected %.9g ± %.3g", what, found, mean, deviation);
}

/* Kolmogorov and Smirnov's distance, measured at the edges of the bins; inside one it grows at most by the bin's mass, which
 * is allowed for. */
static void expect_distribution(const struct distribution *distribution, const uint32_t *bins, double count)
{
    double distance = 0, largest_mass = 0, below = 0, last = distribution->cdf(distribution->low);
    for (int i = 0; i < BINS; i++) {
        below += bins[i];
        const double edge = distribution->low + (distribution->high - distribution->low) * (i + 1) / BINS;
        const double expected = distribution->cdf(edge);
        distance = fmax(distance, fabs(below / count - expected));
        largest_mass = fmax(largest_mass, expected - last);
        last = expected;
    }
    print_message("Kolmogorov-Smirnov: √n·D = %.3f\n", (distance + largest_mass) * sqrt(count));
    assert_true((distance + largest_mass) * sqrt(count) <= kolmogorov_limit);
}

/* Σ a·b in eight running sums, which a compiler can keep in vectors. */
static double dot(const double *a, const double *b, int count)
{
    double sums[8] = {0}, sum = 0;
    for (int i = 0; i < count; i += 8)
        for (int k = 0; k < 8; k++)
            sums[k] += a[i + k] * b[i + k];
    for (int k = 0; k < 8; k++)
        sum += sums[k];
    return sum;
}

/* All tests of one sequence: distribution, moments to the fourth, correlation with itself and of squares with themselves at
 * each lag. (Squares: the pairs of Box and Muller share a radius, which shows there if it shows anywhere.) */
static void check_sequence(generator generate, const struct distribution *distribution, uint64_t seed, int count)
{
    uint32_t *bins = calloc(BINS, sizeof *bins);
    /* The batch, its squares less the variance, and before them the end of the batch before: at first zeros, so that the first
     * products are none. */
    double *buffer = calloc(LONGEST_LAG + BATCH, sizeof *buffer), *batch = buffer + LONGEST_LAG;
    double *squares = calloc(LONGEST_LAG + BATCH, sizeof *squares), *batch_squares = squares + LONGEST_LAG;
    assert_true(bins != NULL && buffer != NULL && squares != NULL);
    const uint64_t stream = stream_of_name("fc1_weight");
    const double scale = BINS / (distribution->high - distribution->low), variance = distribution->moments[2];
    double sums[5] = {0}, products[LAGS] = {0}, square_products[LAGS] = {0};
    for (int done = 0; done < count; done += BATCH) {
        generate(seed, stream, (uint64_t)done, BATCH, batch);
        for (int i = 0; i < BATCH; i++) {
            int bin = (int)((batch[i] - distribution->low) * scale);
            bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
            bins[bin]++;
            batch[i] -= distribution->mean;
            batch_squares[i] = batch[i] * batch[i] - variance;
        }
        double sum = 0, third = 0, fourth = 0;
        for (int i = 0; i < BATCH; i++) {
            const double x = batch[i], square = x * x;
            sum += x;
            third += square * x;
            fourth += square * square;
        }
        sums[1] += sum;
        sums[2] += dot(batch, batch, BATCH);
        sums[3] += third;
        sums[4] += fourth;
        for (int lag = 0; lag < LAGS; lag++) {
            products[lag] += dot(batch, batch - lags[lag], BATCH);
            square_products[lag] += dot(batch_squares, batch_squares - lags[lag], BATCH);
        }
        memcpy(buffer, batch + BATCH - LONGEST_LAG, LONGEST_LAG * sizeof *buffer);
        memcpy(squares, batch_squares + BATCH - LONGEST_LAG, LONGEST_LAG * sizeof *squares);
    }
    expect_distribution(distribution, bins, count);
    for (int power = 1; power <= 4; power++) {
        const double mean = distribution->moments[power], spread = distribution->moments[2 * power] - mean * mean;
        expect(((const char *[]){"", "mean", "variance", "third moment", "fourth moment"})[power], sums[power] / count, mean,
               sqrt(spread / count));
    }
    const double square_variance = distribution->moments[4] - variance * variance;
    for (int lag = 0; lag < LAGS; lag++) {
        const double pairs = count - lags[lag];
        expect("serial correlation", products[lag] / pairs / variance, 0, 1 / sqrt(pairs));
        expect("serial correlation of squares", square_products[lag] / pairs / square_variance, 0, 1 / sqrt(pairs));
    }
    free(bins);
    free(buffer);
    free(squares);
}

static void test_uniform_float(void **state)
{
    (void)state;
    check_sequence(generate_uniform_float, &unit_uniform, 1, VALUES);
}

static void test_normal_float(void **state)
{
    (void)state;
    check_sequence(generate_normal_float, &standard_normal, 2, VALUES);
}

static void test_uniform_double(void **state)
{
    (void)state;
    check_sequence(generate_uniform_double, &unit_uniform, 3, VALUES_DOUBLE);
}

static void test_normal_double(void **state)
{
    (void)state;
    check_sequence(generate_normal_double, &standard_normal, 4, VALUES_DOUBLE);
}

/* Counts beyond each limit, binomial; and the largest value of all. */
static void test_normal_tails(void **state)
{
    (void)state;
    static double batch[BATCH];
    double beyond[6] = {0}, largest = 0;
    for (uint64_t done = 0; done < VALUES; done += BATCH) {
        generate_normal_float(5, stream_of_name("tail"), done, BATCH, batch);
        for (int i = 0; i < BATCH; i++) {
            const double magnitude = fabs(batch[i]);
            for (int limit = 1; limit < 6 && magnitude > limit; limit++)
                beyond[limit]++;
            largest = fmax(largest, magnitude);
        }
    }
    for (int limit = 1; limit < 6; limit++) {
        const double probability = 2 * normal_cdf(-limit), mean = VALUES * probability;
        expect("count in the tails", beyond[limit], mean, sqrt(mean * (1 - probability)));
    }
    /* That none of 2^26 values passes 4.9 has a probability of e^-64. */
    assert_true(largest > 4.9 && largest <= sqrt(66 * log(2)) + 3e-6);
}

/* Streams of other names, neighbouring stream numbers, other seeds, and far parts of one stream have nothing in common. */
static void test_across_streams_and_seeds(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, stream, first;
    } others[] = {{0, 1, 0},          {0, 1ull << 32, 0}, {0, 1ull << 63, 0},       {1, 0, 0},
                  {1ull << 32, 0, 0}, {UINT64_MAX, 0, 0}, {0, 0, 1ull << 34},       {0, 0, 1ull << 24},
                  {0, 0, 4},          {1, 1, 0},          {0, UINT64_MAX, 1u << 4}, {0x9e3779b9, 0, 0}};
    static double a[BATCH], b[BATCH];
    enum { COUNT = 1 << 23 };
    for (int kind = 0; kind < 2; kind++) {
        const generator generate = kind == 0 ? generate_uniform_float : generate_normal_float;
        const struct distribution *distribution = kind == 0 ? &unit_uniform : &standard_normal;
        const double variance = distribution->moments[2], mean = distribution->mean;
        for (size_t other = 0; other < sizeof others / sizeof *others; other++) {
            double sum = 0, square_sum = 0;
            for (int done = 0; done < COUNT; done += BATCH) {
                generate(0, 0, (uint64_t)done, BATCH, a);
                generate(others[other].seed, others[other].stream, others[other].first + (uint64_t)done, BATCH, b);
                for (int i = 0; i < BATCH; i++) {
                    const double x = a[i] - mean, y = b[i] - mean;
                    sum += x * y;
                    square_sum += (x * x - variance) * (y * y - variance);
                }
            }
            expect("correlation", sum / COUNT / variance, 0, 1 / sqrt(COUNT));
            expect("correlation of squares", square_sum / COUNT / (distribution->moments[4] - variance * variance), 0,
                   1 / sqrt(COUNT));
        }
    }
    /* Names that differ in one letter. */
    uint32_t seen[4] = {0}, other[4];
    philox_block(0, stream_of_name("fc1_weight"), 0, seen);
    philox_block(0, stream_of_name("fc2_weight"), 0, other);
    assert_memory_not_equal(seen, other, sizeof seen);
}

/* Chi-square of counts that are expected equal, by Wilson and Hilferty's approximation. */
static void expect_equal_counts(const uint32_t *counts, int categories, double total)
{
    const double expected = total / categories, degrees = categories - 1;
    double chi_square = 0;
    for (int i = 0; i < categories; i++)
        chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    expect("chi-square", cbrt(chi_square / degrees), 1 - 2 / (9 * degrees), sqrt(2 / (9 * degrees)));
}

static void test_integers(void **state)
{
    (void)state;
    static const int64_t ranges[][2] = {{-127, 126}, {0, 1}, {-3, 3}, {1, 6}, {-1000, 1000}, {0, 65535}};
    static uint32_t counts[65536];
    for (size_t range = 0; range < sizeof ranges / sizeof *ranges; range++) {
        const int64_t low = ranges[range][0], high = ranges[range][1];
        memset(counts, 0, sizeof counts);
        for (uint64_t block = 0; block < VALUES_DOUBLE / 4; block++) {
            uint32_t w[4];
            philox_block(range, stream_of_name("fc1_weight_quantize"), block, w);
            for (int lane = 0; lane < 4; lane++)
                counts[uniform_integer(w[lane], low, high) - low]++;
        }
        expect_equal_counts(counts, (int)(high - low + 1), VALUES_DOUBLE);
    }
}

int main(void)
{
#ifdef FANIN_TEST_NEEDS_FMA
    if (!__builtin_cpu_supports("fma") || !__builtin_cpu_supports("avx2")) {
        puts("skipped: compiled for a processor with FMA and AVX2, which this one lacks");
        return 77;
    }
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniform_float),  cmocka_unit_test(test_normal_float),
        cmocka_unit_test(test_uniform_double), cmocka_unit_test(test_normal_double),
        cmocka_unit_test(test_normal_tails),   cmocka_unit_test(test_across_streams_and_seeds),
        cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
