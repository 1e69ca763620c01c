/* fusedrnn: the packed vector of all weights and biases of a recurrent network, as cuDNN and MXNet lay it out. */
#include "builtin.h"
#include "emitter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Bounds the blocks, and so the work that one parameter can ask for. */
#define MOST_LAYERS 4096

static const char *const mode_names[] = {"rnn_relu", "rnn_tanh", "lstm", "gru", NULL};

/* The gates of each mode, in their order. */
static const struct mode {
    int gates;
    const char *suffix[4];
} modes[] = {{1, {""}}, {1, {""}}, {4, {"_i", "_f", "_c", "_o"}}, {3, {"_r", "_z", "_o"}}};

/* Of the lstm, the first mode with a forget gate. */
#define FORGET_GATE 1

struct network {
    const char *mode_name;
    const struct mode *mode;
    int64_t hidden, layers, directions, input;
    double forget_bias;
    bool has_forget_gate;
    const fanin_initializer *inner; /* NULL: the descriptor's global one */
};

/* The vector has `step` numbers for each input and `rest` others. false: more than int64 counts. */
static bool count_numbers(const struct network *network, int64_t *step, int64_t *rest)
{
    const int64_t h = network->hidden;
    int64_t above, both;
    return !__builtin_mul_overflow(h, network->mode->gates * network->directions, step) &&
           !__builtin_mul_overflow(h, 1 + network->directions, &above) && !__builtin_add_overflow(above, 2, &above) &&
           !__builtin_mul_overflow(above, network->layers - 1, &above) && !__builtin_add_overflow(above, h, &both) &&
           !__builtin_add_overflow(both, 2, &both) && !__builtin_mul_overflow(both, *step, rest) && *rest <= INT64_MAX - *step;
}

/* The size of the input, from that of the vector. */
static fanin_status find_input(fanin_emitter *emitter, struct network *network)
{
    const int64_t size = emitter->shape[0];
    char described[160];
    snprintf(described, sizeof described, "fusedrnn (%s, %" PRId64 " hidden, %" PRId64 " layer%s, %s)", network->mode_name,
             network->hidden, network->layers, network->layers == 1 ? "" : "s",
             network->directions == 2 ? "both directions" : "one direction");
    int64_t step, rest;
    if (!count_numbers(network, &step, &rest)) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': found %lld elements, but %s needs 2^63 or more", emitter->name,
                          (long long)size, described);
    }
    if (size < rest + step) {
        return fanin_fail(
            FANIN_ERROR_SHAPE,
            "parameter '%s': found %lld elements, but %s has at least %lld (input size 1), and %lld more for each "
            "further input",
            emitter->name, (long long)size, described, (long long)(rest + step), (long long)step);
    }
    network->input = (size - rest) / step;
    const int64_t lower = rest + network->input * step;
    if (lower == size) {
        return FANIN_OK;
    }
    char upper[96] = "";
    if (lower <= INT64_MAX - step) {
        snprintf(upper, sizeof upper, " and %lld (input size %lld)", (long long)(lower + step), (long long)network->input + 1);
    }
    return fanin_fail(FANIN_ERROR_SHAPE,
                      "parameter '%s': found %lld elements, the nearest valid sizes of %s are %lld (input size %lld)%s",
                      emitter->name, (long long)size, described, (long long)lower, (long long)network->input, upper);
}

static fanin_status emit_weight(fanin_emitter *emitter, const struct network *network, int64_t layer, bool from_input,
                                const char *name)
{
    const int64_t below = layer == 0 ? network->input : network->directions * network->hidden;
    const int64_t shape[2] = {network->hidden, from_input ? below : network->hidden};
    return fanin_emit_sub_parameter(emitter, shape[0] * shape[1], network->inner, name, 2, shape);
}

