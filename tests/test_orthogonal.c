/* orthogonal: MXNet's recorded answers, orthogonality, and what the matrices are made of. */
#include "assert_between.h"
#include "orthogonal_helpers.h"
#include "recorded.h"

#include "cpu/orthogonal_matrix.h"
#include "cpu/variant.h"

#include <float.h>

/* ---- svd of known matrices ---- */

static float *solve(const struct cpu_orthogonal_task *task, const cJSON *input)
{
    struct cpu_orthogonal matrix;
    int64_t place = 0;
    const cJSON *number;
    cJSON_ArrayForEach(number, input)
    {
        ((float *)(void *)task->memory)[place++] = (float)number->valuedouble;
    }
    assert_int_equal(place, task->what.rows * task->what.columns);
    assert_status(cpu_svd_solve(task, &matrix), FANIN_OK);
    float *const values = malloc((size_t)place * sizeof *values);
    assert_non_null(values);
    struct cpu_fill fill = {.orthogonal = &matrix};
    cpu_kernels_chosen()->fill[FILL_ORTHOGONAL][DTYPE_FLOAT32](&fill, 0, place, values);
    return values;
}

/* The singular values of the input, in float64. */
static void singular_values(const struct cpu_orthogonal_task *task, const cJSON *input, double *singular)
{
    enum { MOST = 32, WORK = 16384 };
    static double matrix[MOST * MOST], left[MOST * MOST], right[MOST * MOST], work[WORK];
    static int64_t integers[8 * MOST];
    const int64_t m = task->what.columns, n = task->what.rows, least = task->what.shorter;
    int64_t place = 0;
    const cJSON *number;
    assert_between(task->what.longer, 1, MOST);
    cJSON_ArrayForEach(number, input)
    {
        matrix[place++] = number->valuedouble;
    }
    assert_int_equal(task->lapack->float64.gesdd(m, n, matrix, m, singular, left, m, right, least, work, WORK, integers), 0);
}

/* How far roundings may turn singular vector k: some units in the last place of the largest singular value, over the distance
 * to the next one (Davis and Kahan, SIAM Journal on Numerical Analysis 7, 1970), where 0 counts too; two implementations by
 * twice that. */
static double tolerance_of(const struct orthogonal *what, const double *singular, int64_t k)
{
    double gap = what->rows == what->columns ? INFINITY : singular[k];
    for (int64_t j = 0; j < what->shorter; j++) {
        gap = j != k ? fmin(gap, fabs(singular[j] - singular[k])) : gap;
    }
    const double turn = gap < INFINITY ? 4.0 * singular[0] * FLT_EPSILON / gap : 0.0;
    return (4.0 * FLT_EPSILON + turn) * what->scale;
}

/* Vector k agrees with the recorded one up to its sign; its own sign is the contract's. */
static void check_vector(const struct orthogonal *what, const float *values, const cJSON *recorded, double tolerance, int64_t k,
                         uint64_t seed)
{
    const int64_t begin = what->wide ? k * what->columns : k, stride = what->wide ? 1 : what->columns;
    double same = 0.0, opposite = 0.0;
    float largest = 0.0f;
    for (int64_t i = 0; i < what->longer; i++) {
        const int64_t place = begin + i * stride;
        const double expected = cJSON_GetArrayItem(recorded, (int)place)->valuedouble;
        same = fmax(same, fabs((double)values[place] - expected));
        opposite = fmax(opposite, fabs((double)values[place] + expected));
        largest = fabsf(values[place]) > fabsf(largest) ? values[place] : largest;
    }
    if (!(fmin(same, opposite) <= tolerance)) {
        fail_msg("%lld × %lld: vector %lld differs by %g, expected no more than %g", (long long)what->rows,
                 (long long)what->columns, (long long)k, fmin(same, opposite), tolerance);
    }
    uint32_t words[4];
    fanin_words(seed, fanin_stream("w/sign"), (uint64_t)k / 4, words);
    assert_int_equal(largest < 0.0f, words[k % 4] >> 31);
}

