/* One parameter that cannot be filled: the right status, a message that names it and what is wrong, and nothing written; by
 * fanin_init and by a plan. */
#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 16384, MIDDLE = 8192, WORDS = 3 };

#define FLOAT32                                                                                                                \
    {                                                                                                                          \
        kDLFloat, 32, 1                                                                                                        \
    }
#define BIG (INT64_C(1) << 40)

/* A tensor in the middle of poisoned memory, and what is expected of it. */
struct attempt {
    const char *name, *spec, *init; /* init: the attribute `__init__` */
    DLDataType dtype;
    int ndim;
    int64_t shape[5];
    int64_t strides[5], global[5], offset[5]; /* used where has_… says so */
    bool has_strides, has_global, has_offset;
    uint64_t byte_offset;
    DLDevice device;
    fanin_rule rule;
    fanin_status status;
    const char *words[WORDS]; /* of the message, beside the name */
};

static void expect_failure(const struct attempt *attempt, const char *call, fanin_status status)
{
    const char *const message = fanin_last_error();
    if (status != attempt->status) {
        fail_msg("%s of '%s' gave %s (%s), expected %s", call, attempt->name, fanin_status_name(status),
                 status == FANIN_OK ? "" : message, fanin_status_name(attempt->status));
    }
    for (int i = -1; i < WORDS; i++) {
        const char *const word = i < 0 ? attempt->name : attempt->words[i];
        if (word && !strstr(message, word)) {
            fail_msg("%s of '%s': the message lacks \"%s\": %s", call, attempt->name, word, message);
        }
    }
    if (strchr(message, '\n')) {
        fail_msg("%s of '%s': more than one line: %s", call, attempt->name, message);
    }
}

static void try_plan(const struct attempt *attempt, const fanin_initializer *initializer, const fanin_desc *desc,
                     const DLTensor *tensor)
{
    fanin_plan *plan = NULL;
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    const fanin_status added = fanin_plan_add(plan, initializer, desc, tensor);
    if (added != FANIN_OK) { /* malformed: nothing was added */
        expect_failure(attempt, "fanin_plan_add", added);
        assert_int_equal(fanin_plan_check(plan), FANIN_OK);
        assert_int_equal(fanin_plan_run(plan, NULL), FANIN_OK);
    } else {
        char *text = NULL;
        expect_failure(attempt, "fanin_plan_check", fanin_plan_check(plan));
        expect_failure(attempt, "fanin_plan_dumps", fanin_plan_dumps(plan, &text));
        assert_null(text);
        expect_failure(attempt, "fanin_plan_run", fanin_plan_run(plan, NULL));
    }
    fanin_plan_free(plan);
}

static void try(const struct attempt *attempt)
{
    struct api_memory memory = api_memory_open(MEMORY);
    fanin_initializer *const initializer = api_create(attempt->spec);
    const fanin_attr attribute = {"__init__", attempt->init};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = attempt->name;
    desc.rule = attempt->rule;
    desc.attrs = &attribute;
    desc.n_attrs = attempt->init ? 1 : 0;
    desc.global_shape = attempt->has_global ? attempt->global : NULL;
    desc.offset = attempt->has_offset ? attempt->offset : NULL;
    const DLTensor tensor = {.data = memory.got + MIDDLE,
                             .device = attempt->device.device_type ? attempt->device : (DLDevice){kDLCPU, 0},
                             .ndim = attempt->ndim,
                             .dtype = attempt->dtype,
                             .shape = (int64_t *)attempt->shape,
                             .strides = attempt->has_strides ? (int64_t *)attempt->strides : NULL,
                             .byte_offset = attempt->byte_offset};
    expect_failure(attempt, "fanin_init", fanin_init(initializer, &desc, &tensor, NULL));
    try_plan(attempt, initializer, &desc, &tensor);
    fanin_release(initializer);
    api_memory_check(&memory, attempt->name);
    api_memory_close(&memory);
}

#define TRY_ALL(attempts)                                                                                                      \
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {                                                        \
        try(&(attempts)[i]);                                                                                                   \
    }

