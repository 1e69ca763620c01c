/* .params files that lie: each is refused in one line that says what was found, where, and what was expected. */
#include "params_helpers.h"

/* The file is refused with a message that has these words; it is freed. */
static void refuse_file(struct bytes *bytes, const char *first, const char *second)
{
    struct params params;
    const fanin_status status = read_bytes(bytes->data, bytes->size, &params);
    if (status != FANIN_ERROR_FORMAT) {
        fail_msg("expected a message with '%s': %s", first, fanin_status_name(status));
    }
    assert_null(params.entries);
    assert_message("'file'", first, second, NULL);
    free(bytes->data);
    *bytes = (struct bytes){0};
}

/* Ends a file of one array, named "x", and refuses it. */
static void refuse_array(struct bytes *bytes, const char *first, const char *second)
{
    put64(bytes, 1);
    put_name(bytes, "x");
    refuse_file(bytes, first, second);
}

static void test_start(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    put(&bytes, "0123", 4);
    refuse_file(&bytes, "no .params file", "4 bytes");
    for (int i = 0; i < 8; i++) {
        put64(&bytes, 0x113);
    }
    refuse_file(&bytes, "no .params file", "0x113, expected 0x112");
    put(&bytes, "PK\003\004\024\0\0\0\0\0", 10);
    put(&bytes, (char[64]){0}, 64);
    refuse_file(&bytes, "is a ZIP archive", ".npz");
    put(&bytes, "\x93NUMPY\001\000v\000{'descr': '<f4', 'fortran_order': False", 50);
    refuse_file(&bytes, "is an array of NumPy", ".npy");
    put64(&bytes, 24);
    put(&bytes, "{}                      ", 24);
    refuse_file(&bytes, "is a safetensors file already", ".params");

    static const int64_t counts[] = {4, 5, INT64_C(1) << 32, INT64_MAX, INT64_MIN, -1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char text[64];
        snprintf(text, sizeof text, "%llu arrays are promised", (unsigned long long)counts[i]);
        put_start(&bytes, counts[i]);
        put(&bytes, (char[20]){0}, 20);
        refuse_file(&bytes, text, "44 bytes");
    }
    put_start(&bytes, 0);
    put64(&bytes, 1);
    refuse_file(&bytes, "0 arrays and 1 names", "expected as many");
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        int64_t word;
        const char *text;
    } cases[] = {
        {0, "version 0 without dimensions"},
        {33, "0x00000021, neither a version nor a number of dimensions"},
        {0x7fffffff, "0x7fffffff, neither"},
        {V1 - 1, "0xf993fac7, neither"},
        {V3 + 1, "0xf993facb, a version that is not known"},
        {-1, "0xffffffff, a version that is not known"},
    };
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_start(&bytes, 1);
        put32(&bytes, cases[i].word);
        put(&bytes, (char[64]){0}, 64);
        refuse_array(&bytes, "array 1 of 1, at byte 24", cases[i].text);
    }
    put_start(&bytes, 1);
    put32(&bytes, V1);
    put_shape(&bytes, 0, NULL);
    put_type(&bytes, 0);
    put32(&bytes, 0);
    refuse_array(&bytes, "array 1 of 1", "version 1 without dimensions");

    /* The second array is named by its number and place. */
    put_start(&bytes, 2);
    put_vector(&bytes, 1, (float[]){1});
    put32(&bytes, 77);
    refuse_array(&bytes, "array 2 of 2, at byte 60", "0x0000004d");
}

static void test_storage(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (int64_t code = -1; code <= 4; code++) {
        char text[64];
        snprintf(text, sizeof text, "storage type is %d", (int)code);
        for (int version = V2; version <= V3; version++) {
            if (code >= 0 && code <= (version == V2 ? 2 : 0)) {
                continue;
            }
            put_start(&bytes, 1);
            put32(&bytes, version);
            put32(&bytes, code);
            put_shape(&bytes, 1, (int64_t[]){1});
            put_type(&bytes, 0);
            put32(&bytes, 0);
            refuse_array(&bytes, text, version == V2 ? "2 (csr)" : "version 3");
        }
    }
}

