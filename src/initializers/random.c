/* uniform, normal. */
#include "builtin.h"

#include <math.h>

static fanin_status lower_uniform(const fanin_args *args, fanin_emitter *emitter)
{
    const double scale = fanin_args_number(args, "scale");
    return fanin_emit_uniform(emitter, FANIN_ALL_ROWS, -scale, scale);
}

static const fanin_param uniform_params[] = {
    {"scale", FANIN_PARAM_NUMBER, "0.07", 0.0, INFINITY, NULL, 0, "Half of the interval's width."},
};

const struct registry_entry initializer_uniform = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "uniform",
            .help = "Uniform numbers in [-scale, scale].",
            .params = uniform_params,
            .n_params = sizeof uniform_params / sizeof *uniform_params,
            .lower = lower_uniform,
        },
};

static fanin_status lower_normal(const fanin_args *args, fanin_emitter *emitter)
{
    return fanin_emit_normal(emitter, FANIN_ALL_ROWS, 0.0, fanin_args_number(args, "sigma"));
}

static const fanin_param normal_params[] = {
    {"sigma", FANIN_PARAM_NUMBER, "0.01", 0.0, INFINITY, NULL, 0, "The standard deviation."},
};

const struct registry_entry initializer_normal = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "normal",
            .help = "Normal numbers of mean 0 and standard deviation sigma.",
            .params = normal_params,
            .n_params = sizeof normal_params / sizeof *normal_params,
            .lower = lower_normal,
        },
};
