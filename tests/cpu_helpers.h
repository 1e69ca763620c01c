/* What the tests of the CPU backend share: each element on its own, straight from the stream functions. */
#ifndef FANIN_TESTS_CPU_HELPERS_H
#define FANIN_TESTS_CPU_HELPERS_H

#include "item_numbers.h"
#include "stream/integer.h"
#include "stream/normal.h"
#include "stream/philox.h"
#include "stream/round.h"

#include <math.h>
#include <string.h>

/* A generator for the tests' own choices: splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* In [low, high]. */
static inline int64_t test_between(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(test_random(state) % (uint64_t)(high - low + 1));
}

/* Whether a kind can fill a dtype. */
static inline bool test_fills(enum fill_kind kind, enum dtype dtype)
{
    return kind == FILL_CONSTANT || kind == FILL_INTEGER || (kind < FILL_CUSTOM && dtype_table[dtype].is_float);
}

/* A fill with numbers that are not round in any dtype, and that the dtype can hold. */
static inline struct fill test_fill(enum fill_kind kind, enum dtype dtype)
{
    static const int64_t domain[] = {3, 5, 7, 11};
    struct fill fill = {.kind = kind, .stream = 0x0123456789abcdefu * (uint64_t)(kind + 1), .ndim = 4, .domain = domain};
    const bool is_float = dtype_table[dtype].is_float, is_unsigned = dtype_table[dtype].code == kDLUInt;
    switch (kind) {
    case FILL_CONSTANT:
        fill.a = dtype == DTYPE_BOOL ? 1.0 : is_float ? -0.1 : is_unsigned ? 0x5b : -0x5b;
        break;
    case FILL_UNIFORM:
        fill.a = -0.37;
        fill.b = 0.81;
        break;
    case FILL_NORMAL:
        fill.a = 0.3;
        fill.b = 1.7;
        break;
    case FILL_INTEGER:
        fill.a = dtype == DTYPE_BOOL || is_unsigned ? 0.0 : -127.0;
        fill.b = dtype == DTYPE_BOOL ? 1.0 : 126.0;
        break;
    default:
        break;
    }
    return fill;
}

static inline float reference_float(const struct fill *fill, const uint32_t word[4], int64_t index)
{
    const int lane = (int)(index % 4);
    if (fill->kind == FILL_UNIFORM) {
        const struct uniform_float bounds = uniform_float_make(fill->a, fill->b);
        return uniform_float(word[lane], &bounds);
    }
    float pair[2];
    normal_pair_float(word[lane / 2 * 2], word[lane / 2 * 2 + 1], (float)fill->a, (float)fill->b, pair);
    return pair[lane % 2];
}

static inline double reference_double(const struct fill *fill, const uint32_t word[4], int64_t index)
{
    const int lane = (int)(index % 2);
    if (fill->kind == FILL_UNIFORM) {
        const struct uniform_double bounds = uniform_double_make(fill->a, fill->b);
        return uniform_double(word[2 * lane], word[2 * lane + 1], &bounds);
    }
    double pair[2];
    normal_pair_double(word[0], word[1], word[2], word[3], fill->a, fill->b, pair);
    return pair[lane];
}

/* MXNet's weight[i] = (1 - abs(x / f - c)) * (1 - abs(y / f - c)), or the centred form of FCN's upsample_filt. */
static inline float reference_bilinear(const struct fill *fill, int64_t index)
{
    const int64_t height = fill->domain[2], width = fill->domain[3];
    const double x = (double)(index % width), y = (double)(index / width % height);
    if (fill->a == 0.0) {
        const double f = ceil((double)width / 2.0);
        const double c = (2.0 * f - 1.0 - fmod(f, 2.0)) / (2.0 * f);
        return (float)((1.0 - fabs(x / f - c)) * (1.0 - fabs(y / f - c)));
    }
    const int64_t factor_x = (width + 1) / 2, factor_y = (height + 1) / 2;
    const double centre_x = width % 2 == 1 ? (double)factor_x - 1.0 : (double)factor_x - 0.5;
    const double centre_y = height % 2 == 1 ? (double)factor_y - 1.0 : (double)factor_y - 0.5;
    return (float)((1.0 - fabs(x - centre_x) / (double)factor_x) * (1.0 - fabs(y - centre_y) / (double)factor_y));
}

