/* Headers of safetensors files, manifests and indexes: what is written reads back, and what lies is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/file.h"
#include "formats/index.h"
#include "formats/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static fanin_status parse(const char *text, int64_t data_size, struct header *out)
{
    *out = (struct header){0};
    return safetensors_parse("file", text, strlen(text), data_size, out);
}

static void add(struct header *header, const char *name, enum dtype dtype, int ndim, const int64_t *shape)
{
    int64_t copy[FANIN_MAX_NDIM];
    for (int d = 0; d < ndim; d++) {
        copy[d] = shape[d];
    }
    struct header_tensor tensor = {.shape = copy, .ndim = ndim, .dtype = dtype, .known = true};
    assert_true(header_elements(shape, ndim, &tensor.count));
    assert_int_equal(header_add(header, name, strlen(name), &tensor), FANIN_OK);
}

static void test_exact_bytes(void **state)
{
    (void)state;
    struct header header = {0};
    add(&header, "b", DTYPE_FLOAT16, 1, (int64_t[]){3});
    add(&header, "\xc3\xa4\"\\\n", DTYPE_FLOAT32, 0, NULL);
    add(&header, "a", DTYPE_FLOAT32, 2, (int64_t[]){2, 0});
    add(&header, "z", DTYPE_INT64, 1, (int64_t[]){1});
    assert_int_equal(header_set_metadata(&header, "format", "np"), FANIN_OK);
    assert_int_equal(header_set_metadata(&header, "format", "pt"), FANIN_OK);
    assert_int_equal(safetensors_arrange(&header), FANIN_OK);
    char *text;
    size_t size;
    assert_int_equal(safetensors_write(&header, &text, &size), FANIN_OK);
    /* What Python's safetensors 0.8.0 writes for these tensors. */
    static const char expected[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                                   "\"z\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                                   "\"a\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[8,8]},"
                                   "\"\xc3\xa4\\\"\\\\\\n\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
                                   "\"b\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[12,18]}}";
    const size_t length = sizeof expected - 1, padded = (length + 7) / 8 * 8;
    assert_int_equal(size, 8 + padded);
    assert_int_equal(header.data_offset, size);
    assert_int_equal(safetensors_header_size((const unsigned char *)text), padded);
    assert_memory_equal(text + 8, expected, length);
    for (size_t i = 8 + length; i < size; i++) {
        assert_int_equal(text[i], ' ');
    }
    assert_int_equal(safetensors_data_size(&header), 18);

    struct header again = {0};
    assert_int_equal(safetensors_parse("file", text + 8, padded, 18, &again), FANIN_OK);
    assert_int_equal(again.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(again.tensors[i].name, header.tensors[i].name);
        assert_int_equal(again.tensors[i].begin, header.tensors[i].begin);
        assert_int_equal(again.tensors[i].end, header.tensors[i].end);
        assert_int_equal(again.tensors[i].ndim, header.tensors[i].ndim);
    }
    assert_string_equal(header_metadata(&again, "format"), "pt");
    assert_null(header_metadata(&again, "forma"));
    free(text);
    header_free(&header);
    header_free(&again);
}

static void test_empty(void **state)
{
    (void)state;
    struct header header = {0};
    char *text;
    size_t size;
    assert_int_equal(safetensors_arrange(&header), FANIN_OK);
    assert_int_equal(safetensors_write(&header, &text, &size), FANIN_OK);
    assert_int_equal(size, 16);
    assert_memory_equal(text, "\10\0\0\0\0\0\0\0{}      ", 16);
    free(text);
    assert_int_equal(parse("{}", 0, &header), FANIN_OK);
    assert_int_equal(header.count, 0);
    header_free(&header);
}

static void test_overflow(void **state)
{
    (void)state;
    struct header header = {0};
    add(&header, "a", DTYPE_FLOAT32, 1, (int64_t[]){INT64_C(1) << 60});
    add(&header, "b", DTYPE_FLOAT32, 1, (int64_t[]){INT64_C(1) << 60});
    assert_int_equal(safetensors_arrange(&header), FANIN_ERROR_LAYOUT);
    header_free(&header);

    int64_t count, bytes;
    assert_false(header_elements((int64_t[]){INT64_C(1) << 32, INT64_C(1) << 32}, 2, &count));
    assert_true(header_elements((int64_t[]){INT64_C(1) << 32, INT64_C(1) << 32, 0}, 3, &count));
    assert_int_equal(count, 0);
    assert_false(header_elements((int64_t[]){-1, 0}, 2, &count));
    assert_false(header_bytes("F64", INT64_C(1) << 60, &bytes));
    assert_false(header_bytes("F33", 1, &bytes));
    assert_true(header_bytes("F8_E4M3", INT64_MAX, &bytes));
    assert_int_equal(bytes, INT64_MAX);
    assert_false(header_bytes("F6_E2M3", INT64_C(1) << 61, &bytes));
    assert_true(header_bytes("F4", 3, &bytes));
    assert_int_equal(bytes, 2);
    assert_true(header_bytes("F6_E2M3", 4, &bytes));
    assert_int_equal(bytes, 3);
}

