/* zero, one, constant. */
#include "builtin.h"
#include "emitter.h"
#include "registry/args.h"

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
    struct copy_array *const array = args_value(args, "value", FANIN_PARAM_NUMBER)->array;
    return array ? emitter_emit_copy(emitter, FANIN_ALL_ROWS, array)
                 : fanin_emit_constant(emitter, FANIN_ALL_ROWS, fanin_args_number(args, "value"));
}

static const struct registry_hooks constant_hooks = {.array = "value"};

static const fanin_param constant_params[] = {
    {"value", FANIN_PARAM_NUMBER, NULL, -INFINITY, INFINITY, NULL, 0,
     "The number that every element gets, or nested lists of numbers, an array that is broadcast to the shape."},
};

const struct registry_entry initializer_constant = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "constant",
            .help = "Every element is the value, or that of an array.",
            .params = constant_params,
            .n_params = sizeof constant_params / sizeof *constant_params,
            .lower = lower_constant,
        },
    .hooks = &constant_hooks,
};
