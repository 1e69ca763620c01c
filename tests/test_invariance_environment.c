/* The caller's rounding mode, flush-to-zero flags, exception masks, locale and errno change nothing, and stay as they were. */
#include "api_helpers.h"
#include "comma_locale.h"

#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

enum { CALLERS_ERRNO = 77, MASKED = 0x1F80, FTZ = 0x8000, DAZ = 0x0040, STICKY = 0x3F };

/* As a caller may have set it. `control` is MXCSR without its rounding mode; without SSE it is ignored. */
struct environment {
    int rounding;
    unsigned control;
};

static struct environment environment = {FE_TONEAREST, MASKED};
static char callers_locale[256];

static unsigned read_control(void)
{
#if defined(__SSE2__)
    return _mm_getcsr();
#else
    return 0;
#endif
}

static void write_control(unsigned control)
{
#if defined(__SSE2__)
    _mm_setcsr(control);
#else
    (void)control;
#endif
}

static unsigned entered_control;

/* Between enter and leave stands one call of the library and no arithmetic. */
static void enter(void)
{
    fesetround(environment.rounding);
    const unsigned rounding = read_control() & 0x6000u;
    entered_control = environment.control | rounding;
    errno = CALLERS_ERRNO;
    write_control(entered_control);
}

static void leave(const char *call)
{
    const unsigned control = read_control();
    write_control(MASKED);
    const int error = errno, rounding = fegetround();
    fesetround(FE_TONEAREST);
    write_control(MASKED);
#if defined(__SSE2__)
    if (control != entered_control) {
        fail_msg("%s: MXCSR is 0x%04x, was 0x%04x", call, control, entered_control);
    }
    (void)rounding;
#else
    (void)control;
    if (rounding != environment.rounding) {
        fail_msg("%s: the rounding mode has changed", call);
    }
#endif
    if (error != CALLERS_ERRNO) {
        fail_msg("%s: errno is %d, was %d", call, error, CALLERS_ERRNO);
    }
    if (strcmp(setlocale(LC_ALL, NULL), callers_locale) != 0) {
        fail_msg("%s: the locale has changed", call);
    }
}

/* What all calls gave, recorded once in the plain environment and compared in the others. */
static struct {
    char *bytes;
    size_t size, at;
    bool recorded;
} record;

static void note(const char *call, const void *data, size_t size)
{
    if (!record.recorded) {
        record.bytes = realloc(record.bytes, record.size + size);
        assert_non_null(record.bytes);
        memcpy(record.bytes + record.size, data, size);
        record.size += size;
        return;
    }
    assert_true(record.at + size <= record.size);
    if (memcmp(record.bytes + record.at, data, size) != 0) {
        fail_msg("%s: differs with rounding mode 0x%x, MXCSR 0x%04x, locale %s", call, (unsigned)environment.rounding,
                 environment.control, callers_locale);
    }
    record.at += size;
}

static void note_text(const char *call, const char *text)
{
    note(call, text, strlen(text) + 1);
}

static void succeed(const char *call, fanin_status status)
{
    leave(call);
    if (status != FANIN_OK) {
        fail_msg("%s: %s", call, fanin_last_error());
    }
}

static void fill_every_kind(void)
{
    static const int64_t shape[] = {12, 3, 9, 7}, offset[] = {1, 0, 2, 1};
    int64_t box[] = {11, 3, 7, 5};
    uint64_t random = 5;
    for (int k = 0; k < API_KINDS; k++) {
        const struct api_kind *const kind = &api_kinds[k];
        for (int t = 0; t < API_DTYPES; t++) {
            const struct api_dtype *const dtype = &api_dtypes[t];
            if (!api_takes(kind, dtype) || !api_takes_shape(kind, 4, shape)) {
                continue;
            }
            fanin_initializer *const initializer = api_create(kind->spec);
            fanin_desc desc = FANIN_DESC_INIT;
            desc.name = kind->name;
            desc.global_shape = shape;
            desc.offset = offset;
            fanin_options options = FANIN_OPTIONS_INIT;
            options.threads = 1 + t % 3;
            size_t bytes;
            const struct api_view view = api_random_view(4, box, dtype->size, 64, &random, &bytes);
            struct api_memory memory = api_memory_open(bytes);
            const DLTensor tensor = api_tensor(&memory, &view, dtype);
            enter();
            succeed("fanin_init", fanin_init(initializer, &desc, &tensor, &options));
            note(kind->label, memory.got, memory.size);
            api_memory_close(&memory);
            fanin_release(initializer);
        }
    }
}