static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        int version, ndim;
        int64_t shape[4];
        const char *text;
    } cases[] = {
        {V1, 33, {0}, "33 dimensions"},
        {V2, -1, {0}, "-1 dimensions"},
        {V3, -2, {0}, "-2 dimensions"},
        {V2, 0x7fffffff, {0}, "2147483647 dimensions"},
        {V1, 2, {2, -1}, "dimension 1 is -1, expected at least 0"},
        {V2, 1, {-1}, "dimension 0 is -1"},
        {V3, 2, {-1, -2}, "dimension 1 is -2"},
        {V2, 2, {INT64_MIN, 1}, "dimension 0 is -9223372036854775808"},
        {V2, 1, {30}, "120 bytes are expected at byte 56, but the file ends after 77"},
        {V2, 1, {INT64_MAX}, "more bytes than 64 bits count"},
        {V2, 1, {INT64_C(1) << 61}, "more bytes than 64 bits count"},
        {V2, 2, {INT64_C(1) << 32, INT64_C(1) << 31}, "[4294967296, 2147483648] of float32"},
        {V2, 2, {INT64_C(1) << 32, INT64_C(1) << 32}, "more bytes than 64 bits count"},
        {V1, 1, {INT64_C(1) << 60}, "4611686018427387904 bytes are expected"},
    };
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_start(&bytes, 1);
        put32(&bytes, cases[i].version);
        if (cases[i].version != V1) {
            put32(&bytes, 0);
        }
        put_shape(&bytes, cases[i].ndim > 4 || cases[i].ndim < 0 ? 0 : cases[i].ndim, cases[i].shape);
        if (cases[i].ndim > 4 || cases[i].ndim < 0) {
            bytes.size -= 4;
            put32(&bytes, cases[i].ndim);
        }
        put_type(&bytes, 0);
        put32(&bytes, 0);
        refuse_array(&bytes, "array 1 of 1", cases[i].text);
    }
}

static void test_types(void **state)
{
    (void)state;
    static const int codes[] = {13, 14, 255, -1, 0x7fffffff};
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char text[64];
        snprintf(text, sizeof text, "type code is %d, expected 0 to 12", codes[i]);
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, 0);
        put_shape(&bytes, 1, (int64_t[]){1});
        put_type(&bytes, codes[i]);
        put64(&bytes, 0);
        refuse_array(&bytes, text, "array 1 of 1");
    }
}

