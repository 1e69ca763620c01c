/* xavier (Glorot & Bengio 2010) and msraprelu (He et al. 2015, arXiv 1502.01852): the scale follows from the fans. */
#include "builtin.h"

#include <math.h>

/* The product of shape[2:] and one more extent: a fan. Exact in int64, as MXNet's; rounded where that overflows. */
struct fan {
    int64_t exact;
    double value;
    bool overflows;
};

static struct fan measure_fan(const int64_t *shape, int ndim, int axis)
{
    struct fan fan = {.exact = shape[axis], .value = (double)shape[axis]};
    for (int d = 2; d < ndim; d++) {
        fan.overflows = __builtin_mul_overflow(fan.exact, shape[d], &fan.exact) || fan.overflows;
        fan.value *= (double)shape[d];
    }
    if (!fan.overflows) {
        fan.value = (double)fan.exact;
    }
    return fan;
}

static double average(struct fan in, struct fan out)
{
    int64_t sum;
    if (in.overflows || out.overflows || __builtin_add_overflow(in.exact, out.exact, &sum)) {
        return in.value / 2.0 + out.value / 2.0;
    }
    return (double)sum / 2.0;
}

/* `row`: the initializer's name. */
static fanin_status lower_scaled(const char *row, fanin_emitter *emitter, fanin_distribution distribution,
                                 fanin_factor factor_type, double magnitude)
{
    const int ndim = fanin_emitter_ndim(emitter);
    const char *const name = fanin_emitter_name(emitter);
    if (ndim < 2) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': %s needs at least 2 dimensions for its fans, found %d", name, row,
                          ndim);
    }
    const int64_t *const shape = fanin_emitter_shape(emitter);
    const struct fan in = measure_fan(shape, ndim, 1), out = measure_fan(shape, ndim, 0);
    const double factors[] = {
        [FANIN_FACTOR_AVG] = average(in, out),
        [FANIN_FACTOR_IN] = in.value,
        [FANIN_FACTOR_OUT] = out.value,
    };
    const double factor = factors[factor_type];
    if (!(factor > 0.0)) {
        static const char *const fans[] = {"mean of its fans", "fan in", "fan out"};
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': the %s is 0 in this shape, %s divides by it", name,
                          fans[factor_type], row);
    }
    const double scale = sqrt(magnitude / factor);
    return distribution == FANIN_DISTRIBUTION_UNIFORM ? fanin_emit_uniform(emitter, FANIN_ALL_ROWS, -scale, scale)
                                                      : fanin_emit_normal(emitter, FANIN_ALL_ROWS, 0.0, scale);
}

static fanin_status lower_xavier(const fanin_args *args, fanin_emitter *emitter)
{
    return lower_scaled("xavier", emitter, (fanin_distribution)fanin_args_integer(args, "rnd_type"),
                        (fanin_factor)fanin_args_integer(args, "factor_type"), fanin_args_number(args, "magnitude"));
}

/* In the order of fanin_distribution and fanin_factor. */
static const char *const distributions[] = {"uniform", "gaussian", NULL};
static const char *const factor_types[] = {"avg", "in", "out", NULL};

static const char factor_help[] = "What the magnitude is divided by: the mean of both fans, fan in, or fan out.";

static const fanin_param xavier_params[] = {
    {"rnd_type", FANIN_PARAM_CHOICE, "\"uniform\"", 0, 0, distributions, 0, "The distribution: U(-s, s) or N(0, s^2)."},
    {"factor_type", FANIN_PARAM_CHOICE, "\"avg\"", 0, 0, factor_types, 0, factor_help},
    {"magnitude", FANIN_PARAM_NUMBER, "3", 0.0, INFINITY, NULL, FANIN_PARAM_NUMERIC_TEXT, "m in s = sqrt(m / factor)."},
};

const struct registry_entry initializer_xavier = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "xavier",
            .help = "Random numbers whose scale keeps the variance between layers (Glorot & Bengio 2010).",
            .params = xavier_params,
            .n_params = sizeof xavier_params / sizeof *xavier_params,
            .lower = lower_xavier,
        },
};

static fanin_status lower_msraprelu(const fanin_args *args, fanin_emitter *emitter)
{
    const double slope = fanin_args_number(args, "slope");
    return lower_scaled("msraprelu", emitter, FANIN_DISTRIBUTION_GAUSSIAN,
                        (fanin_factor)fanin_args_integer(args, "factor_type"), 2.0 / (1.0 + slope * slope));
}

static const fanin_param msraprelu_params[] = {
    {"factor_type", FANIN_PARAM_CHOICE, "\"avg\"", 0, 0, factor_types, 0, factor_help},
    {"slope", FANIN_PARAM_NUMBER, "0.25", -INFINITY, INFINITY, NULL, 0, "The initial slope of the PReLU that follows."},
};

const struct registry_entry initializer_msraprelu = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "msraprelu",
            .help = "Normal numbers for layers before a PReLU: xavier with magnitude 2 / (1 + slope^2) (He et al. 2015).",
            .params = msraprelu_params,
            .n_params = sizeof msraprelu_params / sizeof *msraprelu_params,
            .lower = lower_msraprelu,
        },
};
