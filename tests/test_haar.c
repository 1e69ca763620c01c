/* orthogonal by Haar's method: equal to the product of its reflectors, written out in float64, and of Haar's distribution. */
#include "orthogonal_helpers.h"

/* ---- the reflectors ---- */

static const char spec[] = "[\"orthogonal\", {\"scale\": 1.5, \"method\": \"haar\"}]";

/* Q of the reflectors of g, longer × shorter and row-major, times 1.5: H(0)·H(1)⋯ from the last to the first. */
static double *reference(const double *g, int64_t longer, int64_t shorter)
{
    double *const q = calloc((size_t)(longer * shorter), sizeof *q), *const v = malloc((size_t)longer * sizeof *v);
    double *const signs = malloc((size_t)shorter * sizeof *signs);
    assert_true(q && v && signs);
    for (int64_t k = shorter - 1; k >= 0; k--) {
        double norm = 0.0;
        for (int64_t i = k; i < longer; i++) {
            v[i] = g[i * shorter + k];
            norm += v[i] * v[i];
        }
        const double beta = k == longer - 1 ? v[k] : -copysign(sqrt(norm), v[k]);
        signs[k] = copysign(1.0, beta);
        q[k * shorter + k] = 1.0;
        if (k == longer - 1) {
            continue;
        }
        /* H = 1 - 2·v·vᵀ/(vᵀ·v) with v = x - beta·e. */
        v[k] -= beta;
        const double square = norm - 2.0 * beta * g[k * shorter + k] + beta * beta;
        for (int64_t j = k; j < shorter; j++) {
            double dot = 0.0;
            for (int64_t i = k; i < longer; i++) {
                dot += v[i] * q[i * shorter + j];
            }
            for (int64_t i = k; i < longer; i++) {
                q[i * shorter + j] -= 2.0 * dot / square * v[i];
            }
        }
    }
    for (int64_t i = 0; i < longer * shorter; i++) {
        q[i] *= 1.5 * signs[i % shorter];
    }
    free(v);
    free(signs);
    return q;
}

static void check_product(const struct shape *shape, DLDataType dtype, int threads)
{
    const int64_t rows = rows_of(shape), columns = columns_of(shape);
    const int64_t longer = rows > columns ? rows : columns, shorter = rows > columns ? columns : rows;
    double *const g = filled("[\"normal\", {\"sigma\": 1}]", "q_weight", dtype, &(struct shape){2, {longer, shorter}}, 3, 1);
    double *const expected = reference(g, longer, shorter), *const found = filled(spec, "q_weight", dtype, shape, 3, threads);
    const double tolerance = 4.0 * (dtype.bits == 64 ? 0x1p-52 : 0x1p-23) * sqrt((double)longer);
    for (int64_t i = 0; i < longer; i++) {
        for (int64_t k = 0; k < shorter; k++) {
            const double value = rows < columns ? found[k * longer + i] : found[i * shorter + k];
            if (!(fabs(value - expected[i * shorter + k]) <= tolerance)) {
                fail_msg("%lld × %lld, float%d: element (%lld, %lld) is %.17g, expected %.17g", (long long)rows,
                         (long long)columns, dtype.bits, (long long)i, (long long)k, value, expected[i * shorter + k]);
            }
        }
    }
    free(g);
    free(expected);
    free(found);
}

/* Around the widths of blocks (128), of tiles (256 rows, 128 columns), and of what one thread computes. */
static void test_product_of_reflectors(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {2, {1, 1}},    {2, {1, 9}},     {2, {9, 1}},        {2, {2, 2}},       {2, {5, 5}},     {2, {33, 31}},
        {2, {31, 33}},  {2, {127, 127}}, {2, {128, 128}},    {2, {129, 129}},   {2, {257, 130}}, {2, {130, 256}},
        {2, {1000, 3}}, {2, {3, 1000}},  {4, {64, 3, 5, 5}}, {3, {300, 7, 20}}, {2, {520, 257}}, {2, {700, 600}},
    };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        check_product(&shapes[s], FLOAT32, 1);
        check_product(&shapes[s], FLOAT64, 3);
    }
}

/* ---- the distribution ---- */

#define MATRICES 4000

/* Kolmogorov and Smirnov's limit for √n·D at significance 1e-4. */
#define LIMIT 2.23

