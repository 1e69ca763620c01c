/* .params files: what MXNet 1.9.1 reads of its own and of hand-made files (tests/data/params), in whole and in parts; cut
 * short; changed under way; and how much memory a file that lies can make the reader ask for, and how many bytes read. */
#include "assert_between.h"
#include "count_reads.h"
#include "params_helpers.h"
#include "recorded.h"

#include <math.h>

/* The linker puts these in the way of the library's calls. */
static size_t largest; /* bytes asked for at once */

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    largest = size > largest ? size : largest;
    return __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    largest = size > largest ? size : largest;
    return __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    largest = count * size > largest ? count * size : largest;
    return __real_reallocarray(old, count, size);
}

/* A whole file of tests/data/params. */
static void load_file(const char *name, struct bytes *out)
{
    char path[512], part[4096];
    snprintf(path, sizeof path, "%s/params/%s", FANIN_TEST_DATA, name);
    FILE *const file = fopen(path, "rb");
    if (!file) {
        fail_msg("%s cannot be opened", path);
    }
    *out = (struct bytes){0};
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;) {
        put(out, part, got);
    }
    fclose(file);
}

/* A float of `exponent` bits of exponent and `fraction` bits of fraction, from its definition. */
static double small_float(unsigned bits, int exponent, int fraction)
{
    const unsigned low = bits & ((1u << fraction) - 1), high = bits >> fraction & ((1u << exponent) - 1);
    const int bias = (1 << (exponent - 1)) - 1;
    const double sign = bits >> (exponent + fraction) ? -1.0 : 1.0;
    if (high == (1u << exponent) - 1) {
        return low ? NAN : sign * INFINITY;
    }
    return sign * (high == 0 ? ldexp(low, 1 - bias - fraction) : ldexp(low + (1u << fraction), (int)high - bias - fraction));
}

static double float_element(enum dtype dtype, const unsigned char *element)
{
    float single;
    double value;
    switch (dtype) {
    case DTYPE_FLOAT16:
        return small_float(element[0] | (unsigned)element[1] << 8, 5, 10);
    case DTYPE_BFLOAT16:
        return small_float(element[0] | (unsigned)element[1] << 8, 8, 7);
    case DTYPE_FLOAT32:
        memcpy(&single, element, sizeof single);
        return single;
    default:
        memcpy(&value, element, sizeof value);
        return value;
    }
}

static int64_t integer_element(enum dtype dtype, const unsigned char *element)
{
    const int size = dtype_table[dtype].size;
    uint64_t bits = 0;
    for (int i = size - 1; i >= 0; i--) {
        bits = bits << 8 | element[i];
    }
    const bool is_signed = dtype_table[dtype].code == kDLInt;
    return is_signed ? (int64_t)(bits << (64 - 8 * size)) >> (64 - 8 * size) : (int64_t)bits;
}

static void check_element(const char *where, enum dtype dtype, const unsigned char *found, const cJSON *recorded)
{
    if (dtype_table[dtype].is_float) {
        const double value = float_element(dtype, found);
        const char *const text = cJSON_GetStringValue(recorded);
        const double expected = !text                       ? recorded->valuedouble
                                : strcmp(text, "nan") == 0  ? NAN
                                : strcmp(text, "inf") == 0  ? INFINITY
                                : strcmp(text, "-inf") == 0 ? -INFINITY
                                                            : 12345;
        if (isnan(expected) ? !isnan(value) : value != expected || signbit(value) != signbit(expected)) {
            fail_msg("%s: %.17g, expected %.17g", where, value, expected);
        }
        return;
    }
    const int64_t expected = cJSON_IsBool(recorded)     ? cJSON_IsTrue(recorded)
                             : cJSON_IsString(recorded) ? strtoll(recorded->valuestring, NULL, 10)
                                                        : (int64_t)recorded->valuedouble;
    if (integer_element(dtype, found) != expected) {
        fail_msg("%s: %lld, expected %lld", where, (long long)integer_element(dtype, found), (long long)expected);
    }
}

