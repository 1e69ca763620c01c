/* Layouts that are not one line of memory, beside one that is: float32 matrices and boxes of their columns. */
#include "cases.h"
#include "expected.h"

#include <stdio.h>

#define SIDE    4096
#define SEED    42
#define NAME    "layout_weight"
#define SAMPLES 4000

static const struct layout {
    const char *name;
    int64_t shape[2], stride[2], offset[2]; /* of a box in SIDE × SIDE */
} layouts[] = {
    {"contiguous", {SIDE, SIDE}, {SIDE, 1}, {0, 0}},       {"transposed", {SIDE, SIDE}, {1, SIDE}, {0, 0}},
    {"every-second", {SIDE, SIDE}, {2 * SIDE, 2}, {0, 0}}, {"columns-64", {SIDE, 64}, {64, 1}, {0, 1024}},
    {"columns-7", {SIDE, 7}, {7, 1}, {0, 1029}},
};

struct case_of {
    fanin_initializer *initializer;
    fanin_desc desc;
    fanin_options options;
    DLTensor tensor;
};

static fanin_status run(void *context)
{
    const struct case_of *const fill = context;
    return fanin_init(fill->initializer, &fill->desc, &fill->tensor, &fill->options);
}

static void check(const struct layout *layout, const struct expected *expected, const void *memory, const char *what)
{
    uint64_t state = 1;
    for (int i = 0; i < SAMPLES; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's generator */
        const int64_t row = (int64_t)((state >> 40) % (uint64_t)layout->shape[0]);
        const int64_t column = (int64_t)((state >> 16) % (uint64_t)layout->shape[1]);
        expected_check_one(expected, memory, row * layout->stride[0] + column * layout->stride[1],
                           (row + layout->offset[0]) * SIDE + column + layout->offset[1], what);
    }
}

static void measure_layout(struct bench *bench, const struct layout *layout, const char *spec, enum formula formula,
                           double scale)
{
    const int64_t values = layout->shape[0] * layout->shape[1];
    const int64_t last = (layout->shape[0] - 1) * layout->stride[0] + (layout->shape[1] - 1) * layout->stride[1];
    struct result result = {.group = "layout", .dtype = "float32", .values = values, .bytes = values * 4};
    snprintf(result.initializer, sizeof result.initializer, "%s", spec);
    char where[BENCH_WHERE_SIZE];
    snprintf(result.name, sizeof result.name, "layout/%s/%s/%s", layout->name, spec, bench_where(bench, where));
    if (!bench_wanted(bench, result.name) || (last + 1) * 4 > bench->most_bytes) {
        return;
    }
    static const int64_t global[2] = {SIDE, SIDE};
    const DLDataType float32 = {kDLFloat, 32, 1};
    const struct expected expected = {.formula = formula, .scale = scale, .name = NAME, .seed = SEED, .dtype = float32};
    struct case_of fill = {.desc = FANIN_DESC_INIT, .options = bench_options(bench, SEED)};
    bench_check(fanin_create(spec, &fill.initializer), spec);
    fill.desc.name = NAME;
    fill.desc.global_shape = global;
    fill.desc.offset = layout->offset;
    fill.tensor = (DLTensor){
        bench_memory(bench), bench_device(bench), 2, float32, (int64_t *)layout->shape, (int64_t *)layout->stride, 0};
    bench_spoil(bench, (last + 1) * 4);
    bench_check(run(&fill), result.name);
    check(layout, &expected, bench_read(bench, 0, (last + 1) * 4), result.name);
    bench_measure(bench, &(struct work){run, &fill, result.bytes, result.bytes, false}, &result);
    fanin_release(fill.initializer);
}

void cases_layouts(struct bench *bench)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        measure_layout(bench, &layouts[i], "uniform", FORMULA_UNIFORM, 0.07);
        measure_layout(bench, &layouts[i], "normal", FORMULA_NORMAL, 0.01);
    }
}
