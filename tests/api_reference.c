#include "api_reference.h"

#include <math.h>

uint64_t reference_stream(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (const unsigned char *byte = (const unsigned char *)name; *byte != 0; byte++) {
        hash = (hash ^ *byte) * 1099511628211u;
    }
    return hash;
}

uint32_t reference_word(uint64_t seed, uint64_t stream, uint64_t block, int word)
{
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int round = 0; round < 10; round++) {
        const uint64_t a = (uint64_t)0xD2511F53u * counter[0];
        const uint64_t b = (uint64_t)0xCD9E8D57u * counter[2];
        const uint32_t next[4] = {(uint32_t)(b >> 32) ^ counter[1] ^ key[0], (uint32_t)b,
                                  (uint32_t)(a >> 32) ^ counter[3] ^ key[1], (uint32_t)a};
        for (int i = 0; i < 4; i++) {
            counter[i] = next[i];
        }
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return counter[word];
}

static float unit(uint32_t word)
{
    return fmaf((float)word, 0x1p-32f, 0x1p-33f);
}

float reference_uniform(uint64_t seed, uint64_t stream, uint64_t index, float low, float high)
{
    const float value = fmaf(unit(reference_word(seed, stream, index / 4, (int)(index % 4))), high - low, low);
    return fminf(fmaxf(value, low), high);
}

/* 53 bits of two words. */
static double integer_of(uint64_t seed, uint64_t stream, uint64_t block, int word)
{
    const uint64_t w0 = reference_word(seed, stream, block, word), w1 = reference_word(seed, stream, block, word + 1);
    return (double)(w0 ^ (w1 << 21));
}

double reference_uniform_double(uint64_t seed, uint64_t stream, uint64_t index, double low, double high)
{
    const double u = fma(integer_of(seed, stream, index / 2, 2 * (int)(index % 2)), 0x1p-53, 0x1p-54);
    return fmin(fmax(fma(u, high - low, low), low), high);
}

double reference_normal(uint64_t seed, uint64_t stream, uint64_t index)
{
    const int pair = (int)(index % 4) / 2 * 2;
    const double u = (double)unit(reference_word(seed, stream, index / 4, pair));
    const double v = (double)reference_word(seed, stream, index / 4, pair + 1) * 0x1p-32;
    const double radius = sqrt(-2.0 * log(u));
    return radius * (index % 2 == 0 ? sin(2.0 * M_PI * v) : cos(2.0 * M_PI * v));
}

long double reference_normal_double(uint64_t seed, uint64_t stream, uint64_t index)
{
    const double u = fma(integer_of(seed, stream, index / 2, 0), 0x1p-53, 0x1p-54);
    const long double v = ((long double)integer_of(seed, stream, index / 2, 2) + 0.5L) * 0x1p-53L;
    const long double radius = sqrtl(-2.0L * logl((long double)u));
    /* cos 2πv as sin(π/2 - 2πv), so that both keep their relative precision near their zeros. */
    return radius * (index % 2 == 0 ? sinl(2.0L * M_PIl * v) : sinl(2.0L * M_PIl * (0.25L - v)));
}

int64_t reference_integer(uint64_t seed, uint64_t stream, uint64_t index, int64_t low, int64_t high)
{
    const uint64_t w = reference_word(seed, stream, index / 4, (int)(index % 4));
    return low + (int64_t)(w * (uint64_t)(high - low + 1) >> 32);
}

const struct reference_format reference_float16 = {10, -14, 15}, reference_bfloat16 = {7, -126, 127};

/* The distance of the format's numbers around the value. */
static double step_at(const struct reference_format *format, double value)
{
    int exponent;
    frexp(value, &exponent); /* value in [2^(exponent - 1), 2^exponent) */
    const int least = value == 0.0 || exponent - 1 < format->least ? format->least : exponent - 1;
    return ldexp(1.0, least - format->fraction);
}

double reference_round(const struct reference_format *format, double value)
{
    const double step = step_at(format, value), rounded = nearbyint(value / step) * step;
    return fabs(rounded) >= ldexp(1.0, format->greatest + 1) ? copysign(INFINITY, value) : rounded;
}

double reference_decode(const struct reference_format *format, uint16_t bits)
{
    const int biased = (bits & 0x7fff) >> format->fraction;
    const int fraction = (bits & ((1 << format->fraction) - 1)) | (biased == 0 ? 0 : 1 << format->fraction);
    const double magnitude = ldexp(fraction, (biased == 0 ? 0 : biased - 1) + format->least - format->fraction);
    return bits & 0x8000 ? -magnitude : magnitude;
}

double reference_inward(const struct reference_format *format, double bound, bool is_lower)
{
    double found = is_lower ? INFINITY : -INFINITY;
    const int infinity = reference_encode(format, INFINITY);
    for (int bits = 0; bits <= 0xffff; bits++) {
        if ((bits & 0x7fff) >= infinity) {
            continue;
        }
        const double number = reference_decode(format, (uint16_t)bits);
        if (is_lower ? number >= bound && number < found : number <= bound && number > found) {
            found = number;
        }
    }
    return found == 0.0 ? copysign(found, bound) : found;
}

uint16_t reference_encode(const struct reference_format *format, double value)
{
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const double magnitude = fabs(value);
    if (isinf(value)) {
        return (uint16_t)(sign | (format->greatest + 1 - format->least + 1) << format->fraction);
    }
    if (magnitude < ldexp(1.0, format->least)) {
        return (uint16_t)(sign | (uint16_t)ldexp(magnitude, format->fraction - format->least));
    }
    const int exponent = ilogb(magnitude);
    const double fraction = ldexp(magnitude, format->fraction - exponent) - ldexp(1.0, format->fraction);
    return (uint16_t)(sign | (exponent - format->least + 1) << format->fraction | (uint16_t)fraction);
}