static void test_names(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    static const int64_t counts[] = {2, 3, INT64_MAX, -1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        put_start(&bytes, 1);
        put_vector(&bytes, 1, (float[]){1});
        put64(&bytes, counts[i]);
        put_name(&bytes, "x");
        refuse_file(&bytes, "1 arrays and ", " names, expected as many, or none");
    }
    static const int64_t lengths[] = {2, 1000, INT64_C(1) << 40, INT64_MAX, INT64_MIN, -1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_start(&bytes, 1);
        put_vector(&bytes, 1, (float[]){1});
        put64(&bytes, 1);
        put64(&bytes, lengths[i]);
        put(&bytes, "x", 1);
        refuse_file(&bytes, "name 1 of 1, at byte 68", "the file ends 1 after");
    }
    static const struct {
        const char *name;
        size_t length;
        const char *text;
    } names[] = {
        {"a\0b", 3, "has a NUL"}, {"\0", 1, "has a NUL"},           {"fc\xff", 3, "not UTF-8"},
        {"\xc3", 1, "not UTF-8"}, {"\xed\xa0\x80", 3, "not UTF-8"}, {"\xc0\x80", 2, "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put_start(&bytes, 2);
        put_vector(&bytes, 1, (float[]){1});
        put_vector(&bytes, 1, (float[]){2});
        put64(&bytes, 2);
        put_name(&bytes, "good");
        put64(&bytes, (int64_t)names[i].length);
        put(&bytes, names[i].name, names[i].length);
        refuse_file(&bytes, "name 2 of 2", names[i].text);
    }
}

/* A row_sparse array of 4 × 2 float32 with two rows, or what a case makes of it. */
struct rows_case {
    int stored_ndim;
    int64_t stored[2];
    int index_type, index_ndim;
    int64_t index_shape;
    int64_t rows[2];
    const char *text;
};

static void test_row_sparse(void **state)
{
    (void)state;
    static const struct rows_case cases[] = {
        {1, {2}, 6, 1, 2, {0, 1}, "row_sparse array of shape [4, 2] cannot store the shape [2]"},
        {2, {2, 3}, 6, 1, 2, {0, 1}, "cannot store the shape [2, 3]"},
        {2, {2, 2}, 0, 1, 2, {0, 1}, "rows are of float32, expected integers"},
        {2, {2, 2}, 7, 1, 2, {0, 1}, "rows are of bool, expected integers"},
        {2, {2, 2}, 99, 1, 2, {0, 1}, "type code is 99"},
        {2, {2, 2}, 6, 1, 1, {0, 1}, "rows have the shape [1], expected [2]"},
        {2, {2, 2}, 6, 0, 0, {0, 1}, "rows have the shape [], expected [2]"},
        {2, {2, 2}, 6, 1, 2, {0, 4}, "row index 1 is 4, expected 0 to 3"},
        {2, {2, 2}, 6, 1, 2, {-1, 0}, "row index 0 is -1, expected 0 to 3"},
        {2, {2, 2}, 11, 1, 2, {INT64_MIN, 0}, "row index 0 is -9223372036854775808"},
        {2, {INT64_MAX, 2}, 6, 1, INT64_MAX, {0, 1}, "more elements than 64 bits count"},
        {2, {INT64_C(1) << 60, 2}, 6, 1, INT64_C(1) << 60, {0, 1}, "more bytes than 64 bits count"},
        {2, {INT64_C(1) << 40, 2}, 6, 1, INT64_C(1) << 40, {0, 1}, "bytes are expected"},
        {2, {-1, 2}, 6, 1, -1, {0, 1}, "dimension 0 is -1"},
    };
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rows_case *const c = &cases[i];
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, 1);
        put_shape(&bytes, c->stored_ndim, c->stored);
        put_shape(&bytes, 2, (int64_t[]){4, 2});
        put_type(&bytes, 0);
        put32(&bytes, c->index_type);
        put_shape(&bytes, c->index_ndim, &c->index_shape);
        put(&bytes, (float[]){1, 2, 3, 4}, 16);
        put(&bytes, c->rows, 16);
        refuse_array(&bytes, "array 1", c->text);
    }
}

/* A csr array of 2 × 3 float32 with three elements, or what a case makes of it. */
struct csr_case {
    int ndim;
    int64_t stored, n_pointers;
    int64_t pointers[3], columns[3];
    const char *text;
};

static void test_csr(void **state)
{
    (void)state;
    static const struct csr_case cases[] = {
        {3, 3, 3, {0, 1, 3}, {0, 1, 2}, "csr array of shape [2, 3, 1] cannot store the shape [3]"},
        {1, 3, 3, {0, 1, 3}, {0, 1, 2}, "csr array of shape [2] cannot"},
        {2, 3, 2, {0, 1, 3}, {0, 1, 2}, "row pointers have the shape [2], expected [3]"},
        {2, 3, 3, {0, 1, 3}, {0, 1, 3}, "column index 2 is 3, expected 0 to 2"},
        {2, 3, 3, {0, 1, 3}, {-1, 1, 2}, "column index 0 is -1, expected 0 to 2"},
        {2, 3, 3, {1, 1, 3}, {0, 1, 2}, "row pointer 0 is 1, expected 0 to 0"},
        {2, 3, 3, {-1, 1, 3}, {0, 1, 2}, "row pointer 0 is -1"},
        {2, 3, 3, {0, 2, 1}, {0, 1, 2}, "row pointer 2 is 1, expected 2 to 3"},
        {2, 3, 3, {0, 4, 3}, {0, 1, 2}, "row pointer 1 is 4, expected 0 to 3"},
        {2, 3, 3, {0, 1, 4}, {0, 1, 2}, "row pointer 2 is 4"},
        {2, 3, 3, {0, 1, INT64_MAX}, {0, 1, 2}, "row pointer 2 is 9223372036854775807"},
        {2, 3, 3, {0, 1, INT64_MIN}, {0, 1, 2}, "row pointer 2 is -9223372036854775808"},
        {2, 3, 3, {INT64_MIN, 1, INT64_MAX}, {0, 1, 2}, "row pointer 0 is -9223372036854775808"},
        {2, 3, 3, {0, 1, 2}, {0, 1, 2}, "row pointer 2 is 2, expected 3 to 3"},
    };
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct csr_case *const c = &cases[i];
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, 2);
        put_shape(&bytes, 1, &c->stored);
        put_shape(&bytes, c->ndim, (int64_t[]){2, 3, 1});
        put_type(&bytes, 0);
        put32(&bytes, 6);
        put_shape(&bytes, 1, &c->n_pointers);
        put32(&bytes, 6);
        put_shape(&bytes, 1, &c->stored);
        put(&bytes, (float[]){1, 2, 3}, 12);
        put(&bytes, c->pointers, (size_t)c->n_pointers * 8);
        put(&bytes, c->columns, 24);
        refuse_array(&bytes, "array 1", c->text);
    }
}

