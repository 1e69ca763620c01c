/* Bad input to the filling functions: a status, a message that names what is wrong, and not one byte written. */
#include "plan_helpers.h"

/* The tensors of the cases lie in the middle. */
static union {
    double alignment;
    unsigned char bytes[1 << 14];
} memory;

#define MIDDLE ((void *)(memory.bytes + sizeof memory.bytes / 2))

static void poison(void)
{
    memset(memory.bytes, 0xa5, sizeof memory.bytes);
}

static void assert_untouched(void)
{
    for (size_t i = 0; i < sizeof memory.bytes; i++) {
        if (memory.bytes[i] != 0xa5) {
            fail_msg("byte %zu was written", i);
        }
    }
}

/* A call of fanin_init that must fail, and the same through a plan, where it may fail in add or in run. */
static void assert_refused(const fanin_initializer *initializer, const fanin_desc *desc, const DLTensor *tensor,
                           const fanin_options *options, fanin_status status, const char *words)
{
    poison();
    assert_status(fanin_init(initializer, desc, tensor, options), status);
    assert_message(words, NULL);
    assert_untouched();

    fanin_plan *const plan = new_plan();
    fanin_status planned = fanin_plan_add(plan, initializer, desc, tensor);
    if (planned == FANIN_OK) {
        planned = fanin_plan_run(plan, options);
    }
    assert_int_equal(planned, status);
    assert_message(words, NULL);
    assert_untouched();
    fanin_plan_free(plan);
}

static void null_everything(void **state)
{
    (void)state;
    const fanin_desc desc = desc_of("a_bias");
    const DLTensor tensor = VECTOR(MIDDLE, 4);
    fanin_plan *const plan = new_plan();
    char *text = NULL;
    assert_status(fanin_init(NULL, NULL, NULL, NULL), FANIN_ERROR_ARGUMENT);
    assert_refused(NULL, NULL, &tensor, NULL, FANIN_ERROR_ARGUMENT, "descriptor is NULL");
    assert_refused(NULL, &desc, NULL, NULL, FANIN_ERROR_ARGUMENT, "'a_bias': the tensor is NULL");
    assert_status(fanin_plan_create(NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_add(NULL, NULL, NULL, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_add(NULL, NULL, &desc, &tensor), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_add(plan, NULL, NULL, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_check(NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_dumps(NULL, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_dumps(NULL, &text), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_dumps(plan, NULL), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_run(NULL, NULL), FANIN_ERROR_ARGUMENT);
    assert_null(text);
    fanin_plan_free(plan);
    fanin_plan_free(NULL);
}

static void descriptors(void **state)
{
    (void)state;
    const DLTensor tensor = VECTOR(MIDDLE, 4);
    fanin_desc desc = desc_of(NULL);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "name is NULL");
    desc = desc_of("");
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "name is empty");
    static const char *const broken[] = {"\x80_bias",      "\xc0\xaf_bias", "\xed\xa0\x80_bias", "\xf4\x90\x80\x80_bias",
                                         "a_bias\xe2\x82", "\xff\n_bias"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        desc = desc_of(broken[i]);
        assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "not UTF-8");
    }

    desc = desc_of("a_bias");
    desc.rule = (fanin_rule)3;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "rule 3");
    desc.rule = (fanin_rule)-1;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "rule -1");
    desc = desc_of("a_bias");
    desc.n_attrs = 2;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "2 attributes at NULL");
    const fanin_attr without_key[] = {{"x", "y"}, {NULL, "zero"}}, twice[] = {{"__init__", "zero"}, {"__init__", "one"}};
    desc.attrs = without_key;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "attribute 1 is NULL");
    desc.attrs = twice;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "given twice");
}

