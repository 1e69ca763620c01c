/* lstmbias: a bias that keeps an LSTM's forget gates open at first (Jozefowicz et al. 2015). */
#include "builtin.h"

#include <math.h>

static fanin_status lower_lstmbias(const fanin_args *args, fanin_emitter *emitter)
{
    const int64_t rows = fanin_emitter_ndim(emitter) > 0 ? fanin_emitter_shape(emitter)[0] : 1;
    if (rows % 4 != 0) {
        return fanin_fail(
            FANIN_ERROR_SHAPE,
            "parameter '%s': lstmbias needs one part of axis 0 for each of the 4 gates, found %lld rows, which 4 does "
            "not divide",
            fanin_emitter_name(emitter), (long long)rows);
    }
    /* Gates i, f, c, o. */
    fanin_status status = fanin_emit_constant(emitter, rows / 4, 0.0);
    if (status == FANIN_OK) {
        status = fanin_emit_constant(emitter, rows / 4, fanin_args_number(args, "forget_bias"));
    }
    return status == FANIN_OK ? fanin_emit_constant(emitter, FANIN_ALL_ROWS, 0.0) : status;
}

static const fanin_param lstmbias_params[] = {
    {"forget_bias", FANIN_PARAM_NUMBER, "1.0", -INFINITY, INFINITY, NULL, 0, "The bias of the forget gates."},
};

const struct registry_entry initializer_lstmbias = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "lstmbias",
            .help = "0, and forget_bias on the second quarter of axis 0 (gates i, f, c, o).",
            .params = lstmbias_params,
            .n_params = sizeof lstmbias_params / sizeof *lstmbias_params,
            .lower = lower_lstmbias,
        },
};
