#include "fill.h"
#include "copy.h"
#include "json/number.h"
#include "stream/round.h"

#include <math.h>

const struct fill_kind_info fill_kind_table[FILL_KIND_COUNT] = {
    [FILL_CONSTANT] = {"constant", "value", NULL},
    [FILL_UNIFORM] = {"uniform", "low", "high"},
    [FILL_NORMAL] = {"normal", "mean", "sigma"},
    [FILL_INTEGER] = {"integer", "low", "high"},
    [FILL_BILINEAR] = {"bilinear", "centred", NULL},
    [FILL_CUSTOM] = {"custom", NULL, NULL},
    [FILL_COPY] = {"copy", NULL, NULL},
    [FILL_ORTHOGONAL] = {"orthogonal", "scale", NULL},
    [FILL_LOAD] = {"load", NULL, NULL},
};

const char *const fill_orthogonal_methods[] = {[FANIN_ORTHOGONAL_SVD] = "svd", [FANIN_ORTHOGONAL_HAAR] = "haar", NULL};
const char *const fill_orthogonal_rand_types[] = {
    [FANIN_DISTRIBUTION_UNIFORM] = "uniform", [FANIN_DISTRIBUTION_GAUSSIAN] = "normal", NULL};

/* The largest |z| of a normal fill: the smallest u is 2^-33 (float64: 2^-54), the radius √(-2 ln u); rounded up. */
#define NORMAL_REACH         6.77
#define NORMAL_REACH_FLOAT64 8.66

struct range {
    double low, high; /* inclusive */
};

/* The values that an integer dtype or bool holds; what doubles hold of them, for the 64-bit ones. */
static struct range integer_range(enum dtype dtype)
{
    if (dtype == DTYPE_BOOL) {
        return (struct range){0.0, 1.0};
    }
    const struct dtype_info *const info = &dtype_table[dtype];
    const bool is_signed = info->code == kDLInt;
    const int bits = info->bits - is_signed;
    /* One double below 2^bits for 64-bit dtypes, 2^bits - 1 for the others. */
    const double high = bits > 53 ? ldexp(1.0 - 0x1p-53, bits) : ldexp(1.0, bits) - 1.0;
    return (struct range){is_signed ? -ldexp(1.0, bits) : 0.0, high};
}

/* The first magnitude that rounds to an infinity. */
static double overflow_at(enum dtype dtype)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        return 65520.0;
    case DTYPE_BFLOAT16:
        return 0x1.FFp127;
    case DTYPE_FLOAT32:
        return 0x1.FFFFFFp127;
    default:
        return INFINITY;
    }
}

/* What the contract computes with: float32, but for float64. */
static double rounded(double value, enum dtype dtype)
{
    return dtype == DTYPE_FLOAT64 ? value : (double)(float)value;
}

static fanin_status fail_value(const char *name, const char *what, double value, enum dtype dtype)
{
    char text[JSON_DOUBLE_SIZE];
    return fanin_fail(FANIN_ERROR_VALUE, "parameter '%s': the %s %s does not fit %s", name, what,
                      json_format_double(value, text), dtype_table[dtype].name);
}

/* A number of a fill that is stored, or computed with, in a float dtype. */
static fanin_status check_float(const char *name, const char *what, double value, enum dtype dtype)
{
    return fabs(rounded(value, dtype)) < overflow_at(dtype) ? FANIN_OK : fail_value(name, what, value, dtype);
}

static fanin_status check_constant(const char *name, const char *what, double value, enum dtype dtype)
{
    if (dtype_table[dtype].is_float) {
        return check_float(name, what, value, dtype);
    }
    const struct range range = integer_range(dtype);
    return value >= range.low && value <= range.high && trunc(value) == value ? FANIN_OK : fail_value(name, what, value, dtype);
}

static fanin_status fail_interval(const char *name, const struct fill *fill, const char *problem, enum dtype dtype)
{
    char low[JSON_DOUBLE_SIZE], high[JSON_DOUBLE_SIZE];
    return fanin_fail(FANIN_ERROR_VALUE, "parameter '%s': the interval [%s, %s] %s %s", name, json_format_double(fill->a, low),
                      json_format_double(fill->b, high), problem, dtype_table[dtype].name);
}

