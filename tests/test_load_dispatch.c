/* Which parameters load takes, and which it passes on: before `__init__`, rules and endings; in and around mixed, itself and
 * packed parameters. Its texts, in dumps, plans and the log. */
#include "load_helpers.h"

#include "log_helpers.h"

static struct folder folder;
static char path[512];

/* Vectors of two: "a_weight" 1 2, "b_bias" 3 4, "c" 5 6. */
static int set_up(void **state)
{
    (void)state;
    folder = folder_open();
    snprintf(path, sizeof path, "%s", file_in(&folder, "m.safetensors"));
    const float data[] = {1, 2, 3, 4, 5, 6};
    write_safetensors(path,
                      "{\"a_weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                      "\"arg:b_bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
                      "\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}",
                      data, sizeof data);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_close(&folder);
    return 0;
}

/* The spec with the file's path in place of PATH. */
static fanin_initializer *create_with_path(const char *spec)
{
    char text[4096], *end = text;
    for (const char *c = spec; *c != '\0';) {
        const bool here = strncmp(c, "PATH", 4) == 0;
        end += here ? sprintf(end, "%s", path) : sprintf(end, "%c", *c);
        c += here ? 4 : 1;
    }
    return create(text);
}

/* What the two elements of a parameter become. */
static void check(const fanin_initializer *initializer, const fanin_desc *desc, float first, float second)
{
    float data[2] = {-1, -1};
    const DLTensor tensor = VECTOR(data, 2);
    if (fanin_init(initializer, desc, &tensor, NULL) != FANIN_OK) {
        fail_msg("%s: %s", desc->name, fanin_last_error());
    }
    if (data[0] != first || data[1] != second) {
        fail_msg("%s: found %g %g, expected %g %g", desc->name, data[0], data[1], first, second);
    }
}

static void check_name(const fanin_initializer *initializer, const char *name, float first, float second)
{
    const fanin_desc desc = desc_of(name);
    check(initializer, &desc, first, second);
}

static void test_called(void **state)
{
    (void)state;
    fanin_initializer *const initializer =
        create_with_path("[\"load\", {\"param\": \"PATH\", \"default_init\": [\"constant\", {\"value\": 7}]}]");
    fanin_rules *rules = NULL;
    assert_status(fanin_rules_create("[[\".*\", [\"constant\", {\"value\": 9}]]]", &rules), FANIN_OK);
    const fanin_attr attribute = {"__init__", "[\"constant\", {\"value\": 8}]"};
    static const fanin_rule ways[] = {FANIN_RULE_NAME, FANIN_RULE_WEIGHT, FANIN_RULE_LEGACY};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (int own = 0; own < 3; own++) {
            fanin_desc desc = desc_of("a_weight");
            desc.rule = ways[i];
            desc.attrs = own == 1 ? &attribute : NULL;
            desc.n_attrs = own == 1;
            desc.rules = own == 2 ? rules : NULL;
            /* What is found comes before everything. */
            check(initializer, &desc, 1, 2);
            desc.name = "b_bias";
            check(initializer, &desc, 3, 4);
            desc.name = "c";
            check(initializer, &desc, 5, 6);
            /* What is not goes its way. */
            const float value = own == 1 ? 8 : own == 2 ? 9 : 7;
            desc.name = "d_weight";
            check(initializer, &desc, value, value);
            desc.name = "d_bias";
            check(initializer, &desc,
                  own > 0                        ? value
                  : ways[i] == FANIN_RULE_WEIGHT ? 7
                                                 : 0,
                  own > 0                        ? value
                  : ways[i] == FANIN_RULE_WEIGHT ? 7
                                                 : 0);
        }
    }
    float data[2];
    const DLTensor tensor = VECTOR(data, 2);
    assert_status(fill(initializer, "other", &tensor, NULL), FANIN_ERROR_UNCOVERED);
    assert_message("no rule covers", NULL);
    fanin_rules_free(rules);
    fanin_release(initializer);
}

