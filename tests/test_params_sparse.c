/* Sparse arrays of .params files, larger than what is read at once, against arrays that are put together element by element:
 * sorted or not, with repeated indices, indices of every integer type, read in ranges of every kind. Fixed seeds. And how many
 * bytes are read for it. */
#include "assert_between.h"
#include "count_reads.h"
#include "params_helpers.h"

static uint64_t random_state = 0x853c49e6748fea9bu;

static int64_t random_below(int64_t limit)
{
    return (int64_t)(random_next(&random_state) % (uint64_t)limit);
}

/* MXNet's codes of the integers, their bytes, and the largest extent that they index. */
static const struct {
    int type, size;
    int64_t limit;
} integers[] = {{3, 1, 256},       {5, 1, 128},        {8, 2, 1 << 15},   {9, 2, 1 << 16},
                {4, 4, INT32_MAX}, {10, 4, INT32_MAX}, {6, 8, INT64_MAX}, {11, 8, INT64_MAX}};

enum { INTEGERS = sizeof integers / sizeof *integers };

static void put_indices(struct bytes *bytes, const int64_t *values, int64_t count, int integer)
{
    for (int64_t i = 0; i < count; i++) {
        put(bytes, &values[i], (size_t)integers[integer].size);
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum indices {
    ANY,      /* in no order, repeated ones among them */
    REPEATED, /* sorted, repeated ones among them */
    SORTED    /* each once */
};

enum { KINDS = 3 };

/* `count` indices below `limit`; of SORTED ones `count` ≤ `limit`. */
static int64_t *make_indices(int64_t count, int64_t limit, enum indices kind)
{
    int64_t *const indices = malloc((size_t)(count + 1) * sizeof *indices);
    for (int64_t i = 0; i < count; i++) {
        indices[i] = random_below(kind == SORTED ? limit - count + 1 : limit);
    }
    if (kind != ANY) {
        qsort(indices, (size_t)count, sizeof *indices, compare);
    }
    for (int64_t i = 0; i < count && kind == SORTED; i++) {
        indices[i] += i;
    }
    return indices;
}

/* Whether each of the indices is larger than the one before. */
static bool ascends(const int64_t *indices, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        if (indices[i] <= indices[i - 1]) {
            return false;
        }
    }
    return true;
}

static void check_range(struct params_reader *reader, const struct params_entry *entry, const uint16_t *dense, int64_t begin,
                        int64_t count)
{
    uint16_t *const found = malloc((size_t)count * sizeof *found + 1);
    memset(found, 0xa5, (size_t)count * sizeof *found);
    assert_status(params_reader_read(reader, entry, begin, count, found), FANIN_OK);
    for (int64_t i = 0; i < count; i++) {
        if (found[i] != dense[begin + i]) {
            fail_msg("elements %lld to %lld: number %lld is %u, expected %u", (long long)begin, (long long)(begin + count),
                     (long long)(begin + i), found[i], dense[begin + i]);
        }
    }
    free(found);
}

/* The whole; one after another in three sizes; from the end; anywhere. */
static void check_dense(const struct bytes *bytes, bool sorted, const uint16_t *dense, int64_t total)
{
    struct params params = {0};
    struct params_reader reader;
    const int fd = open_bytes(bytes->data, bytes->size);
    assert_status(params_read(fd, "file", (int64_t)bytes->size, &params), FANIN_OK);
    const struct params_entry *const entry = &params.entries[0];
    assert_int_equal(entry->count, total);
    assert_int_equal(entry->sorted, sorted);
    assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
    check_range(&reader, entry, dense, 0, total);
    const int64_t steps[] = {total / 7 + 1, total / 40 + 3, total / 300 + 1};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        for (int64_t begin = 0; begin < total; begin += steps[s]) {
            check_range(&reader, entry, dense, begin, total - begin < steps[s] ? total - begin : steps[s]);
        }
    }
    for (int64_t end = total; end > 0; end -= steps[1]) {
        const int64_t begin = end < steps[1] ? 0 : end - steps[1];
        check_range(&reader, entry, dense, begin, end - begin);
    }
    for (int i = 0; i < 200; i++) {
        const int64_t begin = random_below(total);
        check_range(&reader, entry, dense, begin, random_below((total - begin) / 8 + 1));
    }
    params_reader_free(&reader);
    params_free(&params);
    close(fd);
}

