/* What the threads of the orthogonal fill's kernels do, against plain loops, bit for bit. */
#include "compare.h"
#include "grid.h"

#include "stream/arithmetic.h"
#include "stream/name.h"
#include "stream/round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST     (1 << 20) /* bytes of a matrix */
#define SENTINEL 0xA5
#define SCALE    1.5 /* in both dtypes */

static double matrix[MOST / 8], copy[MOST / 8], tau[4096], factors[4096];
static unsigned char target[MOST], wanted[MOST], writes[MOST];

static struct columns columns_of(int64_t longer, int64_t shorter, bool is_double)
{
    assert_true(longer * shorter <= MOST / 8 && shorter <= 4096);
    return (struct columns){.matrix = matrix,
                            .tau = tau,
                            .factors = factors,
                            .longer = longer,
                            .shorter = shorter,
                            .scale = SCALE,
                            .seed = 11,
                            .sign_stream = 12,
                            .is_double = is_double};
}

static double get(const struct columns *columns, const void *array, int64_t i)
{
    return columns->is_double ? ((const double *)array)[i] : (double)((const float *)array)[i];
}

static void set(const struct columns *columns, void *array, int64_t i, double value)
{
    if (columns->is_double) {
        ((double *)array)[i] = value;
    } else {
        ((float *)array)[i] = (float)value;
    }
}

static void set_random(const struct columns *columns, uint64_t *random)
{
    for (int64_t i = 0; i < columns->longer * columns->shorter; i++) {
        set(columns, matrix, i, (double)(int64_t)compare_random(random) * 0x1p-61);
    }
    memcpy(copy, matrix, sizeof copy);
}

/* ------------------------------------------------ reflectors ------------------------------------------------------------- */

/* The sum over tiles of 256 rows, each from the first on. */
static double tail_of(const struct columns *columns, int64_t column)
{
    double total = 0.0;
    for (int64_t begin = 0; begin < columns->longer; begin += 256) {
        double sum = 0.0;
        for (int64_t row = begin; row < begin + 256 && row < columns->longer; row++) {
            const double element = row > column ? get(columns, copy, column * columns->longer + row) : 0.0;
            sum += element * element;
        }
        total += sum;
    }
    return total;
}

static void check_reflectors(const struct columns *columns)
{
    const size_t size = columns->is_double ? 8 : 4;
    grid_reflectors(columns);
    double vector[1];
    for (int64_t k = 0; k < columns->shorter; k++) {
        const struct orthogonal_reflector reflector =
            orthogonal_reflect(get(columns, copy, k * columns->longer + k), tail_of(columns, k));
        set(columns, vector, 0, reflector.tau);
        assert_memory_equal((char *)tau + (size_t)k * size, vector, size);
        set(columns, vector, 0, reflector.beta < 0.0 ? -SCALE : SCALE);
        assert_memory_equal((char *)factors + (size_t)k * size, vector, size);
        for (int64_t i = 0; i < columns->longer; i++) {
            const int64_t index = k * columns->longer + i;
            const double element = get(columns, copy, index);
            set(columns, vector, 0, i > k ? element * reflector.scale : element);
            assert_memory_equal((char *)matrix + (size_t)index * size, vector, size);
        }
    }
}

static void test_reflectors(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1},   {2, 1},    {2, 2},     {256, 3},   {257, 257}, {300, 299},
                                        {512, 2}, {1025, 9}, {40000, 2}, {33000, 1}, {255, 255}};
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int is_double = 0; is_double < 2; is_double++) {
            const struct columns columns = columns_of(shapes[i][0], shapes[i][1], is_double);
            set_random(&columns, &random);
            check_reflectors(&columns);
        }
    }
}

/* Where all below the diagonal is 0 the reflector is 1. */
static void test_zeros(void **state)
{
    (void)state;
    const struct columns columns = columns_of(300, 2, true);
    memset(matrix, 0, sizeof matrix);
    matrix[0] = -3.0;
    memcpy(copy, matrix, sizeof copy);
    check_reflectors(&columns);
    assert_true(tau[0] == 0.0 && tau[1] == 0.0);
    assert_true(factors[0] == -SCALE && factors[1] == SCALE);
}

/* ------------------------------------------------ small matrices --------------------------------------------------------- */

