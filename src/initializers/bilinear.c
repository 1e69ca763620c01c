/* bilinear: the weights of bilinear up-sampling. */
#include "builtin.h"
#include "emitter.h"

static fanin_status lower_bilinear(const fanin_args *args, fanin_emitter *emitter)
{
    if (emitter->ndim != 4) {
        return fanin_fail(FANIN_ERROR_SHAPE,
                          "parameter '%s': bilinear needs 4 dimensions (filters, channels, height, width), found %d",
                          emitter->name, emitter->ndim);
    }
    return emitter_emit(emitter, FANIN_ALL_ROWS, FILL_BILINEAR, fanin_args_number(args, "centred"), 0.0);
}

static const fanin_param bilinear_params[] = {
    {"centred", FANIN_PARAM_BOOLEAN, "false", 0, 0, NULL, FANIN_PARAM_QUIET,
     "false: MXNet's formula; true: symmetric, each axis with its own scale, as Caffe's."},
};

const struct registry_entry initializer_bilinear = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "bilinear",
            .help = "The weights of bilinear up-sampling (Shelhamer et al. 2016).",
            .params = bilinear_params,
            .n_params = sizeof bilinear_params / sizeof *bilinear_params,
            .lower = lower_bilinear,
        },
};
