/* Orthogonal fills in plans: parts of one matrix, packed parameters, threads, and what can fail: LAPACK's routines and memory
 * are replaced by some that do. */
#include "orthogonal_helpers.h"

#include "cpu/solver.h"

#include <pthread.h>

/* ---- what fails ---- */

static struct {
    const char *routine; /* that fails; NULL: none does */
    int calls;           /* that it still does right */
    int64_t largest;     /* 0: LAPACK's own */
    bool once;           /* and does again afterwards */
    bool no_memory, no_module;
    size_t refused;   /* bytes */
    int most_threads; /* that a routine ran with */
} fault;

static struct lapack real, replaced;

static int blas_threads; /* that were set; 0: none yet */

/* Several threads call at once. */
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

static int64_t answer(const char *routine, int64_t info)
{
    pthread_mutex_lock(&answering);
    fault.most_threads = blas_threads > fault.most_threads ? blas_threads : fault.most_threads;
    const bool fails = fault.routine && strcmp(fault.routine, routine) == 0 && fault.calls-- <= 0;
    if (fails && fault.once) {
        fault.routine = NULL;
    }
    pthread_mutex_unlock(&answering);
    return fails ? 3 : info;
}

static int64_t orgqr(int64_t m, int64_t n, int64_t k, void *a, int64_t lda, const void *tau, void *work, int64_t work_size)
{
    return answer("orgqr", real.float32.orgqr(m, n, k, a, lda, tau, work, work_size));
}

static int64_t larft(int64_t m, int64_t k, const void *v, int64_t ldv, const void *tau, void *t, int64_t ldt)
{
    return answer("larft", real.float32.larft(m, k, v, ldv, tau, t, ldt));
}

static int64_t larfb(int64_t m, int64_t n, int64_t k, const void *v, int64_t ldv, const void *t, int64_t ldt, void *c,
                     int64_t ldc, void *work)
{
    return answer("larfb", real.float32.larfb(m, n, k, v, ldv, t, ldt, c, ldc, work));
}

static int64_t gesdd(int64_t m, int64_t n, void *a, int64_t lda, void *s, void *u, int64_t ldu, void *vt, int64_t ldvt,
                     void *work, int64_t work_size, void *integers)
{
    return answer("gesdd", real.float32.gesdd(m, n, a, lda, s, u, ldu, vt, ldvt, work, work_size, integers));
}

static int set_threads(int threads)
{
    blas_threads = threads;
    return real.set_threads(threads);
}

fanin_status __real_cpu_solver(const char *name, const struct lapack **out);
fanin_status __wrap_cpu_solver(const char *name, const struct lapack **out);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

fanin_status __wrap_cpu_solver(const char *name, const struct lapack **out)
{
    if (fault.no_module) {
        return fanin_fail(FANIN_ERROR_SOLVER, "parameter '%s': no LAPACK", name);
    }
    const struct lapack *found;
    const fanin_status status = __real_cpu_solver(name, &found);
    if (status == FANIN_OK) {
        real = replaced = *found;
        replaced.float32 = (struct lapack_routines){orgqr, larft, larfb, gesdd};
        replaced.largest = fault.largest > 0 ? fault.largest : found->largest;
        replaced.set_threads = set_threads;
        *out = &replaced;
    }
    return status;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    fault.refused = size;
    /* The address sanitizer would end the process. */
    return fault.no_memory || size > (size_t)1 << 40 ? NULL : __real_aligned_alloc(alignment, size);
}

/* ---- a plan ---- */

enum { ROWS = 140, COLUMNS = 150 };

static const char svd[] = "orthogonal", haar[] = "[\"orthogonal\", {\"method\": \"haar\"}]";

static DLTensor tensor_of(float *data, const int64_t *shape, int ndim)
{
    return (DLTensor){
        .data = data, .device = {kDLCPU, 0}, .ndim = ndim, .dtype = FLOAT32, .shape = (int64_t *)(uintptr_t)shape};
}

static void add(fanin_plan *plan, const char *spec, const char *name, DLTensor tensor, const int64_t *global,
                const int64_t *offset)
{
    fanin_initializer *const initializer = create(spec);
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = name;
    desc.rule = FANIN_RULE_WEIGHT;
    desc.global_shape = global;
    desc.offset = offset;
    assert_status(fanin_plan_add(plan, initializer, &desc, &tensor), FANIN_OK);
    fanin_release(initializer);
}