/* A uint16 array of `rows` × `row`, of which `stored` rows are in the file. */
static void check_rows(int64_t rows, int64_t row, int64_t stored, int integer, enum indices kind)
{
    struct bytes bytes = {0};
    int64_t *const indices = make_indices(stored, rows, kind);
    uint16_t *const values = malloc((size_t)(stored * row + 1) * sizeof *values);
    uint16_t *const dense = calloc((size_t)(rows * row), sizeof *dense);
    for (int64_t k = 0; k < stored * row; k++) {
        values[k] = (uint16_t)random_next(&random_state);
        dense[indices[k / row] * row + k % row] = values[k];
    }
    put_start(&bytes, 1);
    put32(&bytes, V2);
    put32(&bytes, 1);
    put_shape(&bytes, 3, (int64_t[]){stored, 1, row});
    put_shape(&bytes, 3, (int64_t[]){rows, 1, row});
    put_type(&bytes, 9);
    put32(&bytes, integers[integer].type);
    put_shape(&bytes, 1, &stored);
    put(&bytes, values, (size_t)(stored * row) * sizeof *values);
    put_indices(&bytes, indices, stored, integer);
    put64(&bytes, 0);
    check_dense(&bytes, ascends(indices, stored), dense, rows * row);
    free(bytes.data);
    free(indices);
    free(values);
    free(dense);
}

/* A uint16 array of `rows` × `columns`; each row stores up to twice `most` / rows elements, the last one the rest of `most`. */
static void check_csr(int64_t rows, int64_t columns, int64_t most, int integer, enum indices kind)
{
    struct bytes bytes = {0};
    uint16_t *const values = malloc((size_t)(most + 1) * sizeof *values);
    uint16_t *const dense = calloc((size_t)(rows * columns), sizeof *dense);
    int64_t *const pointers = malloc((size_t)(rows + 1) * sizeof *pointers);
    int64_t *const indices = malloc((size_t)(most + 1) * sizeof *indices);
    int64_t stored = 0;
    bool sorted = true;
    pointers[0] = 0;
    for (int64_t r = 0; r < rows; r++) {
        const int64_t left = most - stored, wanted = random_below(2 * (most / rows) + 1);
        const int64_t some = r + 1 == rows || wanted > left ? left : wanted;
        const int64_t count = kind == SORTED && some > columns ? columns : some;
        int64_t *const part = make_indices(count, columns, kind);
        sorted = sorted && ascends(part, count);
        for (int64_t k = 0; k < count; k++) {
            values[stored + k] = (uint16_t)random_next(&random_state);
            dense[r * columns + part[k]] = values[stored + k];
            indices[stored + k] = part[k];
        }
        free(part);
        stored += count;
        pointers[r + 1] = stored;
    }
    put_start(&bytes, 1);
    put32(&bytes, V2);
    put32(&bytes, 2);
    put_shape(&bytes, 1, &stored);
    put_shape(&bytes, 2, (int64_t[]){rows, columns});
    put_type(&bytes, 9);
    put32(&bytes, 6);
    put_shape(&bytes, 1, (int64_t[]){rows + 1});
    put32(&bytes, integers[integer].type);
    put_shape(&bytes, 1, &stored);
    put(&bytes, values, (size_t)stored * sizeof *values);
    put_indices(&bytes, pointers, rows + 1, 6);
    put_indices(&bytes, indices, stored, integer);
    put64(&bytes, 0);
    check_dense(&bytes, sorted, dense, rows * columns);
    free(bytes.data);
    free(values);
    free(dense);
    free(pointers);
    free(indices);
}

/* An extent that needs all values of the small integers. */
static int64_t extent_of(int integer)
{
    return integers[integer].size <= 2 ? integers[integer].limit : 1000;
}

