/* What tensor_check takes and what it refuses, with the words that it refuses with. */
#include "test_helpers.h"

#include "tensor.h"

#include <stdalign.h>

static alignas(16) char memory[4096];

static DLTensor tensor_of(int ndim, int64_t *shape, int64_t *strides)
{
    return (DLTensor){.data = memory + 2048,
                      .device = {kDLCPU, 0},
                      .ndim = ndim,
                      .dtype = {kDLFloat, 32, 1},
                      .shape = shape,
                      .strides = strides};
}

static void row_major(void **state)
{
    (void)state;
    struct tensor out;
    DLTensor tensor = tensor_of(3, (int64_t[]){2, 3, 4}, NULL);
    tensor.byte_offset = 8;
    tensor.device.device_id = 3;
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_OK);
    assert_ptr_equal(out.data, memory + 2056);
    assert_int_equal(out.device.device_id, 3);
    assert_int_equal(out.dtype, DTYPE_FLOAT32);
    assert_int_equal(out.ndim, 3);
    assert_memory_equal(out.shape, ((int64_t[]){2, 3, 4}), 24);
    assert_memory_equal(out.stride, ((int64_t[]){12, 4, 1}), 24);
    assert_memory_equal(out.global, ((int64_t[]){2, 3, 4}), 24);
    assert_memory_equal(out.offset, ((int64_t[]){0, 0, 0}), 24);
    assert_int_equal(out.size, 24);
    assert_int_equal(out.global_size, 24);
    assert_int_equal(out.low, 0);
    assert_int_equal(out.high, 96);
}

static void strides_and_boxes(void **state)
{
    (void)state;
    struct tensor out;
    DLTensor tensor = tensor_of(2, (int64_t[]){2, 3}, (int64_t[]){-1, 5});
    assert_status(tensor_check("w", &tensor, (const int64_t[]){10, 3}, (const int64_t[]){8, 0}, &out), FANIN_OK);
    assert_memory_equal(out.stride, ((int64_t[]){-1, 5}), 16);
    assert_memory_equal(out.global, ((int64_t[]){10, 3}), 16);
    assert_memory_equal(out.offset, ((int64_t[]){8, 0}), 16);
    assert_int_equal(out.size, 6);
    assert_int_equal(out.global_size, 30);
    assert_int_equal(out.low, -4);
    assert_int_equal(out.high, 44);

    /* One element, with and without a box of no dimensions. */
    const int64_t none = 0;
    tensor = tensor_of(0, NULL, NULL);
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_OK);
    assert_status(tensor_check("w", &tensor, &none, &none, &out), FANIN_OK);
    assert_int_equal(out.size, 1);
    assert_int_equal(out.high, 4);

    /* The stride of an extent of 1 means nothing. */
    tensor = tensor_of(3, (int64_t[]){1, 4, 1}, (int64_t[]){INT64_MAX, 1, 0});
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_OK);
    assert_int_equal(out.high, 16);
    /* A box far away in a global shape of 2^62 elements. */
    assert_status(tensor_check("w", &tensor, (const int64_t[]){1, INT64_C(1) << 62, 1},
                               (const int64_t[]){0, (INT64_C(1) << 62) - 4, 0}, &out),
                  FANIN_OK);
    assert_int_equal(out.global_size, INT64_C(1) << 62);
}

static void without_elements(void **state)
{
    (void)state;
    struct tensor out;
    DLTensor tensor = tensor_of(3, (int64_t[]){INT64_MAX, 0, INT64_MAX}, NULL);
    tensor.data = NULL;
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_OK);
    assert_int_equal(out.size, 0);
    assert_int_equal(out.global_size, 0);
    assert_int_equal(out.low, out.high);
    tensor = tensor_of(3, (int64_t[]){INT64_MAX, INT64_MAX, 0}, NULL);
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_OK);
    assert_int_equal(out.size, 0);
    tensor = tensor_of(2, (int64_t[]){0, 5}, (int64_t[]){0, 0});
    tensor.byte_offset = 1;
    assert_status(tensor_check("w", &tensor, (const int64_t[]){4, 5}, (const int64_t[]){4, 0}, &out), FANIN_OK);
    assert_int_equal(out.global_size, 20);
}

/* No memory is needed for a plan that is only printed. */
static void without_data(void **state)
{
    (void)state;
    struct tensor out;
    DLTensor tensor = tensor_of(2, (int64_t[]){INT64_C(1) << 30, INT64_C(1) << 30}, NULL);
    tensor.data = NULL;
    tensor.byte_offset = UINT64_MAX;
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_OK);
    assert_null(out.data);
    assert_int_equal(out.size, INT64_C(1) << 60);
}

