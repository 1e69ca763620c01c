/* What the tests of plans share: float32 vectors and matrices, and a row of the caller's own. */
#ifndef FANIN_TESTS_PLAN_HELPERS_H
#define FANIN_TESTS_PLAN_HELPERS_H

#include "test_helpers.h"

#define FLOAT32 ((DLDataType){kDLFloat, 32, 1})

static inline DLTensor tensor_of(void *data, int ndim, const int64_t *shape)
{
    return (DLTensor){
        .data = data, .device = {kDLCPU, 0}, .ndim = ndim, .dtype = FLOAT32, .shape = (int64_t *)(uintptr_t)shape};
}

#define VECTOR(data, n)          tensor_of((data), 1, (const int64_t[]){(n)})
#define MATRIX(data, rows, cols) tensor_of((data), 2, (const int64_t[]){(rows), (cols)})

static inline fanin_desc desc_of(const char *name)
{
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    return desc;
}

static inline fanin_status add(fanin_plan *plan, const fanin_initializer *initializer, const char *name, DLTensor tensor)
{
    const fanin_desc desc = desc_of(name);
    return fanin_plan_add(plan, initializer, &desc, &tensor);
}

/* As add, with the attribute `__init__`. */
static inline fanin_status add_with(fanin_plan *plan, const char *text, const char *name, DLTensor tensor)
{
    const fanin_attr attribute = {"__init__", text};
    fanin_desc desc = desc_of(name);
    desc.attrs = &attribute;
    desc.n_attrs = 1;
    return fanin_plan_add(plan, NULL, &desc, &tensor);
}

static inline fanin_plan *new_plan(void)
{
    fanin_plan *plan = NULL;
    assert_status(fanin_plan_create(&plan), FANIN_OK);
    return plan;
}

/* "packed": a row of ones, then a block "rest_weight" of xavier weights; "packed_deep" calls it "x/rest_weight". By the name
 * rule, a "bias" is all ones. */
static inline fanin_status lower_packed(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    const int64_t *const shape = fanin_emitter_shape(emitter);
    fanin_initializer *xavier = NULL;
    fanin_status status = fanin_emit_constant(emitter, 1, 1.0);
    if (status == FANIN_OK) {
        status = fanin_create("xavier", &xavier);
    }
    if (status != FANIN_OK) {
        return status;
    }
    const char *const block = fanin_emitter_user(emitter);
    status = fanin_emit_sub_parameter(emitter, FANIN_ALL_ROWS, xavier, block, 2, (const int64_t[]){shape[0] - 1, shape[1]});
    fanin_release(xavier);
    return status;
}

static inline fanin_status lower_packed_bias(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 1.0);
}

static inline void register_packed(void)
{
    static char block[] = "rest_weight", deep_block[] = "x/rest_weight";
    const fanin_override bias = {FANIN_ENDING_BIAS, lower_packed_bias};
    fanin_row row = FANIN_ROW_INIT;
    row.help = "A row of ones and a block.";
    row.lower = lower_packed;
    row.overrides = &bias;
    row.n_overrides = 1;
    row.name = "packed";
    row.user = block;
    assert_status(fanin_register(&row, 0), FANIN_OK);
    row.name = "packed_deep";
    row.user = deep_block;
    assert_status(fanin_register(&row, 0), FANIN_OK);
}

/* The last error is exactly these lines. */
static inline void assert_lines(const char *const *lines, size_t count)
{
    const char *at = fanin_last_error();
    for (size_t i = 0; i < count; i++) {
        const size_t length = strcspn(at, "\n");
        if (strlen(lines[i]) != length || strncmp(at, lines[i], length) != 0) {
            fail_msg("line %zu, expected:\n%s\nfound in:\n%s", i, lines[i], fanin_last_error());
        }
        at += length + (at[length] == '\n');
    }
    assert_string_equal(at, "");
}

#endif