/* The sum of terms, each 8th in a lane of its own, then of the lanes; the first lane begins with `first`. */
static double sum_of_lanes(const double *terms, int64_t count, double first)
{
    double lanes[8] = {first}, total = 0.0;
    for (int64_t i = 0; i < count; i++) {
        lanes[i % 8] += terms[i];
    }
    for (int lane = 0; lane < 8; lane++) {
        total += lanes[lane];
    }
    return total;
}

/* Q from the reflectors, column by column from the last: LAPACK's org2r, each number rounded where it is stored. */
static void multiply(const struct columns *columns)
{
    static double terms[SMALL_LONGER];
    const int64_t m = columns->longer;
    for (int64_t i = columns->shorter - 1; i >= 0; i--) {
        const double reflector_tau = get(columns, tau, i);
        for (int64_t j = i + 1; j < columns->shorter; j++) {
            for (int64_t r = i + 1; r < m; r++) {
                terms[r - i - 1] = get(columns, copy, i * m + r) * get(columns, copy, j * m + r);
            }
            const double sum = -reflector_tau * sum_of_lanes(terms, m - i - 1, get(columns, copy, j * m + i));
            set(columns, copy, j * m + i, get(columns, copy, j * m + i) + sum);
            for (int64_t r = i + 1; r < m; r++) {
                set(columns, copy, j * m + r, get(columns, copy, j * m + r) + sum * get(columns, copy, i * m + r));
            }
        }
        for (int64_t r = 0; r < m; r++) {
            const double below = -reflector_tau * get(columns, copy, i * m + r);
            set(columns, copy, i * m + r, r < i ? 0.0 : r == i ? 1.0 - reflector_tau : below);
        }
    }
}

static void test_small(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1}, {2, 1}, {2, 2}, {9, 8}, {64, 64}, {65, 64}, {300, 17}, {512, 64}, {512, 1}};
    static double random_matrix[MOST / 8];
    uint64_t random = 4;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int is_double = 0; is_double < 2; is_double++) {
            const struct columns columns = columns_of(shapes[i][0], shapes[i][1], is_double);
            set_random(&columns, &random);
            memcpy(random_matrix, copy, sizeof copy);
            check_reflectors(&columns); /* and makes them */
            memcpy(copy, matrix, sizeof copy);
            multiply(&columns);
            memcpy(matrix, random_matrix, sizeof matrix);
            grid_small(&columns);
            assert_memory_equal(matrix, copy, (size_t)(columns.longer * columns.shorter) * (is_double ? 8 : 4));
        }
    }
}

/* ------------------------------------------------ signs ------------------------------------------------------------------ */

static void check_signs(const struct columns *columns)
{
    grid_signs(columns);
    for (int64_t k = 0; k < columns->shorter; k++) {
        const int64_t begin = k * columns->longer;
        int64_t best = 0;
        for (int64_t i = 1; i < columns->longer; i++) {
            best = fabs(get(columns, matrix, begin + i)) > fabs(get(columns, matrix, begin + best)) ? i : best;
        }
        uint32_t words[4];
        philox_block(columns->seed, columns->sign_stream, (uint64_t)k / 4, words);
        const bool is_minus = (get(columns, matrix, begin + best) < 0.0) != (words[k % 4] >> 31 == 1);
        assert_true(get(columns, factors, k) == (is_minus ? -SCALE : SCALE));
    }
}

static void test_signs(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1}, {3, 2}, {127, 9}, {128, 128}, {129, 4}, {1000, 100}, {50000, 2}};
    uint64_t random = 2;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int is_double = 0; is_double < 2; is_double++) {
            const struct columns columns = columns_of(shapes[i][0], shapes[i][1], is_double);
            set_random(&columns, &random);
            check_signs(&columns);
            /* Few magnitudes: many ties. */
            for (int64_t e = 0; e < columns.longer * columns.shorter; e++) {
                set(&columns, matrix, e, (double)(compare_below(&random, 5) - 2));
            }
            check_signs(&columns);
            /* And nothing but zeros, which have no sign. */
            for (int64_t e = 0; e < columns.longer * columns.shorter; e++) {
                set(&columns, matrix, e, e % 2 == 0 ? 0.0 : -0.0);
            }
            check_signs(&columns);
        }
    }
}

/* Bad numbers, of a factorisation that failed, lead nowhere. */
static void test_not_numbers(void **state)
{
    (void)state;
    const struct columns columns = columns_of(200, 3, false);
    for (int64_t e = 0; e < 600; e++) {
        set(&columns, matrix, e, NAN);
    }
    grid_signs(&columns);
    for (int64_t k = 0; k < 3; k++) {
        assert_true(fabs(get(&columns, factors, k)) == SCALE);
    }
}

