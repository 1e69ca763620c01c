#include "elements.h"

#include "stream/round.h"

#include <math.h>
#include <string.h>

/* Every dtype is exact in one of these, and all conversions go through them. */
enum wide { WIDE_DOUBLE, WIDE_SIGNED, WIDE_UNSIGNED };

union wide_element {
    double f;
    int64_t i;
    uint64_t u;
};

/* Elements that are converted at once, so that they stay in the first cache. */
#define BLOCK 512

static enum wide wide_of(enum dtype dtype)
{
    return dtype_table[dtype].is_float ? WIDE_DOUBLE : dtype == DTYPE_UINT64 ? WIDE_UNSIGNED : WIDE_SIGNED;
}

/* Element `k` of those at `in`. The dtype is a constant wherever this is called, and the compiler makes a loop for each. */
static inline __attribute__((always_inline)) union wide_element widen(enum dtype from, const char *in, int64_t k)
{
    union {
        uint8_t u8;
        int8_t i8;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        float f32;
    } element;
    union wide_element wide;
    switch (from) {
    case DTYPE_FLOAT16:
        memcpy(&element.u16, in + 2 * k, 2);
        wide.f = (double)float16_to_float(element.u16);
        break;
    case DTYPE_BFLOAT16:
        memcpy(&element.u16, in + 2 * k, 2);
        wide.f = (double)bfloat16_to_float(element.u16);
        break;
    case DTYPE_FLOAT32:
        memcpy(&element.f32, in + 4 * k, 4);
        wide.f = (double)element.f32;
        break;
    case DTYPE_INT8:
        memcpy(&element.i8, in + k, 1);
        wide.i = element.i8;
        break;
    case DTYPE_INT16:
        memcpy(&element.i16, in + 2 * k, 2);
        wide.i = element.i16;
        break;
    case DTYPE_INT32:
        memcpy(&element.i32, in + 4 * k, 4);
        wide.i = element.i32;
        break;
    case DTYPE_UINT8:
        memcpy(&element.u8, in + k, 1);
        wide.i = element.u8;
        break;
    case DTYPE_UINT16:
        memcpy(&element.u16, in + 2 * k, 2);
        wide.i = element.u16;
        break;
    case DTYPE_UINT32:
        memcpy(&element.u32, in + 4 * k, 4);
        wide.i = element.u32;
        break;
    case DTYPE_BOOL:
        memcpy(&element.u8, in + k, 1);
        wide.i = element.u8 != 0;
        break;
    default: /* float64, int64, uint64 */
        memcpy(&wide, in + 8 * k, 8);
    }
    return wide;
}

/* Cut towards 0, and kept from `low` to `high`, which are integers; where the conversion could overflow, `most` takes the place
 * of `high`. */
static inline __attribute__((always_inline)) uint64_t cut(double value, double low, double high, uint64_t most)
{
    const uint64_t least = low == 0.0 ? 0 : (uint64_t)(int64_t)low;
    if (value >= high) {
        return most;
    }
    /* Below 2^63 both conversions give the same bits; NaN fails both comparisons. */
    return value > low ? (value < 0x1p63 ? (uint64_t)(int64_t)value : (uint64_t)value) : isnan(value) ? 0 : least;
}

static inline __attribute__((always_inline)) uint64_t double_to_integer(double value, enum dtype to)
{
    switch (to) {
    case DTYPE_INT8:
        return cut(value, -0x1p7, 0x1p7 - 1.0, INT8_MAX);
    case DTYPE_INT16:
        return cut(value, -0x1p15, 0x1p15 - 1.0, INT16_MAX);
    case DTYPE_INT32:
        return cut(value, -0x1p31, 0x1p31 - 1.0, INT32_MAX);
    case DTYPE_INT64:
        return cut(value, -0x1p63, 0x1p63, INT64_MAX);
    case DTYPE_UINT8:
        return cut(value, 0.0, 0x1p8 - 1.0, UINT8_MAX);
    case DTYPE_UINT16:
        return cut(value, 0.0, 0x1p16 - 1.0, UINT16_MAX);
    case DTYPE_UINT32:
        return cut(value, 0.0, 0x1p32 - 1.0, UINT32_MAX);
    case DTYPE_UINT64:
        return cut(value, 0.0, 0x1p64, UINT64_MAX);
    default: /* bool */
        return value != 0.0;
    }
}

static inline __attribute__((always_inline)) float wide_to_float(enum wide wide, union wide_element element)
{
    return wide == WIDE_DOUBLE ? (float)element.f : wide == WIDE_SIGNED ? (float)element.i : (float)element.u;
}

/* The element's bits in the dtype, in the low bytes. */
static inline __attribute__((always_inline)) uint64_t narrow(enum wide wide, union wide_element element, enum dtype to)
{
    switch (to) {
    case DTYPE_FLOAT16:
        return round_to_float16(wide_to_float(wide, element));
    case DTYPE_BFLOAT16:
        return round_to_bfloat16(wide_to_float(wide, element));
    case DTYPE_FLOAT32:
        return float_bits(wide_to_float(wide, element));
    case DTYPE_FLOAT64:
        return double_bits(wide == WIDE_DOUBLE ? element.f : wide == WIDE_SIGNED ? (double)element.i : (double)element.u);
    case DTYPE_BOOL:
        return wide == WIDE_DOUBLE ? element.f != 0.0 : element.u != 0;
    default:
        return wide == WIDE_DOUBLE ? double_to_integer(element.f, to) : element.u;
    }
}

