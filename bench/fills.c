/* Every initializer, dtype and size. */
#include "cases.h"
#include "expected.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct recipe {
    const char *name, *spec;
    enum formula formula;
    double scale; /* 0: of the shape */
} recipes[] = {
    {"zero", "zero", FORMULA_CONSTANT, 0},
    {"one", "one", FORMULA_CONSTANT, 1},
    {"constant", "[\"constant\", {\"value\": 0.5}]", FORMULA_CONSTANT, 0.5},
    {"uniform", "[\"uniform\", {\"scale\": 0.07}]", FORMULA_UNIFORM, 0.07},
    {"normal", "[\"normal\", {\"sigma\": 0.02}]", FORMULA_NORMAL, 0.02},
    {"xavier", "xavier", FORMULA_UNIFORM, 0},
    {"msraprelu", "[\"msraprelu\", {\"slope\": 0}]", FORMULA_NORMAL, 0},
    {"bilinear", "bilinear", FORMULA_BILINEAR, 1},
    {"lstmbias", "lstmbias", FORMULA_LSTMBIAS, 1},
    {"fusedrnn", NULL, FORMULA_FUSEDRNN, 1},
    {"mixed", "[\"mixed\", {\"patterns\": [\"none\", \".*\"], \"initializers\": [\"zero\", \"normal\"]}]", FORMULA_NORMAL,
     0.01},
};

/* kDLBool of DLPack 0.8 and newer. */
#define BOOL_CODE 6

static const struct type {
    const char *name;
    DLDataType dtype;
    bool integer; /* filled with 1 alone */
} types[] = {
    {"float32", {kDLFloat, 32, 1}, false}, {"float64", {kDLFloat, 64, 1}, false}, {"bfloat16", {kDLBfloat, 16, 1}, false},
    {"float16", {kDLFloat, 16, 1}, false}, {"int8", {kDLInt, 8, 1}, true},        {"int16", {kDLInt, 16, 1}, true},
    {"int32", {kDLInt, 32, 1}, true},      {"int64", {kDLInt, 64, 1}, true},      {"uint8", {kDLUInt, 8, 1}, true},
    {"uint16", {kDLUInt, 16, 1}, true},    {"uint32", {kDLUInt, 32, 1}, true},    {"uint64", {kDLUInt, 64, 1}, true},
    {"bool", {BOOL_CODE, 8, 1}, true},
};

static const int64_t sizes[] = {1 << 10, 1 << 14, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 28, 1 << 30};

#define SEED         42
#define NAME         "bench_weight"
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct fill {
    fanin_initializer *initializer;
    fanin_desc desc;
    fanin_options options;
    DLTensor tensor;
    struct expected expected;
};

static fanin_status run_fill(void *context)
{
    const struct fill *const fill = context;
    return fanin_init(fill->initializer, &fill->desc, &fill->tensor, &fill->options);
}

static int64_t power_of_two(double most)
{
    int64_t power = 1;
    while ((double)(2 * power) <= most) {
        power *= 2;
    }
    return power;
}

/* `values` is a power of two, at least 128. */
static void choose_shape(struct expected *expected, int64_t values)
{
    const int64_t columns = power_of_two(sqrt((double)values));
    const int64_t side = values < 512 ? 8 : 16;
    switch (expected->formula) {
    case FORMULA_BILINEAR:
        expected->ndim = 4;
        memcpy(expected->shape, (int64_t[]){values / (side * side), 1, side, side}, sizeof expected->shape);
        break;
    case FORMULA_LSTMBIAS:
    case FORMULA_FUSEDRNN:
        expected->ndim = 1;
        expected->shape[0] = values;
        expected->hidden = power_of_two(sqrt((double)values / 8));
        break;
    default:
        expected->ndim = 2;
        expected->shape[0] = values / columns;
        expected->shape[1] = columns;
    }
}

/* Glorot and Bengio's bound with the average of the fans, He and others' sigma with slope 0. */
static double scale_of_shape(const struct expected *expected)
{
    const double fans = (double)(expected->shape[0] + expected->shape[1]) / 2;
    return sqrt((expected->formula == FORMULA_UNIFORM ? 3 : 2) / fans);
}

static void measure_fill(struct bench *bench, const struct recipe *recipe, const struct type *type, int64_t values)
{
    struct fill fill = {.desc = FANIN_DESC_INIT, .options = bench_options(bench, SEED)};
    struct expected *const expected = &fill.expected;
    struct result result = {.group = "fill", .values = values, .bytes = values * type->dtype.bits / 8};
    char size[24], where[BENCH_WHERE_SIZE], spec[192];
    report_bytes(result.bytes, size, sizeof size);
    snprintf(result.initializer, sizeof result.initializer, "%s", recipe->name);
    snprintf(result.dtype, sizeof result.dtype, "%s", type->name);
    snprintf(result.name, sizeof result.name, "fill/%s/%s/%s/%s", recipe->name, type->name, size, bench_where(bench, where));
    if (!bench_wanted(bench, result.name) || result.bytes > bench_memory_bytes(bench)) {
        return;
    }
    *expected =
        (struct expected){.formula = recipe->formula, .scale = recipe->scale, .name = NAME, .seed = SEED, .dtype = type->dtype};
    choose_shape(expected, values);
    if ((recipe->formula == FORMULA_UNIFORM || recipe->formula == FORMULA_NORMAL) && recipe->scale == 0) {
        expected->scale = scale_of_shape(expected);
    }
    snprintf(spec, sizeof spec,
             "[\"fusedrnn\", {\"init\": \"xavier\", \"num_hidden\": %lld, \"num_layers\": 1, \"mode\": \"lstm\"}]",
             (long long)expected->hidden);
    bench_check(fanin_create(recipe->spec == NULL ? spec : recipe->spec, &fill.initializer), recipe->name);
    fill.desc.name = NAME;
    fill.desc.rule = FANIN_RULE_WEIGHT;
    fill.tensor = (DLTensor){bench_memory(bench), bench_device(bench), expected->ndim, type->dtype, expected->shape, NULL, 0};
    bench_spoil(bench, result.bytes);
    bench_check(run_fill(&fill), result.name);
    expected_check(expected, bench_read(bench, 0, result.bytes), values, result.name);
    bench_measure(bench, &(struct work){run_fill, &fill, result.bytes, result.bytes, false}, &result);
    fanin_release(fill.initializer);
}

void cases_fills(struct bench *bench)
{
    for (size_t r = 0; r < COUNT(recipes); r++) {
        for (size_t t = 0; t < COUNT(types); t++) {
            const int64_t size = types[t].dtype.bits / 8;
            if (types[t].integer && strcmp(recipes[r].name, "one") != 0) {
                continue;
            }
            if (bench->values != 0) {
                measure_fill(bench, &recipes[r], &types[t], bench->values);
                continue;
            }
            for (size_t s = 0; s < COUNT(sizes) && sizes[s] <= bench->most_bytes; s++) {
                measure_fill(bench, &recipes[r], &types[t], sizes[s] / size);
            }
        }
    }
}

void cases_missing(void)
{
    const fanin_row *row;
    for (size_t i = 0; (row = fanin_row_at(i)) != NULL; i++) {
        /* orthogonal.c and load.c */
        bool found = strcmp(row->name, "orthogonal") == 0 || strcmp(row->name, "load") == 0;
        for (size_t r = 0; r < COUNT(recipes); r++) {
            found = found || strcasecmp(recipes[r].name, row->name) == 0;
        }
        if (!found) {
            printf("not measured: %s\n", row->name);
        }
    }
}