/* Of ones, then an orthogonal matrix, then ones: the plan fails with this status and nothing is written. */
static void check_failure(const char *spec, fanin_status status, const char *part)
{
    static const int64_t shape[] = {ROWS, COLUMNS};
    float *const all = malloc(3 * sizeof(float[ROWS * COLUMNS]));
    assert_non_null(all);
    memset(all, 0x5a, 3 * sizeof(float[ROWS * COLUMNS]));
    fanin_plan *plan = NULL;
    assert_status(fanin_plan_create(&plan), FANIN_OK);
    add(plan, "one", "a", tensor_of(all, shape, 2), NULL, NULL);
    add(plan, spec, "q", tensor_of(all + ROWS * COLUMNS, shape, 2), NULL, NULL);
    add(plan, "one", "b", tensor_of(all + 2 * ROWS * COLUMNS, shape, 2), NULL, NULL);
    const int threads = real.set_threads(5);
    assert_status(fanin_plan_run(plan, NULL), status);
    assert_message("parameter 'q'", part, NULL);
    if (threads > 0) {
        assert_int_equal(real.set_threads(threads), 5);
    }
    for (size_t i = 0; i < 3 * sizeof(float[ROWS * COLUMNS]); i++) {
        assert_int_equal(((const unsigned char *)all)[i], 0x5a);
    }
    fanin_plan_free(plan);
    free(all);
}

static int reset(void **state)
{
    (void)state;
    memset(&fault, 0, sizeof fault);
    const struct lapack *lapack;
    assert_status(__wrap_cpu_solver("w", &lapack), FANIN_OK);
    return 0;
}

static void test_solver_fails(void **state)
{
    (void)state;
    fault.routine = "gesdd";
    for (int calls = 0; calls <= 1; calls++) { /* the question how much work it wants, the work */
        fault.calls = calls;
        check_failure(svd, FANIN_ERROR_SOLVER, "sgesdd of a matrix of 140 × 150 failed: info is 3");
    }
    static const char *const routines[] = {"orgqr", "larft", "larfb"};
    for (size_t i = 0; i < 3; i++) {
        fault.routine = routines[i];
        fault.calls = 0;
        check_failure(haar, FANIN_ERROR_SOLVER, routines[i]);
    }
    fault.routine = "orgqr";
    fault.calls = 1; /* the second block's */
    check_failure(haar, FANIN_ERROR_SOLVER, "sorgqr");
    fault.routine = NULL;
    fault.no_module = true;
    check_failure(haar, FANIN_ERROR_SOLVER, "no LAPACK");
}

/* One call fails and all others work: whichever it is, the plan fails. */
static void test_one_of_two_fails(void **state)
{
    (void)state;
    static const int64_t shape[] = {ROWS, COLUMNS};
    static float all[2][ROWS * COLUMNS];
    const int threads = real.set_threads(1);
    int failures = 0;
    for (int calls = 0; calls == failures; calls++) {
        fanin_plan *plan = NULL;
        assert_status(fanin_plan_create(&plan), FANIN_OK);
        add(plan, svd, "p", tensor_of(all[0], shape, 2), NULL, NULL);
        add(plan, svd, "q", tensor_of(all[1], shape, 2), NULL, NULL);
        fault.routine = "gesdd";
        fault.calls = calls;
        fault.once = true;
        const fanin_status status = fanin_plan_run(plan, NULL);
        assert_status(status, fault.routine == NULL ? FANIN_ERROR_SOLVER : FANIN_OK);
        failures += status != FANIN_OK;
        fanin_plan_free(plan);
    }
    assert_true(failures >= 4); /* a question and the work, of each */
    (void)real.set_threads(threads);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const char *const specs[] = {svd, haar};
    for (size_t i = 0; i < 2; i++) {
        fault.no_memory = true;
        check_failure(specs[i], FANIN_ERROR_MEMORY, "orthogonal matrix of 140 × 150 needs ");
        assert_true(fault.refused >= sizeof(float[ROWS * COLUMNS]));
        char bytes[40];
        snprintf(bytes, sizeof bytes, "needs %zu bytes", fault.refused);
        assert_message(bytes, NULL);
        fault.no_memory = false;
    }
}