static void test_shapes(void **state)
{
    (void)state;
    static const struct attempt attempts[] = {
        {"ndim33_bias", .dtype = FLOAT32, .ndim = 33, .status = FANIN_ERROR_LAYOUT, .words = {"33", "32"}},
        {"ndimless_bias", .dtype = FLOAT32, .ndim = -1, .status = FANIN_ERROR_LAYOUT, .words = {"-1", "0 to 32"}},
        {"lowest_bias", .dtype = FLOAT32, .ndim = INT32_MIN, .status = FANIN_ERROR_LAYOUT, .words = {"dimensions"}},
        {"negative_bias", .dtype = FLOAT32, .ndim = 2, .shape = {3, -4}, .status = FANIN_ERROR_LAYOUT, .words = {"-4"}},
        {"empty_negative_bias", .dtype = FLOAT32, .ndim = 3, .shape = {0, 2, -4}, .status = FANIN_ERROR_LAYOUT,
         .words = {"-4"}},
        {"overflow_bias", .dtype = FLOAT32, .ndim = 2, .shape = {BIG, BIG}, .status = FANIN_ERROR_LAYOUT, .words = {"2^63"}},
        {"bytes_overflow_bias", .dtype = FLOAT32, .ndim = 1, .shape = {INT64_MAX}, .status = FANIN_ERROR_LAYOUT},
        {"lowest_extent_bias", .dtype = FLOAT32, .ndim = 1, .shape = {INT64_MIN}, .status = FANIN_ERROR_LAYOUT},
    };
    TRY_ALL(attempts);
}

static void test_dtypes(void **state)
{
    (void)state;
    static const DLDataType dtypes[] = {
        {kDLFloat, 32, 4}, {kDLFloat, 32, 0}, {kDLFloat, 8, 1},         {kDLFloat, 128, 1}, {kDLBfloat, 32, 1},
        {kDLInt, 4, 1},    {kDLInt, 128, 1},  {kDLUInt, 1, 1},          {6, 1, 1},          {6, 32, 1},
        {5, 64, 1},        {5, 128, 1},       {kDLOpaqueHandle, 64, 1}, {7, 8, 1},          {10, 8, 1},
        {12, 8, 1},        {17, 4, 1},        {255, 255, 65535},
    };
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        char code[32], bits[32], lanes[32];
        snprintf(code, sizeof code, "code %d", dtypes[i].code);
        snprintf(bits, sizeof bits, "%d bits", dtypes[i].bits);
        snprintf(lanes, sizeof lanes, "%d lanes", dtypes[i].lanes);
        const struct attempt attempt = {"odd_dtype_bias", .dtype = dtypes[i],          .ndim = 1,
                                        .shape = {4},     .status = FANIN_ERROR_DTYPE, .words = {code, bits, lanes}};
        try(&attempt);
    }
}

/* What only floats can hold is refused by all other dtypes. */
static void test_dtypes_of_fills(void **state)
{
    (void)state;
    static const char *const specs[] = {"uniform", "normal", "xavier", "msraprelu", "bilinear"};
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        for (int t = API_INT8; t < API_DTYPES; t++) {
            const struct attempt attempt = {"integral_weight",
                                            specs[s],
                                            .dtype = api_dtypes[t].type,
                                            .ndim = 4,
                                            .shape = {2, 2, 2, 2},
                                            .status = FANIN_ERROR_DTYPE,
                                            .words = {api_dtypes[t].name, "float"}};
            try(&attempt);
        }
    }
}

