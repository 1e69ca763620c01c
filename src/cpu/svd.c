/* MXNet's orthogonal: singular vectors of a random matrix. */
#include "cpu/orthogonal_matrix.h"

#include <math.h>

/* Row-major rows × columns is column-major columns × rows, so LAPACK takes the transpose apart, and what it calls u is, read
 * row-major, Vᵀ of the matrix, and its vᵀ is U. No element is moved. */
struct svd {
    void *matrix;   /* columns × rows */
    void *left;     /* columns × shorter */
    void *right;    /* shorter × rows */
    void *singular; /* shorter */
    void *factors;  /* shorter */
    void *integers;
    void *work;
};

static const struct lapack_routines *routines_of(const struct cpu_orthogonal_task *task)
{
    return task->what.dtype == DTYPE_FLOAT64 ? &task->lapack->float64 : &task->lapack->float32;
}

/* The elements of work that gesdd wants. Asked of the library where its least, 4·n² + 7·n for vectors of both sides, does not
 * overflow LAPACK's integers, in which it would compute the answer. */
static fanin_status measure_work(struct cpu_orthogonal_task *task)
{
    const struct orthogonal *const what = &task->what;
    const int64_t n = what->shorter;
    int64_t least;
    if (__builtin_mul_overflow(n, n, &least) || __builtin_mul_overflow(least, (int64_t)4, &least) ||
        __builtin_add_overflow(least, 7 * (n < INT64_MAX / 8 ? n : 0), &least)) {
        least = INT64_MAX;
    }
    task->work_size = least;
    if (least > task->lapack->largest || what->longer > task->lapack->largest) {
        return FANIN_OK;
    }
    double unused[1], answer = 0.0;
    int64_t integer[8];
    const int64_t info = routines_of(task)->gesdd(what->columns, what->rows, unused, what->columns, unused, unused,
                                                  what->columns, unused, n, &answer, -1, integer);
    if (info != 0) {
        return cpu_orthogonal_fail(task, "gesdd", info);
    }
    float answer_float;
    memcpy(&answer_float, &answer, sizeof answer_float);
    /* A float's answer may have been rounded down. */
    const double wanted = what->dtype == DTYPE_FLOAT64 ? answer : ceil((double)answer_float * (1.0 + 0x1p-22));
    if (wanted > (double)least && wanted <= (double)task->lapack->largest) {
        task->work_size = (int64_t)wanted;
    }
    return FANIN_OK;
}

static void lay_out(const struct cpu_orthogonal_task *task, struct cpu_layout *layout, struct svd *out)
{
    const struct orthogonal *const what = &task->what;
    const int64_t size = dtype_table[what->dtype].size;
    out->matrix = cpu_layout_add(layout, what->rows * what->columns, size);
    out->left = cpu_layout_add(layout, what->columns * what->shorter, size);
    out->right = cpu_layout_add(layout, what->shorter * what->rows, size);
    out->singular = cpu_layout_add(layout, what->shorter, size);
    out->factors = cpu_layout_add(layout, what->shorter, size);
    out->integers = cpu_layout_add(layout, what->shorter, 8 * (int64_t)sizeof(int64_t));
    out->work = cpu_layout_add(layout, task->work_size, size);
}

fanin_status cpu_svd_bytes(struct cpu_orthogonal_task *task, uint64_t *bytes)
{
    const fanin_status status = measure_work(task);
    if (status != FANIN_OK) {
        return status;
    }
    struct cpu_layout layout = {NULL, 0, false};
    struct svd svd;
    lay_out(task, &layout, &svd);
    return cpu_layout_finish(&layout, task, task->work_size > task->what.longer ? task->work_size : task->what.longer, bytes);
}

/* The element of largest magnitude, the first on ties, is negative. */
static bool largest_is_negative(const struct cpu_orthogonal *matrix, const struct orthogonal *what, int64_t vector)
{
    const int64_t begin = vector * (matrix->wide ? matrix->row_stride : matrix->column_stride);
    const int64_t stride = matrix->wide ? matrix->column_stride : matrix->row_stride;
    double largest = 0.0;
    for (int64_t i = 0; i < what->longer; i++) {
        const int64_t place = begin + i * stride;
        const double value = what->dtype == DTYPE_FLOAT64 ? ((const double *)matrix->values)[place]
                                                          : (double)((const float *)matrix->values)[place];
        largest = fabs(value) > fabs(largest) ? value : largest;
    }
    return largest < 0.0;
}

static void set_signs(const struct cpu_orthogonal_task *task, const struct cpu_orthogonal *matrix, void *factors)
{
    const struct orthogonal *const what = &task->what;
    for (int64_t k = 0; k < what->shorter; k++) {
        const bool negative = largest_is_negative(matrix, what, k) != orthogonal_flips(task->seed, what->sign_stream, k);
        const double factor = negative ? -what->scale : what->scale;
        if (what->dtype == DTYPE_FLOAT64) {
            ((double *)factors)[k] = factor;
        } else {
            ((float *)factors)[k] = (float)factor;
        }
    }
}

fanin_status cpu_svd_solve(const struct cpu_orthogonal_task *task, struct cpu_orthogonal *out)
{
    const struct orthogonal *const what = &task->what;
    struct cpu_layout layout = {task->memory, 0, false};
    struct svd svd;
    lay_out(task, &layout, &svd);
    const int64_t info =
        routines_of(task)->gesdd(what->columns, what->rows, svd.matrix, what->columns, svd.singular, svd.left, what->columns,
                                 svd.right, what->shorter, svd.work, task->work_size, svd.integers);
    if (info != 0) {
        return cpu_orthogonal_fail(task, "gesdd", info);
    }
    *out = (struct cpu_orthogonal){
        .values = what->wide ? svd.left : svd.right,
        .factors = svd.factors,
        .columns = what->columns,
        .row_stride = what->columns,
        .column_stride = 1,
        .wide = what->wide,
    };
    set_signs(task, out, svd.factors);
    return FANIN_OK;
}

fanin_status cpu_svd(const struct cpu_orthogonal_task *task, struct cpu_orthogonal *out)
{
    cpu_kernel kernel;
    struct cpu_fill fill;
    cpu_orthogonal_random(task, &kernel, &fill);
    kernel(&fill, 0, task->what.rows * task->what.columns, task->memory);
    return cpu_svd_solve(task, out);
}