static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *places[3];
        int64_t data_size;
        fanin_status status;
    } cases[] = {
        {{"0,4", "4,8", "8,12"}, 12, FANIN_OK},
        {{"8,12", "0,4", "4,8"}, 12, FANIN_OK}, /* any order in the header */
        {{"0,4", "4,8", "8,12"}, -1, FANIN_OK}, /* a pipe */
        {{"0,4", "4,8", "8,12"}, 11, FANIN_ERROR_FORMAT},
        {{"0,4", "4,8", "8,12"}, 13, FANIN_ERROR_FORMAT},
        {{"0,4", "4,8", "12,16"}, 16, FANIN_ERROR_FORMAT},
        {{"4,8", "8,12", "12,16"}, 16, FANIN_ERROR_FORMAT},
        {{"0,4", "0,4", "4,8"}, 8, FANIN_ERROR_FORMAT},
        {{"0,4", "3,7", "7,11"}, 11, FANIN_ERROR_FORMAT},
        {{"0,4", "4,8", "4,8"}, -1, FANIN_ERROR_FORMAT},
        {{"0,4", "4,9", "9,13"}, 13, FANIN_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        size_t used = (size_t)snprintf(text, sizeof text, "{");
        for (int t = 0; t < 3; t++) {
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%s]}", t == 0 ? "" : ",", t,
                                     cases[i].places[t]);
        }
        snprintf(text + used, sizeof text - used, "}");
        struct header header;
        assert_int_equal(parse(text, cases[i].data_size, &header), cases[i].status);
        header_free(&header);
    }
    /* Empty tensors lie anywhere between the others. */
    struct header header;
    assert_int_equal(parse("{\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
                           "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                           "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                           8, &header),
                     FANIN_OK);
    header_free(&header);
}