/* Structs of older and newer headers. */
static void sizes(void **state)
{
    (void)state;
    const DLTensor tensor = VECTOR(MIDDLE, 4);
    fanin_desc desc = desc_of("a_bias");
    desc.size = 0;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "fanin_desc: its member size is 0");
    desc.size = SIZE_MAX;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "fanin_desc: its member size");
    desc.size = sizeof(size_t);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "fanin_desc: its member size");
    desc = desc_of("a_bias");
    fanin_options options = FANIN_OPTIONS_INIT;
    options.size = 0;
    assert_refused(NULL, &desc, &tensor, &options, FANIN_ERROR_ARGUMENT, "fanin_options: its member size is 0");

    /* An older header ended before `rule`: what lies behind is not looked at. */
    desc = desc_of("a_bias");
    desc.size = offsetof(fanin_desc, rule);
    desc.rule = (fanin_rule)77;
    desc.offset = (const int64_t[]){77};
    assert_status(fanin_init(NULL, &desc, &tensor, NULL), FANIN_OK);
    options = (fanin_options)FANIN_OPTIONS_INIT;
    options.size = offsetof(fanin_options, contract);
    options.contract = 77;
    options.threads = -77;
    desc = desc_of("a_bias");
    assert_status(fanin_init(NULL, &desc, &tensor, &options), FANIN_OK);

    /* A newer one goes on behind the last member: 0 says nothing new. */
    struct {
        fanin_desc known;
        uint64_t unknown[2];
    } newer = {.known = desc_of("a_bias"), .unknown = {0, 0}};
    newer.known.size = sizeof newer;
    assert_status(fanin_init(NULL, &newer.known, &tensor, NULL), FANIN_OK);
    newer.unknown[1] = 1;
    assert_refused(NULL, &newer.known, &tensor, NULL, FANIN_ERROR_ARGUMENT, "is not 0");
}

static void options(void **state)
{
    (void)state;
    const DLTensor tensor = VECTOR(MIDDLE, 4);
    const fanin_desc desc = desc_of("a_bias");
    fanin_options bad = FANIN_OPTIONS_INIT;
    bad.contract = FANIN_CONTRACT + 1;
    assert_refused(NULL, &desc, &tensor, &bad, FANIN_ERROR_ARGUMENT, "contract 2");
    bad.contract = -1;
    assert_refused(NULL, &desc, &tensor, &bad, FANIN_ERROR_ARGUMENT, "contract -1");
    bad = (fanin_options)FANIN_OPTIONS_INIT;
    bad.threads = -1;
    assert_refused(NULL, &desc, &tensor, &bad, FANIN_ERROR_ARGUMENT, "-1 threads");
    fanin_options good = FANIN_OPTIONS_INIT;
    good.contract = FANIN_CONTRACT;
    good.threads = INT32_MAX;
    assert_status(fanin_init(NULL, &desc, &tensor, &good), FANIN_OK);
}

/* All of them are test_tensor's; here, that nothing is written when they come through the API. */
static void tensors(void **state)
{
    (void)state;
    const fanin_desc desc = desc_of("a_bias");
    int64_t many[FANIN_MAX_NDIM + 1];
    for (int d = 0; d <= FANIN_MAX_NDIM; d++) {
        many[d] = 1;
    }
    DLTensor tensor = tensor_of(MIDDLE, FANIN_MAX_NDIM + 1, many);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "33 dimensions");
    tensor = VECTOR(MIDDLE, -1);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "-1");
    tensor = MATRIX(MIDDLE, INT64_MAX, 2);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "2^63");
    tensor = VECTOR(MIDDLE, INT64_MAX);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "2^63");
    tensor = VECTOR(NULL, 4);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "data is NULL");
    tensor = VECTOR(MIDDLE, 4);
    tensor.dtype.lanes = 4;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_DTYPE, "4 lanes");
    tensor.dtype = (DLDataType){kDLFloat, 8, 1};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_DTYPE, "8 bits");
    tensor = VECTOR((char *)MIDDLE + 1, 4);
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "float32 needs an address that 4 divides");
    tensor = MATRIX(MIDDLE, 3, 3);
    tensor.strides = (int64_t[]){2, 1};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "one place");
    tensor.strides = (int64_t[]){3, 0};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "stride of axis 1 is 0");
    static const DLDeviceType others[] = {kDLCUDA, kDLOpenCL, kDLVulkan, kDLMetal, kDLROCM, (DLDeviceType)0, (DLDeviceType)99};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        tensor = VECTOR(MIDDLE, 4);
        tensor.device.device_type = others[i];
        assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_DEVICE, "'a_bias'");
    }
}

static void boxes(void **state)
{
    (void)state;
    fanin_desc desc = desc_of("a_bias");
    const DLTensor tensor = MATRIX(MIDDLE, 2, 3);
    desc.global_shape = (const int64_t[]){4, 4};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "offset is NULL");
    desc.offset = (const int64_t[]){0, 2};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "global extent of 4");
    desc.offset = (const int64_t[]){-1, 0};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "offset -1");
    desc.offset = (const int64_t[]){INT64_MAX, 0};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "global extent of 4");
    desc.global_shape = (const int64_t[]){INT64_MAX, 4};
    desc.offset = (const int64_t[]){0, 0};
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_LAYOUT, "2^63 elements");
    desc.global_shape = NULL;
    assert_refused(NULL, &desc, &tensor, NULL, FANIN_ERROR_ARGUMENT, "global_shape is NULL");
}

