/* Constants that are tensors: broadcast, boxes, dtypes, values that do not fit, dumps of callers' tensors. */
#include "plan_helpers.h"

#include "copy.h"
#include "stream/round.h"

#include <math.h>

#define TYPE(code, bits) ((DLDataType){(code), (bits), 1})

static fanin_initializer *make(DLTensor tensor)
{
    fanin_initializer *made = NULL;
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_OK);
    return made;
}

/* MXNet's dumps of such arrays, byte for byte, and back. */
static void check_dumps(DLTensor tensor, const char *expected)
{
    fanin_initializer *const made = make(tensor);
    char *text = NULL, *again = NULL;
    assert_status(fanin_dumps(made, &text), FANIN_OK);
    assert_string_equal(text, expected);
    fanin_initializer *const created = create(text);
    assert_status(fanin_dumps(created, &again), FANIN_OK);
    assert_string_equal(again, expected);
    fanin_string_free(text);
    fanin_string_free(again);
    fanin_release(created);
    fanin_release(made);
}

static DLTensor typed(void *data, DLDataType dtype, int ndim, const int64_t *shape)
{
    DLTensor tensor = tensor_of(data, ndim, shape);
    tensor.dtype = dtype;
    return tensor;
}

static void test_dumps(void **state)
{
    (void)state;
    static const int64_t shape[] = {2, 1, 2}, square[] = {2, 2};
    check_dumps(VECTOR(((float[]){1.0f, 2.5f, 0.1f}), 3), "[\"constant\", {\"value\": [1.0, 2.5, 0.10000000149011612]}]");
    check_dumps(typed((int32_t[]){1, 2, 3, 4}, TYPE(kDLInt, 32), 2, square), "[\"constant\", {\"value\": [[1, 2], [3, 4]]}]");
    check_dumps(typed((double[]){0.1}, TYPE(kDLFloat, 64), 1, (int64_t[]){1}), "[\"constant\", {\"value\": [0.1]}]");
    check_dumps(typed((uint16_t[]){0x2e66}, TYPE(kDLFloat, 16), 1, (int64_t[]){1}),
                "[\"constant\", {\"value\": [0.0999755859375]}]");
    check_dumps(typed((uint8_t[]){1, 0}, TYPE(6, 8), 2, (int64_t[]){1, 2}), "[\"constant\", {\"value\": [[true, false]]}]");
    check_dumps(tensor_of((float[4]){0.0f}, 3, shape), "[\"constant\", {\"value\": [[[0.0, 0.0]], [[0.0, 0.0]]]}]");
    check_dumps(typed((double[]){3.0}, TYPE(kDLFloat, 64), 0, NULL), "[\"constant\", {\"value\": 3.0}]");
    check_dumps(typed((int8_t[]){-3}, TYPE(kDLInt, 8), 0, NULL), "[\"constant\", {\"value\": -3}]");
    check_dumps(typed((uint8_t[]){1}, TYPE(6, 8), 0, NULL), "[\"constant\", {\"value\": true}]");
    check_dumps(typed((uint64_t[]){1, UINT64_C(1) << 53}, TYPE(kDLUInt, 64), 1, (int64_t[]){2}),
                "[\"constant\", {\"value\": [1, 9007199254740992]}]");
    check_dumps(typed((int64_t[]){-(INT64_C(1) << 53), 7}, TYPE(kDLInt, 64), 1, (int64_t[]){2}),
                "[\"constant\", {\"value\": [-9007199254740992, 7]}]");
    check_dumps(typed((uint16_t[]){0x3fc0, 0xff7f}, TYPE(kDLBfloat, 16), 1, (int64_t[]){2}),
                "[\"constant\", {\"value\": [1.5, -3.3895313892515355e+38]}]");
    check_dumps(typed((int16_t[]){-300, 300}, TYPE(kDLInt, 16), 1, (int64_t[]){2}), "[\"constant\", {\"value\": [-300, 300]}]");
    check_dumps(typed((uint16_t[]){65535}, TYPE(kDLUInt, 16), 1, (int64_t[]){1}), "[\"constant\", {\"value\": [65535]}]");
    check_dumps(typed((uint32_t[]){4294967295}, TYPE(kDLUInt, 32), 1, (int64_t[]){1}),
                "[\"constant\", {\"value\": [4294967295]}]");
    check_dumps(typed((uint8_t[]){200}, TYPE(kDLUInt, 8), 1, (int64_t[]){1}), "[\"constant\", {\"value\": [200]}]");
    check_dumps(typed(NULL, TYPE(kDLFloat, 32), 2, (int64_t[]){2, 0}), "[\"constant\", {\"value\": [[], []]}]");

    /* Transposed, backwards, with an offset: in the order of the axes. */
    float memory[] = {0, 1, 2, 3, 4, 5};
    DLTensor tensor = MATRIX(memory, 3, 2);
    tensor.strides = (int64_t[]){1, 3};
    check_dumps(tensor, "[\"constant\", {\"value\": [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]}]");
    tensor = VECTOR(memory, 3);
    tensor.strides = (int64_t[]){-2};
    tensor.byte_offset = 5 * sizeof *memory;
    check_dumps(tensor, "[\"constant\", {\"value\": [5.0, 3.0, 1.0]}]");
    /* The stride of an extent of 1 means nothing. */
    tensor = MATRIX(memory, 1, 3);
    tensor.strides = (int64_t[]){INT64_MAX, 1};
    check_dumps(tensor, "[\"constant\", {\"value\": [[0.0, 1.0, 2.0]]}]");
}