static void check_entry(int fd, const char *file, const struct params_entry *entry, const cJSON *recorded)
{
    static const char *const storages[] = {"none", "default", "row_sparse", "csr"};
    char where[256];
    const char *const name = recorded_text(recorded, "name");
    snprintf(where, sizeof where, "%s '%s'", file, name ? name : "");
    if (name ? strcmp(entry->name, name) != 0 : entry->name != NULL) {
        fail_msg("%s: found '%s'", where, entry->name);
    }
    if (cJSON_GetObjectItemCaseSensitive(recorded, "none")) {
        assert_int_equal(entry->storage, PARAMS_NONE);
        return;
    }
    const struct shape shape = recorded_shape(recorded);
    assert_string_equal(storages[entry->storage], recorded_text(recorded, "stype"));
    assert_string_equal(dtype_table[entry->dtype].name, recorded_text(recorded, "dtype"));
    assert_int_equal(entry->ndim, shape.ndim);
    assert_memory_equal(entry->shape, shape.extent, (size_t)shape.ndim * sizeof *shape.extent);
    const cJSON *const values = cJSON_GetObjectItemCaseSensitive(recorded, "values");
    assert_int_equal(entry->count, cJSON_GetArraySize(values));
    unsigned char *const found = read_all(fd, entry);
    const cJSON *value;
    int64_t i = 0;
    cJSON_ArrayForEach(value, values)
    {
        check_element(where, entry->dtype, found + i++ * dtype_table[entry->dtype].size, value);
    }
    free(found);
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const index = recorded_open("../params/index.json");
    const cJSON *item;
    int files = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(index, "cases"))
    {
        const char *const file = recorded_text(item, "file");
        const cJSON *const arrays = cJSON_GetObjectItemCaseSensitive(item, "arrays");
        struct bytes bytes;
        struct params params = {0};
        load_file(file, &bytes);
        const int fd = open_bytes(bytes.data, bytes.size);
        assert_status(params_read(fd, file, (int64_t)bytes.size, &params), FANIN_OK);
        assert_int_equal(params.count, cJSON_GetArraySize(arrays));
        /* Of files without arrays only MXNet knows. */
        assert_true(params.count == 0 || params.named == (bool)cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "named")));
        size_t i = 0;
        const cJSON *array;
        cJSON_ArrayForEach(array, arrays)
        {
            check_entry(fd, file, &params.entries[i++], array);
        }
        params_free(&params);
        close(fd);
        free(bytes.data);
        files++;
    }
    cJSON_Delete(index);
    assert_int_equal(files, 36);
}

/* The files of MXNet's Load, beside those of the index. */
static const char *const load_files[] = {"load1.params", "load3.params", "load5.params", "load7.params"};

static void for_each_file(void (*function)(const char *name, const struct bytes *bytes))
{
    cJSON *const index = recorded_open("../params/index.json");
    struct bytes bytes;
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(index, "cases"))
    {
        load_file(recorded_text(item, "file"), &bytes);
        function(recorded_text(item, "file"), &bytes);
        free(bytes.data);
    }
    for (size_t i = 0; i < sizeof load_files / sizeof *load_files; i++) {
        load_file(load_files[i], &bytes);
        function(load_files[i], &bytes);
        free(bytes.data);
    }
    cJSON_Delete(index);
}

/* Every range of an entry is that part of the whole, in whatever order they are read. */
static void check_ranges(int fd, const struct params_entry *entry)
{
    const int64_t size = dtype_table[entry->dtype].size;
    unsigned char *const whole = read_all(fd, entry);
    struct params_reader reader;
    assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
    for (int64_t k = 0; k <= entry->count; k++) {
        for (int64_t end = k; end <= entry->count; end++) {
            const int64_t begin = end % 2 ? k : end - k;
            unsigned char *const part = malloc((size_t)((end - begin) * size) + 1);
            assert_int_equal(params_reader_read(&reader, entry, begin, end - begin, part), FANIN_OK);
            assert_memory_equal(part, whole + begin * size, (size_t)((end - begin) * size));
            free(part);
        }
    }
    params_reader_free(&reader);
    free(whole);
}

static void check_file_ranges(const char *name, const struct bytes *bytes)
{
    struct params params = {0};
    const int fd = open_bytes(bytes->data, bytes->size);
    assert_status(params_read(fd, name, (int64_t)bytes->size, &params), FANIN_OK);
    for (size_t i = 0; i < params.count; i++) {
        if (params.entries[i].storage != PARAMS_NONE) {
            check_ranges(fd, &params.entries[i]);
        }
    }
    params_free(&params);
    close(fd);
}

static void test_ranges(void **state)
{
    (void)state;
    for_each_file(check_file_ranges);
}

/* Every beginning of a file is refused in words that name it, whether its size tells or not. */
static void check_cut(const char *name, const struct bytes *bytes)
{
    /* What follows the names is ignored. */
    const size_t needed = strcmp(name, "trailing.params") == 0 ? 105 : bytes->size;
    for (size_t size = 0; size < needed; size++) {
        for (int told = 0; told < 2; told++) {
            struct params params = {0};
            const int fd = open_bytes(bytes->data, size);
            const fanin_status status = params_read(fd, name, (int64_t)(told ? size : bytes->size), &params);
            close(fd);
            if (status != FANIN_ERROR_FORMAT) {
                fail_msg("%s, %zu bytes of it: %s", name, size, fanin_status_name(status));
            }
            assert_null(params.entries);
            assert_message(name, NULL);
            assert_true(strstr(fanin_last_error(), "cut short") || strstr(fanin_last_error(), "promised") || size < 32);
        }
    }
}