static void every_dtype(void **state)
{
    (void)state;
    int known = 0;
    for (int code = 0; code < 256; code++) {
        for (int bits = 0; bits < 256; bits++) {
            struct tensor out;
            DLTensor tensor = tensor_of(0, NULL, NULL);
            tensor.dtype = (DLDataType){(uint8_t)code, (uint8_t)bits, 1};
            const fanin_status status = tensor_check("w", &tensor, NULL, NULL, &out);
            known += status == FANIN_OK;
            if (status == FANIN_OK) {
                assert_int_equal(out.high, (bits + 7) / 8);
            } else {
                assert_int_equal(status, FANIN_ERROR_DTYPE);
            }
        }
    }
    assert_int_equal(known, 13);
}

struct refusal {
    const char *what;
    DLTensor tensor;
    const int64_t *global_shape, *offset;
    fanin_status status;
    const char *words;
};

#define AT(bytes) .data = memory + 2048 + (bytes), .device = {kDLCPU, 0}
#define FLOAT32   .dtype = {kDLFloat, 32, 1}
#define SHAPE(n, ...)                                                                                                          \
    .ndim = (n), .shape = (int64_t[])                                                                                          \
    {                                                                                                                          \
        __VA_ARGS__                                                                                                            \
    }
#define STRIDES(...)                                                                                                           \
    .strides = (int64_t[])                                                                                                     \
    {                                                                                                                          \
        __VA_ARGS__                                                                                                            \
    }
#define NUMBERS(...) ((const int64_t[]){__VA_ARGS__})
#define LAYOUT       FANIN_ERROR_LAYOUT