/* Extents beside one of 0 may be any; dumps has a list for each that is without elements. */
static void test_empty(void **state)
{
    (void)state;
    static const int64_t large = INT64_C(1) << 40;
    float value = 7;
    fanin_initializer *const made = make(VECTOR(&value, 1));
    const fanin_desc desc = desc_of("a_weight");
    const int64_t shapes[][3] = {{large, large, 0}, {large, 0, large}, {0, large, large}};
    for (int i = 0; i < 3; i++) {
        const DLTensor tensor = tensor_of(&value, 3, shapes[i]);
        assert_status(fanin_init(made, &desc, &tensor, NULL), FANIN_OK);
        assert_true(value == 7);
    }
    fanin_release(made);
    check_dumps(tensor_of(NULL, 3, (int64_t[]){0, large, large}), "[\"constant\", {\"value\": []}]");
    fanin_initializer *refused = NULL;
    const DLTensor tensor = tensor_of(NULL, 2, (int64_t[]){large, 0});
    assert_status(fanin_constant_tensor(&tensor, &refused), FANIN_ERROR_PARAMETER);
    assert_message("(1099511627776, 0)", "empty lists", NULL);
}

/* The caller's tensor is copied. */
static void test_copied(void **state)
{
    (void)state;
    float value[] = {1, 2}, out[2];
    fanin_initializer *const made = make(VECTOR(value, 2));
    value[0] = value[1] = 99;
    const fanin_desc desc = desc_of("a_weight");
    const DLTensor tensor = VECTOR(out, 2);
    /* What a plan added outlives the initializer. */
    fanin_plan *const plan = new_plan();
    assert_status(fanin_plan_add(plan, made, &desc, &tensor), FANIN_OK);
    fanin_release(made);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_true(out[0] == 1 && out[1] == 2);
    fanin_plan_free(plan);
}

/* Every broadcast to (3, 4, 5, 2) of arrays with each axis whole, 1 or missing, against the definition: the element at c is
 * that of the array at c, or 0 where the array's axis is 1. Whole, in boxes, through strides. */
