/* An initializer of one's own, known to every spec, pattern and rules file after it is registered: an embedding whose padding
 * row is 0, and whose biases are not. */
#include <fanin/fanin.h>

#include <math.h>
#include <stdio.h>

static fanin_status lower_embedding(const fanin_args *args, fanin_emitter *emitter)
{
    if (fanin_emitter_ndim(emitter) != 2)
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': an embedding has 2 dimensions, not %d", fanin_emitter_name(emitter),
                          fanin_emitter_ndim(emitter));
    const fanin_status status = fanin_emit_constant(emitter, 1, 0.0); /* the first row is the padding's */
    if (status != FANIN_OK)
        return status;
    return fanin_emit_normal(emitter, FANIN_ALL_ROWS, 0.0, fanin_args_number(args, "sigma"));
}

static fanin_status lower_bias(const fanin_args *args, fanin_emitter *emitter)
{
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, fanin_args_number(args, "bias"));
}

int main(void)
{
    const fanin_param params[] = {
        {"sigma", FANIN_PARAM_NUMBER, "0.02", 0.0, INFINITY, NULL, 0, "standard deviation"},
        {"bias", FANIN_PARAM_NUMBER, "0.0", -INFINITY, INFINITY, NULL, 0, "value of parameters that end in bias"},
    };
    const fanin_override overrides[] = {{FANIN_ENDING_BIAS, lower_bias}};
    fanin_row row = FANIN_ROW_INIT;
    row.name = "embedding";
    row.help = "Normal rows after a first row of zeros.";
    row.params = params;
    row.n_params = 2;
    row.lower = lower_embedding;
    row.overrides = overrides;
    row.n_overrides = 1;

    float table[3][4], bias[2];
    DLTensor table_tensor = {table, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, (int64_t[]){3, 4}, NULL, 0};
    DLTensor bias_tensor = {bias, {kDLCPU, 0}, 1, {kDLFloat, 32, 1}, (int64_t[]){2}, NULL, 0};
    fanin_initializer *embedding = NULL;
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_status status = fanin_register(&row, 0);
    if (status == FANIN_OK)
        status = fanin_create("[\"embedding\", {\"bias\": 0.5}]", &embedding);
    desc.name = "tokens_weight";
    if (status == FANIN_OK)
        status = fanin_init(embedding, &desc, &table_tensor, NULL);
    desc.name = "tokens_bias";
    if (status == FANIN_OK)
        status = fanin_init(embedding, &desc, &bias_tensor, NULL);
    fanin_release(embedding);
    if (status != FANIN_OK) {
        fprintf(stderr, "%s: %s\n", fanin_status_name(status), fanin_last_error());
        return 1;
    }
    for (int r = 0; r < 3; r++)
        printf("% .4f % .4f % .4f % .4f\n", table[r][0], table[r][1], table[r][2], table[r][3]);
    printf("bias %.1f %.1f\n", bias[0], bias[1]);
    return 0;
}
