/* load: MXNet's recorded answers (tests/data/mxnet/load.json), from files and from tensors in memory, and every .params file
 * that it reads (tests/data/params). */
#include "load_helpers.h"
#include "recorded.h"

#include "stream/round.h"

#include <math.h>

#define MOST_ELEMENTS 16
#define MOST_LINES    4

/* ---- elements as JSON has them ---- */

static double number_of(const cJSON *value)
{
    const char *const text = cJSON_GetStringValue(value);
    if (!text) {
        return cJSON_IsBool(value) ? cJSON_IsTrue(value) : value->valuedouble;
    }
    return strcmp(text, "inf") == 0 ? INFINITY : strcmp(text, "-inf") == 0 ? -INFINITY : NAN;
}

static enum dtype dtype_of(const cJSON *object)
{
    enum dtype dtype;
    assert_true(dtype_from_name(recorded_text(object, "dtype"), &dtype));
    return dtype;
}

/* For numbers that the dtype holds. */
static void set_element(enum dtype dtype, void *place, double value)
{
    const float single = (float)value;
    const int64_t integer = dtype_table[dtype].is_float ? 0 : (int64_t)value;
    const uint16_t half = dtype == DTYPE_FLOAT16 ? round_to_float16(single) : round_to_bfloat16(single);
    const void *const from = dtype == DTYPE_FLOAT64        ? (const void *)&value
                             : dtype == DTYPE_FLOAT32      ? (const void *)&single
                             : dtype_table[dtype].is_float ? (const void *)&half
                                                           : (const void *)&integer;
    memcpy(place, from, dtype_table[dtype].size); /* little-endian */
}

/* A tensor's elements in memory of their own, from an array of JSON. */
static void *elements_of(enum dtype dtype, const cJSON *values)
{
    const size_t size = dtype_table[dtype].size;
    char *const elements = malloc((size_t)cJSON_GetArraySize(values) * size + 1);
    assert_non_null(elements);
    char *place = elements;
    const cJSON *value;
    cJSON_ArrayForEach(value, values)
    {
        set_element(dtype, place, number_of(value));
        place += size;
    }
    return elements;
}

/* ---- MXNet's answers ---- */

struct lines {
    char text[MOST_LINES][256];
    int count;
};

static void take_line(void *context, const char *line)
{
    struct lines *const lines = context;
    assert_true(lines->count < MOST_LINES);
    snprintf(lines->text[lines->count++], sizeof lines->text[0], "%s", line);
}

static fanin_status status_of(const cJSON *error)
{
    const char *const message = recorded_text(error, "message");
    return strstr(message, "Shape mismatch") ? FANIN_ERROR_SHAPE : FANIN_ERROR_UNCOVERED;
}

/* One target of a case. */
static void check_result(const fanin_initializer *initializer, bool verbose, const cJSON *result)
{
    const char *const name = recorded_text(result, "name");
    const enum dtype dtype = dtype_of(result);
    const size_t size = dtype_table[dtype].size;
    struct shape shape = recorded_shape(result);
    unsigned char data[MOST_ELEMENTS * 8], before[sizeof data];
    memset(data, 0xa5, sizeof data);
    memcpy(before, data, sizeof data);
    struct lines lines = {.count = 0};
    fanin_options options = FANIN_OPTIONS_INIT;
    options.verbose = verbose;
    options.log = take_line;
    options.context = &lines;
    DLTensor tensor = tensor_of(data, shape.ndim, shape.extent);
    tensor.dtype = dtype_to_dlpack(dtype);
    const cJSON *const error = cJSON_GetObjectItemCaseSensitive(result, "error");
    if (name[0] == '\0') {
        assert_status(fill(initializer, name, &tensor, &options), FANIN_ERROR_ARGUMENT); /* the name is a random stream */
        return;
    }
    assert_status(fill(initializer, name, &tensor, &options), error ? status_of(error) : FANIN_OK);
    if (error) {
        assert_message(name, NULL);
    } else {
        void *const expected = elements_of(dtype, cJSON_GetObjectItemCaseSensitive(result, "values"));
        memcpy(before, expected, (size_t)shape_size(&shape) * size);
        free(expected);
    }
    assert_memory_equal(data, before, sizeof data);
    const cJSON *const log = cJSON_GetObjectItemCaseSensitive(result, "log");
    assert_int_equal(lines.count, cJSON_GetArraySize(log));
    for (int i = 0; i < lines.count; i++) {
        const char *const expected = cJSON_GetStringValue(cJSON_GetArrayItem(log, i));
        /* The last digits of a statistic depend on the order of summation in MXNet: 7.0000005 for two sevens. */
        const char *const number = strstr(expected, ": 7.0000005");
        assert_int_equal(strncmp(lines.text[i], expected, number ? (size_t)(number - expected) : sizeof lines.text[i]), 0);
    }
}

static fanin_initializer *from_memory(const cJSON *stored, const fanin_initializer *default_init, int verbose)
{
    const char *names[MOST_ELEMENTS] = {NULL};
    DLTensor tensors[MOST_ELEMENTS] = {{0}};
    struct shape shapes[MOST_ELEMENTS];
    size_t count = 0;
    const cJSON *array;
    cJSON_ArrayForEach(array, stored)
    {
        names[count] = recorded_text(array, "name");
        shapes[count] = recorded_shape(array);
        tensors[count] = tensor_of(elements_of(dtype_of(array), cJSON_GetObjectItemCaseSensitive(array, "values")),
                                   shapes[count].ndim, shapes[count].extent);
        tensors[count].dtype = dtype_to_dlpack(dtype_of(array));
        count++;
    }
    fanin_initializer *initializer = NULL;
    assert_status(fanin_load_tensors(names, tensors, count, default_init, verbose, &initializer), FANIN_OK);
    /* They were copied. */
    for (size_t i = 0; i < count; i++) {
        free(tensors[i].data);
    }
    return initializer;
}