static void refused(void **state)
{
    (void)state;
    const int64_t huge = INT64_C(1) << 32;
    const struct refusal list[] = {
        {"33 dimensions", {AT(0), FLOAT32, .ndim = 33}, NULL, NULL, LAYOUT, "found 33 dimensions, expected 0 to 32"},
        {"-1 dimensions", {AT(0), FLOAT32, .ndim = -1}, NULL, NULL, LAYOUT, "found -1 dimensions"},
        {"no shape", {AT(0), FLOAT32, .ndim = 1}, NULL, NULL, FANIN_ERROR_ARGUMENT, "shape is NULL"},
        {"negative extent", {AT(0), FLOAT32, SHAPE(2, 3, -4)}, NULL, NULL, LAYOUT, "extent 1 of the shape is -4"},
        {"negative beside 0", {AT(0), FLOAT32, SHAPE(2, 0, -4)}, NULL, NULL, LAYOUT, "extent 1 of the shape is -4"},
        {"too many elements", {AT(0), FLOAT32, SHAPE(2, huge, huge)}, NULL, NULL, LAYOUT, "2^63 elements or more"},
        {"too many bytes", {AT(0), FLOAT32, SHAPE(2, huge, huge / 4)}, NULL, NULL, LAYOUT, "2^63 bytes or more"},
        {"as many bytes as there can be", {AT(0), FLOAT32, SHAPE(1, INT64_MAX / 4)}, NULL, NULL, FANIN_OK, NULL},
        {"0 lanes", {AT(0), .dtype = {kDLFloat, 32, 0}, SHAPE(1, 3)}, NULL, NULL, FANIN_ERROR_DTYPE, "0 lanes"},
        {"4 lanes", {AT(0), .dtype = {kDLFloat, 32, 4}, SHAPE(1, 3)}, NULL, NULL, FANIN_ERROR_DTYPE, "4 lanes"},
        {"complex", {AT(0), .dtype = {5, 64, 1}, SHAPE(1, 3)}, NULL, NULL, FANIN_ERROR_DTYPE, "code 5, 64 bits"},
        {"stride 0", {AT(0), FLOAT32, SHAPE(2, 3, 4), STRIDES(4, 0)}, NULL, NULL, LAYOUT, "axis 1 is 0 and its extent 4"},
        {"overlap", {AT(0), FLOAT32, SHAPE(2, 3, 4), STRIDES(3, 1)}, NULL, NULL, LAYOUT, "several elements into one place"},
        {"overlap of opposite signs", {AT(0), FLOAT32, SHAPE(2, 3, 3), STRIDES(1, -2)}, NULL, NULL, LAYOUT, "one place"},
        {"stride overflow", {AT(0), FLOAT32, SHAPE(1, 3), STRIDES(INT64_MAX)}, NULL, NULL, LAYOUT, "2^63 bytes"},
        {"smallest stride", {AT(0), FLOAT32, SHAPE(1, 2), STRIDES(INT64_MIN)}, NULL, NULL, LAYOUT, "2^63 bytes"},
        {"sum of strides",
         {AT(0), FLOAT32, SHAPE(2, 2, 2), STRIDES(INT64_MAX / 4, INT64_MIN / 4)},
         NULL,
         NULL,
         LAYOUT,
         "2^63 bytes"},
        {"below NULL", {AT(0), FLOAT32, SHAPE(1, 2), STRIDES(-(INT64_C(1) << 60))}, NULL, NULL, LAYOUT, "address space"},
        {"at NULL",
         {.data = (void *)(uintptr_t)8, .device = {kDLCPU, 0}, FLOAT32, SHAPE(1, 3), STRIDES(-1)},
         NULL,
         NULL,
         LAYOUT,
         "address space"},
        {"misaligned", {AT(2), FLOAT32, SHAPE(1, 3)}, NULL, NULL, LAYOUT, "float32 needs an address that 4 divides"},
        {"misaligned by byte_offset", {AT(0), FLOAT32, SHAPE(1, 3), .byte_offset = 7}, NULL, NULL, LAYOUT, "that 4 divides"},
        {"aligned by byte_offset", {AT(1), FLOAT32, SHAPE(1, 3), .byte_offset = 7}, NULL, NULL, FANIN_OK, NULL},
        {"byte_offset overflow",
         {AT(0), FLOAT32, SHAPE(1, 3), .byte_offset = UINT64_MAX - 3},
         NULL,
         NULL,
         LAYOUT,
         "byte_offset"},
        {"only global_shape", {AT(0), FLOAT32, SHAPE(1, 3)}, NUMBERS(3), NULL, FANIN_ERROR_ARGUMENT, "offset is NULL"},
        {"only offset", {AT(0), FLOAT32, SHAPE(1, 3)}, NULL, NUMBERS(0), FANIN_ERROR_ARGUMENT, "global_shape is NULL"},
        {"box too far", {AT(0), FLOAT32, SHAPE(2, 3, 4)}, NUMBERS(9, 9), NUMBERS(0, 6), LAYOUT, "a box of 4 from offset 6 on"},
        {"box that ends right", {AT(0), FLOAT32, SHAPE(2, 3, 4)}, NUMBERS(9, 9), NUMBERS(6, 5), FANIN_OK, NULL},
        {"negative offset", {AT(0), FLOAT32, SHAPE(1, 3)}, NUMBERS(9), NUMBERS(-1), LAYOUT, "offset -1"},
        {"huge offset", {AT(0), FLOAT32, SHAPE(1, 3)}, NUMBERS(9), NUMBERS(INT64_MAX), LAYOUT, "inside the global extent of 9"},
        {"negative global",
         {AT(0), FLOAT32, SHAPE(1, 0)},
         NUMBERS(-1),
         NUMBERS(0),
         LAYOUT,
         "extent 0 of the global shape is -1"},
        {"global overflow",
         {AT(0), FLOAT32, SHAPE(2, 1, 1)},
         NUMBERS(huge, huge),
         NUMBERS(0, 0),
         LAYOUT,
         "global shape has 2^63"},
        {"empty box past the end", {AT(0), FLOAT32, SHAPE(1, 0)}, NUMBERS(4), NUMBERS(5), LAYOUT, "from offset 5"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct tensor out;
        const fanin_status status = tensor_check("the_name", &list[i].tensor, list[i].global_shape, list[i].offset, &out);
        if (status != list[i].status) {
            fail_msg("%s: %s, expected %s", list[i].what, fanin_status_name(status), fanin_status_name(list[i].status));
        }
        if (status != FANIN_OK) {
            assert_message("'the_name'", list[i].words, NULL);
        }
    }
    struct tensor out;
    assert_status(tensor_check("w", NULL, NULL, NULL, &out), FANIN_ERROR_ARGUMENT);
}

static void entangled(void **state)
{
    (void)state;
    int64_t shape[FANIN_MAX_NDIM], strides[FANIN_MAX_NDIM];
    uint64_t number = 12345;
    for (int d = 0; d < FANIN_MAX_NDIM; d++) {
        number = number * 6364136223846793005u + 1442695040888963407u;
        shape[d] = 2;
        strides[d] = (int64_t)(number >> 9) | INT64_C(1) << 54;
    }
    DLTensor tensor = tensor_of(FANIN_MAX_NDIM, shape, strides);
    tensor.data = NULL;
    struct tensor out;
    assert_status(tensor_check("w", &tensor, NULL, NULL, &out), FANIN_ERROR_LAYOUT);
    assert_message("'w'", "too entangled", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_major),    cmocka_unit_test(strides_and_boxes), cmocka_unit_test(without_elements),
        cmocka_unit_test(without_data), cmocka_unit_test(every_dtype),       cmocka_unit_test(refused),
        cmocka_unit_test(entangled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