static void test_recorded(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("orthogonal.json");
    const cJSON *record;
    int cases = 0, negative = 0;
    cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(data, "cases"))
    {
        const struct shape shape = recorded_shape(record);
        const double scale = cJSON_GetObjectItemCaseSensitive(record, "scale")->valuedouble;
        const bool uniform = strcmp(recorded_text(record, "rand_type"), "uniform") == 0;
        fanin_initializer *initializer = NULL;
        assert_status(fanin_orthogonal(scale, uniform ? FANIN_DISTRIBUTION_UNIFORM : FANIN_DISTRIBUTION_GAUSSIAN,
                                       FANIN_ORTHOGONAL_SVD, &initializer),
                      FANIN_OK);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "w";
        desc.rule = FANIN_RULE_WEIGHT;
        struct lowering lowering;
        assert_status(lower_shape(initializer, &desc, DTYPE_FLOAT32, &shape, &lowering), FANIN_OK);
        assert_int_equal(lowering.count, 1);
        const uint64_t seed = (uint64_t)cases;
        struct cpu_orthogonal_task task = {.kernels = cpu_kernels_chosen(), .name = "w", .seed = seed, .threads = 1};
        assert_status(cpu_solver("w", &task.lapack), FANIN_OK);
        orthogonal_describe(&lowering.fills[0].fill, DTYPE_FLOAT32, &task.what);
        /* What MXNet draws. */
        const cJSON *const draw = cJSON_GetObjectItemCaseSensitive(record, "draw");
        const struct shape drawn = recorded_shape(draw);
        assert_int_equal(drawn.ndim, 2);
        assert_memory_equal(drawn.extent, task.what.random_shape, sizeof task.what.random_shape);
        const char *const first = uniform ? "low" : "loc", *const second = uniform ? "high" : "scale";
        assert_int_equal(task.what.random.kind, uniform ? FILL_UNIFORM : FILL_NORMAL);
        assert_true(task.what.random.a == cJSON_GetObjectItemCaseSensitive(draw, first)->valuedouble);
        assert_true(task.what.random.b == cJSON_GetObjectItemCaseSensitive(draw, second)->valuedouble);
        /* What it makes of it. */
        uint64_t bytes;
        assert_status(cpu_svd_bytes(&task, &bytes), FANIN_OK);
        task.memory = aligned_alloc(CPU_LAYOUT_ALIGNMENT, bytes);
        assert_non_null(task.memory);
        const cJSON *const input = cJSON_GetObjectItemCaseSensitive(record, "input");
        double singular[32];
        singular_values(&task, input, singular);
        float *const values = solve(&task, input);
        for (int64_t k = 0; k < task.what.shorter; k++) {
            check_vector(&task.what, values, cJSON_GetObjectItemCaseSensitive(record, "values"),
                         tolerance_of(&task.what, singular, k), k, seed);
            negative += orthogonal_flips(seed, task.what.sign_stream, k);
        }
        free(values);
        free(task.memory);
        lower_free(&lowering);
        fanin_release(initializer);
        cases++;
    }
    assert_int_equal(cases, 11);
    assert_between(negative, 10, 50);
    cJSON_Delete(data);
}

static void test_recorded_errors(void **state)
{
    (void)state;
    cJSON *const data = recorded_open("orthogonal.json");
    const cJSON *const list = cJSON_GetObjectItemCaseSensitive(data, "edge_cases");
    const struct shape vector = recorded_shape(cJSON_GetArrayItem(list, 0));
    assert_int_equal(cJSON_GetArraySize(list), 2);
    fanin_initializer *const initializer = create("orthogonal");
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "fc_weight";
    struct lowering lowering;
    assert_status(lower_shape(initializer, &desc, DTYPE_FLOAT32, &vector, &lowering), FANIN_ERROR_SHAPE);
    assert_message("'fc_weight'", "at least 2 dimensions, found 1", NULL);
    assert_status(lower_shape(initializer, &desc, DTYPE_INT32, &(struct shape){2, {3, 3}}, &lowering), FANIN_ERROR_DTYPE);
    assert_message("'fc_weight'", "float dtype", "int32", NULL);
    fanin_release(initializer);
    fanin_initializer *made = NULL;
    assert_string_equal(recorded_text(cJSON_GetArrayItem(list, 1), "rand_type"), "gaussian");
    assert_status(fanin_create("[\"orthogonal\", {\"rand_type\": \"gaussian\"}]", &made), FANIN_ERROR_PARAMETER);
    assert_message("rand_type", "gaussian", NULL);
    cJSON_Delete(data);
}

