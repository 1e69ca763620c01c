/* load into every kind of memory: strided, transposed and reversed tensors, boxes of the stored array, by one thread and by
 * several, converted or not, against the stored array put there element by element; and how much of a file is read for it. */
#include "load_helpers.h"

#include "api_helpers.h"
#include "elements.h"

static uint64_t random_state = 0x6a09e667f3bcc908u;

enum source { SAFETENSORS, PARAMS_FILE, PARAMS_ROWS, PARAMS_COLUMNS, TENSORS, SOURCES };
static const char *const source_names[SOURCES] = {"safetensors", "dense .params", "row_sparse", "csr", "tensors in memory"};

/* MXNet's codes of the dtypes. */
static const int mxnet_types[DTYPE_COUNT] = {2, 12, 0, 1, 5, 8, 4, 6, 3, 9, 10, 11, 7};

/* The array that is stored, as "w". */
struct stored_array {
    enum dtype dtype;
    int ndim;
    int64_t shape[FANIN_MAX_NDIM];
    int64_t size;
    unsigned char *data;
};

static int64_t bytes_of(const struct stored_array *array)
{
    return array->size * dtype_table[array->dtype].size;
}

/* Random bytes; floats are finite, so that NaNs need no care. */
static struct stored_array make_array(enum dtype dtype, int ndim, const int64_t *shape)
{
    struct stored_array array = {.dtype = dtype, .ndim = ndim, .size = api_product(ndim, shape)};
    memcpy(array.shape, shape, (size_t)ndim * sizeof *shape);
    array.data = malloc((size_t)bytes_of(&array) + 1);
    const int64_t size = dtype_table[dtype].size;
    for (int64_t i = 0; i < array.size; i++) {
        uint64_t bits = api_random(&random_state);
        if (dtype_table[dtype].is_float) {
            bits &= ~(UINT64_C(0x3000000000000000) >> (64 - 8 * size)); /* of the exponent */
        } else if (dtype == DTYPE_BOOL) {
            bits &= 1;
        }
        memcpy(array.data + i * size, &bits, (size_t)size);
    }
    return array;
}

static void put_dense(struct bytes *bytes, const struct stored_array *array)
{
    put32(bytes, V2);
    put32(bytes, 0);
    put_shape(bytes, array->ndim, array->shape);
    put_type(bytes, mxnet_types[array->dtype]);
    put(bytes, array->data, (size_t)bytes_of(array));
}

/* Every third row is stored; the others become 0. */
static void put_rows(struct bytes *bytes, struct stored_array *array)
{
    const int64_t row = bytes_of(array) / array->shape[0], stored = (array->shape[0] + 2) / 3;
    put32(bytes, V2);
    put32(bytes, 1);
    int64_t shape[FANIN_MAX_NDIM];
    memcpy(shape, array->shape, sizeof shape);
    shape[0] = stored;
    put_shape(bytes, array->ndim, shape);
    put_shape(bytes, array->ndim, array->shape);
    put_type(bytes, mxnet_types[array->dtype]);
    put32(bytes, 6);
    put_shape(bytes, 1, &stored);
    for (int64_t k = 0; k < array->shape[0]; k++) {
        if (k % 3 == 0) {
            put(bytes, array->data + k * row, (size_t)row);
        } else {
            memset(array->data + k * row, 0, (size_t)row);
        }
    }
    for (int64_t k = 0; k < stored; k++) {
        put64(bytes, 3 * k);
    }
}

/* Every fifth element is stored. */
static void put_columns(struct bytes *bytes, struct stored_array *array)
{
    const int64_t size = dtype_table[array->dtype].size, stored = (array->size + 4) / 5, rows = array->shape[0] + 1;
    put32(bytes, V2);
    put32(bytes, 2);
    put_shape(bytes, 1, &stored);
    put_shape(bytes, 2, array->shape);
    put_type(bytes, mxnet_types[array->dtype]);
    put32(bytes, 6);
    put_shape(bytes, 1, &rows);
    put32(bytes, 6);
    put_shape(bytes, 1, &stored);
    for (int64_t i = 0; i < array->size; i++) {
        if (i % 5 == 0) {
            put(bytes, array->data + i * size, (size_t)size);
        } else {
            memset(array->data + i * size, 0, (size_t)size);
        }
    }
    for (int64_t k = 0; k < rows; k++) {
        put64(bytes, (k * array->shape[1] + 4) / 5);
    }
    for (int64_t i = 0; i < array->size; i += 5) {
        put64(bytes, i % array->shape[1]);
    }
}