static int ascending(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* The samples, of these probabilities under the exact law, are uniform. */
static double check_uniform(double *probabilities, size_t count, const char *what)
{
    qsort(probabilities, count, sizeof *probabilities, ascending);
    double most = 0.0;
    for (size_t i = 0; i < count; i++) {
        most =
            fmax(most, fmax((double)(i + 1) / (double)count - probabilities[i], probabilities[i] - (double)i / (double)count));
    }
    const double distance = most * sqrt((double)count);
    if (!(distance < LIMIT)) {
        fail_msg("%s: √n·D = %.3f, n = %zu", what, distance, count);
    }
    return distance;
}

/* Matrices of one shape under as many names, in one plan. */
static float *many(int64_t rows, int64_t columns)
{
    const int64_t shape[] = {rows, columns}, size = rows * columns;
    float *const all = malloc((size_t)(MATRICES * size) * sizeof *all);
    assert_non_null(all);
    fanin_initializer *const initializer = create("[\"orthogonal\", {\"scale\": 1, \"method\": \"haar\"}]");
    fanin_plan *plan = NULL;
    assert_status(fanin_plan_create(&plan), FANIN_OK);
    for (int i = 0; i < MATRICES; i++) {
        char name[40];
        snprintf(name, sizeof name, "q%d_weight", i);
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = name;
        const DLTensor tensor = {
            .data = all + i * size, .device = {kDLCPU, 0}, .ndim = 2, .dtype = FLOAT32, .shape = (int64_t *)(uintptr_t)shape};
        assert_status(fanin_plan_add(plan, initializer, &desc, &tensor), FANIN_OK);
    }
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 2024;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    fanin_plan_free(plan);
    fanin_release(initializer);
    return all;
}

/* An element x of a unit vector of n = 5 dimensions has the density 3/4·(1 - x²): x² is Beta(1/2, (n - 1)/2). */
static void check_elements(int64_t rows, int64_t columns)
{
    float *const all = many(rows, columns);
    double probabilities[MATRICES], worst = 0.0;
    for (int64_t place = 0; place < rows * columns; place++) {
        for (int i = 0; i < MATRICES; i++) {
            const double x = all[i * rows * columns + place];
            probabilities[i] = 0.5 + 0.75 * (x - x * x * x / 3.0);
        }
        char what[60];
        snprintf(what, sizeof what, "element %d of %d × %d", (int)place, (int)rows, (int)columns);
        worst = fmax(worst, check_uniform(probabilities, MATRICES, what));
    }
    print_message("elements of %d × %d: √n·D = %.3f at most\n", (int)rows, (int)columns, worst);
    free(all);
}

static void test_elements(void **state)
{
    (void)state;
    check_elements(5, 5);
    check_elements(5, 2);
    check_elements(2, 5);
}

/* n = 2: half are rotations, by an angle that is uniform. The others are reflections, of an axis that is. */
static void test_angles_of_2(void **state)
{
    (void)state;
    float *const all = many(2, 2);
    double angles[2][MATRICES];
    size_t count[2] = {0, 0};
    for (int i = 0; i < MATRICES; i++) {
        const float *const q = &all[4 * i];
        const int reflects = (double)q[0] * q[3] - (double)q[1] * q[2] < 0.0;
        angles[reflects][count[reflects]++] = atan2(q[2], q[0]) / (2.0 * M_PI) + 0.5;
    }
    assert_true(fabs((double)count[0] - MATRICES / 2.0) < 4.0 * sqrt(MATRICES / 4.0));
    check_uniform(angles[0], count[0], "angle of 2 × 2 rotations");
    check_uniform(angles[1], count[1], "angle of 2 × 2 reflections");
    free(all);
}

/* n = 3: the eigenvalues of a rotation are 1 and e^(±i·t), t of the density (1 - cos t)/π; those of the others are their
 * negatives. */
static void test_angles_of_3(void **state)
{
    (void)state;
    float *const all = many(3, 3);
    double probabilities[MATRICES];
    int rotations = 0;
    for (int i = 0; i < MATRICES; i++) {
        const float *const q = &all[9 * i];
        const double determinant = q[0] * ((double)q[4] * q[8] - (double)q[5] * q[7]) -
                                   q[1] * ((double)q[3] * q[8] - (double)q[5] * q[6]) +
                                   q[2] * ((double)q[3] * q[7] - (double)q[4] * q[6]);
        const double trace = copysign((double)q[0] + q[4] + q[8], ((double)q[0] + q[4] + q[8]) * determinant);
        const double angle = acos(fmin(1.0, fmax(-1.0, (trace - 1.0) / 2.0)));
        probabilities[i] = (angle - sin(angle)) / M_PI;
        rotations += determinant > 0.0;
    }
    assert_true(fabs(rotations - MATRICES / 2.0) < 4.0 * sqrt(MATRICES / 4.0));
    check_uniform(probabilities, MATRICES, "eigenvalues of 3 × 3");
    free(all);
}

/* tr Qᵏ, the sum of the eigenvalues' powers, has the mean 1 for even k, 0 for odd, and the variance k, as long as 2k ≤ n
 * (Diaconis and Shahshahani 1994). */
static void test_traces_of_powers(void **state)
{
    (void)state;
    enum { N = 8 };
    float *const all = many(N, N);
    double sum[5] = {0.0}, squares[5] = {0.0};
    for (int m = 0; m < MATRICES; m++) {
        const float *const q = &all[N * N * m];
        double power[N][N] = {{0.0}};
        for (int i = 0; i < N; i++) {
            power[i][i] = 1.0;
        }
        for (int k = 1; k <= N / 2; k++) {
            double next[N][N] = {{0.0}}, trace = 0.0;
            for (int i = 0; i < N; i++) {
                for (int j = 0; j < N; j++) {
                    for (int l = 0; l < N; l++) {
                        next[i][j] += power[i][l] * q[l * N + j];
                    }
                }
                trace += next[i][i];
            }
            memcpy(power, next, sizeof power);
            sum[k] += trace;
            squares[k] += (trace - (k % 2 == 0)) * (trace - (k % 2 == 0));
        }
    }
    for (int k = 1; k <= N / 2; k++) {
        const double mean = sum[k] / MATRICES, variance = squares[k] / MATRICES;
        print_message("tr Q^%d: mean %.4f, variance %.4f\n", k, mean, variance);
        /* Four standard deviations; the fourth moment of such a trace is at most a normal's. */
        assert_true(fabs(mean - (k % 2 == 0)) < 4.0 * sqrt((double)k / MATRICES));
        assert_true(fabs(variance - k) < 4.0 * k * sqrt(2.0 / MATRICES));
    }
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product_of_reflectors), cmocka_unit_test(test_elements),
        cmocka_unit_test(test_angles_of_2),           cmocka_unit_test(test_angles_of_3),
        cmocka_unit_test(test_traces_of_powers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
