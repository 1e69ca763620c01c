#include "device_compare.h"

#include <string.h>

unsigned char *host, *copy, *device;

const struct type types[TYPES] = {
    {"float16", {kDLFloat, 16, 1}},
    {"bfloat16", {kDLBfloat, 16, 1}},
    {"float32", {kDLFloat, 32, 1}},
    {"float64", {kDLFloat, 64, 1}},
    {"int8", {kDLInt, 8, 1}},
    {"int16", {kDLInt, 16, 1}},
    {"int32", {kDLInt, 32, 1}},
    {"int64", {kDLInt, 64, 1}},
    {"uint8", {kDLUInt, 8, 1}},
    {"uint16", {kDLUInt, 16, 1}},
    {"uint32", {kDLUInt, 32, 1}},
    {"uint64", {kDLUInt, 64, 1}},
    {"bool", {6, 8, 1}},
};

bool memories_make(void)
{
    host = malloc(BYTES);
    copy = malloc(BYTES);
    if (host == NULL || copy == NULL || cudaMalloc((void **)&device, BYTES) != cudaSuccess) {
        fprintf(stderr, "no memory\n");
        return false;
    }
    return true;
}

void memories_free(void)
{
    cudaFree(device);
    free(host);
    free(copy);
}

fanin_status fill(DLDeviceType where, void *memory, const char *spec, const struct type *type, const struct view *view,
                  const fanin_options *options)
{
    const int64_t size = type->dtype.bits / 8;
    DLTensor tensor = {(char *)memory + view->offset * size,
                       {where, 0},
                       view->ndim,
                       type->dtype,
                       (int64_t *)view->shape,
                       view->strided ? (int64_t *)view->strides : NULL,
                       0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "block.weight";
    desc.rule = FANIN_RULE_WEIGHT;
    if (view->sharded) {
        desc.global_shape = view->global;
        desc.offset = view->start;
    }
    fanin_initializer *initializer = NULL;
    fanin_status status = fanin_create(spec, &initializer);
    if (status == FANIN_OK) {
        status = fanin_init(initializer, &desc, &tensor, options);
    }
    fanin_release(initializer);
    return status;
}

/* The bytes up to a view's last element, and some more. */
static size_t bytes_of(const struct type *type, const struct view *view)
{
    int64_t last = view->offset, stride = 1;
    for (int d = view->ndim - 1; d >= 0; d--) {
        const int64_t reach = (view->shape[d] - 1) * (view->strided ? view->strides[d] : stride);
        last += reach > 0 ? reach : 0;
        stride *= view->shape[d];
    }
    const size_t bytes = (size_t)(last + 1) * type->dtype.bits / 8 + 4096;
    assert_true(bytes <= BYTES);
    return bytes;
}

bool compare(const char *spec, const struct type *type, const struct view *view)
{
    const size_t bytes = bytes_of(type, view);
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 0x123456789abcdef0u;
    memset(host, POISON, bytes);
    assert_cuda(cudaMemset(device, POISON, bytes));
    const fanin_status expected = fill(kDLCPU, host, spec, type, view, &options);
    const fanin_status found = fill(kDLCUDA, device, spec, type, view, &options);
    if (found != expected) {
        fail_msg("%s, %s: the host says %s, the device %s (%s)", spec, type->name, fanin_status_name(expected),
                 fanin_status_name(found), fanin_last_error());
    }
    assert_cuda(cudaMemcpy(copy, device, bytes, cudaMemcpyDeviceToHost));
    if (memcmp(copy, host, bytes) != 0) {
        size_t at = 0;
        while (copy[at] == host[at]) {
            at++;
        }
        fail_msg("%s, %s, %d dimensions: byte %zu differs", spec, type->name, view->ndim, at);
    }
    return expected == FANIN_OK;
}

fanin_plan *plan_of(int count, DLDeviceType where, unsigned char *memory)
{
    fanin_plan *plan = NULL;
    fanin_initializer *initializer[2] = {NULL, NULL};
    assert_int_equal(fanin_plan_create(&plan), FANIN_OK);
    assert_int_equal(fanin_create("normal", &initializer[0]), FANIN_OK);
    assert_int_equal(fanin_create("uniform", &initializer[1]), FANIN_OK);
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d", i);
        int64_t shape[] = {1 + i % 7, 1 + (i * 13) % 97};
        const struct type *const type = &types[i % FLOATS];
        DLTensor tensor = {memory + offset, {where, 0}, 2, type->dtype, shape, NULL, 0};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = name;
        desc.rule = FANIN_RULE_WEIGHT;
        assert_int_equal(fanin_plan_add(plan, initializer[i % 2], &desc, &tensor), FANIN_OK);
        offset += (size_t)(shape[0] * shape[1]) * type->dtype.bits / 8;
        offset = (offset + 7) / 8 * 8;
        assert_true(offset + 8 * 7 * 97 < BYTES);
    }
    fanin_release(initializer[0]);
    fanin_release(initializer[1]);
    return plan;
}
