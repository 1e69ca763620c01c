/* Calls whose cost is not the fill's. */
#include "cases.h"
#include "expected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENSORS 10000
#define VALUES  64
#define SEED    7

static const DLDataType float32 = {kDLFloat, 32, 1};
static const int64_t small_shape[1] = {VALUES};

struct small {
    fanin_initializer *initializer;
    fanin_options options;
    float *memory;
    DLDevice device;
    fanin_plan *plan;
    char (*names)[24];
};

static fanin_status run_init(void *context)
{
    const struct small *const small = context;
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "small_weight";
    const DLTensor tensor = {small->memory, small->device, 1, float32, (int64_t *)small_shape, NULL, 0};
    return fanin_init(small->initializer, &desc, &tensor, &small->options);
}

static fanin_status run_plan(void *context)
{
    const struct small *const small = context;
    return fanin_plan_run(small->plan, &small->options);
}

static fanin_status add_all(const struct small *small, fanin_plan *plan)
{
    fanin_status status = FANIN_OK;
    for (int i = 0; i < TENSORS && status == FANIN_OK; i++) {
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = small->names[i];
        const DLTensor tensor = {
            small->memory + (size_t)i * VALUES, small->device, 1, float32, (int64_t *)small_shape, NULL, 0};
        status = fanin_plan_add(plan, small->initializer, &desc, &tensor);
    }
    return status;
}

static fanin_status run_all(void *context)
{
    const struct small *const small = context;
    fanin_plan *plan = NULL;
    fanin_status status = fanin_plan_create(&plan);
    if (status == FANIN_OK) {
        status = add_all(small, plan);
    }
    if (status == FANIN_OK) {
        status = fanin_plan_run(plan, &small->options);
    }
    fanin_plan_free(plan);
    return status;
}

/* A device's clock also counts what the host does between launches; `host_time` is the host's alone. */
static void measure(struct bench *bench, struct small *small, const char *what, const char *spec, int64_t tensors,
                    fanin_status (*run)(void *context), bool host_time)
{
    struct result result = {.group = "small", .dtype = "float32", .values = tensors * VALUES, .bytes = tensors * VALUES * 4};
    char where[BENCH_WHERE_SIZE];
    snprintf(result.initializer, sizeof result.initializer, "%s", spec);
    snprintf(result.name, sizeof result.name, "small/%s/%s/%s", what, spec, bench_where(bench, where));
    if (!bench_wanted(bench, result.name)) {
        return;
    }
    const bool normal = strcmp(spec, "normal") == 0, constant = strcmp(spec, "one") == 0;
    bench_check(fanin_create(spec, &small->initializer), spec);
    if (run == run_plan) {
        bench_check(fanin_plan_create(&small->plan), what);
        bench_check(add_all(small, small->plan), what);
    }
    bench_spoil(bench, result.bytes);
    bench_check(run(small), result.name);
    const unsigned char *const answer = bench_read(bench, 0, result.bytes);
    for (int64_t i = 0; i < tensors; i++) {
        const struct expected expected = {.formula = constant ? FORMULA_CONSTANT
                                                     : normal ? FORMULA_NORMAL
                                                              : FORMULA_UNIFORM,
                                          .scale = constant ? 1
                                                   : normal ? 0.01
                                                            : 0.07,
                                          .name = tensors == 1 ? "small_weight" : small->names[i],
                                          .seed = SEED,
                                          .dtype = float32};
        expected_check(&expected, answer + i * VALUES * 4, VALUES, result.name);
    }
    bench_measure(bench, &(struct work){run, small, result.bytes, result.bytes, host_time}, &result);
    fanin_plan_free(small->plan);
    small->plan = NULL;
    fanin_release(small->initializer);
}

void cases_small(struct bench *bench)
{
    static const char *const specs[] = {"one", "uniform", "normal"};
    struct small small = {
        .options = bench_options(bench, SEED), .memory = (float *)(void *)bench_memory(bench), .device = bench_device(bench)};
    if (bench->most_bytes < (int64_t)TENSORS * VALUES * 4) {
        return;
    }
    small.names = malloc(TENSORS * sizeof *small.names);
    if (small.names == NULL) {
        bench_stop("out of memory");
    }
    for (int i = 0; i < TENSORS; i++) {
        snprintf(small.names[i], sizeof small.names[i], "layer%d_weight", i);
    }
    for (int i = 0; i < 3; i++) {
        measure(bench, &small, "init-64", specs[i], 1, run_init, false);
        if (bench->gpu != NULL) {
            measure(bench, &small, "init-64-host", specs[i], 1, run_init, true);
        }
        measure(bench, &small, "plan-10000x64-run", specs[i], TENSORS, run_plan, false);
        measure(bench, &small, "plan-10000x64-all", specs[i], TENSORS, run_all, false);
    }
    free(small.names);
}