static fanin_initializer *from_safetensors(const struct folder *folder, const struct stored_array *array)
{
    char header[1024], *end = header;
    end +=
        sprintf(end, "{\"before\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"w\":{\"dtype\":\"%s\",\"shape\":[",
                dtype_table[array->dtype].safetensors);
    for (int d = 0; d < array->ndim; d++) {
        end += sprintf(end, "%s%lld", d > 0 ? "," : "", (long long)array->shape[d]);
    }
    sprintf(end, "],\"data_offsets\":[3,%lld]}}", (long long)(3 + bytes_of(array)));
    struct bytes bytes = {0};
    put(&bytes, "abc", 3); /* nothing is aligned */
    put(&bytes, array->data, (size_t)bytes_of(array));
    write_safetensors(file_in(folder, "w.safetensors"), header, bytes.data, bytes.size);
    free(bytes.data);
    return load(file_in(folder, "w.safetensors"), NULL);
}

static fanin_initializer *from_params(const struct folder *folder, enum source source, struct stored_array *array)
{
    struct bytes bytes = {0};
    put_start(&bytes, 1);
    if (source == PARAMS_FILE) {
        put_dense(&bytes, array);
    } else if (source == PARAMS_ROWS) {
        put_rows(&bytes, array);
    } else {
        put_columns(&bytes, array);
    }
    put64(&bytes, 1);
    put_name(&bytes, "arg:w");
    write_file(file_in(folder, "w.params"), bytes.data, bytes.size);
    free(bytes.data);
    return load(file_in(folder, "w.params"), NULL);
}

/* From a view of any strides. */
static fanin_initializer *from_tensors(const struct stored_array *array)
{
    const struct api_dtype *const dtype = &api_dtypes[array->dtype];
    size_t bytes;
    const struct api_view view = api_random_view(array->ndim, array->shape, dtype->size, 64, &random_state, &bytes);
    struct api_memory memory = api_memory_open(bytes);
    api_expect(&memory, &view, dtype->size, array->data, NULL, NULL);
    memcpy(memory.got, memory.want, memory.size);
    const DLTensor tensor = api_tensor(&memory, &view, dtype);
    const char *const name = "w";
    fanin_initializer *initializer = NULL;
    assert_status(fanin_load_tensors(&name, &tensor, 1, NULL, 0, &initializer), FANIN_OK);
    api_memory_close(&memory);
    return initializer;
}

static fanin_initializer *from_source(const struct folder *folder, enum source source, struct stored_array *array)
{
    return source == SAFETENSORS ? from_safetensors(folder, array)
           : source == TENSORS   ? from_tensors(array)
                                 : from_params(folder, source, array);
}

/* A random box of the array, the whole now and then. */
static void random_box(const struct stored_array *array, int64_t *offset, int64_t *shape)
{
    const bool whole = api_random(&random_state) % 4 == 0;
    for (int d = 0; d < array->ndim; d++) {
        offset[d] = whole ? 0 : api_random_below(&random_state, array->shape[d]);
        shape[d] = whole ? array->shape[d] : 1 + api_random_below(&random_state, array->shape[d] - offset[d]);
    }
}

static void check_box(const fanin_initializer *initializer, const struct stored_array *array, const void *whole, enum dtype to,
                      const char *what)
{
    const struct api_dtype *const dtype = &api_dtypes[to];
    int64_t offset[FANIN_MAX_NDIM], shape[FANIN_MAX_NDIM];
    random_box(array, offset, shape);
    size_t bytes;
    struct api_view view = api_random_view(array->ndim, shape, dtype->size, 128, &random_state, &bytes);
    if (api_random(&random_state) % 2) {
        view = api_row_major(array->ndim, shape, 128);
        bytes = 256 + (size_t)api_product(array->ndim, shape) * dtype->size;
    }
    struct api_memory memory = api_memory_open(bytes);
    const DLTensor tensor = api_tensor(&memory, &view, dtype);
    fanin_desc desc = desc_of("w");
    desc.global_shape = array->shape;
    desc.offset = offset;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = 1 + (int)(api_random(&random_state) % 4);
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    api_expect(&memory, &view, dtype->size, whole, array->shape, offset);
    api_memory_check(&memory, what);
    api_memory_close(&memory);
}

static void check_source(const struct folder *folder, enum source source, enum dtype from, int ndim, const int64_t *shape,
                         int boxes)
{
    struct stored_array array = make_array(from, ndim, shape);
    fanin_initializer *const initializer = from_source(folder, source, &array);
    char what[128];
    for (int i = 0; i < boxes; i++) {
        const enum dtype to = i % 3 == 0 ? from : (enum dtype)api_random_below(&random_state, DTYPE_COUNT);
        snprintf(what, sizeof what, "%s, %s to %s, box %d", source_names[source], dtype_table[from].name, dtype_table[to].name,
                 i);
        void *const whole = malloc((size_t)(array.size * dtype_table[to].size) + 1);
        elements_convert(from, array.data, to, whole, array.size);
        check_box(initializer, &array, whole, to, what);
        free(whole);
    }
    fanin_release(initializer);
    free(array.data);
}