/* A 16-bit value is kept between the 16-bit numbers next inside the bounds, after it was rounded. */
static inline uint16_t reference_half(const struct fill *fill, enum dtype dtype, float value)
{
    const bool brain = dtype == DTYPE_BFLOAT16;
    const uint16_t bits = brain ? round_to_bfloat16(value) : round_to_float16(value);
    if (fill->kind != FILL_UNIFORM) {
        return bits;
    }
    float low = -INFINITY, high = INFINITY;
    (void)(brain ? bfloat16_inward((float)fill->a, (float)fill->b, &low, &high)
                 : float16_inward((float)fill->a, (float)fill->b, &low, &high));
    const float rounded = brain ? bfloat16_to_float(bits) : float16_to_float(bits);
    const float kept = rounded < low ? low : rounded > high ? high : rounded;
    return brain ? round_to_bfloat16(kept) : round_to_float16(kept);
}

static inline void reference_store_integer(enum dtype dtype, uint64_t value, unsigned char *out)
{
    /* A bound that gcc sees, for its warnings of too small an `out`. */
    const int size = dtype_table[dtype].size < 8 ? dtype_table[dtype].size : 8;
    for (int byte = 0; byte < size; byte++) {
        const int shift = 8 * (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? byte : size - 1 - byte);
        out[byte] = (unsigned char)(value >> shift);
    }
}

/* The bytes of the domain's element `index`. */
static inline void reference_element(const struct fill *fill, enum dtype dtype, uint64_t seed, int64_t index,
                                     unsigned char *out)
{
    uint32_t word[4];
    philox_block(seed, fill->stream, (uint64_t)(index / (dtype == DTYPE_FLOAT64 ? 2 : 4)), word);
    double value;
    if (fill->kind == FILL_CONSTANT) {
        value = fill->a;
    } else if (fill->kind == FILL_INTEGER) {
        const int lane = dtype == DTYPE_FLOAT64 ? (int)(index % 2) * 2 : (int)(index % 4);
        value = (double)uniform_integer(word[lane], (int64_t)fill->a, (int64_t)fill->b);
    } else if (fill->kind == FILL_BILINEAR) {
        value = (double)reference_bilinear(fill, index);
    } else if (dtype == DTYPE_FLOAT64) {
        value = reference_double(fill, word, index);
    } else {
        value = (double)reference_float(fill, word, index);
    }
    const float narrow = (float)value;
    uint16_t half;
    switch (dtype) {
    case DTYPE_FLOAT64:
        memcpy(out, &value, sizeof value);
        break;
    case DTYPE_FLOAT32:
        memcpy(out, &narrow, sizeof narrow);
        break;
    case DTYPE_FLOAT16:
    case DTYPE_BFLOAT16:
        half = reference_half(fill, dtype, narrow);
        memcpy(out, &half, sizeof half);
        break;
    default:
        reference_store_integer(dtype, value < 0.0 ? (uint64_t)(int64_t)value : (uint64_t)value, out);
    }
}

/* An item of one row without gaps. */
static inline struct item test_row(const struct fill *fill, enum dtype dtype, void *data, int64_t start, int64_t count)
{
    struct item item = {.fill = fill, .name = "test", .data = data, .device = {kDLCPU, 0}, .dtype = dtype, .start = start};
    item.size = count;
    if (count > 1) {
        item.ndim = 1;
        item_numbers(&item, 1);
        item.extent[0] = count;
        item.stride[0] = 1;
        item.step[0] = 1;
    }
    return item;
}

#endif