/* Rows beyond what 32 bits count: only the parts around them are read. */
static void test_far_rows(void **state)
{
    (void)state;
    static const struct {
        int integer;
        int64_t extent, rows[3];
    } cases[] = {{4, INT32_MAX, {5, 1 << 20, INT32_MAX - 1}},
                 {5, INT64_C(1) << 32, {0, INT64_C(3000000000), UINT32_MAX}},
                 {6, INT64_C(1) << 60, {INT64_C(1) << 31, INT64_C(1) << 32, (INT64_C(1) << 60) - 1}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct bytes bytes = {0};
        struct params params = {0};
        struct params_reader reader;
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, 1);
        put_shape(&bytes, 2, (int64_t[]){3, 2});
        put_shape(&bytes, 2, (int64_t[]){cases[c].extent, 2});
        put_type(&bytes, 3);
        put32(&bytes, integers[cases[c].integer].type);
        put_shape(&bytes, 1, (int64_t[]){3});
        put(&bytes, (uint8_t[]){1, 2, 3, 4, 5, 6}, 6);
        put_indices(&bytes, cases[c].rows, 3, cases[c].integer);
        put64(&bytes, 0);
        const int fd = open_bytes(bytes.data, bytes.size);
        assert_status(params_read(fd, "file", (int64_t)bytes.size, &params), FANIN_OK);
        assert_int_equal(params.entries[0].count, 2 * cases[c].extent);
        assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
        for (int k = 0; k < 3; k++) {
            uint8_t found[2];
            const int64_t begin = 2 * cases[c].rows[k];
            assert_status(params_reader_read(&reader, &params.entries[0], begin, 2, found), FANIN_OK);
            assert_int_equal(found[0], 2 * k + 1);
            assert_int_equal(found[1], 2 * k + 2);
            if (begin > 0) {
                assert_status(params_reader_read(&reader, &params.entries[0], begin - 1, 2, found), FANIN_OK);
                assert_int_equal(found[0], 0);
                assert_int_equal(found[1], 2 * k + 1);
            }
        }
        params_reader_free(&reader);
        params_free(&params);
        close(fd);
        free(bytes.data);
    }
}

/* A negative row is one, whatever the type, even where the same bits without a sign would be within the array. */
static void test_negative_rows(void **state)
{
    (void)state;
    static const int signed_integers[] = {1, 2, 4, 6};
    for (size_t i = 0; i < sizeof signed_integers / sizeof *signed_integers; i++) {
        struct bytes bytes = {0};
        struct params params;
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, 1);
        put_shape(&bytes, 1, (int64_t[]){1});
        put_shape(&bytes, 1, (int64_t[]){INT64_C(1) << 40});
        put_type(&bytes, 3);
        put32(&bytes, integers[signed_integers[i]].type);
        put_shape(&bytes, 1, (int64_t[]){1});
        put(&bytes, "x", 1);
        put_indices(&bytes, (int64_t[]){-1}, 1, signed_integers[i]);
        put64(&bytes, 0);
        assert_status(read_bytes(bytes.data, bytes.size, &params), FANIN_ERROR_FORMAT);
        assert_message("row index 0 is -1, expected 0 to 1099511627775", NULL);
        free(bytes.data);
    }
}

static void test_row_sparse(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        for (int integer = 0; integer < INTEGERS; integer++) {
            check_rows(extent_of(integer), 5, 100, integer, kind);
        }
        check_rows(60000, 3, 40000, 6, kind); /* several buffers of indices and values, many repeated */
        check_rows(60000, 3, 300, 4, kind);   /* few among many */
        check_rows(10, 70000, 7, 6, kind);    /* rows larger than a buffer */
        check_rows(5000, 1, kind == SORTED ? 4000 : 20000, 6, kind);
        check_rows(50, 4, 0, 6, kind);
        check_rows(50, 4, 1, 6, kind);
    }
    check_rows(1, 1000, 50, 6, REPEATED); /* all in one */
}

static void test_csr(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        for (int integer = 0; integer < INTEGERS; integer++) {
            check_csr(20, extent_of(integer), 1000, integer, kind);
        }
        check_csr(30000, 5, 50000, 6, kind); /* several buffers of pointers */
        check_csr(3, 60000, 90000, 4, kind); /* long rows, which ranges cut */
        check_csr(2, 50000, 90, 6, kind);
        check_csr(40, 300, 9000, 6, kind); /* rows that are put in order, and rows that are not */
        check_csr(1000, 40, 0, 6, kind);
    }
}