static void test_cut(void **state)
{
    (void)state;
    for_each_file(check_cut);
}

/* Each byte of each file set to values that make sizes small, large and negative: read or refused, and nothing else. */
static void check_damage(const char *name, const struct bytes *bytes)
{
    (void)name;
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < bytes->size; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            const unsigned char old = bytes->data[i];
            struct params params = {0};
            bytes->data[i] = values[v];
            const int fd = open_bytes(bytes->data, bytes->size);
            largest = 0;
            const fanin_status status = params_read(fd, "file", (int64_t)bytes->size, &params);
            /* The buffers have 192 KiB. */
            assert_true(largest <= ((size_t)192 << 10));
            assert_true(status == FANIN_OK || status == FANIN_ERROR_FORMAT);
            for (size_t e = 0; e < params.count; e++) {
                if (params.entries[e].storage != PARAMS_NONE && params.entries[e].count < 1 << 16) {
                    free(read_all(fd, &params.entries[e]));
                }
            }
            params_free(&params);
            close(fd);
            bytes->data[i] = old;
        }
    }
}

static void test_damage(void **state)
{
    (void)state;
    for_each_file(check_damage);
}

/* Indices that changed after they were checked do not lead out of the array, and a file that shrank is told. */
static void check_changed(const char *name, const struct bytes *bytes)
{
    (void)name;
    uint64_t random = 0x9e3779b97f4a7c15u;
    struct params params = {0};
    const int fd = open_bytes(bytes->data, bytes->size);
    assert_int_equal(params_read(fd, "file", (int64_t)bytes->size, &params), FANIN_OK);
    for (int round = 0; round < 100; round++) {
        unsigned char byte = (unsigned char)random_next(&random);
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(random_next(&random) % bytes->size)), 1);
        for (size_t e = 0; e < params.count; e++) {
            const struct params_entry *const entry = &params.entries[e];
            if (entry->storage == PARAMS_NONE) {
                continue;
            }
            struct params_reader reader;
            void *const values = malloc((size_t)(entry->count * dtype_table[entry->dtype].size));
            assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
            const fanin_status status = params_reader_read(&reader, entry, 0, entry->count, values);
            assert_true(status == FANIN_OK || (status == FANIN_ERROR_FORMAT && entry->storage != PARAMS_DENSE));
            params_reader_free(&reader);
            assert_int_equal(ftruncate(fd, entry->data), 0);
            assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
            const bool needs = entry->count > 0 && (entry->storage != PARAMS_ROW_SPARSE || entry->stored > 0);
            assert_int_equal(params_reader_read(&reader, entry, 0, entry->count, values),
                             needs ? FANIN_ERROR_FORMAT : FANIN_OK);
            params_reader_free(&reader);
            free(values);
            assert_int_equal(pwrite(fd, bytes->data, bytes->size, 0), bytes->size);
        }
    }
    params_free(&params);
    close(fd);
}

static void test_changed(void **state)
{
    (void)state;
    for_each_file(check_changed);
}

/* Reads the list of a file of `start`, a hole of `hole` bytes, and `end`, with little memory and few bytes read. */
static void read_hole(const struct bytes *start, int64_t hole, const struct bytes *end, fanin_status expected,
                      struct params *out)
{
    const int64_t after = (int64_t)start->size + hole;
    const int fd = open_bytes(start->data, start->size);
    assert_int_equal(ftruncate(fd, after + (int64_t)end->size), 0);
    assert_int_equal(pwrite(fd, end->data, end->size, after), end->size);
    largest = 0;
    bytes_read = 0;
    assert_status(params_read(fd, "file", after + (int64_t)end->size, out), expected);
    assert_between(largest, 0, PARAMS_NAME_LIMIT + 1);
    assert_between(bytes_read, 0, 1 << 20);
    close(fd);
}

static void put_sparse(struct bytes *bytes, int storage, int64_t stored, const int64_t *shape)
{
    put_start(bytes, 1);
    put32(bytes, V2);
    put32(bytes, storage);
    put_shape(bytes, storage == 1 ? 2 : 1, (int64_t[]){stored, shape[1]});
    put_shape(bytes, 2, shape);
    put_type(bytes, 3);
    if (storage == 2) {
        put32(bytes, 3);
        put_shape(bytes, 1, (int64_t[]){shape[0] + 1});
    }
    put32(bytes, 3);
    put_shape(bytes, 1, (int64_t[]){stored});
}