/* Named by `__init__` or a pair of rules it is called without either of them. */
static void test_own(void **state)
{
    (void)state;
    char text[1024], pair[2048];
    snprintf(text, sizeof text, "[\"load\", {\"param\": \"%s\", \"default_init\": [\"constant\", {\"value\": 7}]}]", path);
    snprintf(pair, sizeof pair, "[[\".*\", %s]]", text);
    fanin_rules *rules = NULL;
    assert_status(fanin_rules_create(pair, &rules), FANIN_OK);
    const fanin_attr attribute = {"__init__", text};
    fanin_initializer *const one = create("one");
    for (int own = 0; own < 2; own++) {
        fanin_desc desc = desc_of("c");
        desc.attrs = own == 0 ? &attribute : NULL;
        desc.n_attrs = own == 0;
        desc.rules = own == 1 ? rules : NULL;
        check(one, &desc, 5, 6);
        desc.name = "x_bias";
        check(one, &desc, 0, 0);
        desc.name = "x_weight";
        check(one, &desc, 7, 7);
        float data[2];
        const DLTensor tensor = VECTOR(data, 2);
        desc.name = "x";
        assert_status(fanin_init(one, &desc, &tensor, NULL), FANIN_ERROR_UNCOVERED);
    }
    fanin_rules_free(rules);
    fanin_release(one);
}

static void test_nested(void **state)
{
    (void)state;
    fanin_initializer *initializer = create_with_path(
        "[\"mixed\", {\"patterns\": [\"a\", \".*\"], \"initializers\": [[\"load\", {\"param\": \"PATH\"}], \"one\"]}]");
    check_name(initializer, "a_weight", 1, 2);
    check_name(initializer, "b_weight", 1, 1);
    float data[2];
    const DLTensor tensor = VECTOR(data, 2);
    assert_status(fill(initializer, "ab", &tensor, NULL), FANIN_ERROR_UNCOVERED);
    assert_message("'ab'", path, "no default_init", NULL);
    fanin_release(initializer);
    initializer =
        create_with_path("[\"load\", {\"param\": \"PATH\", \"default_init\": [\"mixed\", {\"patterns\": [\"x\", \".*\"], "
                         "\"initializers\": [\"one\", [\"load\", {\"param\": \"PATH\", \"default_init\": \"zero\"}]]}]}]");
    check_name(initializer, "c", 5, 6);
    check_name(initializer, "x_weight", 1, 1);
    check_name(initializer, "y_weight", 0, 0);
    check_name(initializer, "y_gamma", 1, 1);
    fanin_release(initializer);

    /* As deep as initializers nest, and deeper. */
    for (int depth = 16; depth <= 17; depth++) {
        fanin_initializer *inner = create("[\"constant\", {\"value\": 4}]");
        fanin_status status = FANIN_OK;
        for (int i = 0; i < depth && status == FANIN_OK; i++) {
            fanin_initializer *outer = NULL;
            status = fanin_load(path, inner, 0, &outer);
            fanin_release(inner);
            inner = outer;
        }
        assert_int_equal(status, depth == 16 ? FANIN_OK : FANIN_ERROR_SPEC);
        if (depth == 16) {
            check_name(inner, "z_weight", 4, 4);
        }
        fanin_release(inner);
    }
}

/* ---- blocks of a packed parameter ---- */

/* One tensor in memory for the i2h weight of a fused network of one hidden unit and one input; `verbose`. */
static fanin_initializer *load_block(const fanin_initializer *default_init, int verbose)
{
    const float weight[1] = {42};
    const char *const name = "l0_i2h_weight";
    const DLTensor tensor = MATRIX((void *)(uintptr_t)weight, 1, 1);
    fanin_initializer *initializer = NULL;
    assert_status(fanin_load_tensors(&name, &tensor, 1, default_init, verbose, &initializer), FANIN_OK);
    return initializer;
}

