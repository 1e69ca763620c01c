/* Elements of every dtype as every other one, against conversions that are written from their definitions in long double, which
 * holds every int64, uint64 and double. */
#include "params_helpers.h"

#include "elements.h"

#include <float.h>
#include <math.h>

_Static_assert(LDBL_MANT_DIG >= 64, "the reference needs the precision of an integer of 64 bits");

/* ---- the reference ---- */

/* Of a float of `exponent` and `fraction` bits. */
static long double small_float(unsigned bits, int exponent, int fraction)
{
    const unsigned low = bits & ((1u << fraction) - 1), high = bits >> fraction & ((1u << exponent) - 1);
    const int bias = (1 << (exponent - 1)) - 1;
    const long double sign = bits >> (exponent + fraction) ? -1.0L : 1.0L;
    if (high == (1u << exponent) - 1) {
        return low ? (long double)NAN : sign * (long double)INFINITY;
    }
    return sign * (high == 0 ? ldexpl(low, 1 - bias - fraction) : ldexpl(low + (1u << fraction), (int)high - bias - fraction));
}

/* The bits of the nearest such float, ties to even. */
static unsigned to_small_float(float value, int exponent, int fraction)
{
    const int bias = (1 << (exponent - 1)) - 1;
    const unsigned sign = signbit(value) ? 1u << (exponent + fraction) : 0, infinity = ((1u << exponent) - 1) << fraction;
    if (isinf(value) || value == 0.0f) {
        return sign | (value == 0.0f ? 0 : infinity);
    }
    int power;
    (void)frexp(fabsf(value), &power);
    power = power - 1 < 1 - bias ? 1 - bias : power - 1;
    /* In units of the last place; what rounds up to the next power of two carries into the exponent by itself. */
    const double units = nearbyint(ldexp(fabsf(value), fraction - power));
    const unsigned bits = units < (double)(1u << fraction)
                              ? (unsigned)units
                              : ((unsigned)(power + bias) << fraction) + (unsigned)units - (1u << fraction);
    return sign | (bits > infinity ? infinity : bits);
}

static uint64_t integer_bits(enum dtype dtype, const void *element)
{
    uint64_t bits = 0;
    memcpy(&bits, element, dtype_table[dtype].size); /* little-endian */
    return bits;
}

static bool is_signed(enum dtype dtype)
{
    return dtype_table[dtype].code == kDLInt;
}

static long double value_of(enum dtype dtype, const void *element)
{
    const uint64_t bits = integer_bits(dtype, element);
    const int unused = 64 - dtype_table[dtype].bits;
    float single;
    double wide;
    switch (dtype) {
    case DTYPE_FLOAT16:
        return small_float((unsigned)bits, 5, 10);
    case DTYPE_BFLOAT16:
        return small_float((unsigned)bits, 8, 7);
    case DTYPE_FLOAT32:
        memcpy(&single, element, sizeof single);
        return single;
    case DTYPE_FLOAT64:
        memcpy(&wide, element, sizeof wide);
        return wide;
    case DTYPE_BOOL:
        return bits != 0;
    default:
        return is_signed(dtype) ? (long double)((int64_t)(bits << unused) >> unused) : (long double)bits;
    }
}

/* The bits that the dtype has for a value; `whole`: it comes from an integer. */
static uint64_t expected_bits(enum dtype dtype, long double value, bool whole)
{
    const int bits = dtype_table[dtype].bits;
    const float single = (float)value;
    const double wide = (double)value;
    uint64_t out = 0;
    switch (dtype) {
    case DTYPE_FLOAT16:
        return to_small_float(single, 5, 10);
    case DTYPE_BFLOAT16:
        return to_small_float(single, 8, 7);
    case DTYPE_FLOAT32:
        memcpy(&out, &single, sizeof single);
        return out;
    case DTYPE_FLOAT64:
        memcpy(&out, &wide, sizeof wide);
        return out;
    case DTYPE_BOOL:
        return value != 0.0L;
    default:
        break;
    }
    const uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    if (whole) {
        /* Modulo 2^bits. */
        return (value < 0 ? -(uint64_t)-value : (uint64_t)value) & mask;
    }
    const long double low = is_signed(dtype) ? -ldexpl(1, bits - 1) : 0, high = ldexpl(1, bits - is_signed(dtype)) - 1;
    const long double cut = isnan(value) ? 0 : truncl(value);
    const long double kept = cut < low ? low : cut > high ? high : cut;
    return (kept < 0 ? -(uint64_t)-kept : (uint64_t)kept) & mask;
}

static bool is_nan(enum dtype dtype, uint64_t bits)
{
    return dtype_table[dtype].is_float && isnan(value_of(dtype, &bits));
}

/* ---- the elements ---- */

#define COUNT 70000