static void check_case(const cJSON *record, const char *file, int *files)
{
    const char *const default_text = recorded_text(record, "default_init");
    fanin_initializer *const default_init = default_text ? create("[\"constant\", {\"value\": 7}]") : NULL;
    const bool default_verbose = default_text && strstr(default_text, "set_verbosity(True)");
    const int verbose = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "verbose"));
    fanin_initializer *initializers[2] = {
        from_memory(cJSON_GetObjectItemCaseSensitive(record, "stored"), default_init, verbose), NULL};
    if (file) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", FANIN_TEST_DATA, file);
        assert_status(fanin_load(path, default_init, verbose, &initializers[1]), FANIN_OK);
        ++*files;
    }
    fanin_release(default_init);
    for (int i = 0; i < 2 && initializers[i]; i++) {
        const cJSON *result;
        cJSON_ArrayForEach(result, cJSON_GetObjectItemCaseSensitive(record, "results"))
        {
            check_result(initializers[i], default_verbose, result);
        }
        fanin_release(initializers[i]);
    }
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("load.json");
    int files = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        check_case(record, recorded_text(record, "file"), &files);
    }
    assert_int_equal(files, 4);
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "file_errors"))
    {
        char path[512];
        fanin_initializer *initializer = NULL;
        snprintf(path, sizeof path, "%s/%s", FANIN_TEST_DATA, recorded_text(record, "file"));
        const bool absent = strstr(path, "absent") != NULL;
        assert_status(fanin_load(path, NULL, 0, &initializer), absent ? FANIN_ERROR_FILE : FANIN_ERROR_FORMAT);
        assert_message(path, absent ? "No such file" : "without names", NULL);
        assert_null(initializer);
    }
    cJSON_Delete(data);
}

/* ---- every file that MXNet reads ---- */

static void check_array(const fanin_initializer *initializer, const cJSON *array)
{
    const char *const full_name = recorded_text(array, "name");
    const bool prefixed = strncmp(full_name, "arg:", 4) == 0 || strncmp(full_name, "aux:", 4) == 0;
    const char *const name = prefixed ? full_name + 4 : full_name;
    if (name[0] == '\0') {
        return; /* no parameter can have it */
    }
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(array, "none"))) {
        float one;
        const DLTensor tensor = VECTOR(&one, 1);
        assert_status(fill(initializer, name, &tensor, NULL), FANIN_ERROR_SHAPE);
        assert_message(name, "without an array", NULL);
        return;
    }
    const enum dtype dtype = dtype_of(array);
    struct shape shape = recorded_shape(array);
    const size_t bytes = (size_t)shape_size(&shape) * dtype_table[dtype].size;
    const cJSON *const values = cJSON_GetObjectItemCaseSensitive(array, "values");
    unsigned char *const data = malloc(bytes + 1);
    memset(data, 0x5a, bytes + 1);
    DLTensor tensor = tensor_of(data, shape.ndim, shape.extent);
    tensor.dtype = dtype_to_dlpack(dtype);
    assert_status(fill(initializer, name, &tensor, NULL), FANIN_OK);
    for (int64_t i = 0; i < shape_size(&shape); i++) {
        const cJSON *const value = cJSON_GetArrayItem(values, (int)i);
        unsigned char expected[8];
        const char *const digits = cJSON_GetStringValue(value);
        if (digits && !dtype_table[dtype].is_float) {
            const uint64_t integer = digits[0] == '-' ? (uint64_t)strtoll(digits, NULL, 10) : strtoull(digits, NULL, 10);
            memcpy(expected, &integer, 8);
        } else {
            set_element(dtype, expected, number_of(value));
        }
        const bool nan = dtype_table[dtype].is_float && isnan(number_of(value));
        if (!nan) {
            assert_memory_equal(data + i * dtype_table[dtype].size, expected, dtype_table[dtype].size);
        }
    }
    assert_int_equal(data[bytes], 0x5a);
    free(data);
}

static void test_files(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/params/index.json", FANIN_TEST_DATA);
    FILE *const file = fopen(path, "rb");
    static char text[65536];
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    cJSON *const data = cJSON_Parse(text);
    assert_non_null(data);
    int loaded = 0, refused = 0;
    const cJSON *record, *array;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        const char *const name = recorded_text(record, "file");
        const cJSON *const arrays = cJSON_GetObjectItemCaseSensitive(record, "arrays");
        snprintf(path, sizeof path, "%s/params/%s", FANIN_TEST_DATA, name);
        fanin_initializer *initializer = NULL;
        const fanin_status status = fanin_load(path, NULL, 0, &initializer);
        if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "named")) && cJSON_GetArraySize(arrays) > 0) {
            assert_int_equal(status, FANIN_ERROR_FORMAT);
            assert_message(path, "without names", NULL);
            refused++;
            continue;
        }
        if (status != FANIN_OK) {
            fail_msg("%s: %s", name, fanin_last_error());
        }
        cJSON_ArrayForEach(array, arrays)
        {
            check_array(initializer, array);
        }
        fanin_release(initializer);
        loaded++;
    }
    print_message("%d files are loaded, %d have no names\n", loaded, refused);
    assert_int_equal(loaded + refused, cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(data, "cases")));
    assert_true(loaded > 25);
    cJSON_Delete(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
