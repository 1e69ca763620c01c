/* Every request for memory fails once, one after another: the call says so, nothing leaks, nothing of the caller's is written
 * before all that is needed was there. */
#include "params_helpers.h"
#include "plan_helpers.h"

#include <errno.h>
#include <pthread.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define CANNOT_REPLACE_MALLOC
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CANNOT_REPLACE_MALLOC
#endif
#endif

#ifdef CANNOT_REPLACE_MALLOC

int main(void)
{
    puts("skipped: malloc belongs to a sanitizer here, or the C library is not glibc");
    return 77;
}

#else

/* The C library's own, under their other names. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static pthread_t tested;
static bool counting;
static long requests, fail_at, blocks;

/* Whether a request may be met; it counts while the library is at work. */
static bool granted(void)
{
    if (!counting || !pthread_equal(pthread_self(), tested)) {
        return true;
    }
    if (++requests == fail_at) {
        errno = ENOMEM;
        return false;
    }
    return true;
}

static void *counted(void *memory)
{
    blocks += counting && memory;
    return memory;
}

void *malloc(size_t size)
{
    return granted() ? counted(__libc_malloc(size)) : NULL;
}

void *calloc(size_t count, size_t size)
{
    return granted() ? counted(__libc_calloc(count, size)) : NULL;
}

void *realloc(void *memory, size_t size)
{
    if (!granted()) {
        return NULL;
    }
    void *const grown = __libc_realloc(memory, size);
    return memory ? grown : counted(grown);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return granted() ? counted(__libc_memalign(alignment, size)) : NULL;
}

void free(void *memory)
{
    blocks -= counting && memory;
    __libc_free(memory);
}

/* ---- one round through the library ---- */

static float values[64 * 1024];

/* That were logged, and how many are in a call that had memory. */
static int lines, all_lines;

static void drop_line(void *context, const char *line)
{
    (void)context;
    (void)line;
    lines++;
}

/* The dump, of a call that had memory. */
static char *whole_text;

/* A .params file with a dense array and a sparse one, whose rows are not sorted. */
static char file_path[] = "/tmp/fanin_out_of_memory_XXXXXX";

static void write_file(void)
{
    const int fd = mkstemp(file_path);
    assert_true(fd >= 0);
    struct bytes bytes = {0};
    put_start(&bytes, 2);
    put_vector(&bytes, 16, values);
    put32(&bytes, V2);
    put32(&bytes, 1);
    put_shape(&bytes, 2, (const int64_t[]){2, 2});
    put_shape(&bytes, 2, (const int64_t[]){4, 2});
    put_type(&bytes, 0);
    put32(&bytes, 6);
    put_shape(&bytes, 1, (const int64_t[]){2});
    put(&bytes, values, 4 * sizeof *values);
    put64(&bytes, 3);
    put64(&bytes, 1);
    put64(&bytes, 2);
    put_name(&bytes, "arg:dense_weight");
    put_name(&bytes, "arg:sparse_weight");
    assert_int_equal(write(fd, bytes.data, bytes.size), bytes.size);
    free(bytes.data);
    close(fd);
}

struct round {
    fanin_initializer *load, *tensors;
    fanin_initializer *xavier, *packed;
    fanin_rules *rules;
    fanin_plan *plan;
    float given[4];
    char *text;
    bool ran;
};