/* ------------------------------------------------ cut ---------------------------------------------------------------- */

static void put(enum dtype dtype, unsigned char *to, double value)
{
    const uint16_t half = dtype == DTYPE_FLOAT16 ? round_to_float16((float)value) : round_to_bfloat16((float)value);
    const float single = (float)value;
    switch (dtype) {
    case DTYPE_FLOAT32:
        memcpy(to, &single, sizeof single);
        break;
    case DTYPE_FLOAT64:
        memcpy(to, &value, sizeof value);
        break;
    default:
        memcpy(to, &half, sizeof half);
    }
}

/* A box of a matrix of rows × columns, its axes in the order `turned` says, upwards or downwards, with gaps. */
static void check_cut(enum dtype dtype, int64_t rows, int64_t columns, uint64_t *random)
{
    const bool is_double = dtype == DTYPE_FLOAT64, wide = rows < columns;
    const int64_t longer = wide ? columns : rows, size = dtype_table[dtype].size;
    const struct columns all = columns_of(longer, wide ? rows : columns, is_double);
    set_random(&all, random);
    for (int64_t k = 0; k < all.shorter; k++) {
        set(&all, factors, k, compare_below(random, 2) == 0 ? 1.4 : -1.4);
    }
    const int64_t row = compare_below(random, rows), column = compare_below(random, columns);
    const int64_t row_step = 1 + compare_below(random, 3), column_step = 1 + compare_below(random, 3);
    const int64_t height = 1 + compare_below(random, (rows - row - 1) / row_step + 1);
    const int64_t width = 1 + compare_below(random, (columns - column - 1) / column_step + 1);
    const bool turned = compare_below(random, 2) == 0, up = compare_below(random, 2) == 0;
    const int64_t gap = 1 + compare_below(random, 2);
    const int64_t across = turned ? gap * height : gap, down = (turned ? gap : gap * width) * (up ? -1 : 1);
    const int64_t origin = 8 + (up ? (height - 1) * -down : 0);
    assert_true((origin + height * width * gap + 8) * size < MOST);
    static const int found = 0;
    struct cut cut = {.info = &found,
                      .matrix = matrix,
                      .factors = factors,
                      .longer = longer,
                      .shorter = all.shorter,
                      .data = (uint64_t)(uintptr_t)(target + origin * size),
                      .start = row * columns + column,
                      .size = height * width,
                      .wide = wide,
                      .is_double = is_double,
                      .dtype = dtype,
                      .size_log2 = __builtin_ctz((unsigned)size),
                      .axes = 2,
                      .axis = {{width, across * size, column_step}, {height, down * size, row_step * columns}}};
    memset(target, SENTINEL, sizeof target);
    memset(wanted, SENTINEL, sizeof wanted);
    memset(writes, 0, sizeof writes);
    struct grid_memory memory = {(uintptr_t)target, sizeof target, writes, 0, 0};
    grid_cut(&cut, &memory);
    assert_int_equal(memory.strays + memory.misaligned, 0);
    for (int64_t i = 0; i < height; i++) {
        for (int64_t j = 0; j < width; j++) {
            const int64_t r = row + i * row_step, c = column + j * column_step, k = wide ? r : c;
            const double element = get(&all, matrix, k * longer + (wide ? c : r)), factor = get(&all, factors, k);
            const double value = is_double ? element * factor : (double)((float)element * (float)factor);
            put(dtype, wanted + (origin + i * down + j * across) * size, value);
        }
    }
    assert_memory_equal(target, wanted, sizeof target);
    for (size_t i = 0; i < sizeof writes; i++) {
        assert_true(writes[i] <= 1);
    }
}

static void test_cut(void **state)
{
    (void)state;
    static const enum dtype dtypes[] = {DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT32, DTYPE_FLOAT64};
    uint64_t random = 3;
    for (int i = 0; i < 80; i++) {
        const int64_t rows = 1 + compare_below(&random, 60), columns = 1 + compare_below(&random, 60);
        check_cut(dtypes[i % 4], rows, i % 5 == 0 ? rows : columns, &random);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reflectors), cmocka_unit_test(test_zeros),       cmocka_unit_test(test_signs),
        cmocka_unit_test(test_small),      cmocka_unit_test(test_not_numbers), cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