static void test_blocks(void **state)
{
    (void)state;
    fanin_initializer *const half = create("[\"constant\", {\"value\": 0.5}]"), *const global = load_block(half, 1);
    fanin_initializer *fused = NULL;
    assert_status(fanin_fusedrnn(NULL, 1, 1, FANIN_RNN_TANH, 0, 1.0, &fused), FANIN_OK);
    float data[4] = {0};
    const DLTensor tensor = VECTOR(data, 4);
    fanin_desc desc = desc_of("rnn_weight");
    desc.global_init = global;
    struct log log;
    fanin_options options = verbose_to(&log);
    assert_status(fanin_init(fused, &desc, &tensor, &options), FANIN_OK);
    assert_memory_equal(data, ((float[]){42, 0.5f, 0, 0}), sizeof data);
    /* A block that was loaded has no rule; for one that was passed on, load's line follows. */
    static const char *const lines[] = {
        "Initialized l0_i2h_weight by loading", "Initialized l0_h2h_weight as weight: 0.5",
        "Initialized l0_h2h_weight by default", "Initialized l0_i2h_bias as bias: 0.0",
        "Initialized l0_i2h_bias by default",   "Initialized l0_h2h_bias as bias: 0.0",
        "Initialized l0_h2h_bias by default",
    };
    const int count = sizeof lines / sizeof *lines;
    assert_int_equal(log.count, count + 1);
    for (int i = 0; i < count; i++) {
        assert_string_equal(log.line[i], lines[i]);
    }
    assert_non_null(strstr(log.line[count], "Initialized rnn_weight as weight: "));
    options.verbose = 0;
    log.count = 0;
    assert_status(fanin_init(fused, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 4);
    assert_string_equal(log.line[1], "Initialized l0_h2h_weight by default");

    /* A plan of a part logs the blocks that it has. */
    fanin_plan *const plan = new_plan();
    const int64_t whole = 4, offset = 3;
    const DLTensor part = VECTOR(data, 1);
    desc.global_shape = &whole;
    desc.offset = &offset;
    assert_status(fanin_plan_add(plan, fused, &desc, &part), FANIN_OK);
    log.count = 0;
    assert_status(fanin_plan_run(plan, &options), FANIN_OK);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.line[0], "Initialized l0_h2h_bias by default");
    fanin_plan_free(plan);

    /* One whose default would fill the whole again. */
    fanin_initializer *const circle = load_block(fused, 0);
    desc = desc_of("rnn_weight");
    desc.global_init = circle;
    assert_status(fanin_init(fused, &desc, &tensor, NULL), FANIN_ERROR_UNCOVERED);
    fanin_release(circle);
    fanin_release(fused);
    fanin_release(global);
    fanin_release(half);
}

/* ---- the log ---- */