static inline __attribute__((always_inline)) void narrow_all(enum wide wide, const union wide_element *in, enum dtype to,
                                                             char *out, int64_t count)
{
    for (int64_t k = 0; k < count; k++) {
        const uint64_t bits = narrow(wide, in[k], to);
        const uint8_t byte = (uint8_t)bits;
        const uint16_t half = (uint16_t)bits;
        const uint32_t single = (uint32_t)bits;
        switch (to) {
        case DTYPE_INT8:
        case DTYPE_UINT8:
        case DTYPE_BOOL:
            memcpy(out + k, &byte, 1);
            break;
        case DTYPE_FLOAT16:
        case DTYPE_BFLOAT16:
        case DTYPE_INT16:
        case DTYPE_UINT16:
            memcpy(out + 2 * k, &half, 2);
            break;
        case DTYPE_FLOAT32:
        case DTYPE_INT32:
        case DTYPE_UINT32:
            memcpy(out + 4 * k, &single, 4);
            break;
        default:
            memcpy(out + 8 * k, &bits, 8);
        }
    }
}

static inline __attribute__((always_inline)) void widen_all(enum dtype from, const char *in, char *out, int64_t count)
{
    for (int64_t k = 0; k < count; k++) {
        const union wide_element wide = widen(from, in, k);
        memcpy(out + 8 * k, &wide, 8);
    }
}

/* From a dtype that is known only now to calls for each that there is. */

#define FOR_DTYPE(dtype, call)                                                                                                 \
    case dtype:                                                                                                                \
        call;                                                                                                                  \
        break

/* To an array of wide_element, which need not be aligned. */
static void widen_block(enum dtype from, const char *in, char *out, int64_t count)
{
    switch (from) {
        FOR_DTYPE(DTYPE_FLOAT16, widen_all(DTYPE_FLOAT16, in, out, count));
        FOR_DTYPE(DTYPE_BFLOAT16, widen_all(DTYPE_BFLOAT16, in, out, count));
        FOR_DTYPE(DTYPE_FLOAT32, widen_all(DTYPE_FLOAT32, in, out, count));
        FOR_DTYPE(DTYPE_INT8, widen_all(DTYPE_INT8, in, out, count));
        FOR_DTYPE(DTYPE_INT16, widen_all(DTYPE_INT16, in, out, count));
        FOR_DTYPE(DTYPE_INT32, widen_all(DTYPE_INT32, in, out, count));
        FOR_DTYPE(DTYPE_UINT8, widen_all(DTYPE_UINT8, in, out, count));
        FOR_DTYPE(DTYPE_UINT16, widen_all(DTYPE_UINT16, in, out, count));
        FOR_DTYPE(DTYPE_UINT32, widen_all(DTYPE_UINT32, in, out, count));
        FOR_DTYPE(DTYPE_BOOL, widen_all(DTYPE_BOOL, in, out, count));
    default:
        widen_all(DTYPE_FLOAT64, in, out, count);
    }
}

static inline __attribute__((always_inline)) void narrow_block(enum wide wide, const union wide_element *in, enum dtype to,
                                                               char *out, int64_t count)
{
    switch (to) {
        FOR_DTYPE(DTYPE_FLOAT16, narrow_all(wide, in, DTYPE_FLOAT16, out, count));
        FOR_DTYPE(DTYPE_BFLOAT16, narrow_all(wide, in, DTYPE_BFLOAT16, out, count));
        FOR_DTYPE(DTYPE_FLOAT32, narrow_all(wide, in, DTYPE_FLOAT32, out, count));
        FOR_DTYPE(DTYPE_FLOAT64, narrow_all(wide, in, DTYPE_FLOAT64, out, count));
        FOR_DTYPE(DTYPE_INT8, narrow_all(wide, in, DTYPE_INT8, out, count));
        FOR_DTYPE(DTYPE_INT16, narrow_all(wide, in, DTYPE_INT16, out, count));
        FOR_DTYPE(DTYPE_INT32, narrow_all(wide, in, DTYPE_INT32, out, count));
        FOR_DTYPE(DTYPE_INT64, narrow_all(wide, in, DTYPE_INT64, out, count));
        FOR_DTYPE(DTYPE_UINT8, narrow_all(wide, in, DTYPE_UINT8, out, count));
        FOR_DTYPE(DTYPE_UINT16, narrow_all(wide, in, DTYPE_UINT16, out, count));
        FOR_DTYPE(DTYPE_UINT32, narrow_all(wide, in, DTYPE_UINT32, out, count));
        FOR_DTYPE(DTYPE_UINT64, narrow_all(wide, in, DTYPE_UINT64, out, count));
    default:
        narrow_all(wide, in, DTYPE_BOOL, out, count);
    }
}

bool elements_same(enum dtype from, enum dtype to)
{
    return from == to && from != DTYPE_BOOL;
}

void elements_convert(enum dtype from, const void *in, enum dtype to, void *out, int64_t count)
{
    if (to == DTYPE_FLOAT64 && wide_of(from) == WIDE_DOUBLE) {
        widen_block(from, in, out, count);
        return;
    }
    const int64_t from_size = dtype_table[from].size, to_size = dtype_table[to].size;
    union wide_element block[BLOCK];
    for (int64_t done = 0; done < count; done += BLOCK) {
        const int64_t taken = count - done < BLOCK ? count - done : BLOCK;
        char *const place = (char *)out + done * to_size;
        widen_block(from, (const char *)in + done * from_size, (char *)block, taken);
        switch (wide_of(from)) {
        case WIDE_DOUBLE:
            narrow_block(WIDE_DOUBLE, block, to, place, taken);
            break;
        case WIDE_SIGNED:
            narrow_block(WIDE_SIGNED, block, to, place, taken);
            break;
        default:
            narrow_block(WIDE_UNSIGNED, block, to, place, taken);
        }
    }
}
