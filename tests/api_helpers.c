#include "api_helpers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct api_dtype api_dtypes[API_DTYPES] = {
    {"float16", {kDLFloat, 16, 1}, 2, true}, {"bfloat16", {kDLBfloat, 16, 1}, 2, true}, {"float32", {kDLFloat, 32, 1}, 4, true},
    {"float64", {kDLFloat, 64, 1}, 8, true}, {"int8", {kDLInt, 8, 1}, 1, false},        {"int16", {kDLInt, 16, 1}, 2, false},
    {"int32", {kDLInt, 32, 1}, 4, false},    {"int64", {kDLInt, 64, 1}, 8, false},      {"uint8", {kDLUInt, 8, 1}, 1, false},
    {"uint16", {kDLUInt, 16, 1}, 2, false},  {"uint32", {kDLUInt, 32, 1}, 4, false},    {"uint64", {kDLUInt, 64, 1}, 8, false},
    {"bool", {6, 8, 1}, 1, false}, /* DLPack's code for bool, newer than 0.6 */
};

/* The constant is one that every dtype holds. */
const struct api_kind api_kinds[API_KINDS] = {
    [API_UNIFORM] = {"uniform", "uniform_weight", "[\"uniform\", {\"scale\": 0.3}]", 0, 32, 1, API_TAKES_FLOATS, 0},
    [API_NORMAL] = {"normal", "normal_weight", "[\"normal\", {\"sigma\": 0.7}]", 0, 32, 1, API_TAKES_FLOATS, 0},
    [API_XAVIER_UNIFORM] = {"xavier uniform", "xavier_weight", "xavier", 2, 32, 1, API_TAKES_FLOATS, 0},
    [API_XAVIER_NORMAL] = {"xavier gaussian", "xavier_gaussian_weight",
                           "[\"xavier\", {\"rnd_type\": \"gaussian\", \"factor_type\": \"in\", \"magnitude\": 2.34}]", 2, 32, 1,
                           API_TAKES_FLOATS, 0},
    [API_INTEGER] = {"weight_quantize", "fc_weight_quantize", NULL, 0, 32, 1, API_TAKES_SIGNED, 0},
    [API_CONSTANT] = {"constant", "constant_weight", "[\"constant\", {\"value\": 1}]", 0, 32, 1, API_TAKES_ALL, 0},
    [API_BILINEAR] = {"bilinear", "bilinear_weight", "bilinear", 4, 4, 1, API_TAKES_FLOATS, 0},
    [API_BILINEAR_CENTRED] = {"bilinear centred", "centred_weight", "[\"bilinear\", {\"centred\": true}]", 4, 4, 1,
                              API_TAKES_FLOATS, 0},
    [API_LSTMBIAS] = {"lstmbias", "lstm_weight", "[\"lstmbias\", {\"forget_bias\": 1}]", 1, 32, 4, API_TAKES_ALL, 0},
    [API_SVD] = {"svd", "svd_weight", "orthogonal", 2, 32, 1, API_TAKES_FLOATS, 300000},
    [API_HAAR] = {"haar", "haar_weight", "[\"orthogonal\", {\"method\": \"haar\"}]", 2, 32, 1, API_TAKES_FLOATS, 300000},
    [API_INDEXED] = {"custom", "indexed_weight", "test_indexed", 0, 32, 1, API_TAKES_SIGNED, 0},
    [API_PACKED] = {"packed", "packed_weight", "test_packed", 1, 32, 1, API_TAKES_FLOATS, 0},
};

static void store_small(void *address, DLDataType type, int value)
{
    const float number = (float)value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (type.code == kDLBfloat) {
        memcpy(address, &(uint16_t){(uint16_t)(bits >> 16)}, 2);
    } else if (type.code == kDLFloat && type.bits == 16) {
        const uint16_t half = value == 0 ? 0 : (uint16_t)((bits >> 13) - (112u << 10));
        memcpy(address, &half, 2);
    } else if (type.code == kDLFloat) {
        memcpy(address, type.bits == 64 ? (const void *)&(double){value} : &number, type.bits / 8);
    } else {
        memcpy(address, &(int64_t){value}, type.bits / 8); /* little-endian */
    }
}