static void test_metadata(void **state)
{
    (void)state;
    struct header header;
    assert_int_equal(parse("{\"__metadata__\":{\"fanin.seed\":\"1\",\"x\":\"\\u00e4\",\"fanin.init\":\"one\"}}", 0, &header),
                     FANIN_OK);
    assert_int_equal(header.n_metadata, 3);
    header_drop_metadata(&header, "fanin.");
    assert_int_equal(header.n_metadata, 1);
    assert_string_equal(header_metadata(&header, "x"), "\xc3\xa4");
    header_free(&header);
    assert_int_equal(parse("{\"__metadata__\":{\"a\":null}}", 0, &header), FANIN_ERROR_FORMAT);
    assert_int_equal(parse("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, &header), FANIN_ERROR_FORMAT);
}

static void test_manifest(void **state)
{
    (void)state;
    static const char text[] =
        " \n{\"a\": {\"shape\": [2, 3], \"dtype\": \"bfloat16\"}, \"b\": {\"dtype\": \"Float32\", \"shape\": [], "
        "\"data_offsets\": [7]}}\n";
    struct header header = {0};
    assert_int_equal(safetensors_parse_manifest("manifest", text, sizeof text - 1, &header), FANIN_OK);
    assert_int_equal(header.count, 2);
    assert_string_equal(header.tensors[0].dtype_name, "BF16");
    assert_int_equal(header.tensors[0].dtype, DTYPE_BFLOAT16);
    assert_int_equal(header.tensors[0].count, 6);
    assert_int_equal(header.tensors[1].ndim, 0);
    assert_int_equal(header.tensors[1].count, 1);
    assert_int_equal(header.tensors[1].begin, -1);
    header_free(&header);
}

static void test_index(void **state)
{
    (void)state;
    static const char text[] =
        "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"1.st\",\"b\":\"2.st\",\"c\":\"1.st\"}}";
    static const char tensor[] = "{\"weight_map\":{\"dtype\":\"F32\",\"shape\":[]}}";
    struct shard_index index = {0};
    bool found;
    assert_int_equal(index_detect("x", text, sizeof text - 1, &found), FANIN_OK);
    assert_true(found);
    assert_int_equal(index_detect("x", tensor, sizeof tensor - 1, &found), FANIN_OK);
    assert_false(found);
    assert_int_equal(index_detect("x", "[]", 2, &found), FANIN_ERROR_FORMAT);
    assert_int_equal(index_parse("dir/sub/x.json", text, sizeof text - 1, &index), FANIN_OK);
    assert_int_equal(index.n_files, 2);
    assert_string_equal(index.files[0], "dir/sub/1.st");
    assert_string_equal(index.files[1], "dir/sub/2.st");
    assert_int_equal(index.names.count, 3);
    assert_int_equal(index.names.tensors[2].tag, 0);
    index_free(&index);
    assert_int_equal(index_parse("x", "{}", 2, &index), FANIN_ERROR_FORMAT);
    assert_int_equal(index_parse("x", text, sizeof text - 2, &index), FANIN_ERROR_FORMAT);
    index_free(&index);
}

/* Writes bytes to a file without a name and reads them back as a header. */
static fanin_status read_file(const char *bytes, size_t size, struct header *out)
{
    FILE *const file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fflush(file), 0);
    *out = (struct header){0};
    const fanin_status status = safetensors_read(fileno(file), "file", (int64_t)size, out);
    fclose(file);
    return status;
}

static void test_sizes(void **state)
{
    (void)state;
    struct header header;
    char bytes[64] = {0};
    for (size_t size = 0; size < 8; size++) {
        assert_int_equal(read_file(bytes, size, &header), FANIN_ERROR_FORMAT);
    }
    memcpy(bytes + 8, "{}", 2);
    static const struct {
        uint64_t n;
        size_t size;
        fanin_status status;
    } cases[] = {{2, 10, FANIN_OK},
                 {0, 8, FANIN_ERROR_FORMAT},
                 {3, 10, FANIN_ERROR_FORMAT},
                 {1, 10, FANIN_ERROR_FORMAT},
                 {100000001, 10, FANIN_ERROR_FORMAT},
                 {UINT64_MAX, 10, FANIN_ERROR_FORMAT},
                 {UINT64_MAX - 7, 10, FANIN_ERROR_FORMAT},
                 {2, 11, FANIN_ERROR_FORMAT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int b = 0; b < 8; b++) {
            bytes[b] = (char)(cases[i].n >> (8 * b) & 0xff);
        }
        assert_int_equal(read_file(bytes, cases[i].size, &header), cases[i].status);
        header_free(&header);
    }
    /* The size that was asked for before the file shrank. */
    FILE *const file = tmpfile();
    assert_non_null(file);
    memset(bytes, 0, 8);
    bytes[0] = 2;
    fwrite(bytes, 1, 9, file);
    fflush(file);
    assert_int_equal(safetensors_read(fileno(file), "file", 10, &header), FANIN_ERROR_FORMAT);
    fclose(file);
}

/* Of a file, places are counted from its start. */
static void test_places_in_file(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                               "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}";
    const int64_t data = 8 + (int64_t)sizeof text - 1;
    char bytes[8 + sizeof text + 5] = {(char)(sizeof text - 1)};
    struct header header;
    memcpy(bytes + 8, text, sizeof text - 1);
    assert_int_equal(read_file(bytes, (size_t)data + 5, &header), FANIN_OK);
    assert_int_equal(header.data_offset, data);
    assert_int_equal(header.tensors[0].begin, data);
    assert_int_equal(header.tensors[0].end, data + 3);
    assert_int_equal(header.tensors[1].begin, data + 3);
    assert_int_equal(header.tensors[1].end, data + 5);
    header_free(&header);
}

/* Damaged headers are read or refused, and nothing else: the sanitizers watch. */
static void test_damage(void **state)
{
    (void)state;
    static const char good[] =
        "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
        "\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]}}";
    uint64_t random = 88172645463325252u; /* xorshift64, a fixed start */
    int refused = 0;
    for (int round = 0; round < 50000; round++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int change = 0; change < 1 + round % 3; change++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            static const char bytes[] = "{}[]\",:0123456789-.eE\\u \nnullx\x01\x80\xff";
            text[random % (sizeof good - 1)] = bytes[(random >> 32) % (sizeof bytes - 1)];
        }
        struct header header = {0};
        refused += safetensors_parse("file", text, sizeof good - 1, 26, &header) != FANIN_OK;
        header_free(&header);
    }
    assert_true(refused > 25000 && refused < 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_bytes), cmocka_unit_test(test_empty),    cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_places),      cmocka_unit_test(test_metadata), cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_index),       cmocka_unit_test(test_sizes),    cmocka_unit_test(test_places_in_file),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