static void test_log(void **state)
{
    (void)state;
    fanin_initializer *initializer = create_with_path(
        "[\"load\", {\"param\": \"PATH\", \"default_init\": [\"load\", {\"param\": \"PATH\", \"default_init\": "
        "\"one\", \"verbose\": true}], \"verbose\": true}]");
    float data[2];
    const DLTensor tensor = VECTOR(data, 2);
    struct log log;
    fanin_options options = verbose_to(&log);
    fanin_desc desc = desc_of("a_weight");
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 1);
    assert_string_equal(log.line[0], "Initialized a_weight by loading");
    desc.name = "z_weight";
    log.count = 0;
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 3);
    assert_string_equal(log.line[0], "Initialized z_weight as weight: 1.0");
    assert_string_equal(log.line[1], "Initialized z_weight by default");
    assert_string_equal(log.line[2], "Initialized z_weight by default");
    /* MXNet's plain names have no line of a rule, but they have load's. */
    desc.rule = FANIN_RULE_LEGACY;
    log.count = 0;
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 2);
    options.log = NULL;
    assert_status(fanin_init(initializer, &desc, &tensor, &options), FANIN_OK);
    fanin_release(initializer);

    /* The lines of one that `__init__` names come before those of the one that was called. */
    char text[1024];
    snprintf(text, sizeof text, "[\"load\", {\"param\": \"%s\", \"default_init\": \"one\", \"verbose\": true}]", path);
    const fanin_attr attribute = {"__init__", text};
    fanin_initializer *const one = create("one");
    fanin_initializer *const called = load_block(one, 1);
    desc = desc_of("z_weight");
    desc.attrs = &attribute;
    desc.n_attrs = 1;
    options = verbose_to(&log);
    options.verbose = 0;
    assert_status(fanin_init(called, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.line[0], "Initialized z_weight by default");
    desc.name = "c";
    log.count = 0;
    assert_status(fanin_init(called, &desc, &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.line[0], "Initialized c by loading");
    assert_string_equal(log.line[1], "Initialized c by default");
    fanin_release(called);
    fanin_release(one);

    initializer = load(path, NULL);
    options = verbose_to(&log);
    assert_status(fill(initializer, "a_weight", &tensor, &options), FANIN_OK);
    assert_int_equal(log.count, 0);
    fanin_release(initializer);
}

/* ---- texts ---- */

static void test_dumps(void **state)
{
    (void)state;
    char expected[1024], *text = NULL;
    fanin_initializer *const one = create("one");
    fanin_initializer *initializer = NULL;
    assert_status(fanin_load(path, one, 1, &initializer), FANIN_OK);
    assert_status(fanin_dumps(initializer, &text), FANIN_OK);
    snprintf(expected, sizeof expected, "[\"load\", {\"param\": \"%s\", \"default_init\": [\"one\", {}], \"verbose\": true}]",
             path);
    assert_string_equal(text, expected);
    fanin_initializer *again = create(text);
    fanin_string_free(text);
    assert_status(fanin_dumps(again, &text), FANIN_OK);
    assert_string_equal(text, expected);
    check_name(again, "c", 5, 6);
    fanin_string_free(text);
    fanin_release(again);
    fanin_release(initializer);
    initializer = create_with_path("[\"Load\", {\"param\": \"PATH\"}]");
    assert_status(fanin_dumps(initializer, &text), FANIN_OK);
    snprintf(expected, sizeof expected, "[\"load\", {\"param\": \"%s\", \"default_init\": null, \"verbose\": false}]", path);
    assert_string_equal(text, expected);
    fanin_string_free(text);
    fanin_release(initializer);

    /* Tensors in memory have no text, nor has what holds them. */
    fanin_initializer *const block = load_block(one, 0);
    const char *const pattern = ".*";
    const fanin_initializer *const held = block;
    text = NULL;
    assert_status(fanin_dumps(block, &text), FANIN_ERROR_NOT_DUMPABLE);
    assert_message("'load'", "memory", NULL);
    assert_status(fanin_mixed(&pattern, &held, 1, &initializer), FANIN_OK);
    assert_status(fanin_dumps(initializer, &text), FANIN_ERROR_NOT_DUMPABLE);
    assert_null(text);
    fanin_release(initializer);
    fanin_release(block);
    fanin_release(one);
}

static void test_plans(void **state)
{
    (void)state;
    char *text = NULL, expected[2048];
    float data[2];
    fanin_initializer *const initializer = load(path, NULL), *const block = load_block(NULL, 0);
    fanin_plan *plan = new_plan();
    assert_status(add(plan, initializer, "b_bias", VECTOR(NULL, 2)), FANIN_OK);
    assert_status(add(plan, block, "l0_i2h_weight", MATRIX(NULL, 1, 1)), FANIN_OK);
    assert_status(fanin_plan_dumps(plan, &text), FANIN_OK);
    snprintf(
        expected, sizeof expected,
        "{\"contract\": 1, \"parameters\": [{\"name\": \"b_bias\", \"dtype\": \"float32\", \"shape\": [2], \"initializer\": "
        "[\"load\", {\"param\": \"%s\", \"default_init\": null, \"verbose\": false}], \"rule\": \"load\", \"fills\": "
        "[{\"kind\": \"load\", \"file\": \"%s\", \"tensor\": \"arg:b_bias\", \"stored\": \"float32\", \"stream\": ",
        path, path);
    assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
    assert_non_null(strstr(text, "[\"load\", {\"param\": null, \"default_init\": null, \"verbose\": false}]"));
    assert_non_null(strstr(text, "\"kind\": \"load\", \"file\": null, \"tensor\": \"l0_i2h_weight\", \"stored\": \"float32\""));
    fanin_string_free(text);
    fanin_plan_free(plan);

    /* One name twice: from equal initializers, and from others. */
    fanin_initializer *const same = load(path, NULL), *const other_block = load_block(NULL, 0);
    plan = new_plan();
    float more[2];
    assert_status(add(plan, initializer, "b_bias", VECTOR(data, 2)), FANIN_OK);
    assert_status(add(plan, same, "b_bias", VECTOR(more, 2)), FANIN_OK);
    assert_status(add(plan, block, "l0_i2h_weight", MATRIX(NULL, 1, 1)), FANIN_OK);
    assert_status(add(plan, other_block, "l0_i2h_weight", MATRIX(NULL, 1, 1)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    const float changed[1] = {43};
    const char *const name = "l0_i2h_weight";
    const DLTensor tensor = MATRIX((void *)(uintptr_t)changed, 1, 1);
    fanin_initializer *different = NULL;
    assert_status(fanin_load_tensors(&name, &tensor, 1, NULL, 0, &different), FANIN_OK);
    assert_status(add(plan, different, "l0_i2h_weight", MATRIX(NULL, 1, 1)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    fanin_plan_free(plan);

    /* Equal texts, but another dtype. */
    plan = new_plan();
    const double wide[1] = {43};
    DLTensor wide_tensor = MATRIX((void *)(uintptr_t)wide, 1, 1);
    wide_tensor.dtype = (DLDataType){kDLFloat, 64, 1};
    fanin_initializer *wider = NULL;
    assert_status(fanin_load_tensors(&name, &wide_tensor, 1, NULL, 0, &wider), FANIN_OK);
    assert_status(add(plan, different, "l0_i2h_weight", MATRIX(NULL, 1, 1)), FANIN_OK);
    assert_status(add(plan, wider, "l0_i2h_weight", MATRIX(NULL, 1, 1)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_ERROR_CLASH);
    fanin_plan_free(plan);
    fanin_release(wider);

    /* So with a sparse array: its place in the file counts, which two readers of the file find for themselves. */
    static const float rows[2][2] = {{1, 2}, {3, 4}};
    struct bytes bytes = {0};
    put_start(&bytes, 2);
    for (int i = 0; i < 2; i++) {
        put32(&bytes, V2);
        put32(&bytes, 1);
        put_shape(&bytes, 2, (int64_t[]){1, 2});
        put_shape(&bytes, 2, (int64_t[]){3, 2});
        put_type(&bytes, 0);
        put32(&bytes, 6);
        put_shape(&bytes, 1, (int64_t[]){1});
        put(&bytes, rows[i], sizeof rows[i]);
        put64(&bytes, 1);
    }
    put64(&bytes, 2);
    put_name(&bytes, "a");
    put_name(&bytes, "b");
    const char *const sparse_path = file_in(&folder, "sparse.params");
    write_file(sparse_path, bytes.data, bytes.size);
    free(bytes.data);
    fanin_initializer *const sparse = load(sparse_path, NULL), *const again = load(sparse_path, NULL);
    plan = new_plan();
    assert_status(add(plan, sparse, "a", MATRIX(NULL, 3, 2)), FANIN_OK);
    assert_status(add(plan, again, "a", MATRIX(NULL, 3, 2)), FANIN_OK);
    assert_status(fanin_plan_check(plan), FANIN_OK);
    fanin_plan_free(plan);
    fanin_release(sparse);
    fanin_release(again);

    /* What was added needs neither the initializer nor its maker. */
    plan = new_plan();
    assert_status(add(plan, initializer, "b_bias", VECTOR(data, 2)), FANIN_OK);
    fanin_release(initializer);
    fanin_release(same);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_true(data[0] == 3 && data[1] == 4);
    /* And again. */
    data[0] = data[1] = 0;
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_true(data[0] == 3 && data[1] == 4);
    fanin_plan_free(plan);
    fanin_release(block);
    fanin_release(other_block);
    fanin_release(different);
}

/* ---- shards ---- */

static void test_index(void **state)
{
    (void)state;
    const float data[] = {10, 20, 30, 40};
    write_safetensors(file_in(&folder, "model-00001-of-00002.safetensors"),
                      "{\"p\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                      "\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
                      data, sizeof data);
    static const char index[] = "{\"metadata\": {\"total_size\": 16}, \"weight_map\": {\"c\": \"m.safetensors\", \"p\": "
                                "\"model-00001-of-00002.safetensors\"}}";
    write_file(file_in(&folder, "model.safetensors.index.json"), index, strlen(index));
    fanin_initializer *const initializer = load(file_in(&folder, "model.safetensors.index.json"), NULL);
    check_name(initializer, "p", 10, 20);
    /* Of the file that the index names, and not of the other one that has the name too. */
    check_name(initializer, "c", 5, 6);
    float target[2];
    const DLTensor tensor = VECTOR(target, 2);
    /* Not in the index. */
    assert_status(fill(initializer, "a_weight", &tensor, NULL), FANIN_ERROR_UNCOVERED);
    fanin_plan *const plan = new_plan();
    float targets[2][2];
    assert_status(add(plan, initializer, "p", VECTOR(targets[0], 2)), FANIN_OK);
    assert_status(add(plan, initializer, "c", VECTOR(targets[1], 2)), FANIN_OK);
    assert_status(fanin_plan_run(plan, NULL), FANIN_OK);
    assert_memory_equal(targets, ((float[]){10, 20, 5, 6}), sizeof targets);
    fanin_plan_free(plan);
    fanin_release(initializer);
}

/* A header of 0x112 bytes starts as .params files do. */
static void test_detection(void **state)
{
    (void)state;
    char header[0x112 + 1];
    memset(header, ' ', 0x112);
    header[0x112] = '\0';
    static const char start[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    memcpy(header, start, strlen(start));
    const float data[] = {8, 9};
    struct bytes bytes = {0};
    put64(&bytes, 0x112);
    put(&bytes, header, 0x112);
    put(&bytes, data, sizeof data);
    write_file(file_in(&folder, "short.params"), bytes.data, bytes.size);
    free(bytes.data);
    fanin_initializer *const initializer = load(file_in(&folder, "short.params"), NULL);
    check_name(initializer, "w", 8, 9);
    fanin_release(initializer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_called), cmocka_unit_test(test_own),   cmocka_unit_test(test_nested),
        cmocka_unit_test(test_blocks), cmocka_unit_test(test_log),   cmocka_unit_test(test_dumps),
        cmocka_unit_test(test_plans),  cmocka_unit_test(test_index), cmocka_unit_test(test_detection),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
