/* What a plan refuses, and that it tells of everything at once and in its order. */
#include "assert_between.h"
#include "plan_helpers.h"

/* Two names with one FNV-1a hash of 64 bits, 0x4eac0c95540867e4. */
#define COLLIDES_A "8yn0iYCKYHlIj4-BwPqk"
#define COLLIDES_B "GReLUrM4wMqfg9yzV3KQ"

static float memory[1 << 12];

static void several_problems(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const xavier = create("xavier");
    DLTensor on_device = VECTOR(memory + 300, 4), integers = VECTOR(memory + 400, 4);
    on_device.device = (DLDevice){kDLCUDA, 1};
    integers.dtype = (DLDataType){kDLInt, 32, 1};
    assert_status(add(plan, xavier, "ok_weight", MATRIX(memory, 2, 3)), FANIN_OK);
    assert_status(add(plan, xavier, "odd_name", VECTOR(memory + 100, 4)), FANIN_OK);
    assert_status(add(plan, xavier, "vector_weight", VECTOR(memory + 200, 4)), FANIN_OK);
    assert_status(add(plan, NULL, "fc_weight", VECTOR(memory + 250, 4)), FANIN_OK);
    assert_status(add(plan, xavier, "device_bias", on_device), FANIN_OK);
    assert_status(add_with(plan, "[\"uniform\", {}]", "integers", integers), FANIN_OK);
    assert_status(add_with(plan, "xaveir", "typing_error", VECTOR(memory + 500, 4)), FANIN_OK);
    assert_status(add_with(plan, "[\"normal\", {\"sigma\": -1}]", "negative", VECTOR(memory + 600, 4)), FANIN_OK);
    assert_status(add_with(plan, "[\"constant\", {\"value\": 1e300}]", "large", VECTOR(memory + 700, 4)), FANIN_OK);
    assert_status(add_with(plan, "[", "malformed", VECTOR(memory + 800, 4)), FANIN_OK);
    assert_status(add(plan, xavier, "a_bias", VECTOR(memory + 900, 8)), FANIN_OK);
    assert_status(add(plan, xavier, "b_bias", VECTOR(memory + 904, 8)), FANIN_OK);
    assert_status(add(plan, xavier, "ok_weight", MATRIX(memory + 1000, 3, 2)), FANIN_OK);
    static const struct {
        const char *name, *words;
    } expected[] = {{"odd_name", "no rule covers"},
                    {"vector_weight", "dimensions"},
                    {"fc_weight", "no initializer was given"},
                    {"device_bias", "CUDA"},
                    {"integers", "int32"},
                    {"typing_error", "xaveir"},
                    {"negative", "sigma"},
                    {"large", "1e+300"},
                    {"malformed", "__init__"},
                    {"b_bias", "'a_bias'"},
                    {"ok_weight", "found global shape (3, 2), expected (2, 3)"}};
    const size_t count = sizeof expected / sizeof *expected;

    for (int round = 0; round < 3; round++) {
        char *text = NULL;
        memset(memory, 0x5a, sizeof memory);
        const fanin_status status = round == 0   ? fanin_plan_check(plan)
                                    : round == 1 ? fanin_plan_dumps(plan, &text)
                                                 : fanin_plan_run(plan, NULL);
        assert_int_equal(status, FANIN_ERROR_UNCOVERED);
        assert_null(text);
        const char *line = fanin_last_error();
        assert_int_equal(strncmp(line, "11 problems:\n", 13), 0);
        for (size_t i = 0; i < count; i++) {
            line = strchr(line, '\n');
            assert_non_null(line);
            line++;
            char copy[1024];
            snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
            char start[64];
            snprintf(start, sizeof start, "parameter '%s'", expected[i].name);
            if (strncmp(copy, start, strlen(start)) != 0 || !strstr(copy, expected[i].words)) {
                fail_msg("expected %s … %s, found %s", start, expected[i].words, copy);
            }
        }
        assert_null(strchr(line, '\n'));
        for (size_t i = 0; i < sizeof memory; i++) {
            assert_int_equal(((unsigned char *)memory)[i], 0x5a);
        }
    }
    fanin_release(xavier);
    fanin_plan_free(plan);
}