static fanin_status check_uniform(const char *name, const struct fill *fill, enum dtype dtype)
{
    fanin_status status = check_float(name, "lower bound", fill->a, dtype);
    if (status == FANIN_OK) {
        status = check_float(name, "upper bound", fill->b, dtype);
    }
    if (status != FANIN_OK) {
        return status;
    }
    const double low = rounded(fill->a, dtype), high = rounded(fill->b, dtype);
    if (!(fill->a <= fill->b)) {
        return fail_interval(name, fill, "is reversed; expected low ≤ high, in", dtype);
    }
    if (!isfinite(rounded(high - low, dtype))) {
        return fail_interval(name, fill, "is too wide for", dtype);
    }
    float inward_low, inward_high;
    if ((dtype == DTYPE_FLOAT16 && !float16_inward((float)low, (float)high, &inward_low, &inward_high)) ||
        (dtype == DTYPE_BFLOAT16 && !bfloat16_inward((float)low, (float)high, &inward_low, &inward_high))) {
        return fail_interval(name, fill, "holds no number of", dtype);
    }
    return FANIN_OK;
}

static fanin_status check_normal(const char *name, const struct fill *fill, enum dtype dtype)
{
    if (!isfinite(fill->a)) {
        return fail_value(name, "mean", fill->a, dtype);
    }
    if (!isfinite(fill->b) || fill->b < 0.0) {
        char text[JSON_DOUBLE_SIZE];
        return fanin_fail(FANIN_ERROR_VALUE, "parameter '%s': sigma is %s, expected a finite number, 0 or more", name,
                          json_format_double(fill->b, text));
    }
    const double reach = dtype == DTYPE_FLOAT64 ? NORMAL_REACH_FLOAT64 : NORMAL_REACH;
    const double farthest = fabs(rounded(fill->a, dtype)) + reach * rounded(fill->b, dtype);
    if (!(farthest < overflow_at(dtype))) {
        char mean[JSON_DOUBLE_SIZE], sigma[JSON_DOUBLE_SIZE];
        return fanin_fail(FANIN_ERROR_VALUE, "parameter '%s': normal numbers of mean %s and sigma %s do not fit %s", name,
                          json_format_double(fill->a, mean), json_format_double(fill->b, sigma), dtype_table[dtype].name);
    }
    return FANIN_OK;
}

static fanin_status check_integer(const char *name, const struct fill *fill, enum dtype dtype)
{
    const fanin_status status = check_constant(name, "smallest integer", fill->a, dtype);
    return status != FANIN_OK ? status : check_constant(name, "largest integer", fill->b, dtype);
}

/* Whether all values fit follows from the extremes. */
static fanin_status check_copy(const char *name, const struct copy_array *array, enum dtype dtype)
{
    if (!dtype_table[dtype].is_float && !array->integral) {
        return fail_value(name, "value", array->fraction, dtype);
    }
    const fanin_status status = check_constant(name, "value", array->low, dtype);
    return status != FANIN_OK ? status : check_constant(name, "value", array->high, dtype);
}

/* An element of a unit vector may be rounded to a little more than 1. */
static fanin_status check_orthogonal(const char *name, const struct fill *fill, enum dtype dtype)
{
    if (fill->ndim < 2) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': orthogonal needs at least 2 dimensions, found %d", name,
                          fill->ndim);
    }
    const double most = fabs(rounded(fill->a, dtype)) * (1.0 + 0x1p-10);
    return most < overflow_at(dtype) ? FANIN_OK : fail_value(name, "scale", fill->a, dtype);
}

fanin_status fill_check(const char *name, const struct fill *fill, enum dtype dtype)
{
    const bool continuous =
        fill->kind == FILL_UNIFORM || fill->kind == FILL_NORMAL || fill->kind == FILL_BILINEAR || fill->kind == FILL_ORTHOGONAL;
    if (continuous && !dtype_table[dtype].is_float) {
        return fanin_fail(FANIN_ERROR_DTYPE, "parameter '%s': a fill of kind %s needs a float dtype, found %s", name,
                          fill_kind_table[fill->kind].name, dtype_table[dtype].name);
    }
    switch (fill->kind) {
    case FILL_CONSTANT:
        return check_constant(name, "value", fill->a, dtype);
    case FILL_UNIFORM:
        return check_uniform(name, fill, dtype);
    case FILL_NORMAL:
        return check_normal(name, fill, dtype);
    case FILL_INTEGER:
        return check_integer(name, fill, dtype);
    case FILL_COPY:
        return check_copy(name, fill->copy->array, dtype);
    case FILL_ORTHOGONAL:
        return check_orthogonal(name, fill, dtype);
    default:
        return FANIN_OK;
    }
}