/* The first status that is not FANIN_OK. */
static fanin_status work(struct round *round)
{
    const fanin_options options = {.size = sizeof options, .threads = 1, .verbose = 1, .log = drop_line};
    lines = 0;
    const DLTensor vector = VECTOR(values, 16), matrix = MATRIX(values + 16, 4, 4);
    fanin_desc desc = desc_of("a_0");
    fanin_status status = fanin_create("[\"xavier\", {\"magnitude\": 2}]", &round->xavier);
    if (status == FANIN_OK) {
        status = fanin_create("packed", &round->packed);
    }
    if (status == FANIN_OK) {
        status = fanin_rules_create("[[\"a_\\\\d+$\", [\"constant\", {\"value\": 3}]]]", &round->rules);
    }
    if (status == FANIN_OK) {
        status = fanin_plan_create(&round->plan);
    }
    desc.rules = round->rules;
    if (status == FANIN_OK) {
        status = fanin_plan_add(round->plan, NULL, &desc, &vector);
    }
    desc = desc_of("p_weight");
    if (status == FANIN_OK) {
        status = fanin_plan_add(round->plan, round->packed, &desc, &matrix);
    }
    if (status == FANIN_OK) {
        status = fanin_load(file_path, round->xavier, 1, &round->load);
    }
    if (status == FANIN_OK) {
        const char *const name = "t_weight";
        const DLTensor tensor = MATRIX(round->given, 2, 2);
        status = fanin_load_tensors(&name, &tensor, 1, round->load, 0, &round->tensors);
    }
    static const struct {
        const char *name;
        int64_t shape[2];
        int ndim;
    } stored[] = {{"dense_weight", {16}, 1}, {"sparse_weight", {4, 2}, 2}, {"t_weight", {2, 2}, 2}, {"u_weight", {2, 2}, 2}};
    for (size_t i = 0; i < sizeof stored / sizeof *stored && status == FANIN_OK; i++) {
        status =
            add(round->plan, round->tensors, stored[i].name, tensor_of(values + 600 + 16 * i, stored[i].ndim, stored[i].shape));
    }
    /* Room for more than the first few. */
    for (int i = 0; i < 20 && status == FANIN_OK; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d_bias", i);
        status = add(round->plan, NULL, name, VECTOR(values + 100 + 16 * i, 16));
    }
    if (status == FANIN_OK) {
        status = fanin_plan_dumps(round->plan, &round->text);
    }
    if (status == FANIN_OK && (!round->text || (whole_text && strcmp(round->text, whole_text) != 0))) {
        fail_msg("request %ld: found the dump %s", requests, round->text ? round->text : "NULL");
    }
    if (status == FANIN_OK) {
        status = fanin_plan_run(round->plan, &options);
        round->ran = status == FANIN_OK;
    }
    if (round->ran && all_lines > 0 && lines != all_lines) {
        fail_msg("request %ld: %d lines were logged, expected %d", requests, lines, all_lines);
    }
    all_lines = round->ran && all_lines == 0 ? lines : all_lines;
    if (status == FANIN_OK) {
        status = fanin_init(round->packed, &desc, &matrix, &options);
    }
    return status;
}

/* Orthogonal matrices beside others. */
static fanin_status orthogonal(struct round *round)
{
    const fanin_options options = {.size = sizeof options, .threads = 1};
    fanin_status status = fanin_plan_create(&round->plan);
    static const char *const specs[] = {"orthogonal", "[\"orthogonal\", {\"method\": \"haar\"}]", "one", "orthogonal"};
    for (int i = 0; i < 4 && status == FANIN_OK; i++) {
        char name[16];
        snprintf(name, sizeof name, "q%d", i);
        status = add_with(round->plan, specs[i], name, MATRIX(values + 64 * i, 4, 5));
    }
    if (status == FANIN_OK) {
        status = fanin_plan_run(round->plan, &options);
        round->ran = status == FANIN_OK;
    }
    return status;
}

/* "striped": each row has a number of its own. */
static fanin_status lower_striped(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    fanin_status status = FANIN_OK;
    for (int64_t i = 0; i < fanin_emitter_shape(emitter)[0] && status == FANIN_OK; i++) {
        status = fanin_emit_constant(emitter, 1, (double)i);
    }
    return status;
}

static void register_striped(void)
{
    fanin_row row = FANIN_ROW_INIT;
    row.name = "striped";
    row.help = "Rows of 0, of 1, and so on.";
    row.lower = lower_striped;
    assert_status(fanin_register(&row, 0), FANIN_OK);
}

#define STRIPES 100

/* So many parameters come first, which use memory that the plan has. */
static int others;

/* A parameter that there was no memory for is not in the plan, none of its fills, and the plan runs without it. */
static fanin_status go_on(struct round *round)
{
    const fanin_options options = {.size = sizeof options, .threads = 1};
    fanin_status status = fanin_plan_create(&round->plan);
    if (status == FANIN_OK) {
        status = fanin_create("striped", &round->packed);
    }
    for (int i = 0; i < others && status == FANIN_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d_bias", i);
        status = add(round->plan, NULL, name, VECTOR(values + STRIPES + i, 1));
    }
    const bool is_next = status == FANIN_OK;
    if (is_next) {
        status = add(round->plan, round->packed, "a_weight", VECTOR(values, STRIPES));
    }
    if (is_next && status != FANIN_OK) {
        fail_at = 0;
        assert_int_equal(fanin_plan_run(round->plan, &options), FANIN_OK);
        round->ran = true;
        for (int i = 0; i < STRIPES; i++) {
            assert_true(values[i] == -7.0f);
        }
        status = FANIN_ERROR_MEMORY;
    }
    return status;
}