/* Of several for one place the one stored last counts, next to others or not: of a row, and of an element. */
static void test_repeated(void **state)
{
    (void)state;
    static const int64_t places[] = {5, 2, 2, 5, 0, 7, 2, 7};
    static const uint8_t values[] = {1, 2, 3, 4, 5, 6, 7, 8}, expected[] = {5, 0, 7, 0, 0, 4, 0, 8};
    for (int csr = 0; csr < 2; csr++) {
        struct bytes bytes = {0};
        struct params params = {0};
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, csr ? 2 : 1);
        put_shape(&bytes, csr ? 1 : 2, (int64_t[]){8, 1});
        put_shape(&bytes, 2, csr ? (int64_t[]){1, 8} : (int64_t[]){8, 1});
        put_type(&bytes, 3);
        if (csr) {
            put32(&bytes, 6);
            put_shape(&bytes, 1, (int64_t[]){2});
        }
        put32(&bytes, 6);
        put_shape(&bytes, 1, (int64_t[]){8});
        put(&bytes, values, sizeof values);
        if (csr) {
            put_indices(&bytes, (int64_t[]){0, 8}, 2, 6);
        }
        put_indices(&bytes, places, 8, 6);
        put64(&bytes, 0);
        const int fd = open_bytes(bytes.data, bytes.size);
        assert_status(params_read(fd, "file", (int64_t)bytes.size, &params), FANIN_OK);
        uint8_t *const found = read_all(fd, &params.entries[0]);
        assert_memory_equal(found, expected, sizeof expected);
        free(found);
        params_free(&params);
        close(fd);
        free(bytes.data);
    }
}

/* What an unsorted array costs does not depend on the number of ranges that it is read in: its index is not read again. */
static void test_cost(void **state)
{
    (void)state;
    enum { STORED = 20000, EXTENT = 1 << 20, RANGE = 1024, GAP = 256 };
    for (int csr = 0; csr < 2; csr++) {
        for (int kind = 0; kind < KINDS; kind++) {
            struct bytes bytes = {0};
            struct params params = {0};
            struct params_reader reader;
            int64_t *const indices = make_indices(STORED, EXTENT, kind);
            uint8_t found[RANGE], *const values = calloc(1, STORED);
            put_start(&bytes, 1);
            put32(&bytes, V2);
            put32(&bytes, csr ? 2 : 1);
            put_shape(&bytes, csr ? 1 : 2, (int64_t[]){STORED, 1});
            put_shape(&bytes, 2, csr ? (int64_t[]){1, EXTENT} : (int64_t[]){EXTENT, 1});
            put_type(&bytes, 3);
            if (csr) {
                put32(&bytes, 6);
                put_shape(&bytes, 1, (int64_t[]){2});
            }
            put32(&bytes, 6);
            put_shape(&bytes, 1, (int64_t[]){STORED});
            put(&bytes, values, STORED);
            if (csr) {
                put_indices(&bytes, (int64_t[]){0, STORED}, 2, 6);
            }
            put_indices(&bytes, indices, STORED, 6);
            put64(&bytes, 0);
            const int fd = open_bytes(bytes.data, bytes.size);
            bytes_read = 0;
            assert_status(params_read(fd, "file", (int64_t)bytes.size, &params), FANIN_OK);
            assert_between(bytes_read, 0, 3 * bytes.size);
            assert_int_equal(params_reader_start(&reader, fd, "file"), FANIN_OK);
            bytes_read = 0;
            for (int64_t begin = 0; begin < EXTENT; begin += RANGE) {
                assert_status(params_reader_read(&reader, &params.entries[0], begin, RANGE, found), FANIN_OK);
            }
            /* What lies between elements that are wanted is read with them. Sorted ones are searched in the file, by a few
             * short reads for each range. */
            const int64_t beside = kind == SORTED ? (int64_t)EXTENT / RANGE * 16 * 512 : (int64_t)STORED * GAP;
            assert_between(bytes_read, 0, (int64_t)bytes.size + beside);
            params_reader_free(&reader);
            params_free(&params);
            close(fd);
            free(bytes.data);
            free(indices);
            free(values);
        }
    }
}