static fanin_status emit_bias(fanin_emitter *emitter, const struct network *network, int gate, const char *name)
{
    if (network->has_forget_gate && gate == FORGET_GATE) {
        return emitter_emit_constant_block(emitter, network->hidden, name, network->forget_bias);
    }
    return fanin_emit_sub_parameter(emitter, network->hidden, network->inner, name, 1, &network->hidden);
}

/* The gates of a layer in one direction: of the input's connections, then of the hidden ones. */
static fanin_status emit_gates(fanin_emitter *emitter, const struct network *network, int64_t layer, int direction,
                               bool weights)
{
    static const char directions[] = "lr";
    fanin_status status = FANIN_OK;
    for (int i = 0; i < 2 * network->mode->gates && status == FANIN_OK; i++) {
        const bool from_input = i < network->mode->gates;
        const int gate = i % network->mode->gates;
        char name[48];
        snprintf(name, sizeof name, "%c%" PRId64 "_%s%s_%s", directions[direction], layer, from_input ? "i2h" : "h2h",
                 network->mode->suffix[gate], weights ? "weight" : "bias");
        status = weights ? emit_weight(emitter, network, layer, from_input, name) : emit_bias(emitter, network, gate, name);
    }
    return status;
}

static fanin_status lower_fusedrnn(const fanin_args *args, fanin_emitter *emitter)
{
    if (emitter->ndim != 1) {
        return fanin_fail(FANIN_ERROR_SHAPE,
                          "parameter '%s': fusedrnn fills a packed vector of one dimension, found a shape of %d dimensions",
                          emitter->name, emitter->ndim);
    }
    const int64_t mode = fanin_args_integer(args, "mode");
    struct network network = {
        .mode_name = mode_names[mode],
        .mode = &modes[mode],
        .hidden = fanin_args_integer(args, "num_hidden"),
        .layers = fanin_args_integer(args, "num_layers"),
        .directions = 1 + fanin_args_integer(args, "bidirectional"),
        .forget_bias = fanin_args_number(args, "forget_bias"),
        .has_forget_gate = mode == FANIN_RNN_LSTM,
        .inner = fanin_args_initializer(args, "init"),
    };
    fanin_status status = find_input(emitter, &network);
    for (int part = 0; part < 2; part++) {
        for (int64_t layer = 0; layer < network.layers && status == FANIN_OK; layer++) {
            for (int direction = 0; direction < network.directions && status == FANIN_OK; direction++) {
                status = emit_gates(emitter, &network, layer, direction, part == 0);
            }
        }
    }
    return status;
}

static const struct registry_hooks fusedrnn_hooks = {.quoted = "init"};

static const fanin_param fusedrnn_params[] = {
    {"init", FANIN_PARAM_INITIALIZER, NULL, 0, 0, NULL, 0,
     "The initializer of every block; null: the descriptor's global one."},
    {"num_hidden", FANIN_PARAM_INTEGER, NULL, 1, INFINITY, NULL, 0, "The hidden units of a layer, in one direction."},
    {"num_layers", FANIN_PARAM_INTEGER, NULL, 1, MOST_LAYERS, NULL, 0, "The number of layers."},
    {"mode", FANIN_PARAM_CHOICE, NULL, 0, 0, mode_names, 0, "The kind of the cells, which says what gates they have."},
    {"bidirectional", FANIN_PARAM_BOOLEAN, "false", 0, 0, NULL, 0, "true: each layer runs in both directions."},
    {"forget_bias", FANIN_PARAM_NUMBER, "1.0", -INFINITY, INFINITY, NULL, 0,
     "The bias of an lstm's forget gates, written to both of their bias vectors, so the effective bias is twice as large."},
};

const struct registry_entry initializer_fusedrnn = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "fusedrnn",
            .help = "The packed vector of a recurrent network, each gate of each layer a block with an initializer of its own.",
            .params = fusedrnn_params,
            .n_params = sizeof fusedrnn_params / sizeof *fusedrnn_params,
            .lower = lower_fusedrnn,
        },
    .hooks = &fusedrnn_hooks,
};
