/* Whole models, in pieces of bounded memory: rules, plans and fills. */
#include "cases.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED       42
#define MOST_PIECE ((int64_t)512 << 20)
#define MOST_DIMS  8

struct parameter {
    const char *name;
    DLDataType dtype;
    int ndim;
    int64_t shape[MOST_DIMS], row_bytes;
};

struct model {
    struct parameter *parameters;
    int64_t count, bytes, values;
    fanin_rules *rules;
    fanin_options options;
    const struct bench *bench;
    int64_t piece;   /* bytes of memory */
    fanin_plan **kept; /* not NULL: takes the plan of the last piece once it ran */
    bool is_checked; /* compares each part of a tensor, once the plan ran, with a fill of its own */
    cJSON *root;
};

/* Some rows of a parameter and where they lie. */
struct part {
    const struct parameter *parameter;
    int64_t first, rows, offset;
};

static const struct {
    const char *name;
    DLDataType dtype;
} dtypes[] = {{"F32", {kDLFloat, 32, 1}}, {"BF16", {kDLBfloat, 16, 1}}, {"F16", {kDLFloat, 16, 1}}, {"F64", {kDLFloat, 64, 1}}};

static void read_parameter(struct model *model, const cJSON *item, const char *path)
{
    struct parameter *const parameter = &model->parameters[model->count++];
    const char *const dtype = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "dtype"));
    const cJSON *const shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *extent;
    int64_t values = 1;
    *parameter = (struct parameter){.name = item->string};
    for (size_t i = 0; dtype != NULL && i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(dtype, dtypes[i].name) == 0) {
            parameter->dtype = dtypes[i].dtype;
        }
    }
    cJSON_ArrayForEach(extent, shape)
    {
        if (parameter->ndim < MOST_DIMS && extent->valuedouble >= 1) {
            parameter->shape[parameter->ndim++] = (int64_t)extent->valuedouble;
            values *= (int64_t)extent->valuedouble;
        }
    }
    if (parameter->dtype.bits == 0 || parameter->ndim == 0 || parameter->ndim != cJSON_GetArraySize(shape)) {
        bench_stop("%s: '%s' is not a tensor that is measured", path, item->string);
    }
    parameter->row_bytes = values / parameter->shape[0] * parameter->dtype.bits / 8;
    model->values += values;
    model->bytes += parameter->row_bytes * parameter->shape[0];
}

static struct model read_model(const struct bench *bench, const char *name)
{
    struct model model = {.options = bench_options(bench, SEED), .bench = bench};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.rules.json", bench->models, name);
    char *text = text_read(path);
    bench_check(fanin_rules_create(text, &model.rules), path);
    free(text);
    snprintf(path, sizeof path, "%s/%s.json", bench->models, name);
    text = text_read(path);
    model.root = cJSON_Parse(text);
    free(text);
    model.parameters = calloc((size_t)cJSON_GetArraySize(model.root) + 1, sizeof *model.parameters);
    if (model.root == NULL || model.parameters == NULL) {
        bench_stop("%s: cannot be read as JSON", path);
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, model.root)
    {
        if (strcmp(item->string, "__metadata__") != 0) {
            read_parameter(&model, item, path);
        }
    }
    /* A device takes a model that fits it in one call. */
    const int64_t most = bench->gpu != NULL ? INT64_MAX : MOST_PIECE;
    model.piece = bench_memory_bytes(bench) < most ? bench_memory_bytes(bench) : most;
    return model;
}

/* The shape and offset are the caller's, as the tensor and the descriptor borrow them. */
static fanin_desc box_of(const struct model *model, const struct parameter *parameter, int64_t first, int64_t rows,
                         int64_t *shape, int64_t *offset, DLTensor *tensor)
{
    fanin_desc desc = FANIN_DESC_INIT;
    memcpy(shape, parameter->shape, sizeof parameter->shape);
    memset(offset, 0, sizeof parameter->shape);
    shape[0] = rows;
    offset[0] = first;
    desc.name = parameter->name;
    desc.global_shape = parameter->shape;
    desc.offset = offset;
    desc.rules = model->rules;
    *tensor = (DLTensor){NULL, {kDLCPU, 0}, parameter->ndim, parameter->dtype, shape, NULL, 0};
    return desc;
}

/* The last row of a part against a fill of that row alone, by one thread. */
static fanin_status compare_row(const struct model *model, const struct part *part)
{
    const struct parameter *const parameter = part->parameter;
    int64_t shape[MOST_DIMS], offset[MOST_DIMS];
    DLTensor tensor;
    fanin_options options = FANIN_OPTIONS_INIT;
    const fanin_desc desc = box_of(model, parameter, part->first + part->rows - 1, 1, shape, offset, &tensor);
    options.seed = SEED;
    options.threads = 1;
    tensor.data = malloc((size_t)parameter->row_bytes);
    if (tensor.data == NULL) {
        bench_stop("out of memory");
    }
    const fanin_status status = fanin_init(NULL, &desc, &tensor, &options);
    const int64_t place = part->offset + (part->rows - 1) * parameter->row_bytes;
    const unsigned char *const row = bench_read(model->bench, place, parameter->row_bytes);
    if (status == FANIN_OK && memcmp(tensor.data, row, (size_t)parameter->row_bytes) != 0) {
        bench_stop("%s: row %lld is not what a fill of that row alone gives", parameter->name, (long long)offset[0]);
    }
    free(tensor.data);
    return status;
}