/* A sparse array whose stored shape is one without elements, as MXNet writes it when it saves an array that is still being made:
 * it holds what MXNet reads from such a file, and by the same checks as any other. */
static void test_empty_stored_shape(void **state)
{
    (void)state;
    static const struct {
        int storage, stored_ndim;
        int64_t stored[2], shape[2];
        int index_ndim;
        int64_t count, indices[3];
        const char *text; /* NULL: it is read, as `dense` */
        float dense[6];
    } cases[] = {
        {1, 2, {0, 2}, {3, 2}, 1, 2, {0, 2}, NULL, {1, 2, 0, 0, 3, 4}},
        {1, 1, {0}, {3, 2}, 1, 2, {0, 2}, NULL, {1, 2, 0, 0, 3, 4}},
        {1, 2, {0, 2}, {3, 2}, 1, 0, {0}, NULL, {0}},
        {1, 2, {0, 7}, {3, 2}, 1, 1, {1}, NULL, {0, 0, 1, 2, 0, 0}},
        {2, 1, {0}, {2, 3}, 1, 2, {2, 0}, NULL, {0, 0, 1, 2, 0, 0}},
        {2, 1, {0}, {2, 3}, 1, 0, {0}, NULL, {0}},
        {1, 2, {0, 2}, {3, 2}, 1, 2, {0, 3}, "row index 1 is 3, expected 0 to 2", {0}},
        {1, 2, {0, 2}, {3, 2}, 0, 0, {0}, "rows have the shape [], expected one dimension", {0}},
        {1, 2, {0, 2}, {3, 2}, 1, INT64_MAX, {0}, "more elements than 64 bits count", {0}},
        {1, 2, {0, 2}, {3, 2}, 1, INT64_C(1) << 40, {0}, "bytes are expected", {0}},
        {2, 1, {0}, {2, 3}, 1, 2, {2, 3}, "column index 1 is 3, expected 0 to 2", {0}},
        {2, 1, {0}, {2, 3}, 1, 3, {0, 1, 2}, "row pointer 2 is 2, expected 3 to 3", {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool rows = cases[i].storage == 1;
        const int64_t pointers[3] = {0, cases[i].count > 0, cases[i].count < 2 ? cases[i].count : 2};
        const int64_t count = cases[i].count < 3 ? cases[i].count : 3;
        struct bytes bytes = {0};
        put_start(&bytes, 1);
        put32(&bytes, V2);
        put32(&bytes, cases[i].storage);
        put_shape(&bytes, cases[i].stored_ndim, cases[i].stored);
        put_shape(&bytes, 2, cases[i].shape);
        put_type(&bytes, 0);
        if (!rows) {
            put32(&bytes, 6);
            put_shape(&bytes, 1, &(int64_t){3});
        }
        put32(&bytes, 6);
        put_shape(&bytes, cases[i].index_ndim, &cases[i].count);
        put(&bytes, (float[]){1, 2, 3, 4, 5, 6}, (size_t)count * (rows ? 8 : 4));
        put(&bytes, pointers, rows ? 0 : sizeof pointers);
        put(&bytes, cases[i].indices, (size_t)count * 8);
        put64(&bytes, 0);
        const int fd = open_bytes(bytes.data, bytes.size);
        struct params params = {0};
        const fanin_status status = params_read(fd, "file", (int64_t)bytes.size, &params);
        if (cases[i].text != NULL) {
            assert_status(status, FANIN_ERROR_FORMAT);
            assert_message("array 1", cases[i].text, NULL);
        } else {
            assert_status(status, FANIN_OK);
            float *const values = read_all(fd, &params.entries[0]);
            assert_memory_equal(values, cases[i].dense, sizeof cases[i].dense);
            free(values);
        }
        params_free(&params);
        close(fd);
        free(bytes.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_sparse),         cmocka_unit_test(test_far_rows),
        cmocka_unit_test(test_negative_rows),      cmocka_unit_test(test_csr),
        cmocka_unit_test(test_repeated),           cmocka_unit_test(test_cost),
        cmocka_unit_test(test_empty_stored_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
