#include "copy.h"
#include "float_environment.h"
#include "json/print.h"
#include "load/store.h"
#include "plan.h"
#include "registry/initializer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool add_numbers(cJSON *object, const char *key, const int64_t *numbers, int count)
{
    cJSON *const array = cJSON_CreateArray();
    bool done = array != NULL;
    for (int i = 0; i < count && done; i++) {
        done = json_append(array, json_new_int64(numbers[i]));
    }
    if (!done) {
        cJSON_Delete(array);
        return false;
    }
    return json_add(object, key, array);
}

/* A number of a fill, in the type that its kind has it in. */
static cJSON *new_number(enum fill_kind kind, double value)
{
    switch (kind) {
    case FILL_INTEGER:
        return json_new_int64((int64_t)value);
    case FILL_BILINEAR:
        return cJSON_CreateBool(value != 0.0);
    default:
        return json_new_double(value);
    }
}

static bool add_orthogonal(cJSON *object, const struct fill_orthogonal *orthogonal)
{
    const char *const random = fill_orthogonal_rand_types[orthogonal->random];
    const char *const method = fill_orthogonal_methods[orthogonal->method];
    return json_add(object, "rand_type", cJSON_CreateString(random)) && json_add(object, "method", cJSON_CreateString(method));
}

/* Where a stored tensor comes from. */
static bool add_stored(cJSON *object, const struct store *store, const struct stored *stored)
{
    const bool in_memory = stored->place == STORED_MEMORY;
    return json_add(object, "file", in_memory ? cJSON_CreateNull() : cJSON_CreateString(store->files[stored->file].path)) &&
           json_add(object, "tensor", cJSON_CreateString(stored->name)) &&
           json_add(object, "stored", cJSON_CreateString(dtype_table[stored->dtype].name));
}

static bool add_fill(cJSON *fills, const struct lowered *part, int64_t parameter_size)
{
    const struct fill *const fill = &part->fill;
    const struct fill_kind_info *const info = &fill_kind_table[fill->kind];
    char stream[24];
    snprintf(stream, sizeof stream, "0x%016" PRIx64, fill->stream);
    cJSON *const object = cJSON_CreateObject();
    bool done = json_add(object, "kind", cJSON_CreateString(fill->kind == FILL_CUSTOM ? fill->custom.kind : info->name));
    if (info->a) {
        done = done && json_add(object, info->a, new_number(fill->kind, fill->a));
    }
    if (info->b) {
        done = done && json_add(object, info->b, new_number(fill->kind, fill->b));
    }
    if (fill->kind == FILL_COPY) {
        done = done && add_numbers(object, "source", fill->copy->array->shape, fill->copy->array->ndim);
    }
    if (fill->kind == FILL_ORTHOGONAL) {
        done = done && add_orthogonal(object, &fill->orthogonal);
    }
    if (fill->kind == FILL_LOAD) {
        done = done && add_stored(object, fill->store, fill->stored);
    }
    done = done && json_add(object, "stream", cJSON_CreateString(stream)) &&
           add_numbers(object, "domain", fill->domain, fill->ndim);
    if (part->block) {
        done = done && json_add(object, "block", cJSON_CreateString(part->block));
    }
    if (part->block || part->count != parameter_size) {
        done = done && add_numbers(object, "range", (const int64_t[]){part->begin, part->begin + part->count}, 2);
    }
    if (part->first != part->begin) {
        done = done && json_add(object, "first", json_new_int64(part->first));
    }
    if (!done) {
        cJSON_Delete(object);
        return false;
    }
    return json_append(fills, object);
}

static bool add_fills(cJSON *object, const struct plan_parameter *parameter)
{
    cJSON *const fills = cJSON_CreateArray();
    bool done = fills != NULL;
    for (size_t i = 0; i < parameter->lowering.count && done; i++) {
        done = add_fill(fills, &parameter->lowering.fills[i], parameter->tensor.global_size);
    }
    if (!done) {
        cJSON_Delete(fills);
        return false;
    }
    return json_add(object, "fills", fills);
}