/* The status is that of the first problem, and one alone has no header. */
static void one_problem(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const xavier = create("xavier");
    assert_status(add(plan, xavier, "vector_weight", VECTOR(memory, 4)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_SHAPE);
    assert_message("parameter 'vector_weight'", NULL);
    assert_status(add(plan, xavier, "odd", VECTOR(memory + 10, 4)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_SHAPE);
    assert_int_equal(strncmp(fanin_last_error(), "2 problems:\n", 12), 0);
    fanin_release(xavier);
    fanin_plan_free(plan);
}

/* Several problems of one parameter are told in one order: its name's, then its memory's. */
static void two_of_one(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const xavier = create("xavier");
    assert_status(add(plan, xavier, "a_weight", MATRIX(memory, 2, 3)), FANIN_OK);
    assert_status(add(plan, xavier, "a_weight", MATRIX(memory, 3, 2)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    const char *const shape = strstr(fanin_last_error(), "global shape"), *const shared =
                                                                              strstr(fanin_last_error(), "shares memory");
    assert_true(shape && shared && shape < shared);
    fanin_release(xavier);
    fanin_plan_free(plan);
}

static void malformed_is_not_added(void **state)
{
    (void)state;
    fanin_plan *const plan = new_plan();
    fanin_initializer *const xavier = create("xavier");
    DLTensor lanes = VECTOR(memory, 4);
    lanes.dtype.lanes = 2;
    assert_status(add(plan, xavier, "", VECTOR(memory, 4)), FANIN_ERROR_ARGUMENT);
    assert_status(add(plan, xavier, "\xff_weight", VECTOR(memory, 4)), FANIN_ERROR_ARGUMENT);
    assert_status(add(plan, xavier, "negative_bias", VECTOR(memory, -4)), FANIN_ERROR_LAYOUT);
    assert_status(add(plan, xavier, "lanes_bias", lanes), FANIN_ERROR_DTYPE);
    const fanin_attr twice[] = {{"__init__", "zero"}, {"__init__", "one"}};
    fanin_desc desc = desc_of("twice_bias");
    desc.attrs = twice;
    desc.n_attrs = 2;
    const DLTensor tensor = VECTOR(memory, 4);
    assert_status(fanin_plan_add(plan, xavier, &desc, &tensor), FANIN_ERROR_ARGUMENT);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    char *text = NULL;
    assert_status(fanin_plan_dumps(plan, &text), FANIN_OK);
    assert_string_equal(text, "{\"contract\": 1, \"parameters\": [], \"elements\": 0, \"bytes\": 0}");
    fanin_string_free(text);
    fanin_release(xavier);
    fanin_plan_free(plan);
}

static void replicas(void **state)
{
    (void)state;
    fanin_initializer *const xavier = create("xavier"), *const same = create("[\"Xavier\", {\"magnitude\": 3}]");
    fanin_initializer *const other = create("[\"xavier\", {\"magnitude\": 2}]");
    fanin_plan *plan = new_plan();
    assert_status(add(plan, xavier, "w_weight", MATRIX(memory, 4, 4)), FANIN_OK);
    assert_status(add(plan, same, "w_weight", MATRIX(memory + 16, 4, 4)), FANIN_OK);
    fanin_desc desc = desc_of("w_weight");
    for (int64_t row = 0; row < 4; row++) {
        desc.global_shape = (const int64_t[]){4, 4};
        desc.offset = (const int64_t[]){row, 0};
        const DLTensor box = MATRIX(memory + 32 + 4 * row, 1, 4);
        assert_status(fanin_plan_add(plan, xavier, &desc, &box), FANIN_OK);
    }
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_memory_equal(memory, memory + 16, 64);
    assert_memory_equal(memory, memory + 32, 64);
    fanin_plan_free(plan);

    plan = new_plan();
    assert_status(add(plan, xavier, "w_weight", MATRIX(memory, 4, 4)), FANIN_OK);
    assert_status(add(plan, other, "w_weight", MATRIX(memory + 16, 4, 4)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("'w_weight'", "found initializer [\"xavier\"", "\"magnitude\": 2}", "expected [\"xavier\"",
                   "\"magnitude\": 3}", NULL);
    fanin_plan_free(plan);

    plan = new_plan();
    DLTensor halves = MATRIX(memory + 16, 4, 4);
    halves.dtype = (DLDataType){kDLBfloat, 16, 1};
    assert_status(add(plan, xavier, "w_weight", MATRIX(memory, 4, 4)), FANIN_OK);
    assert_status(add(plan, xavier, "w_weight", halves), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("'w_weight'", "found dtype bfloat16, expected float32", NULL);
    fanin_plan_free(plan);

    /* One initializer, two rules: bilinear fills the whole parameter "upsampling_bias" under the older rule alone. */
    plan = new_plan();
    desc = desc_of("upsampling_bias");
    const DLTensor first = tensor_of(memory, 4, (const int64_t[]){1, 1, 2, 2});
    const DLTensor second = tensor_of(memory + 4, 4, (const int64_t[]){1, 1, 2, 2});
    assert_status(fanin_plan_add(plan, NULL, &desc, &first), FANIN_OK);
    desc.rule = FANIN_RULE_LEGACY;
    assert_status(fanin_plan_add(plan, NULL, &desc, &second), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("'upsampling_bias'", "found initializer [\"bilinear\", {}], expected [\"zero\", {}]", NULL);
    fanin_plan_free(plan);

    plan = new_plan();
    fanin_initializer *const packed = create("packed");
    const DLTensor rows = MATRIX(memory, 4, 4), other_rows = MATRIX(memory + 16, 4, 4);
    desc = desc_of("p_bias");
    assert_status(fanin_plan_add(plan, packed, &desc, &rows), FANIN_OK);
    desc.rule = FANIN_RULE_WEIGHT;
    assert_status(fanin_plan_add(plan, packed, &desc, &other_rows), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("'p_bias'", "found rule weight, expected bias", NULL);
    fanin_plan_free(plan);
    fanin_release(packed);
    fanin_release(xavier);
    fanin_release(same);
    fanin_release(other);
}

/* A caller's fills are what their functions are; rows may be replaced in between. */
static fanin_status fill_nothing(const fanin_custom_call *call)
{
    (void)call;
    return FANIN_OK;
}

static fanin_status fill_nothing_else(const fanin_custom_call *call)
{
    return fill_nothing(call);
}

static fanin_custom replaced;

static fanin_status lower_replaced(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &replaced);
}

static void custom_fills(void **state)
{
    (void)state;
    static int mark;
    const fanin_custom base = {sizeof base, "spiral", fill_nothing, NULL, fill_nothing};
    fanin_custom others[5] = {base, base, base, base, base};
    others[1].kind = "circle";
    others[2].cpu = fill_nothing_else;
    others[3].cuda = fill_nothing_else;
    others[4].user = &mark;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "replaced";
    row.lower = lower_replaced;
    assert_status(fanin_register(&row, 0), FANIN_OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        fanin_plan *const plan = new_plan();
        replaced = base;
        assert_status(add_with(plan, "replaced", "a_weight", VECTOR(memory, 4)), FANIN_OK);
        replaced = others[i];
        assert_status(add_with(plan, "replaced", "a_weight", VECTOR(memory + 4, 4)), FANIN_OK);
        assert_status(fanin_plan_check(plan), i == 0 ? FANIN_OK : FANIN_ERROR_CLASH);
        if (i > 0) {
            assert_message("'a_weight'", "found other fills of [\"replaced\", {}], expected the same", NULL);
        }
        fanin_plan_free(plan);
    }
}

static void shared_memory(void **state)
{
    (void)state;
    fanin_initializer *const normal = create("normal");
    fanin_plan *plan = new_plan();
    /* Two halves of the columns of one matrix, even and odd elements of a vector, both ends of a third: all apart. */
    DLTensor left = MATRIX(memory, 8, 4), right = MATRIX(memory + 4, 8, 4), even = VECTOR(memory + 64, 8),
             odd = VECTOR(memory + 65, 8);
    left.strides = right.strides = (int64_t[]){8, 1};
    even.strides = odd.strides = (int64_t[]){2};
    assert_status(add(plan, normal, "left_weight", left), FANIN_OK);
    assert_status(add(plan, normal, "right_weight", right), FANIN_OK);
    assert_status(add(plan, normal, "even_weight", even), FANIN_OK);
    assert_status(add(plan, normal, "odd_weight", odd), FANIN_OK);
    assert_status(add(plan, normal, "none_weight", VECTOR(NULL, 8)), FANIN_OK);
    assert_status(add(plan, normal, "empty_weight", VECTOR(memory, 0)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    /* One element inside of each. */
    assert_status(add(plan, normal, "x_weight", VECTOR(memory + 63, 1)), FANIN_OK);
    assert_status(add(plan, normal, "y_weight", VECTOR(memory + 79, 1)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    static const char *const lines[] = {
        "2 problems:",
        "parameter 'x_weight': its tensor shares memory with that of parameter 'right_weight', expected memory of its own",
        "parameter 'y_weight': its tensor shares memory with that of parameter 'odd_weight', expected memory of its own"};
    assert_lines(lines, 3);
    fanin_plan_free(plan);

    /* The same tensor, under its own name and under another. */
    plan = new_plan();
    assert_status(add(plan, normal, "w_weight", VECTOR(memory, 8)), FANIN_OK);
    assert_status(add(plan, normal, "w_weight", VECTOR(memory, 8)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_status(add(plan, normal, "v_weight", VECTOR(memory + 7, 8)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_int_equal(strncmp(fanin_last_error(), "2 problems:\n", 12), 0);
    fanin_plan_free(plan);

    /* Thousands in one place: a line for each, and not for each pair. */
    plan = new_plan();
    for (int i = 0; i < 3000; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d_weight", i);
        assert_status(add(plan, normal, name, VECTOR(memory, 8)), FANIN_OK);
    }
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_int_equal(strncmp(fanin_last_error(), "2999 problems:\n", 15), 0);
    fanin_plan_free(plan);
    fanin_release(normal);
}

/* Tensors in random places, against a count of every byte. */
static void shared_memory_as_counted(void **state)
{
    (void)state;
    enum { TENSORS = 12, ELEMENTS = 400 };
    fanin_initializer *const normal = create("normal");
    uint64_t random = 99;
    int clashes = 0;
    for (int round = 0; round < 2000; round++) {
        fanin_plan *const plan = new_plan();
        int taken[ELEMENTS] = {0};
        bool shared = false;
        for (int i = 0; i < TENSORS; i++) {
            char name[32];
            snprintf(name, sizeof name, "p%d_weight", i);
            int64_t numbers[3]; /* place, extent, stride */
            for (int k = 0; k < 3; k++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                numbers[k] = (int64_t)(random >> 40);
            }
            const int64_t extent = numbers[1] % 6, stride = numbers[2] % 12 + 1;
            const int64_t place = numbers[0] % (ELEMENTS - 6 * 12);
            DLTensor tensor = VECTOR(memory + place, extent);
            tensor.strides = (int64_t[]){stride};
            for (int64_t k = 0; k < extent; k++) {
                shared = shared || taken[place + k * stride]++ > 0;
            }
            assert_status(add(plan, normal, name, tensor), FANIN_OK);
        }
        assert_status(fanin_plan_check(plan), shared ? FANIN_ERROR_CLASH : FANIN_OK);
        clashes += shared;
        fanin_plan_free(plan);
    }
    assert_between(clashes, 500, 1990);
    fanin_release(normal);
}

static void streams(void **state)
{
    (void)state;
    assert_int_equal(fanin_stream(COLLIDES_A), fanin_stream(COLLIDES_B));
    fanin_plan *plan = new_plan();
    assert_status(add_with(plan, "zero", COLLIDES_A, VECTOR(memory, 8)), FANIN_OK);
    assert_status(add_with(plan, "zero", COLLIDES_B, VECTOR(memory + 8, 8)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("'" COLLIDES_B "'", "random stream", "'" COLLIDES_A "'", NULL);
    fanin_plan_free(plan);

    /* The signs of singular vectors have a stream. */
    for (int haar = 0; haar < 2; haar++) {
        plan = new_plan();
        const char *const spec = haar ? "[\"orthogonal\", {\"method\": \"haar\"}]" : "orthogonal";
        assert_status(add_with(plan, spec, "q", MATRIX(memory, 2, 4)), FANIN_OK);
        assert_status(add_with(plan, spec, "q", MATRIX(memory + 8, 2, 4)), FANIN_OK);
        assert_status(fanin_plan_check(plan), FANIN_OK);
        assert_status(add_with(plan, "zero", "q/sign", VECTOR(memory + 16, 4)), FANIN_OK);
        assert_status(fanin_plan_check(plan), haar ? FANIN_OK : FANIN_ERROR_CLASH);
        if (!haar) {
            assert_message("parameter 'q/sign'", "the random stream", "that of the signs of 'q'", NULL);
        }
        fanin_plan_free(plan);
    }

    /* A block's name is a stream too. */
    plan = new_plan();
    assert_status(add_with(plan, "packed", "a", MATRIX(memory, 3, 4)), FANIN_OK);
    assert_status(add_with(plan, "packed", "a", MATRIX(memory + 12, 3, 4)), FANIN_OK);
    assert_status(add_with(plan, "packed", "a/b", MATRIX(memory + 24, 3, 4)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    assert_status(add_with(plan, "zero", "a/rest_weight", VECTOR(memory + 36, 4)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("parameter 'a/rest_weight'", "the block 'a/rest_weight'", NULL);
    fanin_plan_free(plan);

    /* Two blocks of one name, of two parameters. */
    plan = new_plan();
    assert_status(add_with(plan, "packed", "a/x", MATRIX(memory, 3, 4)), FANIN_OK);
    assert_status(add_with(plan, "packed_deep", "a", MATRIX(memory + 12, 3, 4)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    assert_message("parameter 'a'", "its block 'a/x/rest_weight'", "the block 'a/x/rest_weight'", NULL);
    fanin_plan_free(plan);
}

/* Names are no more than bytes: control characters, percent signs and quotes are not read. */
static void odd_names(void **state)
{
    (void)state;
    static const char *const names[] = {"%s%n%d_bias",           "\"quoted\"_bias", "größe_bias",
                                        "\xf0\x9f\xa6\x9c_bias", "a\tb_bias",       " _bias"};
    fanin_plan *const plan = new_plan();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_status(add(plan, NULL, names[i], VECTOR(memory + 8 * i, 8)), FANIN_OK);
    }
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_status(add(plan, NULL, "%s%n", VECTOR(memory + 80, 8)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_UNCOVERED);
    assert_message("parameter '%s%n'", NULL);
    fanin_plan_free(plan);
}

int main(void)
{
    register_packed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_problems),
        cmocka_unit_test(two_of_one),
        cmocka_unit_test(one_problem),
        cmocka_unit_test(malformed_is_not_added),
        cmocka_unit_test(replicas),
        cmocka_unit_test(shared_memory),
        cmocka_unit_test(shared_memory_as_counted),
        cmocka_unit_test(streams),
        cmocka_unit_test(odd_names),
        cmocka_unit_test(custom_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