static void test_layouts(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    static const struct {
        int ndim;
        int64_t shape[5];
    } shapes[] = {{1, {1}},        {1, {70001}},      {2, {7, 5}},         {2, {37, 3001}},
                  {2, {3001, 37}}, {3, {11, 13, 17}}, {5, {3, 1, 4, 2, 5}}};
    for (int source = 0; source < SOURCES; source++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            if (source == PARAMS_COLUMNS && shapes[s].ndim != 2) {
                continue;
            }
            for (int from = (int)(s % 3); from < DTYPE_COUNT; from += 3) {
                check_source(&folder, (enum source)source, (enum dtype)from, shapes[s].ndim, shapes[s].shape, 6);
            }
        }
    }
    folder_close(&folder);
}

/* More than a tile and more than a buffer, on as many threads as there are. */
static void test_large(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    const int64_t matrix[] = {701, 1501}, cube[] = {41, 97, 211};
    for (int source = 0; source < SOURCES; source++) {
        check_source(&folder, (enum source)source, DTYPE_FLOAT32, 2, matrix, 5);
        check_source(&folder, (enum source)source, DTYPE_BFLOAT16, 2, matrix, 5);
        if (source != PARAMS_COLUMNS) {
            check_source(&folder, (enum source)source, DTYPE_INT64, 3, cube, 5);
        }
    }
    folder_close(&folder);
}

/* Tensors without dimensions, and without elements. */
static void test_small(void **state)
{
    (void)state;
    const struct folder folder = folder_open();
    struct stored_array scalar = make_array(DTYPE_FLOAT64, 0, &(int64_t){0});
    for (int source = 0; source < SOURCES; source += TENSORS) {
        fanin_initializer *const initializer = from_source(&folder, (enum source)source, &scalar);
        check_box(initializer, &scalar, scalar.data, DTYPE_FLOAT64, "a scalar");
        fanin_release(initializer);
    }
    free(scalar.data);
    struct stored_array empty = make_array(DTYPE_FLOAT32, 3, (const int64_t[]){4, 0, 5});
    for (int source = 0; source < SOURCES; source++) {
        if (source == PARAMS_ROWS || source == PARAMS_COLUMNS) {
            continue;
        }
        fanin_initializer *const initializer = from_source(&folder, (enum source)source, &empty);
        float untouched = 7.0f;
        const DLTensor tensor = tensor_of(&untouched, 3, empty.shape);
        assert_status(fill(initializer, "w", &tensor, NULL), FANIN_OK);
        assert_true(untouched == 7.0f);
        fanin_release(initializer);
    }
    free(empty.data);
    folder_close(&folder);
}

/* ---- what is read ---- */

/* Bytes that this process has read by system calls; -1 where the system does not tell. */
static long long bytes_read(void)
{
    FILE *const file = fopen("/proc/self/io", "r");
    long long bytes = -1;
    if (file && fscanf(file, "rchar: %lld", &bytes) != 1) {
        bytes = -1;
    }
    if (file) {
        fclose(file);
    }
    return bytes;
}

/* What reading the count itself reads. */
static long long measure_overhead(void)
{
    const long long before = bytes_read();
    return bytes_read() - before;
}

static void test_parts(void **state)
{
    (void)state;
    if (bytes_read() < 0) {
        print_message("/proc/self/io cannot be read\n");
        skip();
    }
    const struct folder folder = folder_open();
    const int64_t global[] = {1000, 5000};
    struct stored_array array = make_array(DTYPE_FLOAT32, 2, global);
    fanin_initializer *const initializer = from_safetensors(&folder, &array);
    static const struct {
        int64_t offset[2], shape[2];
        long long most; /* bytes */
    } boxes[] = {
        {{250, 0}, {250, 5000}, 250LL * 5000 * 4},    /* rows */
        {{0, 1250}, {1000, 1250}, 1000LL * 1250 * 4}, /* long pieces of rows */
        {{0, 17}, {1000, 3}, 1000LL * 3 * 4},         /* short ones, far apart */
        {{3, 4999}, {1, 1}, 4},
        {{10, 0}, {2, 5000}, 2LL * 5000 * 4},
    };
    float *const data = malloc(sizeof(float) * 1000 * 5000);
    const long long overhead = measure_overhead();
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        DLTensor tensor = tensor_of(data, 2, boxes[i].shape);
        fanin_desc desc = desc_of("w");
        desc.global_shape = global;
        desc.offset = boxes[i].offset;
        const long long before = bytes_read();
        assert_status(fanin_init(initializer, &desc, &tensor, NULL), FANIN_OK);
        const long long read = bytes_read() - before - overhead;
        /* The first thread may be made meanwhile, which reads the number of processors. */
        if (read > boxes[i].most + 4096) {
            fail_msg("box %zu: %lld bytes were read, expected %lld", i, read, boxes[i].most);
        }
    }
    free(data);
    fanin_release(initializer);
    free(array.data);
    folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