/* Bits that conversions get wrong, in front of random ones; all there are of 8 and 16 bits. */
static uint64_t input(enum dtype dtype, int64_t k, uint64_t *state)
{
    static const double values[] = {0.0,
                                    -0.0,
                                    0.5,
                                    -0.5,
                                    0.99999,
                                    -0.99999,
                                    1.0,
                                    -1.0,
                                    1.5,
                                    2.5,
                                    -2.5,
                                    126.9,
                                    127.0,
                                    127.5,
                                    128.0,
                                    -127.9,
                                    -128.0,
                                    -128.9,
                                    -129.0,
                                    255.0,
                                    255.5,
                                    256.0,
                                    32767.5,
                                    32768.0,
                                    65535.5,
                                    65536.0,
                                    65503.9,
                                    65519.9,
                                    65520.0,
                                    65520.1,
                                    0x1p31,
                                    -0x1p31,
                                    0x1p32,
                                    0x1p53,
                                    0x1p63,
                                    -0x1p63,
                                    0x1p64,
                                    1e19,
                                    -1e19,
                                    1e300,
                                    -1e300,
                                    1e-300,
                                    1e-45,
                                    6e-8,
                                    2.9e-8,
                                    3e-8,
                                    1e-7,
                                    INFINITY,
                                    -INFINITY,
                                    NAN,
                                    16777217,
                                    0x1.fffffefp127,
                                    0x1.ffffff0p127,
                                    0x1.0000010p0,
                                    0x1.0000011p0,
                                    0x1p-149,
                                    0x1p-150};
    static const int64_t integers[] = {0,
                                       1,
                                       -1,
                                       126,
                                       127,
                                       128,
                                       -128,
                                       -129,
                                       255,
                                       256,
                                       32767,
                                       32768,
                                       -32769,
                                       65535,
                                       65536,
                                       INT32_MAX,
                                       INT32_MIN,
                                       UINT32_MAX,
                                       16777217,
                                       33554433,
                                       INT64_C(1) << 53,
                                       (INT64_C(1) << 53) + 1,
                                       (INT64_C(1) << 60) + 1,
                                       INT64_MAX,
                                       INT64_MIN,
                                       INT64_MAX - 511,
                                       INT64_C(0x4000004000000001),
                                       65519,
                                       65520,
                                       2049,
                                       2051};
    const int64_t n_values = sizeof values / sizeof *values, n_integers = sizeof integers / sizeof *integers;
    if (dtype_table[dtype].size <= 2) {
        return (uint64_t)k & (dtype_table[dtype].size == 1 ? 0xff : 0xffff);
    }
    if (!dtype_table[dtype].is_float) {
        /* Of all magnitudes. */
        return k < n_integers ? (uint64_t)integers[k] : random_next(state) >> (*state % 64);
    }
    const float single = k < n_values ? (float)values[k] : 0.0f;
    const double random = (double)(int64_t)random_next(state) * ldexp(1.0, (int)(*state % 130) - 65);
    const float random_single = (float)random;
    uint64_t bits = 0;
    if (dtype == DTYPE_FLOAT64) {
        memcpy(&bits, k < n_values ? &values[k] : &random, 8);
    } else {
        memcpy(&bits, k < n_values ? &single : &random_single, 4);
    }
    return bits;
}

static void check_pair(enum dtype from, enum dtype to)
{
    const size_t from_size = dtype_table[from].size, to_size = dtype_table[to].size;
    unsigned char *const in = malloc(COUNT * from_size + 1), *const out = malloc(COUNT * to_size + 2);
    uint64_t state = 0x9e3779b97f4a7c15u + from * 16 + to;
    for (int64_t k = 0; k < COUNT; k++) {
        const uint64_t bits = input(from, k, &state);
        memcpy(in + 1 + (size_t)k * from_size, &bits, from_size);
    }
    out[0] = out[1 + COUNT * to_size] = 0x5a;
    /* Neither place is aligned. */
    elements_convert(from, in + 1, to, out + 1, COUNT);
    for (int64_t k = 0; k < COUNT; k++) {
        const void *const element = in + 1 + (size_t)k * from_size;
        const long double value = value_of(from, element);
        const uint64_t found = integer_bits(to, out + 1 + (size_t)k * to_size);
        if (dtype_table[to].is_float && isnan(value)) {
            assert_true(is_nan(to, found));
            continue;
        }
        const uint64_t expected = expected_bits(to, value, !dtype_table[from].is_float);
        if (found != expected) {
            fail_msg("%s 0x%llx (%Lg) as %s: 0x%llx, expected 0x%llx", dtype_table[from].name,
                     (unsigned long long)integer_bits(from, element), value, dtype_table[to].name, (unsigned long long)found,
                     (unsigned long long)expected);
        }
    }
    assert_int_equal(out[0], 0x5a);
    assert_int_equal(out[1 + COUNT * to_size], 0x5a);
    free(in);
    free(out);
}

static void test_pairs(void **state)
{
    (void)state;
    for (int from = 0; from < DTYPE_COUNT; from++) {
        for (int to = 0; to < DTYPE_COUNT; to++) {
            check_pair((enum dtype)from, (enum dtype)to);
        }
    }
}

/* A copy of the bytes is right for all dtypes but bool, whose bytes may be any. */
static void test_same(void **state)
{
    (void)state;
    for (int from = 0; from < DTYPE_COUNT; from++) {
        for (int to = 0; to < DTYPE_COUNT; to++) {
            assert_int_equal(elements_same((enum dtype)from, (enum dtype)to), from == to && from != DTYPE_BOOL);
        }
    }
    const unsigned char in[] = {0, 1, 2, 0xff};
    unsigned char out[4];
    elements_convert(DTYPE_BOOL, in, DTYPE_BOOL, out, 4);
    assert_memory_equal(out, ((unsigned char[]){0, 1, 1, 1}), 4);
    elements_convert(DTYPE_FLOAT32, NULL, DTYPE_FLOAT64, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