/* Beyond LAPACK's integers, or all memory. */
static void test_too_large(void **state)
{
    (void)state;
    fault.largest = 150;
    check_failure(svd, FANIN_ERROR_SHAPE, "140 × 150 is beyond LAPACK");
    check_failure(haar, FANIN_ERROR_SHAPE, "140 × 150 is beyond LAPACK, which would count to 176, and its integers end at 150");
    fault.largest = 0;
    static const struct {
        const char *spec;
        int64_t global[2];
        fanin_status status;
    } cases[] = {
        {haar, {INT64_C(1) << 30, INT64_C(1) << 30}, FANIN_ERROR_MEMORY},
        {haar, {INT64_C(1) << 30, INT64_C(1) << 32}, FANIN_ERROR_SHAPE},
        {haar, {INT64_C(1) << 62, 1}, FANIN_ERROR_SHAPE},
        {svd, {INT64_C(1) << 16, INT64_C(1) << 16}, FANIN_ERROR_SHAPE},
        {svd, {INT64_C(3037000499), INT64_C(3037000499)}, FANIN_ERROR_SHAPE},
        {svd, {1, INT64_MAX}, FANIN_ERROR_SHAPE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const int64_t shape[] = {1, 1}, offset[] = {0, 0};
        float value = 7.0f;
        fanin_plan *plan = NULL;
        assert_status(fanin_plan_create(&plan), FANIN_OK);
        add(plan, cases[i].spec, "q", tensor_of(&value, shape, 2), cases[i].global, offset);
        assert_status(fanin_plan_run(plan, NULL), cases[i].status);
        assert_message("parameter 'q'", NULL);
        assert_true(value == 7.0f);
        fanin_plan_free(plan);
    }
}

/* ---- what succeeds ---- */

/* Two halves and a replica of one matrix are computed once, and are it; a matrix of another name is another. */
static void test_parts_of_one_matrix(void **state)
{
    (void)state;
    static const int64_t shape[] = {ROWS, COLUMNS}, half[] = {ROWS / 2, COLUMNS}, offsets[2][2] = {{0, 0}, {ROWS / 2, 0}};
    double *const whole = filled("orthogonal", "q_weight", FLOAT32, &(struct shape){2, {ROWS, COLUMNS}}, 0, 0);
    float *const parts = malloc(sizeof(float[3 * ROWS * COLUMNS]));
    assert_non_null(parts);
    fanin_plan *plan = NULL;
    assert_status(fanin_plan_create(&plan), FANIN_OK);
    add(plan, svd, "q_weight", tensor_of(parts + ROWS / 2 * COLUMNS, half, 2), shape, offsets[1]);
    add(plan, svd, "other_weight", tensor_of(parts + ROWS * COLUMNS, shape, 2), NULL, NULL);
    add(plan, svd, "q_weight", tensor_of(parts, half, 2), shape, offsets[0]);
    add(plan, svd, "q_weight", tensor_of(parts + 2 * ROWS * COLUMNS, shape, 2), NULL, NULL);
    /* Both matrices ask how much work they want, and are computed: the fifth call would fail. */
    fault.routine = "gesdd";
    fault.calls = 4;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.threads = 1; /* `fault` belongs to one thread */
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(fault.calls, 0);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        assert_true(parts[i] == whole[i] && parts[2 * ROWS * COLUMNS + i] == whole[i]);
        assert_true(parts[ROWS * COLUMNS + i] != whole[i]);
    }
    fanin_plan_free(plan);
    free(parts);
    free(whole);
}

/* Matrices that need too much memory together are computed one after another; the others of the plan are filled with the
 * last. */
static void test_one_after_another(void **state)
{
    (void)state;
    static const int64_t global[] = {INT64_C(34) << 20, 1}, shape[] = {4, 1}, ones[] = {4};
    static const int64_t offsets[3][2] = {{0, 0}, {(INT64_C(34) << 20) - 4, 0}, {4321, 0}};
    static const char *const names[] = {"q0", "q1", "q2"};
    float parts[4][4], alone[4];
    fanin_plan *plan = NULL;
    assert_status(fanin_plan_create(&plan), FANIN_OK);
    for (int i = 0; i < 3; i++) {
        add(plan, haar, names[i], tensor_of(parts[i], shape, 2), global, offsets[i]);
    }
    add(plan, "one", "ones", tensor_of(parts[3], ones, 1), NULL, NULL);
    /* The first one fails, and the others are not begun. */
    memset(parts, 0, sizeof parts);
    fault.routine = "orgqr";
    fault.once = true;
    assert_status(fanin_plan_run(plan, NULL), FANIN_ERROR_SOLVER);
    assert_message("parameter 'q0'", "sorgqr", NULL);
    assert_null(fault.routine);
    for (int i = 0; i < 16; i++) {
        assert_true(parts[i / 4][i % 4] == 0.0f);
    }
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_true(fault.refused < (size_t)256 << 20);
    fanin_plan_free(plan);
    for (int i = 0; i < 3; i++) {
        assert_status(fanin_plan_create(&plan), FANIN_OK);
        add(plan, haar, names[i], tensor_of(alone, shape, 2), global, offsets[i]);
        assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
        assert_memory_equal(alone, parts[i], sizeof alone);
        fanin_plan_free(plan);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(parts[3][i] == 1.0f);
    }
}