static void test_layouts(void **state)
{
    (void)state;
    static const struct attempt attempts[] = {
        {"broadcast_bias", .dtype = FLOAT32, .ndim = 2, .shape = {3, 4}, .strides = {0, 1}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"stride of axis 0 is 0"}},
        {"windows_bias", .dtype = FLOAT32, .ndim = 2, .shape = {5, 3}, .strides = {1, 1}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"strides"}},
        {"backward_windows_bias", .dtype = FLOAT32, .ndim = 2, .shape = {5, 3}, .strides = {-1, 2}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"strides"}},
        {"entangled_bias", .dtype = FLOAT32, .ndim = 2, .shape = {7, 7}, .strides = {6, 5}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"strides"}},
        {"reach_bias", .dtype = FLOAT32, .ndim = 1, .shape = {3}, .strides = {INT64_MAX}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"strides"}},
        {"lowest_reach_bias", .dtype = FLOAT32, .ndim = 1, .shape = {2}, .strides = {INT64_MIN}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"strides"}},
        {"below_memory_bias", .dtype = FLOAT32, .ndim = 1, .shape = {2}, .strides = {-(INT64_C(1) << 60)}, .has_strides = true,
         .status = FANIN_ERROR_LAYOUT, .words = {"address space"}},
        {"misaligned_bias", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .byte_offset = 2, .status = FANIN_ERROR_LAYOUT,
         .words = {"aligned", "float32"}},
        {"misaligned_half_bias", .dtype = {kDLFloat, 16, 1}, .ndim = 1, .shape = {4}, .byte_offset = 1,
         .status = FANIN_ERROR_LAYOUT, .words = {"aligned", "float16"}},
        {"wrapping_bias", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .byte_offset = UINT64_MAX - 3,
         .status = FANIN_ERROR_LAYOUT, .words = {"byte_offset"}},
    };
    TRY_ALL(attempts);
}

static void test_boxes(void **state)
{
    (void)state;
#define BOX .dtype = FLOAT32, .has_global = true, .has_offset = true
    static const struct attempt attempts[] = {
        {"beyond_bias", BOX, .ndim = 1, .shape = {4}, .global = {10}, .offset = {7}, .status = FANIN_ERROR_LAYOUT,
         .words = {"7", "10"}},
        {"larger_bias", BOX, .ndim = 2, .shape = {4, 4}, .global = {4, 3}, .status = FANIN_ERROR_LAYOUT,
         .words = {"axis 1", "3"}},
        {"before_bias", BOX, .ndim = 1, .shape = {4}, .global = {10}, .offset = {-1}, .status = FANIN_ERROR_LAYOUT,
         .words = {"-1"}},
        {"far_bias", BOX, .ndim = 1, .shape = {4}, .global = {10}, .offset = {INT64_MAX}, .status = FANIN_ERROR_LAYOUT},
        {"empty_beyond_bias", BOX, .ndim = 1, .shape = {0}, .global = {10}, .offset = {11}, .status = FANIN_ERROR_LAYOUT},
        {"negative_global_bias", BOX, .ndim = 1, .shape = {0}, .global = {-10}, .status = FANIN_ERROR_LAYOUT,
         .words = {"global", "-10"}},
        {"huge_global_bias", BOX, .ndim = 2, .shape = {1, 1}, .global = {BIG, BIG}, .status = FANIN_ERROR_LAYOUT,
         .words = {"global", "2^63"}},
        {"offset_alone_bias", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .has_offset = true, .status = FANIN_ERROR_ARGUMENT,
         .words = {"offset", "global_shape"}},
        {"global_alone_bias", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .global = {4}, .has_global = true,
         .status = FANIN_ERROR_ARGUMENT, .words = {"offset", "global_shape"}},
    };
#undef BOX
    TRY_ALL(attempts);
}

static void test_devices(void **state)
{
    (void)state;
    static const struct {
        int type, id;
        const char *word;
    } devices[] = {{kDLCUDA, 0, "CUDA"},
                   {kDLCUDA, 3, "device 3"},
                   {kDLCUDAManaged, 0, "CUDA"},
                   {kDLOpenCL, 0, "OpenCL"},
                   {kDLVulkan, 0, "Vulkan"},
                   {kDLMetal, 0, "Metal"},
                   {kDLROCM, 1, "ROCm"},
                   {kDLExtDev, 0, "12"},
                   {99, 0, "99"},
                   {-1, 0, "-1"}};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        const struct attempt attempt = {"elsewhere_bias",
                                        .dtype = FLOAT32,
                                        .ndim = 1,
                                        .shape = {4},
                                        .device = {(DLDeviceType)devices[i].type, devices[i].id},
                                        .status = FANIN_ERROR_DEVICE,
                                        .words = {devices[i].word}};
        try(&attempt);
    }
}