static void make_initializers(void)
{
    static const char *const specs[] = {
        "[\"xavier\", {\"magnitude\": 2.34}]",
        "{\"initializer\": \"uniform\", \"scale\": 1.0000000000000002e-5}",
        "[\"constant\", {\"value\": 4.9e-324}]", /* subnormal */
        "[\"normal\", {\"sigma\": 1.7976931348623157e308}]",
        "[\"mixed\", {\"patterns\": [\".*bias\", \".*\"], \"initializers\": [\"zero\", [\"normal\", {\"sigma\": 0.1}]]}]",
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        fanin_initializer *initializer = NULL;
        char *text = NULL;
        enter();
        succeed("fanin_create", fanin_create(specs[i], &initializer));
        enter();
        succeed("fanin_dumps", fanin_dumps(initializer, &text));
        note_text("fanin_dumps", text);
        enter();
        fanin_string_free(text);
        leave("fanin_string_free");
        enter();
        fanin_initializer *const again = fanin_retain(initializer);
        leave("fanin_retain");
        enter();
        fanin_release(again);
        leave("fanin_release");
        enter();
        fanin_release(initializer);
        leave("the last fanin_release");
    }
}

static void make_typed_initializers(void)
{
    fanin_initializer *made[7] = {NULL};
    enter();
    succeed("fanin_constant", fanin_constant(0.1, &made[0]));
    enter();
    succeed("fanin_uniform", fanin_uniform(1e-7, &made[1]));
    enter();
    succeed("fanin_normal", fanin_normal(0.02, &made[2]));
    enter();
    succeed("fanin_xavier", fanin_xavier(FANIN_DISTRIBUTION_GAUSSIAN, FANIN_FACTOR_OUT, 2.34, &made[3]));
    enter();
    succeed("fanin_msraprelu", fanin_msraprelu(FANIN_FACTOR_AVG, 0.1, &made[4]));
    enter();
    succeed("fanin_lstmbias", fanin_lstmbias(1.5, &made[5]));
    const char *const patterns[] = {"a|b", ".*"};
    const fanin_initializer *const inner[] = {made[0], made[1]};
    enter();
    succeed("fanin_mixed", fanin_mixed(patterns, inner, 2, &made[6]));
    for (int i = 0; i < 7; i++) {
        char *text = NULL;
        enter();
        succeed("fanin_dumps", fanin_dumps(made[i], &text));
        note_text("a typed constructor", text);
        fanin_string_free(text);
        fanin_release(made[i]);
    }
}

static void keep_line(void *context, const char *line)
{
    char *const lines = context;
    strcat(strcat(lines, line), "\n");
}