/* Indices that are a hole in the file, which has almost nothing on the disk: not read through, one part for each place kept. */
static void test_holes(void **state)
{
    (void)state;
    const int64_t many = INT64_C(1) << 33;
    struct bytes start = {0}, end = {0};
    struct params params = {0};

    /* Row pointers, the last of which alone is not 0. */
    put_sparse(&start, 2, 1, (int64_t[]){many, 1});
    put(&start, "x", 1);
    put(&end, "\1\0", 2);
    put64(&end, 0);
    read_hole(&start, many, &end, FANIN_OK, &params);
    assert_true(params.entries[0].sorted);
    params_free(&params);
    /* One before the hole is not 0. */
    put(&start, "\0\1", 2);
    read_hole(&start, many - 2, &end, FANIN_ERROR_FORMAT, &params);
    assert_message("row pointer 2 is 0, expected 1 to 1", NULL);
    /* The last is too small. */
    start.size -= 2;
    end.data[0] = 0;
    read_hole(&start, many, &end, FANIN_ERROR_FORMAT, &params);
    assert_message("row pointer 8589934592 is 0, expected 1 to 1", NULL);
    start.size = 0;

    /* Rows: 1, then 0 many times, then 2. Their elements are a hole too. */
    put_sparse(&start, 1, many + 2, (int64_t[]){3, 1});
    const int fd = open_bytes(start.data, start.size);
    const int64_t rows = (int64_t)start.size + many + 2;
    assert_int_equal(ftruncate(fd, rows + many + 2 + 8), 0);
    assert_int_equal(pwrite(fd, "\1", 1, rows), 1);
    assert_int_equal(pwrite(fd, "\2", 1, rows + many + 1), 1);
    assert_int_equal(pwrite(fd, "abc", 3, rows - 3), 3);
    largest = 0;
    bytes_read = 0;
    assert_status(params_read(fd, "file", rows + many + 2 + 8, &params), FANIN_OK);
    assert_between(largest, 0, 192 << 10);
    assert_between(bytes_read, 0, 1 << 20);
    assert_int_equal(params.entries[0].order.count, 3);
    unsigned char *const values = read_all(fd, &params.entries[0]);
    assert_memory_equal(values, "b\0c", 3);
    free(values);
    params_free(&params);
    close(fd);
    free(start.data);
    free(end.data);
}

/* The longest name, one that is longer, and one that is a hole. */
static void test_long_names(void **state)
{
    (void)state;
    struct bytes bytes = {0}, none = {0};
    struct params params = {0};
    char *const letters = malloc(PARAMS_NAME_LIMIT);
    memset(letters, 'n', PARAMS_NAME_LIMIT);
    put_start(&bytes, 1);
    put_vector(&bytes, 1, (float[]){1});
    put64(&bytes, 1);
    const size_t start = bytes.size;
    put64(&bytes, PARAMS_NAME_LIMIT);
    put(&bytes, letters, PARAMS_NAME_LIMIT);
    assert_status(read_bytes(bytes.data, bytes.size, &params), FANIN_OK);
    assert_int_equal(strlen(params.entries[0].name), PARAMS_NAME_LIMIT);
    params_free(&params);
    /* A character that pieces cut in two. */
    memcpy(bytes.data + start + 8 + 4095, "\xc3\xa9", 2);
    assert_status(read_bytes(bytes.data, bytes.size, &params), FANIN_OK);
    params_free(&params);
    /* What is wrong is found wherever it is. */
    bytes.data[bytes.size - 1] = 0xff;
    assert_status(read_bytes(bytes.data, bytes.size, &params), FANIN_ERROR_FORMAT);
    assert_message("not UTF-8", NULL);
    bytes.data[bytes.size - 1] = 0;
    assert_status(read_bytes(bytes.data, bytes.size, &params), FANIN_ERROR_FORMAT);
    assert_message("has a NUL", NULL);

    bytes.size = start;
    put64(&bytes, PARAMS_NAME_LIMIT + 1);
    read_hole(&bytes, PARAMS_NAME_LIMIT + 1, &none, FANIN_ERROR_FORMAT, &params);
    assert_message("name 1 of 1", "it has 1048577 bytes, at most 1048576 are allowed", NULL);
    bytes.size = start;
    put64(&bytes, INT64_C(3) << 30);
    read_hole(&bytes, INT64_C(3) << 30, &none, FANIN_ERROR_FORMAT, &params);
    assert_message("at most 1048576 are allowed", NULL);
    bytes.size = start;
    put64(&bytes, PARAMS_NAME_LIMIT);
    read_hole(&bytes, PARAMS_NAME_LIMIT, &none, FANIN_ERROR_FORMAT, &params);
    assert_message("has a NUL", NULL);
    assert_between(bytes_read, 0, 16384);
    free(letters);
    free(bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),   cmocka_unit_test(test_ranges),  cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damage),     cmocka_unit_test(test_changed), cmocka_unit_test(test_holes),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