/* A plan with problems of every kind. */
static fanin_status refuse(struct round *round)
{
    fanin_status status = fanin_create("xavier", &round->xavier);
    if (status == FANIN_OK) {
        status = fanin_plan_create(&round->plan);
    }
    static const char *const names[] = {"none", "v_weight", "b_bias", "b_bias"};
    for (int i = 0; i < 4 && status == FANIN_OK; i++) {
        status = add(round->plan, round->xavier, names[i], VECTOR(values + i, 4 + i));
    }
    return status == FANIN_OK ? fanin_plan_check(round->plan) : status;
}

/* A value that is out of bounds is never taken. */
static fanin_status refuse_value(struct round *round)
{
    return fanin_create("[\"normal\", {\"sigma\": -1}]", &round->xavier);
}

static char *whole_list; /* with all memory */

static fanin_status list(struct round *round)
{
    const fanin_status status = fanin_registry_dumps(NULL, &round->text);
    if (status == FANIN_OK && strcmp(round->text, whole_list) != 0) {
        fail_msg("request %ld: found the list %s", requests, round->text);
    }
    return status;
}

static void give_back(const struct round *round)
{
    fanin_release(round->load);
    fanin_release(round->tensors);
    fanin_release(round->xavier);
    fanin_release(round->packed);
    fanin_rules_free(round->rules);
    fanin_plan_free(round->plan);
    fanin_string_free(round->text);
}

/* Calls with the first, the second, … request refused, until there are no more. Returns how many there were. */
static long every_request(fanin_status (*call)(struct round *), fanin_status expected)
{
    tested = pthread_self();
    for (long n = 1;; n++) {
        struct round round = {.plan = NULL};
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            values[i] = -7.0f;
        }
        requests = blocks = 0;
        fail_at = n;
        counting = true;
        const fanin_status status = call(&round);
        fail_at = 0;
        char message[2048];
        snprintf(message, sizeof message, "%s", fanin_last_error());
        give_back(&round);
        /* The last error is memory of the library's: one as long as before the count. */
        fanin_fail(FANIN_OK, "%s", "");
        counting = false;
        if (status != FANIN_ERROR_MEMORY && status != expected) {
            fail_msg("request %ld: %s (%s)", n, fanin_status_name(status), message);
        }
        if ((status == FANIN_ERROR_MEMORY && !strstr(message, "memory")) || strstr(message, "(null)")) {
            fail_msg("request %ld: %s", n, message);
        }
        if (blocks > 0) {
            fail_msg("request %ld: %ld blocks of memory leaked", n, blocks);
        }
        if (status != FANIN_OK && !round.ran) {
            /* All or nothing: a run asks for memory before it writes. */
            for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                assert_true(values[i] == -7.0f);
            }
        }
        if (requests < n) {
            assert_int_equal(status, expected);
            return n - 1;
        }
    }
}

static void fills(void **state)
{
    (void)state;
    const long count = every_request(work, FANIN_OK);
    print_message("%ld requests\n", count);
    assert_true(count > 100);
}

static void matrices(void **state)
{
    (void)state;
    const long count = every_request(orthogonal, FANIN_OK);
    print_message("%ld requests\n", count);
    assert_true(count > 20);
}

static void parameters_left_out(void **state)
{
    (void)state;
    /* Sooner or later there is memory for some of its fills and not for all. */
    for (others = 0; others < 100; others++) {
        assert_true(every_request(go_on, FANIN_OK) > 5);
    }
}

static void refusals(void **state)
{
    (void)state;
    const long count = every_request(refuse, FANIN_ERROR_UNCOVERED);
    print_message("%ld requests\n", count);
    assert_true(count > 20);
    assert_true(every_request(refuse_value, FANIN_ERROR_PARAMETER) > 5);
}

static void lists(void **state)
{
    (void)state;
    assert_int_equal(fanin_registry_dumps(NULL, &whole_list), FANIN_OK);
    assert_true(every_request(list, FANIN_OK) > 100);
    fanin_string_free(whole_list);
}

int main(void)
{
    register_packed();
    register_striped();
    write_file();
    /* What the library and the C library keep for good is there before the count. */
    struct round round = {.plan = NULL};
    (void)work(&round);
    whole_text = round.text;
    round.text = NULL;
    give_back(&round);
    round = (struct round){.plan = NULL};
    (void)orthogonal(&round);
    give_back(&round);
    (void)fanin_fail(FANIN_OK, "%s", "");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills),    cmocka_unit_test(lists), cmocka_unit_test(matrices), cmocka_unit_test(parameters_left_out),
        cmocka_unit_test(refusals),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fanin_string_free(whole_text);
    unlink(file_path);
    return failed;
}

#endif