static void test_scale_of_a_dtype(void **state)
{
    (void)state;
    static const struct {
        double scale;
        enum dtype dtype;
        fanin_status status;
    } cases[] = {
        {65000.0, DTYPE_FLOAT16, FANIN_OK},          {-65510.0, DTYPE_FLOAT16, FANIN_ERROR_VALUE},
        {3.3e38, DTYPE_FLOAT32, FANIN_OK},           {3.4e38, DTYPE_FLOAT32, FANIN_ERROR_VALUE},
        {1e39, DTYPE_BFLOAT16, FANIN_ERROR_VALUE},   {1e300, DTYPE_FLOAT64, FANIN_OK},
        {DBL_MAX, DTYPE_FLOAT64, FANIN_ERROR_VALUE}, {0.0, DTYPE_FLOAT16, FANIN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fanin_initializer *made = NULL;
        assert_status(fanin_orthogonal(cases[i].scale, FANIN_DISTRIBUTION_UNIFORM, FANIN_ORTHOGONAL_HAAR, &made), FANIN_OK);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = "fc_weight";
        struct lowering lowering = {.count = 0};
        assert_status(lower_shape(made, &desc, cases[i].dtype, &(struct shape){2, {2, 2}}, &lowering), cases[i].status);
        if (cases[i].status == FANIN_OK) {
            lower_free(&lowering);
        }
        fanin_release(made);
    }
}

/* ---- orthogonality ---- */

static const struct shape shapes[] = {
    {2, {1, 1}},       {2, {1, 2}},        {2, {2, 1}},          {2, {2, 2}},           {2, {3, 2}},     {2, {1, 1000}},
    {2, {1000, 1}},    {2, {17, 300}},     {2, {300, 17}},       {2, {64, 64}},         {2, {129, 128}}, {2, {128, 129}},
    {2, {257, 257}},   {2, {384, 300}},    {2, {300, 520}},      {3, {12, 2, 2}},       {3, {2, 3, 2}},  {3, {40, 11, 3}},
    {4, {8, 3, 3, 3}}, {4, {64, 3, 7, 7}}, {5, {2, 3, 2, 2, 5}}, {5, {60, 2, 1, 3, 2}}, {2, {513, 300}}, {2, {600, 600}},
};

static void test_orthogonality(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "[\"orthogonal\", {\"method\": \"haar\"}]",
        "[\"orthogonal\", {}]",
        "[\"orthogonal\", {\"rand_type\": \"normal\", \"scale\": 0.25}]",
    };
    static const double bounds[] = {4.0, 64.0, 64.0}, scales[] = {1.414, 1.414, 0.25};
    for (size_t k = 0; k < 3; k++) {
        for (int is_double = 0; is_double < 2; is_double++) {
            const double eps = is_double ? 0x1p-52 : 0x1p-23;
            double worst = 0.0;
            for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
                const int64_t rows = rows_of(&shapes[s]), columns = columns_of(&shapes[s]);
                double *const q = filled(specs[k], "q_weight", is_double ? FLOAT64 : FLOAT32, &shapes[s], s, 0);
                const double scale = is_double ? scales[k] : (double)(float)scales[k];
                const double found =
                    departure(q, rows, columns, scale) / (eps * sqrt((double)(rows > columns ? rows : columns)));
                if (!(found <= bounds[k])) {
                    fail_msg("%s, %lld × %lld: departs by %g eps √n", specs[k], (long long)rows, (long long)columns, found);
                }
                worst = fmax(worst, found);
                free(q);
            }
            print_message("%s, float%d: max |Q·Qᵀ/scale² - 1| is %.2f eps √n at most\n", specs[k], is_double ? 64 : 32, worst);
        }
    }
}

/* ---- svd's random matrix ---- */

/* Uᵀ·T or T·V has orthogonal rows or columns, whose norms are the singular values and fall; T is what a fill of its own under
 * the same name draws. */
static void check_singular(const double *t, const double *kept, int64_t rows, int64_t columns)
{
    const bool wide = rows < columns;
    const int64_t n = wide ? rows : columns;
    /* Row k: the k-th left vector times T, or T times the k-th right vector. */
    const int64_t length = wide ? rows : columns;
    double *const image = calloc((size_t)(n * length), sizeof *image);
    assert_non_null(image);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            for (int64_t k = 0; k < n; k++) {
                if (wide) {
                    image[k * length + i] += t[i * columns + j] * kept[k * columns + j];
                } else {
                    image[k * length + j] += t[i * columns + j] * kept[i * columns + k];
                }
            }
        }
    }
    double last = INFINITY, first = 0.0;
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = 0; b <= a; b++) {
            double sum = 0.0;
            for (int64_t i = 0; i < length; i++) {
                sum += image[a * length + i] * image[b * length + i];
            }
            if (a == b) {
                first = a == 0 ? sum : first;
                assert_true(sum <= last * (1.0 + 1e-5));
                last = sum;
            } else {
                assert_true(fabs(sum) < 3e-6 * first);
            }
        }
    }
    free(image);
}

static void test_singular_vectors(void **state)
{
    (void)state;
    static const struct shape cases[] = {{2, {40, 40}}, {2, {37, 80}}, {2, {80, 37}}, {4, {16, 2, 3, 3}}};
    static const char *const specs[][2] = {
        {"[\"orthogonal\", {\"scale\": 1}]", "[\"uniform\", {\"scale\": 1}]"},
        {"[\"orthogonal\", {\"scale\": 1, \"rand_type\": \"normal\"}]", "[\"normal\", {\"sigma\": 1}]"},
    };
    for (size_t s = 0; s < sizeof cases / sizeof *cases; s++) {
        for (size_t k = 0; k < 2; k++) {
            for (int is_double = 0; is_double < 2; is_double++) {
                const DLDataType dtype = is_double ? FLOAT64 : FLOAT32;
                double *const kept = filled(specs[k][0], "w_weight", dtype, &cases[s], 7, 0);
                double *const drawn = filled(specs[k][1], "w_weight", dtype, &cases[s], 7, 0);
                check_singular(drawn, kept, rows_of(&cases[s]), columns_of(&cases[s]));
                free(kept);
                free(drawn);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),      cmocka_unit_test(test_recorded_errors),  cmocka_unit_test(test_scale_of_a_dtype),
        cmocka_unit_test(test_orthogonality), cmocka_unit_test(test_singular_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