static fanin_status fill_indices(const fanin_custom_call *call)
{
    const DLTensor *const view = call->view;
    int64_t at[FANIN_MAX_NDIM] = {0};
    const int64_t count = api_product(view->ndim, view->shape);
    for (int64_t i = 0; i < count; i++) {
        int64_t index = call->start, element = 0, stride = 1;
        for (int d = view->ndim - 1; d >= 0; d--) {
            index += at[d] * call->step[d];
            element += at[d] * (view->strides ? view->strides[d] : stride);
            stride *= view->shape[d];
        }
        char *const base = (char *)view->data + view->byte_offset;
        store_small(base + element * (view->dtype.bits / 8), view->dtype, (int)(index % 100));
        for (int d = view->ndim - 1; d >= 0 && ++at[d] == view->shape[d]; d--) {
            at[d] = 0;
        }
    }
    return FANIN_OK;
}

static fanin_status lower_indexed(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_custom custom = FANIN_CUSTOM_INIT;
    custom.kind = "indices";
    custom.cpu = fill_indices;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static fanin_status lower_packed(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    const int ndim = fanin_emitter_ndim(emitter);
    const int64_t *const shape = fanin_emitter_shape(emitter);
    if (shape[0] < 2) {
        return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 0.25);
    }
    fanin_status status = fanin_emit_constant(emitter, 1, 0.25);
    if (status == FANIN_OK) {
        fanin_initializer *uniform = NULL;
        status = fanin_uniform(0.5, &uniform);
        const int64_t elements = (shape[0] - 1) * api_product(ndim - 1, shape + 1);
        if (status == FANIN_OK) {
            status = fanin_emit_sub_parameter(emitter, shape[0] - 1, uniform, "block_weight", 1, &elements);
        }
        fanin_release(uniform);
    }
    return status;
}

void api_register(void)
{
    if (fanin_row_find("test_indexed")) {
        return;
    }
    fanin_row row = FANIN_ROW_INIT;
    row.name = "test_indexed";
    row.help = "Every element is its index modulo 100.";
    row.lower = lower_indexed;
    assert_int_equal(fanin_register(&row, 0), FANIN_OK);
    row.name = "test_packed";
    row.help = "A row of 0.25, then a block of its own.";
    row.lower = lower_packed;
    assert_int_equal(fanin_register(&row, 0), FANIN_OK);
}

bool api_takes(const struct api_kind *kind, const struct api_dtype *dtype)
{
    switch (kind->takes) {
    case API_TAKES_FLOATS:
        return dtype->is_float;
    case API_TAKES_SIGNED:
        return dtype->is_float || dtype->type.code == kDLInt;
    default:
        return true;
    }
}

bool api_takes_shape(const struct api_kind *kind, int ndim, const int64_t *shape)
{
    return ndim >= kind->min_ndim && ndim <= kind->max_ndim && (ndim == 0 || shape[0] % kind->rows_multiple == 0) &&
           (kind->most == 0 || api_product(ndim, shape) <= kind->most);
}

fanin_initializer *api_create(const char *spec)
{
    fanin_initializer *initializer = NULL;
    if (spec && fanin_create(spec, &initializer) != FANIN_OK) {
        fail_msg("%s: %s", spec, fanin_last_error());
    }
    return initializer;
}

int64_t api_product(int ndim, const int64_t *shape)
{
    int64_t product = 1;
    for (int d = 0; d < ndim; d++) {
        product *= shape[d];
    }
    return product;
}

struct api_view api_row_major(int ndim, const int64_t *shape, size_t origin)
{
    struct api_view view = {.ndim = ndim, .origin = origin};
    int64_t stride = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        view.shape[d] = shape[d];
        view.stride[d] = stride;
        stride *= shape[d];
    }
    return view;
}

struct api_view api_random_view(int ndim, const int64_t *shape, size_t item, size_t margin, uint64_t *state, size_t *bytes)
{
    struct api_view view = {.ndim = ndim};
    int order[FANIN_MAX_NDIM];
    for (int d = 0; d < ndim; d++) {
        const int other = (int)api_random_below(state, d + 1);
        order[d] = order[other];
        order[other] = d;
    }
    int64_t span = 1, first = 0;
    for (int d = 0; d < ndim; d++) {
        const int axis = order[d];
        const bool backward = api_random(state) % 3 == 0;
        span += api_random(state) % 2 ? api_random_below(state, 4) : 0;
        view.shape[axis] = shape[axis];
        view.stride[axis] = backward ? -span : span;
        first += backward && shape[axis] > 0 ? (shape[axis] - 1) * span : 0;
        span *= shape[axis] > 0 ? shape[axis] : 1;
    }
    const size_t front = (margin + item - 1) / item + (size_t)api_random_below(state, 64);
    view.origin = (front + (size_t)first) * item;
    *bytes = (front + (size_t)span) * item + margin;
    return view;
}

