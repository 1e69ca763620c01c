/* zero, one, constant. */
#include "builtin.h"

#include <math.h>

static fanin_status lower_zero(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 0.0);
}

const struct registry_entry initializer_zero = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "zero",
            .aliases = (const char *const[]){"zeros", NULL},
            .help = "Every element is 0.",
            .lower = lower_zero,
        },
};

static fanin_status lower_one(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 1.0);
}

const struct registry_entry initializer_one = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "one",
            .aliases = (const char *const[]){"ones", NULL},
            .help = "Every element is 1.",
            .lower = lower_one,
        },
};

static fanin_status lower_constant(const fanin_args *args, fanin_emitter *emitter)
{
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, fanin_args_number(args, "value"));
}

static const fanin_param constant_params[] = {
    {"value", FANIN_PARAM_NUMBER, NULL, -INFINITY, INFINITY, NULL, 0, "The number that every element gets."},
};

const struct registry_entry initializer_constant = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "constant",
            .help = "Every element is the value.",
            .params = constant_params,
            .n_params = sizeof constant_params / sizeof *constant_params,
            .lower = lower_constant,
        },
};