static void test_broadcast(void **state)
{
    (void)state;
    static const int64_t domain[] = {3, 4, 5, 2};
    static float out[120], box_out[120], value[120];
    int tried = 0;
    for (int missing = 0; missing <= 4; missing++) {
        for (unsigned ones = 0; ones < 1u << (4 - missing); ones++) {
            int64_t shape[4] = {0}, stride[4] = {0}, size = 1;
            for (int d = 3; d >= missing; d--) {
                shape[d] = ones >> (d - missing) & 1 ? 1 : domain[d];
                stride[d] = shape[d] == 1 ? 0 : size;
                size *= shape[d];
            }
            for (int64_t i = 0; i < size; i++) {
                value[i] = (float)(i + 1);
            }
            fanin_initializer *const made = make(tensor_of(value, 4 - missing, shape + missing));
            fanin_desc desc = desc_of("a_weight");
            const DLTensor tensor = tensor_of(out, 4, domain);
            memset(out, 0, sizeof out);
            assert_status(fanin_init(made, &desc, &tensor, NULL), FANIN_OK);
            for (int64_t i = 0; i < 120; i++) {
                const int64_t c[] = {i / 40, i / 10 % 4, i / 2 % 5, i % 2};
                int64_t place = 0;
                for (int d = missing; d < 4; d++) {
                    place += c[d] * stride[d];
                }
                assert_true(out[i] == value[place]);
            }
            /* A box, transposed in memory. */
            static const int64_t box[] = {2, 3, 2, 1}, offset[] = {1, 1, 2, 1}, box_stride[] = {1, 2, 6, 12};
            DLTensor part = tensor_of(box_out, 4, box);
            part.strides = (int64_t *)(uintptr_t)box_stride;
            desc.global_shape = domain;
            desc.offset = offset;
            assert_status(fanin_init(made, &desc, &part, NULL), FANIN_OK);
            for (int64_t i = 0; i < 12; i++) {
                const int64_t c[] = {i / 6, i / 2 % 3, i % 2};
                assert_true(box_out[c[0] + 2 * c[1] + 6 * c[2]] == out[(c[0] + 1) * 40 + (c[1] + 1) * 10 + (c[2] + 2) * 2 + 1]);
            }
            fanin_release(made);
            tried++;
        }
    }
    assert_int_equal(tried, 31);
}

/* A large one, filled by several threads, begins and ends anywhere. */
static void test_large(void **state)
{
    (void)state;
    enum { ROWS = 700, COLUMNS = 513 };
    float *const out = malloc((size_t)ROWS * COLUMNS * sizeof *out);
    assert_non_null(out);
    static float value[COLUMNS], column[ROWS];
    for (int i = 0; i < COLUMNS; i++) {
        value[i] = (float)i;
    }
    for (int i = 0; i < ROWS; i++) {
        column[i] = (float)(i + 1000);
    }
    fanin_initializer *const row = make(VECTOR(value, COLUMNS));
    fanin_initializer *const rows = make(MATRIX(column, ROWS, 1));
    const fanin_desc desc = desc_of("a_weight");
    const DLTensor tensor = MATRIX(out, ROWS, COLUMNS);
    fanin_options options = FANIN_OPTIONS_INIT;
    for (options.threads = 1; options.threads <= 5; options.threads += 2) {
        assert_status(fanin_init(row, &desc, &tensor, &options), FANIN_OK);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            assert_true(out[i] == (float)(i % COLUMNS));
        }
        assert_status(fanin_init(rows, &desc, &tensor, &options), FANIN_OK);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            assert_true(out[i] == (float)(i / COLUMNS + 1000));
        }
    }
    fanin_release(rows);
    fanin_release(row);
    free(out);
}