/* What is rare and allowed. */
static void test_allowed(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    struct params params;
    put_start(&bytes, 4);
    put32(&bytes, V3); /* a shape that is not known */
    put32(&bytes, 0);
    put32(&bytes, -1);
    put32(&bytes, V3); /* an extent that is not known */
    put32(&bytes, 0);
    put_shape(&bytes, 2, (int64_t[]){-1, 5});
    put32(&bytes, V2); /* empty, although the other extents are more than 64 bits count */
    put32(&bytes, 0);
    put_shape(&bytes, 3, (int64_t[]){INT64_MAX, 0, INT64_MAX});
    put_type(&bytes, 1);
    put32(&bytes, V2); /* sparse and none */
    put32(&bytes, 2);
    put_shape(&bytes, 1, (int64_t[]){0});
    put_shape(&bytes, 0, NULL);
    put64(&bytes, 0);
    assert_status(read_bytes(bytes.data, bytes.size, &params), FANIN_OK);
    assert_int_equal(params.count, 4);
    assert_false(params.named);
    static const enum params_storage storages[] = {PARAMS_NONE, PARAMS_NONE, PARAMS_DENSE, PARAMS_NONE};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(params.entries[i].storage, storages[i]);
        assert_int_equal(params.entries[i].count, 0);
        assert_int_equal(params.entries[i].number, i);
    }
    params_free(&params);
    free(bytes.data);
}

/* Of three of a name the last counts, in the place of the first; "none" counts too. */
static void test_duplicates(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    struct params params = {0};
    put_start(&bytes, 6);
    for (int i = 0; i < 5; i++) {
        put_vector(&bytes, i + 1, (float[]){(float)i, 0, 0, 0, 0});
    }
    put32(&bytes, V2);
    put32(&bytes, 0);
    put_shape(&bytes, 0, NULL);
    put64(&bytes, 6);
    static const char *const names[] = {"b", "a", "b", "c", "b", "c"};
    for (int i = 0; i < 6; i++) {
        put_name(&bytes, names[i]);
    }
    const int fd = open_bytes(bytes.data, bytes.size);
    assert_status(params_read(fd, "file", (int64_t)bytes.size, &params), FANIN_OK);
    assert_int_equal(params.count, 3);
    static const struct {
        const char *name;
        int64_t number, count;
    } expected[] = {{"b", 4, 5}, {"a", 1, 2}, {"c", 5, 0}};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(params.entries[i].name, expected[i].name);
        assert_int_equal(params.entries[i].number, expected[i].number);
        assert_int_equal(params.entries[i].count, expected[i].count);
    }
    assert_int_equal(params.entries[2].storage, PARAMS_NONE);
    float *const values = read_all(fd, &params.entries[0]);
    assert_true(values[0] == 4);
    free(values);
    params_free(&params);
    close(fd);
    free(bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),      cmocka_unit_test(test_versions), cmocka_unit_test(test_storage),
        cmocka_unit_test(test_shapes),     cmocka_unit_test(test_types),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_row_sparse), cmocka_unit_test(test_csr),      cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
