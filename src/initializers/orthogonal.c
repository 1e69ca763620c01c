/* orthogonal: a random matrix with orthonormal rows or columns (Saxe, McClelland & Ganguli 2013, arXiv 1312.6120). */
#include "builtin.h"

#include "emitter.h"

#include <math.h>

static fanin_status lower_orthogonal(const fanin_args *args, fanin_emitter *emitter)
{
    struct fill_orthogonal orthogonal = {(fanin_orthogonal_method)fanin_args_integer(args, "method"),
                                         (fanin_distribution)fanin_args_integer(args, "rand_type")};
    if (orthogonal.method == FANIN_ORTHOGONAL_HAAR) {
        orthogonal.random = FANIN_DISTRIBUTION_GAUSSIAN;
    }
    return emitter_emit_orthogonal(emitter, FANIN_ALL_ROWS, fanin_args_number(args, "scale"), orthogonal);
}

static const fanin_param orthogonal_params[] = {
    {"scale", FANIN_PARAM_NUMBER, "1.414", -INFINITY, INFINITY, NULL, 0, "The norm of each row, or of each column."},
    {"rand_type", FANIN_PARAM_CHOICE, "\"uniform\"", 0, 0, fill_orthogonal_rand_types, 0,
     "The random matrix that svd takes apart: U(-1, 1) or N(0, 1). haar does not use it."},
    {"method", FANIN_PARAM_CHOICE, "\"svd\"", 0, 0, fill_orthogonal_methods, FANIN_PARAM_QUIET,
     "Singular vectors of a random matrix, as MXNet, or a matrix of Haar's distribution (Stewart 1980)."},
};

const struct registry_entry initializer_orthogonal = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "orthogonal",
            .help = "A random matrix of orthonormal rows, or columns where it has fewer of them (Saxe et al. 2013).",
            .params = orthogonal_params,
            .n_params = sizeof orthogonal_params / sizeof *orthogonal_params,
            .lower = lower_orthogonal,
        },
};