static void test_shapes_of_initializers(void **state)
{
    (void)state;
    static const struct attempt attempts[] = {
        {"vector_weight", "xavier", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .status = FANIN_ERROR_SHAPE,
         .words = {"xavier", "2 dimensions", "1"}},
        {"scalar_weight", "msraprelu", .dtype = FLOAT32, .status = FANIN_ERROR_SHAPE, .words = {"2 dimensions"}},
        {"no_fan_in_weight", "[\"xavier\", {\"factor_type\": \"in\"}]", .dtype = FLOAT32, .ndim = 2, .shape = {4, 0},
         .status = FANIN_ERROR_SHAPE, .words = {"fan in", "0"}},
        {"no_fan_out_weight", "[\"xavier\", {\"factor_type\": \"out\"}]", .dtype = FLOAT32, .ndim = 2, .shape = {0, 4},
         .status = FANIN_ERROR_SHAPE, .words = {"fan out", "0"}},
        {"no_fans_weight", "xavier", .dtype = FLOAT32, .ndim = 3, .shape = {4, 4, 0}, .status = FANIN_ERROR_SHAPE,
         .words = {"fans", "0"}},
        {"flat_weight", "bilinear", .dtype = FLOAT32, .ndim = 3, .shape = {2, 2, 2}, .status = FANIN_ERROR_SHAPE,
         .words = {"bilinear", "4 dimensions", "3"}},
        {"deep_weight", "bilinear", .dtype = FLOAT32, .ndim = 5, .shape = {2, 2, 2, 2, 2}, .status = FANIN_ERROR_SHAPE,
         .words = {"bilinear", "4 dimensions", "5"}},
        {"uneven_weight", "lstmbias", .dtype = FLOAT32, .ndim = 1, .shape = {6}, .status = FANIN_ERROR_SHAPE,
         .words = {"lstmbias", "4", "6"}},
        {"gateless_weight", "lstmbias", .dtype = FLOAT32, .status = FANIN_ERROR_SHAPE, .words = {"lstmbias", "4"}},
        {"stn_loc_bias", .dtype = FLOAT32, .ndim = 1, .shape = {5}, .rule = FANIN_RULE_LEGACY, .status = FANIN_ERROR_SHAPE,
         .words = {"6", "5"}},
    };
    TRY_ALL(attempts);
}

