/* Log lines: MXNet's, as it wrote them, and what goes past it. */
#include "log_helpers.h"

#include "dtype.h"
#include "stream/round.h"

/* ---- the statistics that the recorded cases print ---- */

static int64_t size_of(const DLTensor *tensor)
{
    int64_t size = 1;
    for (int d = 0; d < tensor->ndim; d++) {
        size *= tensor->shape[d];
    }
    return size;
}

static fanin_status print_size(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    (void)name;
    snprintf(text, size, "%lld", (long long)size_of(tensor));
    return FANIN_OK;
}

static fanin_status print_shape(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    (void)name;
    snprintf(text, size, "shape=%lldx%lld", (long long)tensor->shape[0], (long long)tensor->shape[1]);
    return FANIN_OK;
}

static fanin_status print_max(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    (void)name;
    const float *const values = tensor->data;
    float largest = values[0];
    for (int64_t i = 1; i < size_of(tensor); i++) {
        largest = values[i] > largest ? values[i] : largest;
    }
    snprintf(text, size, "max %g", (double)largest);
    return FANIN_OK;
}

static fanin_status print_nothing(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    (void)name;
    (void)tensor;
    (void)text;
    (void)size;
    return FANIN_OK;
}

/* ---- MXNet's cases ---- */

/* From Python, `LSTMBias(2.0)` or `Constant(nd.array([3, 4]))`, to a spec. */
static void make_spec(const char *python, char *spec, size_t size)
{
    const size_t name_length = strcspn(python, "(");
    const char *const array = strchr(python, '[');
    const char *const argument = array ? array : python + name_length + 1;
    const int argument_length = array ? (int)strcspn(array, ")") : (int)strlen(argument) - 1;
    const char *const key = strncmp(python, "Constant", 8) == 0 ? "value" : "forget_bias";
    if (argument_length == 0) {
        snprintf(spec, size, "%.*s", (int)name_length, python);
    } else {
        snprintf(spec, size, "[\"%.*s\", {\"%s\": %.*s}]", (int)name_length, python, key, argument_length, argument);
    }
}

static void set_statistic(const cJSON *entry, fanin_options *options)
{
    static const struct {
        const char *name;
        fanin_statistic_fn function;
    } table[] = {{"default", NULL},      {"size", print_size}, {"number", print_size},
                 {"shape", print_shape}, {"max", print_max},   {"empty", print_nothing}};
    const char *const name = recorded_text(entry, "print_func");
    options->verbose = name && strcmp(name, "off") != 0;
    if (!options->verbose) {
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(name, table[i].name) == 0) {
            options->statistic = table[i].function;
            return;
        }
    }
    fail_msg("print_func '%s' is not known", name);
}

union values {
    double float64[64];
    float float32[64];
    uint16_t float16[64];
    int32_t int32[64];
};

static double value_at(const union values *values, enum dtype dtype, int64_t i)
{
    switch (dtype) {
    case DTYPE_FLOAT64:
        return values->float64[i];
    case DTYPE_FLOAT32:
        return (double)values->float32[i];
    case DTYPE_FLOAT16:
        return (double)float16_to_float(values->float16[i]);
    default:
        assert_int_equal(dtype, DTYPE_INT32);
        return values->int32[i];
    }
}

static void run_case(const cJSON *entry)
{
    char spec[256];
    make_spec(recorded_text(entry, "init"), spec, sizeof spec);
    const struct shape shape = recorded_shape(entry);
    enum dtype dtype;
    assert_true(dtype_from_name(recorded_text(entry, "dtype"), &dtype));
    union values values;
    for (int i = 0; i < 64; i++) {
        values.float64[i] = 0.0;
    }
    if (dtype == DTYPE_FLOAT32) {
        for (int i = 0; i < 64; i++) {
            values.float32[i] = 99.0f;
        }
    }
    DLTensor tensor = tensor_of(&values, shape.ndim, shape.extent);
    tensor.dtype = dtype_to_dlpack(dtype);

    struct log log;
    fanin_options options = verbose_to(&log);
    set_statistic(entry, &options);
    fanin_desc desc = desc_of(recorded_text(entry, "name"));
    const fanin_attr attribute = {"__init__", recorded_text(entry, "attr")};
    desc.attrs = &attribute;
    desc.n_attrs = attribute.value != NULL;
    desc.rule = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(entry, "plain_string")) ? FANIN_RULE_LEGACY : FANIN_RULE_NAME;
    fanin_initializer *const initializer = create(spec);
    const cJSON *const error = cJSON_GetObjectItemCaseSensitive(entry, "error");
    assert_status(fanin_init(initializer, &desc, &tensor, &options), error ? recorded_status(error) : FANIN_OK);
    fanin_release(initializer);

    int64_t i = 0;
    const cJSON *value;
    cJSON_ArrayForEach(value, cJSON_GetObjectItemCaseSensitive(entry, "values"))
    {
        assert_true(value_at(&values, dtype, i) == value->valuedouble);
        i++;
    }
    assert_int_equal(i, shape_size(&shape));
    assert_log(&log, cJSON_GetObjectItemCaseSensitive(entry, "log"));
}