uint64_t api_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t api_random_below(uint64_t *state, int64_t bound)
{
    return (int64_t)(api_random(state) % (uint64_t)bound);
}

struct api_memory api_memory_open(size_t size)
{
    struct api_memory memory = {.size = size};
    const size_t rounded = (size + 64) / 64 * 64;
    memory.got = aligned_alloc(64, rounded);
    memory.want = malloc(rounded);
    if (!memory.got || !memory.want) {
        fail_msg("no memory for 2 x %zu bytes", rounded);
    }
    api_memory_poison(&memory);
    return memory;
}

/* No byte repeats after a distance that is a power of two, so that a shifted copy shows as well. */
void api_memory_poison(struct api_memory *memory)
{
    for (size_t i = 0; i < memory->size; i++) {
        memory->want[i] = (unsigned char)(0xa5u + i % 251);
    }
    memcpy(memory->got, memory->want, memory->size);
}

void api_memory_close(struct api_memory *memory)
{
    free(memory->got);
    free(memory->want);
    *memory = (struct api_memory){.got = NULL};
}

void api_expect(struct api_memory *memory, const struct api_view *view, size_t item, const void *whole, const int64_t *global,
                const int64_t *offset)
{
    int64_t at[FANIN_MAX_NDIM] = {0};
    const int64_t count = api_product(view->ndim, view->shape);
    for (int64_t i = 0; i < count; i++) {
        int64_t index = 0, element = 0;
        for (int d = 0; d < view->ndim; d++) {
            index = index * (global ? global[d] : view->shape[d]) + (offset ? offset[d] : 0) + at[d];
            element += at[d] * view->stride[d];
        }
        memcpy(memory->want + view->origin + element * (int64_t)item, (const char *)whole + index * (int64_t)item, item);
        for (int d = view->ndim - 1; d >= 0 && ++at[d] == view->shape[d]; d--) {
            at[d] = 0;
        }
    }
}

void api_memory_check(const struct api_memory *memory, const char *what)
{
    if (memcmp(memory->got, memory->want, memory->size) == 0) {
        return;
    }
    size_t i = 0;
    while (memory->got[i] == memory->want[i]) {
        i++;
    }
    fail_msg("%s: byte %zu of %zu is 0x%02x, expected 0x%02x%s", what, i, memory->size, memory->got[i], memory->want[i],
             memory->want[i] == (unsigned char)(0xa5u + i % 251) ? " (as it was)" : "");
}

DLTensor api_tensor(const struct api_memory *memory, const struct api_view *view, const struct api_dtype *dtype)
{
    return (DLTensor){
        .data = memory->got + view->origin,
        .device = {kDLCPU, 0},
        .ndim = view->ndim,
        .dtype = dtype->type,
        .shape = (int64_t *)view->shape,
        .strides = (int64_t *)view->stride,
    };
}

void api_fill(const struct api_kind *kind, const DLTensor *tensor, uint64_t seed, int threads, const int64_t *global,
              const int64_t *offset)
{
    fanin_initializer *const initializer = api_create(kind->spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = kind->name;
    desc.global_shape = global;
    desc.offset = offset;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    options.threads = threads;
    const fanin_status status = fanin_init(initializer, &desc, tensor, &options);
    fanin_release(initializer);
    if (status != FANIN_OK) {
        fail_msg("%s: %s: %s", kind->label, fanin_status_name(status), fanin_last_error());
    }
}

void *api_whole(const struct api_kind *kind, const struct api_dtype *dtype, int ndim, const int64_t *shape, uint64_t seed)
{
    void *const data = aligned_alloc(64, ((size_t)api_product(ndim, shape) * dtype->size + 64) / 64 * 64);
    if (!data) {
        fail_msg("no memory");
    }
    const DLTensor tensor = {
        .data = data, .device = {kDLCPU, 0}, .ndim = ndim, .dtype = dtype->type, .shape = (int64_t *)shape};
    api_fill(kind, &tensor, seed, 1, NULL, NULL);
    return data;
}