/* Each dtype holds what the conversion of C gives, 16-bit ones by way of float32. */
static void test_dtypes(void **state)
{
    (void)state;
    static const char spec[] = "[\"constant\", {\"value\": [1, 0, true]}]";
    static const uint64_t one[DTYPE_COUNT] = {0x3c00, 0x3f80, 0x3f800000, 0x3ff0000000000000, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    for (int dtype = 0; dtype < DTYPE_COUNT; dtype++) {
        const size_t size = dtype_table[dtype].size;
        unsigned char out[24];
        fanin_initializer *const made = create(spec);
        const fanin_desc desc = desc_of("a_weight");
        const DLTensor tensor = typed(out, dtype_to_dlpack((enum dtype)dtype), 1, (int64_t[]){3});
        assert_status(fanin_init(made, &desc, &tensor, NULL), FANIN_OK);
        const uint64_t zero = 0;
        assert_memory_equal(out, &one[dtype], size);
        assert_memory_equal(out + size, &zero, size);
        assert_memory_equal(out + 2 * size, &one[dtype], size);
        fanin_release(made);
    }
    fanin_initializer *const made = create("[\"constant\", {\"value\": [0.1, -2.00048828125001, 1e-45, 3]}]");
    uint16_t half[4];
    float single[4];
    double exact[4];
    const fanin_desc desc = desc_of("a_weight");
    DLTensor tensor = typed(half, TYPE(kDLFloat, 16), 1, (int64_t[]){4});
    assert_status(fanin_init(made, &desc, &tensor, NULL), FANIN_OK);
    /* -2.00048828125 is half-way in float32 already: rounded twice, to even, as a constant is. */
    assert_memory_equal(half, ((uint16_t[]){0x2e66, 0xc000, 0x0000, 0x4200}), sizeof half);
    tensor = VECTOR(single, 4);
    assert_status(fanin_init(made, &desc, &tensor, NULL), FANIN_OK);
    assert_memory_equal(single, ((float[]){0.1f, -2.00048828125f, 1e-45f, 3.0f}), sizeof single);
    tensor = typed(exact, TYPE(kDLFloat, 64), 1, (int64_t[]){4});
    assert_status(fanin_init(made, &desc, &tensor, NULL), FANIN_OK);
    assert_memory_equal(exact, ((double[]){0.1, -2.00048828125001, 1e-45, 3.0}), sizeof exact);
    fanin_release(made);

    fanin_initializer *const wide = create("[\"constant\", {\"value\": [-9007199254740992, 9007199254740992, -1]}]");
    int64_t integers[3];
    tensor = typed(integers, TYPE(kDLInt, 64), 1, (int64_t[]){3});
    assert_status(fanin_init(wide, &desc, &tensor, NULL), FANIN_OK);
    assert_memory_equal(integers, ((int64_t[]){-(INT64_C(1) << 53), INT64_C(1) << 53, -1}), sizeof integers);
    fanin_release(wide);
    /* Only uint64 holds it. */
    fanin_initializer *const huge = create("[\"constant\", {\"value\": [1.8446744073709552e19, 3.0]}]");
    uint64_t naturals[2];
    tensor = typed(naturals, TYPE(kDLUInt, 64), 1, (int64_t[]){2});
    assert_status(fanin_init(huge, &desc, &tensor, NULL), FANIN_ERROR_VALUE);
    fanin_release(huge);
    fanin_initializer *const large = create("[\"constant\", {\"value\": [1.8446744073709550e19, 3.0]}]");
    assert_status(fanin_init(large, &desc, &tensor, NULL), FANIN_OK);
    assert_true(naturals[0] == UINT64_C(18446744073709549568) && naturals[1] == 3);
    fanin_release(large);
}

/* Axes of 1 that the parameter lacks are no axes, as in NumPy's assignment and MXNet's. */
static void test_leading_ones(void **state)
{
    (void)state;
    fanin_initializer *const row = create("[\"constant\", {\"value\": [[[1, 2, 3]]]}]");
    float values[6] = {0};
    const fanin_desc desc = desc_of("a_weight");
    DLTensor tensor = MATRIX(values, 2, 3);
    assert_status(fanin_init(row, &desc, &tensor, NULL), FANIN_OK);
    assert_memory_equal(values, ((float[]){1, 2, 3, 1, 2, 3}), sizeof values);
    memset(values, 0, sizeof values);
    tensor = VECTOR(values, 3);
    assert_status(fanin_init(row, &desc, &tensor, NULL), FANIN_OK);
    assert_memory_equal(values, ((float[]){1, 2, 3, 0, 0, 0}), sizeof values);
    fanin_release(row);
    fanin_initializer *const one = create("[\"constant\", {\"value\": [[5]]}]");
    tensor = tensor_of(values, 0, NULL);
    assert_status(fanin_init(one, &desc, &tensor, NULL), FANIN_OK);
    assert_memory_equal(values, ((float[]){5, 2, 3}), 3 * sizeof(float));
    fanin_release(one);
}

static void refuse(const char *value, enum dtype dtype, int ndim, const int64_t *shape, fanin_status expected, const char *part)
{
    char spec[256];
    snprintf(spec, sizeof spec, "[\"constant\", {\"value\": %s}]", value);
    fanin_initializer *const made = create(spec);
    fanin_desc desc = desc_of("a_weight");
    struct shape whole = {.ndim = ndim};
    memcpy(whole.extent, shape, (size_t)ndim * sizeof *shape);
    struct lowering lowering;
    assert_status(lower_shape(made, &desc, dtype, &whole, &lowering), expected);
    assert_message("'a_weight'", part, NULL);
    fanin_release(made);
}

static void test_refused(void **state)
{
    (void)state;
    static const int64_t two_three[] = {2, 3};
    refuse("[1, 2]", DTYPE_FLOAT32, 2, two_three, FANIN_ERROR_SHAPE,
           "a constant of shape (2,), expected one that is broadcast to (2, 3)");
    refuse("[[[1, 2, 3]], [[1, 2, 3]]]", DTYPE_FLOAT32, 2, two_three, FANIN_ERROR_SHAPE, "shape (2, 1, 3)");
    refuse("[1, 2]", DTYPE_FLOAT32, 0, two_three, FANIN_ERROR_SHAPE, "broadcast to ()");
    refuse("[]", DTYPE_FLOAT32, 2, two_three, FANIN_ERROR_SHAPE, "shape (0,)");
    refuse("[[1, 2, 3], [1, 2, 3]]", DTYPE_FLOAT32, 1, (const int64_t[]){3}, FANIN_ERROR_SHAPE, "shape (2, 3)");
    refuse("[1, 2, 300]", DTYPE_INT8, 2, two_three, FANIN_ERROR_VALUE, "the value 300.0 does not fit int8");
    refuse("[1, -129, 3]", DTYPE_INT8, 2, two_three, FANIN_ERROR_VALUE, "the value -129.0 does not fit int8");
    refuse("[1, -1, 3]", DTYPE_UINT64, 2, two_three, FANIN_ERROR_VALUE, "the value -1.0 does not fit uint64");
    refuse("[1, 2.5, 0.5]", DTYPE_INT32, 2, two_three, FANIN_ERROR_VALUE, "the value 2.5 does not fit int32");
    refuse("[1, 2, 0]", DTYPE_BOOL, 2, two_three, FANIN_ERROR_VALUE, "the value 2.0 does not fit bool");
    refuse("[1, 2, 65520]", DTYPE_FLOAT16, 2, two_three, FANIN_ERROR_VALUE, "the value 65520.0 does not fit float16");
    refuse("[1, -1e39, 0]", DTYPE_FLOAT32, 2, two_three, FANIN_ERROR_VALUE, "the value -1e+39 does not fit float32");

    /* Without elements anything that is broadcast is fine. */
    fanin_initializer *const none = create("[\"constant\", {\"value\": [[1], [2]]}]");
    const fanin_desc desc = desc_of("a_weight");
    const DLTensor empty = MATRIX(NULL, 2, 0);
    assert_status(fanin_init(none, &desc, &empty, NULL), FANIN_OK);
    fanin_release(none);

    fanin_initializer *made = NULL;
    DLTensor tensor = VECTOR(((float[]){1.0f, NAN}), 2);
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_PARAMETER);
    assert_message("element 1 is nan", NULL);
    tensor = VECTOR(((float[]){-INFINITY}), 1);
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_PARAMETER);
    tensor.ndim = 0;
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_PARAMETER);
    tensor = typed((int64_t[]){(INT64_C(1) << 53) + 1}, TYPE(kDLInt, 64), 1, (int64_t[]){1});
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_PARAMETER);
    assert_message("2^53", NULL);
    tensor = typed((uint64_t[]){UINT64_MAX}, TYPE(kDLUInt, 64), 1, (int64_t[]){1});
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_PARAMETER);
    tensor = VECTOR(NULL, 1);
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_ARGUMENT);
    tensor.device.device_type = kDLCUDA;
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_DEVICE);
    tensor = VECTOR(((float[]){1.0f}), 1);
    tensor.dtype.lanes = 2;
    assert_status(fanin_constant_tensor(&tensor, &made), FANIN_ERROR_DTYPE);
    assert_message("fanin_constant_tensor", NULL);
    assert_status(fanin_constant_tensor(NULL, &made), FANIN_ERROR_ARGUMENT);
    tensor.dtype.lanes = 1;
    assert_status(fanin_constant_tensor(&tensor, NULL), FANIN_ERROR_ARGUMENT);
    assert_null(made);
}