/* A plan with rules, an `__init__`, a dump and a log. */
static void run_plan(void)
{
    static char lines[4096];
    float data[3][40];
    int64_t shape[] = {5, 8};
    fanin_rules *rules = NULL;
    enter();
    succeed("fanin_rules_create", fanin_rules_create("[[\"conv.*\", [\"normal\", {\"sigma\": 0.025}]]]", &rules));
    fanin_initializer *const xavier = api_create("[\"xavier\", {\"magnitude\": 2.5}]");
    fanin_plan *plan = NULL;
    enter();
    succeed("fanin_plan_create", fanin_plan_create(&plan));
    static const char *const names[] = {"fc_weight", "conv_weight", "scale"};
    const fanin_attr attribute = {"__init__", "[\"constant\", {\"value\": 0.3}]"};
    for (int i = 0; i < 3; i++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = names[i];
        desc.rules = rules;
        desc.attrs = &attribute;
        desc.n_attrs = i == 2 ? 1 : 0;
        const DLTensor tensor = {
            .data = data[i], .device = {kDLCPU, 0}, .ndim = 2, .dtype = api_dtypes[API_FLOAT32].type, .shape = shape};
        enter();
        succeed("fanin_plan_add", fanin_plan_add(plan, xavier, &desc, &tensor));
    }
    enter();
    fanin_rules_free(rules);
    leave("fanin_rules_free");
    enter();
    succeed("fanin_plan_check", fanin_plan_check(plan));
    char *text = NULL;
    enter();
    succeed("fanin_plan_dumps", fanin_plan_dumps(plan, &text));
    note_text("fanin_plan_dumps", text);
    fanin_string_free(text);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.verbose = 1;
    options.log = keep_line;
    options.context = lines;
    lines[0] = '\0';
    enter();
    succeed("fanin_plan_run", fanin_plan_run(plan, &options));
    note("fanin_plan_run", data, sizeof data);
    note_text("the log", lines);
    enter();
    fanin_plan_free(plan);
    leave("fanin_plan_free");
    fanin_release(xavier);
}

/* Numbers that some environments take for 0, or trap on, where they are compared and printed. */
static void use_subnormals(void)
{
    static double doubles[] = {5e-310, 1.5, -4.9e-324};
    static float floats[] = {1e-45f, -1.1e-38f, 0.25f};
    static uint16_t halves[] = {0x0001, 0x83ff, 0x3c00};
    const struct {
        void *data;
        int dtype;
    } arrays[] = {{doubles, API_FLOAT64}, {floats, API_FLOAT32}, {halves, API_FLOAT16}, {halves, API_BFLOAT16}};
    int64_t shape[] = {3};
    double filled[2][3];
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        const DLTensor value = {.data = arrays[i].data,
                                .device = {kDLCPU, 0},
                                .ndim = 1,
                                .dtype = api_dtypes[arrays[i].dtype].type,
                                .shape = shape};
        fanin_initializer *made[2] = {NULL};
        fanin_plan *plan = NULL;
        assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
        for (int k = 0; k < 2; k++) {
            enter();
            succeed("fanin_constant_tensor", fanin_constant_tensor(&value, &made[k]));
            fanin_desc desc = FANIN_DESC_INIT;
            desc.name = "one_weight"; /* twice: replicas, whose arrays are compared */
            const DLTensor tensor = {
                .data = filled[k], .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[API_FLOAT64].type, .shape = shape};
            enter();
            succeed("fanin_plan_add", fanin_plan_add(plan, made[k], &desc, &tensor));
        }
        char *text = NULL;
        enter();
        succeed("fanin_dumps of an array", fanin_dumps(made[0], &text));
        note_text("fanin_dumps of an array", text);
        fanin_string_free(text);
        enter();
        succeed("fanin_plan_check of arrays", fanin_plan_check(plan));
        enter();
        succeed("fanin_plan_dumps of arrays", fanin_plan_dumps(plan, &text));
        note_text("fanin_plan_dumps of arrays", text);
        fanin_string_free(text);
        enter();
        succeed("fanin_plan_run of arrays", fanin_plan_run(plan, NULL));
        note("fanin_plan_run of arrays", filled, sizeof filled);
        fanin_plan_free(plan);
        fanin_release(made[0]);
        fanin_release(made[1]);
    }
    fanin_initializer *constant = NULL;
    char *text = NULL;
    enter();
    succeed("fanin_constant", fanin_constant(5e-310, &constant));
    enter();
    succeed("fanin_dumps", fanin_dumps(constant, &text));
    note_text("fanin_dumps of a subnormal", text);
    fanin_string_free(text);
    fanin_release(constant);
}

