/* Instructions: see machine.h. What each does is in the PTX ISA's manual, "Instruction Set". */
#include "machine.h"

#include "stream/round.h"

#include <fenv.h>
#include <math.h>

/* ------------------------------------------------ rounding that is not to nearest ---------------------------------------- */

f64 ptx_fma_to_zero(f64 a, f64 b, f64 c)
{
    volatile f64 operands[3] = {a, b, c};
    fesetround(FE_TOWARDZERO);
    volatile const f64 result = fma(operands[0], operands[1], operands[2]);
    fesetround(FE_TONEAREST);
    return result;
}

f32 ptx_f32_above(s32 value)
{
    const f32 nearest = (f32)value;
    return (f64)nearest < value ? nextafterf(nearest, INFINITY) : nearest;
}

/* ------------------------------------------------ bits ------------------------------------------------------------------- */

b32 ptx_permute(b32 a, b32 b, b32 selector)
{
    const b64 bytes = (b64)b << 32 | a;
    b32 result = 0;
    for (int i = 0; i < 4; i++) {
        const b32 choice = selector >> 4 * i & 15, byte = bytes >> 8 * (choice & 7) & 255;
        result |= (choice & 8 ? (byte & 128 ? 255u : 0u) : byte) << 8 * i;
    }
    return result;
}

b32 ptx_insert(b32 a, b32 b, b32 position, b32 length)
{
    position &= 255;
    length &= 255;
    if (position >= 32) {
        return b;
    }
    const b32 ones = length >= 32 ? 0xffffffffu : (1u << length) - 1, mask = ones << position;
    return (a << position & mask) | (b & ~mask);
}

/* ------------------------------------------------ approximations --------------------------------------------------------- */

/* Subnormals are 0 to them, and from them. */
static f32 flush(f32 value)
{
    return fabsf(value) < 0x1p-126f ? copysignf(0.0f, value) : value;
}

/* A value at most `error` from the exact one: the farthest above, the farthest below or the nearest, by the operand's bits. */
static f32 approximate(f32 operand, f64 exact, f64 error)
{
    const int way = (int)((float_bits(operand) * 0x9e3779b1u >> 16) % 3) - 1;
    const f64 limit = exact + way * error;
    f32 value = (f32)limit;
    if (way > 0 && value > limit) {
        value = nextafterf(value, -INFINITY);
    } else if (way < 0 && value < limit) {
        value = nextafterf(value, INFINITY);
    }
    return flush(value);
}

f32 ptx_rcp_approx(f32 value)
{
    value = flush(value);
    if (value == 0 || isinf(value) || isnan(value)) {
        return 1 / value;
    }
    const f64 exact = 1 / (f64)value;
    return approximate(value, exact, ldexp(1.0, ilogb(exact) - 23)); /* one place */
}

/* The manual allows 2^-22.9. With that, two of the 2^24 roots that __fsqrt_rn begins this way would be rounded wrong, so no
 * processor is so far off for them; with this, none is. */
f32 ptx_rsqrt_approx(f32 value)
{
    value = flush(value);
    if (!(value > 0) || isinf(value)) {
        return value == 0 ? copysignf(INFINITY, value) : value < 0 || isnan(value) ? NAN : 0;
    }
    const f64 exact = 1 / sqrt((f64)value);
    return approximate(value, exact, exact * 0x1.6ap-24);
}

f32 ptx_sqrt_approx(f32 value)
{
    value = flush(value);
    if (!(value > 0) || isinf(value)) {
        return value < 0 ? NAN : value;
    }
    const f64 exact = sqrt((f64)value);
    return approximate(value, exact, exact * 0x1p-23);
}

f32 ptx_lg2_approx(f32 value)
{
    value = flush(value);
    if (!(value > 0) || isinf(value)) {
        return value == 0 ? -INFINITY : value < 0 ? NAN : value;
    }
    const f64 exact = log2((f64)value);
    return approximate(value, exact, value > 0.5f && value < 2 ? 0x1p-22 : fabs(exact) * 0x1p-22);
}

/* ------------------------------------------------ two 16-bit floats ------------------------------------------------------ */

/* NaNs have one form. */
static b16 to_f16(f32 value)
{
    return isnan(value) ? 0x7fff : round_to_float16(value);
}

static b16 to_bf16(f32 value)
{
    return isnan(value) ? 0x7fff : round_to_bfloat16(value);
}

static f32 min_xorsign_abs(f32 a, f32 b)
{
    const f32 magnitude = ptx_min(fabsf(a), fabsf(b));
    return signbit(a) != signbit(b) ? -magnitude : magnitude;
}

b32 ptx_to_f16x2(f32 high, f32 low)
{
    return (b32)to_f16(high) << 16 | to_f16(low);
}

b32 ptx_to_bf16x2(f32 high, f32 low)
{
    return (b32)to_bf16(high) << 16 | to_bf16(low);
}

struct format {
    f32 (*from)(b16 half);
    b32 (*pair)(f32 high, f32 low);
};

static f32 from_f16(b16 half)
{
    return float16_to_float(half);
}

static f32 from_bf16(b16 half)
{
    return bfloat16_to_float(half);
}

static const struct format f16x2 = {from_f16, ptx_to_f16x2}, bf16x2 = {from_bf16, ptx_to_bf16x2};

static b32 each(const struct format *format, b32 a, b32 b, f32 (*operation)(f32, f32))
{
    const f32 low = operation(format->from((b16)a), format->from((b16)b));
    const f32 high = operation(format->from((b16)(a >> 16)), format->from((b16)(b >> 16)));
    return format->pair(high, low);
}

b32 ptx_min_f16x2(b32 a, b32 b)
{
    return each(&f16x2, a, b, ptx_min);
}

b32 ptx_max_f16x2(b32 a, b32 b)
{
    return each(&f16x2, a, b, ptx_max);
}

b32 ptx_min_xorsign_abs_f16x2(b32 a, b32 b)
{
    return each(&f16x2, a, b, min_xorsign_abs);
}

b32 ptx_min_bf16x2(b32 a, b32 b)
{
    return each(&bf16x2, a, b, ptx_min);
}

b32 ptx_max_bf16x2(b32 a, b32 b)
{
    return each(&bf16x2, a, b, ptx_max);
}

b32 ptx_min_xorsign_abs_bf16x2(b32 a, b32 b)
{
    return each(&bf16x2, a, b, min_xorsign_abs);
}
