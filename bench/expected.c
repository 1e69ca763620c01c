#include "expected.h"
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES 4096
#define ENDS    64

static double read_half(const void *at)
{
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size = exponent == 0    ? ldexp(fraction, -24)
                        : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                         : ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

static double read_float32(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double expected_read(const void *memory, int64_t index, DLDataType dtype)
{
    const int size = dtype.bits / 8;
    const char *const at = (const char *)memory + index * size;
    /* Little-endian, as every machine that the library's vectors run on. */
    uint64_t bits = 0;
    memcpy(&bits, at, (size_t)size);
    if (dtype.code == kDLBfloat) {
        return read_float32((uint32_t)bits << 16);
    }
    if (dtype.code != kDLFloat) {
        return (double)bits;
    }
    if (size == 2) {
        return read_half(at);
    }
    if (size == 4) {
        return read_float32((uint32_t)bits);
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* In (0, 1], rounded as the dtype's contract says. */
static double unit32(uint32_t word)
{
    return fmaf((float)word, 0x1p-32f, 0x1p-33f);
}

static double unit64(uint32_t first, uint32_t second)
{
    return fma((double)(first ^ (uint64_t)second << 21), 0x1p-53, 0x1p-54);
}

static double random_value(const struct expected *expected, const char *name, bool normal, double scale, int64_t index)
{
    const bool wide = expected->dtype.bits == 64;
    uint32_t word[4];
    fanin_words(expected->seed, fanin_stream(name), (uint64_t)index / (wide ? 2 : 4), word);
    const int pair = wide ? 0 : (int)(index & 2);
    if (!normal) {
        const int first = (int)(index & 1) * 2;
        return (2 * (wide ? unit64(word[first], word[first + 1]) : unit32(word[index & 3])) - 1) * scale;
    }
    const double u = wide ? unit64(word[0], word[1]) : unit32(word[pair]);
    const double turn = wide ? unit64(word[2], word[3]) : word[pair + 1] * 0x1p-32;
    const double angle = 2 * M_PI * turn, radius = sqrt(-2 * log(u));
    return scale * radius * ((index & 1) == 0 ? sin(angle) : cos(angle));
}

static double bilinear_value(const struct expected *expected, int64_t index)
{
    const int64_t height = expected->shape[2], width = expected->shape[3];
    const double f = ceil((double)width / 2), centre = (2 * f - 1 - fmod(f, 2)) / (2 * f);
    const double x = (double)(index % width), y = (double)(index / width % height);
    return (1 - fabs(x / f - centre)) * (1 - fabs(y / f - centre));
}

static double fusedrnn_value(const struct expected *expected, int64_t index)
{
    static const char gates[] = "ifco";
    const int64_t h = expected->hidden, inputs = expected->shape[0] / (4 * h) - h - 2;
    const int64_t first = 4 * h * inputs, second = first + 4 * h * h;
    if (index >= second) {
        return (index - second) / h % 4 == 1 ? expected->scale : 0;
    }
    const int64_t columns = index < first ? inputs : h, place = index < first ? index : index - first;
    char name[64];
    snprintf(name, sizeof name, "%s/l0_%s_%c_weight", expected->name, index < first ? "i2h" : "h2h",
             gates[place / (h * columns)]);
    return random_value(expected, name, false, sqrt(3 / ((double)(h + columns) / 2)), place % (h * columns));
}

double expected_value(const struct expected *expected, int64_t index)
{
    switch (expected->formula) {
    case FORMULA_UNIFORM:
    case FORMULA_NORMAL:
        return random_value(expected, expected->name, expected->formula == FORMULA_NORMAL, expected->scale, index);
    case FORMULA_BILINEAR:
        return bilinear_value(expected, index);
    case FORMULA_LSTMBIAS:
        return index / (expected->shape[0] / 4) == 1 ? expected->scale : 0;
    case FORMULA_FUSEDRNN:
        return fusedrnn_value(expected, index);
    case FORMULA_CONSTANT:
        break;
    }
    return expected->scale;
}

/* Of numbers about 1: two units in the last place, and the errors of sine and radius that the contract promises. */
static double tolerance(DLDataType dtype)
{
    if (dtype.code == kDLBfloat) {
        return 0x1p-7;
    }
    return dtype.bits == 16 ? 0x1p-10 : dtype.bits == 32 ? 0x1p-18 : 0x1p-46;
}

void expected_check_one(const struct expected *expected, const void *memory, int64_t place, int64_t index, const char *what)
{
    const double found = expected_read(memory, place, expected->dtype), right = expected_value(expected, index);
    const double scale = expected->formula == FORMULA_FUSEDRNN ? 0.1 : fabs(expected->scale);
    if (!(fabs(found - right) <= tolerance(expected->dtype) * (fabs(right) + scale))) {
        bench_stop("%s: element %lld is wrong: found %.17g, expected %.17g", what, (long long)index, found, right);
    }
}

void expected_check(const struct expected *expected, const void *memory, int64_t values, const char *what)
{
    uint64_t state = 1;
    for (int64_t i = 0; i < SAMPLES + 2 * ENDS; i++) {
        /* Knuth's linear congruential generator: places, independent of the numbers that are checked. */
        state = state * 6364136223846793005u + 1442695040888963407u;
        const int64_t end = i < ENDS ? i : values - 1 - (i - ENDS);
        const int64_t index = values <= SAMPLES ? i : i < 2 * ENDS ? end : (int64_t)((state >> 16) % (uint64_t)values);
        if (index >= values) {
            return;
        }
        expected_check_one(expected, memory, index, index, what);
    }
}