static void test_values(void **state)
{
    (void)state;
#define CONSTANT(value) "[\"constant\", {\"value\": " value "}]"
    static const struct {
        const char *dtype, *spec, *word;
    } cases[] = {
        {"int8", CONSTANT("300"), "300"},
        {"int8", CONSTANT("-129"), "-129"},
        {"int8", CONSTANT("128"), "128"},
        {"uint8", CONSTANT("-1"), "-1"},
        {"uint8", CONSTANT("256"), "256"},
        {"bool", CONSTANT("2"), "2"},
        {"bool", CONSTANT("0.5"), "0.5"},
        {"int16", CONSTANT("32768"), "32768"},
        {"int32", CONSTANT("0.5"), "0.5"},
        {"int32", CONSTANT("2147483648"), "2147483648"},
        {"int64", CONSTANT("9.3e18"), "9.3e+18"},
        {"uint64", CONSTANT("1.9e19"), "1.9e+19"},
        {"uint64", CONSTANT("-1"), "-1"},
        {"float16", CONSTANT("1e6"), "1000000"},
        {"float16", CONSTANT("65520"), "65520"},
        {"bfloat16", CONSTANT("3.4e38"), "3.4e+38"},
        {"float32", CONSTANT("1e39"), "1e+39"},
        {"float32", "[\"uniform\", {\"scale\": 1e39}]", "1e+39"},
        {"float32", "[\"uniform\", {\"scale\": 3e38}]", "3e+38"}, /* its width overflows */
        {"float64", "[\"uniform\", {\"scale\": 1e308}]", "1e+308"},
        {"float16", "[\"uniform\", {\"scale\": 70000}]", "70000"},
        {"float32", "[\"normal\", {\"sigma\": 1e39}]", "1e+39"},
        {"float16", "[\"normal\", {\"sigma\": 65504}]", "65504"},
        {"int8", "[\"lstmbias\", {\"forget_bias\": 0.5}]", "0.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int t = 0;
        while (strcmp(api_dtypes[t].name, cases[i].dtype) != 0) {
            t++;
        }
        const struct attempt attempt = {"unfit_weight",
                                        cases[i].spec,
                                        .dtype = api_dtypes[t].type,
                                        .ndim = 1,
                                        .shape = {8},
                                        .status = FANIN_ERROR_VALUE,
                                        .words = {cases[i].word, cases[i].dtype}};
        try(&attempt);
    }
    /* weight_quantize reaches from -127 to 126. */
    for (int t = API_UINT8; t < API_DTYPES; t++) {
        const struct attempt attempt = {
            "fc_weight_quantize", .dtype = api_dtypes[t].type, .ndim = 1,
            .shape = {8},         .status = FANIN_ERROR_VALUE, .words = {"-127", api_dtypes[t].name}};
        try(&attempt);
    }
}

static void test_names_and_attributes(void **state)
{
    (void)state;
    static const struct attempt attempts[] = {
        {"no_initializer_weight", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .status = FANIN_ERROR_UNCOVERED,
         .words = {"weight", "__init__"}},
        {"running_mean", "xavier", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .status = FANIN_ERROR_UNCOVERED,
         .words = {"gamma", "weight_quantize", "__init__"}},
        {"wq", .rule = FANIN_RULE_WEIGHT, .dtype = FLOAT32, .ndim = 1, .shape = {4}, .status = FANIN_ERROR_UNCOVERED},
        {"fc_scale", .rule = FANIN_RULE_LEGACY, .dtype = FLOAT32, .ndim = 1, .shape = {4}, .status = FANIN_ERROR_UNCOVERED,
         .words = {"moving_mean"}},
        {"unmatched_weight", "[\"mixed\", {\"patterns\": [\"conv\"], \"initializers\": [\"one\"]}]", .dtype = FLOAT32,
         .ndim = 1, .shape = {4}, .status = FANIN_ERROR_UNCOVERED, .words = {"mixed", ".*"}},
        {"cut_off_weight", "one", "[\"xavier\", {\"magnitude\": 2", .dtype = FLOAT32, .ndim = 1, .shape = {4},
         .status = FANIN_ERROR_SPEC, .words = {"__init__"}},
        {"unknown_weight", "one", "xaviar", .dtype = FLOAT32, .ndim = 1, .shape = {4}, .status = FANIN_ERROR_UNKNOWN,
         .words = {"__init__", "xaviar", "xavier"}},
        {"parameter_weight", "one", "[\"uniform\", {\"sigma\": 2}]", .dtype = FLOAT32, .ndim = 1, .shape = {4},
         .status = FANIN_ERROR_PARAMETER, .words = {"__init__", "sigma", "scale"}},
        {"negative_weight", "one", "[\"uniform\", {\"scale\": -2}]", .dtype = FLOAT32, .ndim = 1, .shape = {4},
         .status = FANIN_ERROR_PARAMETER, .words = {"__init__", "scale", "-2"}},
        {"nan_weight", "one", "[\"constant\", {\"value\": NaN}]", .dtype = FLOAT32, .ndim = 1, .shape = {4},
         .status = FANIN_ERROR_SPEC, .words = {"__init__"}},
        {"verb_weight", "one", "[\"mixed\", {\"patterns\": [\"(*UTF)a\"], \"initializers\": [\"one\"]}]", .dtype = FLOAT32,
         .ndim = 1, .shape = {4}, .status = FANIN_ERROR_PATTERN, .words = {"__init__", "mixed"}},
    };
    TRY_ALL(attempts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_dtypes),
        cmocka_unit_test(test_dtypes_of_fills),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_shapes_of_initializers),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_names_and_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