static void recorded(void **state)
{
    (void)state;
    cJSON *const tree = recorded_open("verbosity.json");
    int run = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(tree, "cases"))
    {
        run_case(entry);
        run++;
    }
    cJSON_Delete(tree);
    assert_int_equal(run, 37);
}

/* ---- beyond MXNet ---- */

/* Fills a vector with one number and compares the statistic. */
static void assert_statistic(enum dtype dtype, double value, int64_t size, const char *expected)
{
    static union {
        double alignment;
        char bytes[8 * 4096];
    } memory;
    DLTensor tensor = VECTOR(&memory, size);
    tensor.dtype = dtype_to_dlpack(dtype);
    fanin_initializer *initializer = NULL;
    assert_status(fanin_constant(value, &initializer), FANIN_OK);
    struct log log;
    const fanin_options options = verbose_to(&log);
    const fanin_desc desc = desc_of("t_weight");
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    fanin_release(initializer);
    assert_int_equal(log.count, 1);
    char line[128];
    snprintf(line, sizeof line, "Initialized t_weight as weight: %s", expected);
    assert_string_equal(log.line[0], line);
}

/* Neither overflow nor underflow; each dtype as NumPy prints its scalars. */
static void of_every_dtype(void **state)
{
    (void)state;
    assert_statistic(DTYPE_FLOAT32, 1e-30, 1000, "1e-30");
    assert_statistic(DTYPE_FLOAT32, 1e25, 1000, "1e+25");
    assert_statistic(DTYPE_FLOAT32, -3.4028234663852886e38, 1000, "3.4028235e+38");
    assert_statistic(DTYPE_FLOAT64, 1e300, 4, "1e+300");
    assert_statistic(DTYPE_FLOAT64, 5e-324, 1, "5e-324");
    assert_statistic(DTYPE_FLOAT16, 65504.0, 1000, "65500.0");
    assert_statistic(DTYPE_FLOAT16, 0.1, 1000, "0.1");
    assert_statistic(DTYPE_BFLOAT16, 0.1, 1000, "0.1");
    assert_statistic(DTYPE_BFLOAT16, 1e38, 1000, "1e+38");
    assert_statistic(DTYPE_INT8, -128, 1000, "128");
    assert_statistic(DTYPE_INT64, -0x1p63, 1, "9223372036854775808");
    assert_statistic(DTYPE_UINT64, 0x1.fffffffffffffp63, 1000, "18446744073709549568");
    assert_statistic(DTYPE_UINT8, 255, 1000, "255");
    assert_statistic(DTYPE_BOOL, 1, 1000, "1");
    assert_statistic(DTYPE_FLOAT32, 2, 0, "0.0");
}

static fanin_status print_place(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    snprintf(text, size, "%s %d %lld %lld %g", name, tensor->ndim, (long long)tensor->shape[0], (long long)tensor->strides[0],
             (double)*(const float *)((const char *)tensor->data + tensor->byte_offset));
    return FANIN_OK;
}

static fanin_status print_device(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    snprintf(text, size, "%s %d %d", name, (int)tensor->device.device_type, (int)tensor->device.device_id);
    return FANIN_OK;
}

/* The statistic's tensor is on the parameter's device, by a call and by a plan. */
static void devices(void **state)
{
    (void)state;
    float memory[4];
    fanin_initializer *const one = create("one");
    DLTensor pinned = VECTOR(memory, 4);
    pinned.device = (DLDevice){kDLCUDAHost, 3};
    struct log log;
    char wanted[80];
    fanin_options options = verbose_to(&log);
    options.statistic = print_device;
    fanin_plan *const plan = new_plan();
    assert_status(add(plan, one, "a_weight", pinned), FANIN_OK);
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_string_equal(log.line[0], "Initialized a_weight as weight: a_weight 3 3");
    fanin_plan_free(plan);

    /* As many dimensions as there may be. */
    int64_t shape[FANIN_MAX_NDIM], strides[FANIN_MAX_NDIM];
    for (int d = 0; d < FANIN_MAX_NDIM; d++) {
        shape[d] = d == 0 ? 4 : 1;
        strides[d] = 1;
    }
    const fanin_desc desc = desc_of("b_weight");
    DLTensor deep = tensor_of(memory, FANIN_MAX_NDIM, shape);
    deep.strides = strides;
    options.statistic = print_place;
    log.count = 0;
    assert_status(fanin_init(one, &desc, &deep, &options), FANIN_OK);
    snprintf(wanted, sizeof wanted, "Initialized b_weight as weight: b_weight %d 4 1 1", FANIN_MAX_NDIM);
    assert_string_equal(log.line[0], wanted);
    fanin_release(one);
}