static void fail_in_many_ways(void)
{
    static const struct {
        const char *spec;
        int dtype;
    } cases[] = {
        {"[\"constant\", {\"value\": 1e39}]", API_FLOAT32}, {"[\"constant\", {\"value\": 300}]", API_INT8},
        {"[\"constant\", {\"value\": 0.5}]", API_INT8},     {"[\"uniform\", {\"scale\": 1e-50}]", API_FLOAT32},
        {"[\"normal\", {\"sigma\": 1e6}]", API_FLOAT16},
    };
    double data[4];
    int64_t shape[] = {4};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fanin_initializer *const initializer = api_create(cases[i].spec);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "some_weight";
        const DLTensor tensor = {
            .data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = api_dtypes[cases[i].dtype].type, .shape = shape};
        enter();
        const fanin_status status = fanin_init(initializer, &desc, &tensor, NULL);
        leave("fanin_init that may fail");
        note("a status", &status, sizeof status);
        note_text("a message", status == FANIN_OK ? "" : fanin_last_error());
        fanin_release(initializer);
    }
    static const char *const malformed[] = {"[\"xavier\", {\"magnitude\": 1e999}]", "[\"uniform\", {\"scale\": -0.25}]",
                                            "[\"uniform\", {\"scale\": 1,5}]", "gaussian"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        fanin_initializer *initializer = NULL;
        enter();
        const fanin_status status = fanin_create(malformed[i], &initializer);
        leave("fanin_create that fails");
        assert_int_not_equal(status, FANIN_OK);
        note_text("a message", fanin_last_error());
    }
}

static void list_registry(void)
{
    char *text = NULL;
    enter();
    succeed("fanin_registry_dumps", fanin_registry_dumps(NULL, &text));
    note_text("fanin_registry_dumps", text);
    fanin_string_free(text);
    enter();
    const fanin_row *const row = fanin_row_find("Xavier");
    leave("fanin_row_find");
    assert_non_null(row);
    enter();
    const uint64_t stream = fanin_stream("fc1_weight");
    leave("fanin_stream");
    assert_true(stream == 0x80a5e231b5711edeu);
}

static void call_everything(void)
{
    record.at = 0;
    fill_every_kind();
    make_initializers();
    make_typed_initializers();
    run_plan();
    fail_in_many_ways();
    use_subnormals();
    list_registry();
    record.recorded = true;
}

static const int rounding_modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
/* Flush to zero, subnormals as zero, exceptions raised before, and traps for all of them, or for all but inexact. */
static const unsigned controls[] = {MASKED, MASKED | FTZ, MASKED | DAZ | STICKY, MASKED | FTZ | DAZ, 0, 0x1000, FTZ | DAZ};

static void in_every_environment(void)
{
    for (size_t r = 0; r < sizeof rounding_modes / sizeof *rounding_modes; r++) {
        for (size_t c = 0; c < sizeof controls / sizeof *controls; c++) {
            environment = (struct environment){rounding_modes[r], controls[c]};
            call_everything();
        }
    }
    environment = (struct environment){FE_TONEAREST, MASKED};
}

static void test_floating_point(void **state)
{
    (void)state;
    call_everything();
    in_every_environment();
}

/* A locale whose decimal point is a comma. */
static void test_locale(void **state)
{
    (void)state;
    if (!comma_locale_set()) {
        skip();
    }
    snprintf(callers_locale, sizeof callers_locale, "%s", setlocale(LC_ALL, NULL));
    call_everything();
    in_every_environment();
    setlocale(LC_ALL, "C");
}

static int setup(void **state)
{
    (void)state;
    api_register();
    snprintf(callers_locale, sizeof callers_locale, "%s", setlocale(LC_ALL, NULL));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floating_point),
        cmocka_unit_test(test_locale),
    };
    const int failed = cmocka_run_group_tests(tests, setup, NULL);
    free(record.bytes);
    return failed;
}