static void test_empty(void **state)
{
    (void)state;
    static const int64_t shapes[][3] = {{0, 5, 2}, {5, 0, 2}, {0, 0, 0}};
    fault.no_module = true;
    for (size_t i = 0; i < 3; i++) {
        fanin_plan *plan = NULL;
        assert_status(fanin_plan_create(&plan), FANIN_OK);
        add(plan, haar, "q", tensor_of(NULL, shapes[i], 3), NULL, NULL);
        assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
        fanin_plan_free(plan);
    }
}

/* The blocks of a packed vector are matrices of their own, as parameters of their streams' names. */
static void test_fusedrnn(void **state)
{
    (void)state;
    enum { HIDDEN = 6, INPUT = 4, GATES = 4, SIZE = GATES * HIDDEN * (INPUT + HIDDEN + 2) };
    static const char *const blocks[] = {"rnn_weight/l0_i2h_i_weight", "rnn_weight/l0_h2h_o_weight"};
    static const int64_t places[] = {0, GATES * HIDDEN * INPUT + 3 * HIDDEN * HIDDEN}, columns[] = {INPUT, HIDDEN};
    for (int method = 0; method < 2; method++) {
        fanin_initializer *const inner = create(method == 0 ? svd : haar);
        fanin_initializer *rnn = NULL;
        assert_status(fanin_fusedrnn(inner, HIDDEN, 1, FANIN_RNN_LSTM, 0, 1.0, &rnn), FANIN_OK);
        char *spec = NULL;
        assert_status(fanin_dumps(rnn, &spec), FANIN_OK);
        double *const packed = filled(spec, "rnn_weight", FLOAT32, &(struct shape){1, {SIZE}}, 9, 0);
        for (size_t b = 0; b < 2; b++) {
            double *const alone =
                filled(method == 0 ? svd : haar, blocks[b], FLOAT32, &(struct shape){2, {HIDDEN, columns[b]}}, 9, 0);
            assert_memory_equal(packed + places[b], alone, (size_t)(HIDDEN * columns[b]) * sizeof *alone);
            assert_true(departure(alone, HIDDEN, columns[b], (double)1.414f) < 1e-5);
            free(alone);
        }
        free(packed);
        fanin_string_free(spec);
        fanin_release(rnn);
        fanin_release(inner);
    }
}

/* To the bit with any number of threads: matrices that all of them compute together, and others. */
static void test_threads(void **state)
{
    (void)state;
    static const struct shape shapes[] = {{2, {620, 700}}, {2, {900, 513}}, {2, {140, 150}}};
    for (size_t i = 0; i < 2 * sizeof shapes / sizeof *shapes; i++) {
        const struct shape *const shape = &shapes[i / 2];
        const char *const spec = i % 2 == 0 ? haar : svd;
        const DLDataType dtype = i == 2 ? FLOAT64 : FLOAT32;
        double *const one = filled(spec, "q_weight", dtype, shape, 1, 1);
        for (int threads = 2; threads < 8; threads += 1 + threads % 3) {
            double *const more = filled(spec, "q_weight", dtype, shape, 1, threads);
            assert_memory_equal(one, more, (size_t)shape_size(shape) * sizeof *one);
            free(more);
        }
        free(one);
    }
}

/* BLAS works with one thread, and gets its own number back. */
static void test_threads_of_blas(void **state)
{
    (void)state;
    const int before = real.set_threads(7);
    if (before == 0) {
        print_message("skipped: the threads of this BLAS cannot be set\n");
        skip();
    }
    static const char *const specs[] = {haar, svd};
    for (int i = 0; i < 2; i++) {
        blas_threads = fault.most_threads = 0;
        free(filled(specs[i], "q_weight", FLOAT32, &(struct shape){2, {620, 700}}, 1, 3));
        assert_int_equal(fault.most_threads, 1);
        assert_int_equal(blas_threads, 7);
    }
    assert_int_equal(real.set_threads(before), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_solver_fails, reset),
        cmocka_unit_test_setup(test_one_of_two_fails, reset),
        cmocka_unit_test_setup(test_no_memory, reset),
        cmocka_unit_test_setup(test_too_large, reset),
        cmocka_unit_test_setup(test_parts_of_one_matrix, reset),
        cmocka_unit_test_setup(test_one_after_another, reset),
        cmocka_unit_test_setup(test_empty, reset),
        cmocka_unit_test_setup(test_fusedrnn, reset),
        cmocka_unit_test_setup(test_threads, reset),
        cmocka_unit_test_setup(test_threads_of_blas, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