static bool is_box(const struct plan_tensor *tensor)
{
    bool whole = true;
    for (int d = 0; d < tensor->ndim; d++) {
        whole = whole && plan_shape(tensor)[d] == plan_global(tensor)[d];
    }
    return !whole;
}

static bool fill_object(cJSON *object, const struct plan_parameter *parameter, const char *initializer)
{
    const struct plan_tensor *const tensor = &parameter->tensor;
    const int ndim = tensor->ndim;
    bool done = json_add(object, "name", cJSON_CreateString(parameter->name)) &&
                json_add(object, "dtype", cJSON_CreateString(dtype_table[tensor->dtype].name)) &&
                add_numbers(object, "shape", plan_shape(tensor), ndim);
    if (is_box(tensor)) {
        done = done && add_numbers(object, "global_shape", plan_global(tensor), ndim) &&
               add_numbers(object, "offset", plan_offset(tensor), ndim);
    }
    return done && json_add(object, "initializer", initializer ? cJSON_CreateRaw(initializer) : cJSON_CreateNull()) &&
           json_add(object, "rule", cJSON_CreateString(parameter->lowering.rule)) && add_fills(object, parameter) &&
           json_add(object, "elements", json_new_int64(tensor->size));
}

/* The text of one parameter; NULL without memory. */
static char *print_parameter(const struct plan_parameter *parameter, const char *initializer)
{
    cJSON *const object = cJSON_CreateObject();
    char *const text = object && fill_object(object, parameter, initializer) ? json_print(object) : NULL;
    cJSON_Delete(object);
    return text;
}

static fanin_status fail_memory(void)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the text of a plan");
}

static fanin_status write_parameter(const struct plan_parameter *parameter, FILE *stream)
{
    const fanin_initializer *const applied = parameter->lowering.initializer;
    char *const initializer = applied ? initializer_text(applied) : NULL;
    char *const text = initializer || !applied ? print_parameter(parameter, initializer) : NULL;
    free(initializer);
    if (!text) {
        return fail_memory();
    }
    fputs(text, stream);
    free(text);
    return FANIN_OK;
}

/* Parameter by parameter: a tree of all would take many times the text's memory. */
static fanin_status write_plan(const fanin_plan *plan, FILE *stream)
{
    int64_t elements = 0, bytes = 0;
    fprintf(stream, "{\"contract\": %d, \"parameters\": [", FANIN_CONTRACT);
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_tensor *const tensor = &plan_parameter(plan, i)->tensor;
        if (__builtin_add_overflow(elements, tensor->size, &elements) ||
            __builtin_add_overflow(bytes, tensor->size * dtype_table[tensor->dtype].size, &bytes)) {
            return fanin_fail(FANIN_ERROR_LAYOUT, "parameter '%s': the plan's tensors up to it have 2^63 bytes or more",
                              plan_parameter(plan, i)->name);
        }
        if (i > 0) {
            fputs(", ", stream);
        }
        const fanin_status status = write_parameter(plan_parameter(plan, i), stream);
        if (status != FANIN_OK) {
            return status;
        }
    }
    fprintf(stream, "], \"elements\": %" PRId64 ", \"bytes\": %" PRId64 "}", elements, bytes);
    return ferror(stream) ? fail_memory() : FANIN_OK;
}

static fanin_status dumps(const fanin_plan *plan, char **out)
{
    if (!plan || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "%s is NULL", plan ? "the place for the plan's text" : "the plan");
    }
    fanin_status status = fanin_plan_check(plan);
    if (status != FANIN_OK) {
        return status;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *const stream = open_memstream(&text, &size);
    if (!stream) {
        return fail_memory();
    }
    status = write_plan(plan, stream);
    /* Closing may fail to make the text and say nothing. */
    if ((fclose(stream) != 0 || !text) && status == FANIN_OK) {
        status = fail_memory();
    }
    if (status != FANIN_OK) {
        free(text);
        return status;
    }
    *out = text;
    return FANIN_OK;
}

fanin_status fanin_plan_dumps(const fanin_plan *plan, char **out)
{
    const int caller_errno = errno;
    const struct float_environment caller = float_environment_enter();
    const fanin_status status = dumps(plan, out);
    float_environment_leave(&caller);
    errno = caller_errno;
    return status;
}