static fanin_status make_plan(const struct model *model, const struct part *parts, int64_t count, fanin_plan **out)
{
    fanin_plan *plan = NULL;
    fanin_status status = fanin_plan_create(&plan);
    for (int64_t i = 0; i < count && status == FANIN_OK; i++) {
        int64_t shape[MOST_DIMS], offset[MOST_DIMS];
        DLTensor tensor;
        const fanin_desc desc = box_of(model, parts[i].parameter, parts[i].first, parts[i].rows, shape, offset, &tensor);
        tensor.data = bench_memory(model->bench) + parts[i].offset;
        tensor.device = bench_device(model->bench);
        status = fanin_plan_add(plan, NULL, &desc, &tensor);
    }
    *out = plan;
    return status;
}

static fanin_status run_piece(const struct model *model, const struct part *parts, int64_t count)
{
    fanin_plan *plan = NULL;
    fanin_status status = make_plan(model, parts, count, &plan);
    if (status == FANIN_OK) {
        status = fanin_plan_run(plan, &model->options);
    }
    for (int64_t i = 0; i < count && status == FANIN_OK && model->is_checked; i++) {
        status = compare_row(model, &parts[i]);
    }
    if (model->kept != NULL) {
        *model->kept = plan;
    } else {
        fanin_plan_free(plan);
    }
    return status;
}

static fanin_status run_kept(void *context)
{
    const struct model *const model = context;
    return fanin_plan_run(*model->kept, &model->options);
}

static fanin_status run_model(void *context)
{
    const struct model *const model = context;
    struct part *const parts = malloc((size_t)model->count * sizeof *parts);
    fanin_status status = FANIN_OK;
    int64_t count = 0, used = 0;
    if (parts == NULL) {
        bench_stop("out of memory");
    }
    for (int64_t i = 0; i < model->count && status == FANIN_OK; i++) {
        const struct parameter *const parameter = &model->parameters[i];
        for (int64_t row = 0; row < parameter->shape[0] && status == FANIN_OK;) {
            int64_t rows = (model->piece - used) / parameter->row_bytes;
            if (rows == 0) {
                status = run_piece(model, parts, count);
                count = used = 0;
                continue;
            }
            rows = rows < parameter->shape[0] - row ? rows : parameter->shape[0] - row;
            parts[count++] = (struct part){parameter, row, rows, used};
            /* Each part starts at a line of the cache. */
            used = (used + rows * parameter->row_bytes + 63) / 64 * 64;
            row += rows;
        }
    }
    if (status == FANIN_OK) {
        status = run_piece(model, parts, count);
    }
    free(parts);
    return status;
}

/* On a GPU, where the model is one piece: the one call that fills it, its plan being made. */
static void measure_run(struct bench *bench, struct model *model, struct result result)
{
    if (bench->gpu == NULL || model->bytes + 64 * model->count > model->piece) {
        return;
    }
    fanin_plan *plan = NULL;
    char name[sizeof result.name];
    snprintf(name, sizeof name, "model/%s-run/gpu", result.initializer);
    memcpy(result.name, name, sizeof name);
    model->kept = &plan;
    bench_check(run_model(model), result.name);
    bench_measure(bench, &(struct work){run_kept, model, model->bytes, model->piece, false}, &result);
    fanin_plan_free(plan);
}

void cases_models(struct bench *bench)
{
    static const char *const names[] = {"resnet50", "gpt2", "llama-3-8b"};
    if (bench->most_bytes < 1 << 20) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        struct result result = {.group = "model"};
        snprintf(result.initializer, sizeof result.initializer, "%s", names[i]);
        char where[BENCH_WHERE_SIZE];
        snprintf(result.name, sizeof result.name, "model/%s/%s", names[i], bench_where(bench, where));
        if (!bench_wanted(bench, result.name)) {
            continue;
        }
        struct model model = read_model(bench, names[i]);
        snprintf(result.dtype, sizeof result.dtype, "%s", model.parameters[0].dtype.bits == 16 ? "bfloat16" : "float32");
        result.bytes = model.bytes;
        result.values = model.values;
        model.is_checked = true;
        bench_check(run_model(&model), result.name);
        model.is_checked = false;
        bench_measure(bench, &(struct work){run_model, &model, model.bytes, model.piece, false}, &result);
        measure_run(bench, &model, result);
        fanin_rules_free(model.rules);
        free(model.parameters);
        cJSON_Delete(model.root);
    }
}