struct own {
    const char *spec, *name;
    DLDataType dtype;
    int ndim;
    int64_t shape[4];
    fanin_status status;
    const char *words;
};

#define INT8                                                                                                                   \
    {                                                                                                                          \
        kDLInt, 8, 1                                                                                                           \
    }
#define HALF                                                                                                                   \
    {                                                                                                                          \
        kDLFloat, 16, 1                                                                                                        \
    }
#define F32                                                                                                                    \
    {                                                                                                                          \
        kDLFloat, 32, 1                                                                                                        \
    }
#define BOOL                                                                                                                   \
    {                                                                                                                          \
        6, 8, 1                                                                                                                \
    }

/* What an initializer refuses to fill. */
static void initializers(void **state)
{
    (void)state;
    static const struct own list[] = {
        {NULL, "fc_weight", F32, 1, {4}, FANIN_ERROR_UNCOVERED, "no initializer"},
        {"uniform", "fc", F32, 1, {4}, FANIN_ERROR_UNCOVERED, "no rule covers"},
        {"xavier", "fc_weight", F32, 1, {4}, FANIN_ERROR_SHAPE, "'fc_weight'"},
        {"xavier", "fc_weight", F32, 0, {0}, FANIN_ERROR_SHAPE, "'fc_weight'"},
        {"xavier", "fc_weight", F32, 2, {0, 0}, FANIN_ERROR_SHAPE, "'fc_weight'"},
        {"msraprelu", "fc_weight", F32, 1, {4}, FANIN_ERROR_SHAPE, "'fc_weight'"},
        {"bilinear", "up_weight", F32, 2, {4, 4}, FANIN_ERROR_SHAPE, "'up_weight'"},
        {"lstmbias", "l_weight", F32, 1, {6}, FANIN_ERROR_SHAPE, "'l_weight'"},
        {"uniform", "i_weight", INT8, 1, {4}, FANIN_ERROR_DTYPE, "int8"},
        {"normal", "b_weight", BOOL, 1, {4}, FANIN_ERROR_DTYPE, "bool"},
        {"[\"constant\", {\"value\": 128}]", "i_weight", INT8, 1, {4}, FANIN_ERROR_VALUE, "128"},
        {"[\"constant\", {\"value\": 0.5}]", "i_weight", INT8, 1, {4}, FANIN_ERROR_VALUE, "0.5"},
        {"[\"constant\", {\"value\": 2}]", "b_weight", BOOL, 1, {4}, FANIN_ERROR_VALUE, "2.0"},
        {"[\"constant\", {\"value\": 65520}]", "h_weight", HALF, 1, {4}, FANIN_ERROR_VALUE, "float16"},
        {"[\"constant\", {\"value\": 1e39}]", "f_weight", F32, 1, {4}, FANIN_ERROR_VALUE, "float32"},
        {"[\"uniform\", {\"scale\": 1e39}]", "f_weight", F32, 1, {4}, FANIN_ERROR_VALUE, "float32"},
        {"[\"normal\", {\"sigma\": 1e38}]", "f_weight", F32, 1, {4}, FANIN_ERROR_VALUE, "float32"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        fanin_initializer *const initializer = list[i].spec ? create(list[i].spec) : NULL;
        const fanin_desc desc = desc_of(list[i].name);
        DLTensor tensor = tensor_of(MIDDLE, list[i].ndim, list[i].shape);
        tensor.dtype = list[i].dtype;
        assert_refused(initializer, &desc, &tensor, NULL, list[i].status, list[i].words);
        fanin_release(initializer);
    }
}

/* One bad parameter among good ones: none of them is written. */
static void one_among_many(void **state)
{
    (void)state;
    for (int bad = 0; bad < 5; bad++) {
        fanin_plan *const plan = new_plan();
        poison();
        for (int i = 0; i < 5; i++) {
            char name[16];
            snprintf(name, sizeof name, i == bad ? "p%d" : "p%d_bias", i);
            assert_status(add(plan, NULL, name, VECTOR((float *)MIDDLE + 8 * i, 8)), FANIN_OK);
        }
        assert_status(fanin_plan_run(plan, NULL), FANIN_ERROR_UNCOVERED);
        assert_untouched();
        fanin_plan_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_everything), cmocka_unit_test(descriptors),    cmocka_unit_test(sizes),
        cmocka_unit_test(options),         cmocka_unit_test(tensors),        cmocka_unit_test(boxes),
        cmocka_unit_test(initializers),    cmocka_unit_test(one_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