/* In a plan: the dump, replicas that agree by value, those that do not, and blocks whose inner initializer is gone. */
static void test_plan(void **state)
{
    (void)state;
    float out[4][6];
    fanin_plan *plan = new_plan();
    fanin_initializer *const list = create("[\"constant\", {\"value\": [1.0, 2.0, 3.0]}]");
    fanin_initializer *const same = make(VECTOR(((float[]){1, 2, 3}), 3));
    assert_status(add(plan, list, "a_weight", MATRIX(out[0], 2, 3)), FANIN_OK);
    assert_status(add(plan, same, "a_weight", MATRIX(out[1], 2, 3)), FANIN_OK);
    char *text = NULL;
    assert_status(fanin_plan_dumps(plan, &text), FANIN_OK);
    assert_non_null(strstr(text, "\"fills\": [{\"kind\": \"copy\", \"source\": [3], \"stream\": \"0x"));
    fanin_string_free(text);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_memory_equal(out[0], ((float[]){1, 2, 3, 1, 2, 3}), sizeof out[0]);
    assert_memory_equal(out[1], out[0], sizeof out[0]);
    fanin_initializer *const other = make(VECTOR(((float[]){1, 2, 4}), 3));
    assert_status(add(plan, other, "a_weight", MATRIX(out[2], 2, 3)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    fanin_plan_free(plan);

    /* l0_i2h_weight (1, 1), l0_h2h_weight (1, 1), two biases: by the global initializer. */
    fanin_initializer *global = make(MATRIX(((float[]){7}), 1, 1));
    const fanin_attr attribute = {
        "__init__", "[\"fusedrnn\", {\"init\": null, \"num_hidden\": 1, \"num_layers\": 1, \"mode\": \"rnn_tanh\"}]"};
    fanin_desc desc = desc_of("rnn");
    desc.attrs = &attribute;
    desc.n_attrs = 1;
    desc.global_init = global;
    const DLTensor tensor = VECTOR(out[3], 4);
    plan = new_plan();
    assert_status(fanin_plan_add(plan, NULL, &desc, &tensor), FANIN_OK);
    fanin_release(global);
    /* The same blocks from another array are another meaning of the name. */
    global = make(MATRIX(((float[]){8}), 1, 1));
    desc.global_init = global;
    const DLTensor replica = VECTOR(out[2], 4);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_memory_equal(out[3], ((float[]){7, 7, 0, 0}), 4 * sizeof(float));
    assert_status(fanin_plan_add(plan, NULL, &desc, &replica), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    fanin_plan_free(plan);
    fanin_release(global);
    fanin_release(other);
    fanin_release(same);
    fanin_release(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dumps),        cmocka_unit_test(test_empty),   cmocka_unit_test(test_copied),
        cmocka_unit_test(test_broadcast),    cmocka_unit_test(test_large),   cmocka_unit_test(test_dtypes),
        cmocka_unit_test(test_leading_ones), cmocka_unit_test(test_refused), cmocka_unit_test(test_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