/* Lines in the plan's order from this thread, whatever the number of threads; what was not given a rule by name. */
static void plans(void **state)
{
    (void)state;
    static float memory[4096];
    fanin_plan *const plan = new_plan();
    fanin_initializer *const constant = create("[\"constant\", {\"value\": -2.5}]");
    fanin_rules *rules = NULL;
    assert_status(fanin_rules_create("[[\"p\", \"zero\"], [\"q\", [\"constant\", {\"value\": 0.5}]]]", &rules), FANIN_OK);
    DLTensor backwards = VECTOR(memory + 1000, 1000);
    backwards.strides = (int64_t[]){-1};
    assert_status(add(plan, constant, "z_weight", backwards), FANIN_OK);
    assert_status(add(plan, constant, "b_gamma", VECTOR(memory + 1001, 9)), FANIN_OK);
    static const char *const names[] = {"p", "q", "wq", "wk"};
    for (int i = 0; i < 4; i++) {
        fanin_desc desc = desc_of(names[i]);
        desc.rules = rules;
        desc.rule = i == 3 ? FANIN_RULE_LEGACY : FANIN_RULE_WEIGHT;
        if (i == 3) {
            desc.name = "k_weight";
        }
        const DLTensor tensor = VECTOR(memory + 2000 + 10 * i, 10);
        assert_status(fanin_plan_add(plan, constant, &desc, &tensor), FANIN_OK);
    }
    assert_status(add(plan, constant, "z_weight", VECTOR(memory + 3000, 1000)), FANIN_OK);
    fanin_rules_free(rules);
    fanin_release(constant);
    static const char *const expected[] = {
        "Initialized z_weight as weight: 2.5", "Initialized b_gamma as gamma: 1.0",
        "Initialized p as zero: 0.0",          "Initialized q as [\"constant\", {\"value\": 0.5}]: 0.5",
        "Initialized wq as weight: 2.5",       "Initialized z_weight as weight: 2.5"};
    struct log log;
    fanin_options options = verbose_to(&log);
    for (options.threads = 1; options.threads <= 8; options.threads++) {
        log.count = 0;
        assert_status(fanin_plan_run(plan, &options), FANIN_OK);
        assert_int_equal(log.count, 6);
        assert_true(pthread_equal(log.thread, pthread_self()));
        for (int i = 0; i < 6; i++) {
            assert_string_equal(log.line[i], expected[i]);
        }
    }
    options.threads = 0;
    options.statistic = print_place;
    log.count = 0;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_string_equal(log.line[0], "Initialized z_weight as weight: z_weight 1 1000 -1 -2.5");
    assert_string_equal(log.line[1], "Initialized b_gamma as gamma: b_gamma 1 9 1 1");

    /* Nowhere to write to, and nothing asked for. */
    options.statistic = NULL;
    log.count = 0;
    options.log = NULL;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    options.log = take_line;
    options.verbose = 0;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(log.count, 0);
    fanin_plan_free(plan);
}

static fanin_status fill_text(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    (void)name;
    (void)tensor;
    memset(text, '%', size);
    return FANIN_OK;
}

static fanin_status fail_statistic(void *context, const char *name, const DLTensor *tensor, char *text, size_t size)
{
    (void)context;
    (void)name;
    (void)tensor;
    (void)text;
    (void)size;
    return fanin_fail(FANIN_ERROR_CUSTOM, "the mean is not amused");
}

static void odd_statistics(void **state)
{
    (void)state;
    float values[4];
    struct log log;
    fanin_options options = verbose_to(&log);
    const fanin_desc desc = desc_of("a_bias");
    const DLTensor tensor = VECTOR(values, 4);
    /* No NUL: the text ends where its room does. */
    options.statistic = fill_text;
    assert_status(fanin_init(NULL, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(strncmp(log.line[0], "Initialized a_bias as bias: %%%%", 32), 0);
    assert_true(strspn(log.line[0] + 28, "%") == strlen(log.line[0] + 28));
    assert_true(strlen(log.line[0]) > 200);
    options.statistic = fail_statistic;
    log.count = 0;
    assert_status(fanin_init(NULL, &desc, &tensor, &options), FANIN_ERROR_CUSTOM);
    assert_message("'a_bias'", "the mean is not amused", NULL);
    assert_int_equal(log.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded), cmocka_unit_test(of_every_dtype), cmocka_unit_test(plans),
        cmocka_unit_test(devices),  cmocka_unit_test(odd_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
