/* The known answers of contract 1 through the public API: each line as a box of a parameter of 2^63 - 1 elements. */
#include "api_helpers.h"
#include "golden/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GUARD = 64 };

struct numbers {
    enum fill_kind kind;
    double a, b;
};

/* What the row of the tests emits next. */
static struct numbers emitted;

static fanin_status lower_emitted(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    const struct numbers *const numbers = fanin_emitter_user(emitter);
    return numbers->kind == FILL_UNIFORM ? fanin_emit_uniform(emitter, FANIN_ALL_ROWS, numbers->a, numbers->b)
                                         : fanin_emit_normal(emitter, FANIN_ALL_ROWS, numbers->a, numbers->b);
}

static const struct api_dtype *find_dtype(enum dtype dtype)
{
    int i = 0;
    while (strcmp(api_dtypes[i].name, dtype_table[dtype].name) != 0) {
        i++;
    }
    return &api_dtypes[i];
}

/* Fills `before` elements more in front of the line's and `after` more behind them, each `stride` from the last. */
static void check_line(const fanin_initializer *initializer, const struct golden_line *line, int64_t before, int64_t after,
                       int64_t stride)
{
    const int64_t global = INT64_MAX;
    const int64_t offset = line->start - before, size = before + line->count + after;
    const struct api_dtype *const dtype = find_dtype(line->dtype);
    const size_t span = (size_t)((size - 1) * llabs(stride) + 1) * dtype->size;
    struct api_memory memory = api_memory_open(2 * GUARD + span);
    struct api_view view = api_row_major(1, &size, GUARD);
    view.stride[0] = stride;
    view.origin += stride < 0 ? span - dtype->size : 0;

    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = line->name;
    desc.rule = line->kind == FILL_INTEGER ? FANIN_RULE_NAME : FANIN_RULE_WEIGHT;
    desc.global_shape = &global;
    desc.offset = &offset;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = line->seed;
    options.contract = 1;
    options.threads = 1 + line->number % 3;
    const DLTensor tensor = api_tensor(&memory, &view, dtype);
    emitted = (struct numbers){line->kind, line->a, line->b};
    if (fanin_init(line->kind == FILL_INTEGER ? NULL : initializer, &desc, &tensor, &options) != FANIN_OK) {
        fail_msg("line %d: %s", line->number, fanin_last_error());
    }
    for (int64_t i = 0; i < size; i++) {
        const size_t place = view.origin + (size_t)(i * stride) * dtype->size;
        if (i >= before && i < before + line->count) {
            memcpy(memory.want + place, &line->bits[i - before], dtype->size); /* little-endian */
        } else {
            memcpy(memory.want + place, memory.got + place, dtype->size); /* not in the file */
        }
    }
    char what[64];
    snprintf(what, sizeof what, "line %d, %d before, %d after", line->number, (int)before, (int)after);
    api_memory_check(&memory, what);
    api_memory_close(&memory);
}

static int64_t at_most(int64_t value, int64_t bound)
{
    return value < bound ? value : bound;
}

static void test_fills(void **state)
{
    (void)state;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "test_emitted";
    row.help = "The fill of a line.";
    row.lower = lower_emitted;
    row.user = &emitted;
    assert_int_equal(fanin_register(&row, 0), FANIN_OK);
    fanin_initializer *const initializer = api_create("test_emitted");

    FILE *const file = golden_open();
    struct golden_line line;
    int checked = 0;
    while (golden_next(file, &line)) {
        const bool is_quantized = line.kind == FILL_INTEGER && line.a == -127.0 && line.b == 126.0;
        if (line.type != GOLDEN_FILL || (line.kind == FILL_INTEGER && !is_quantized)) {
            continue;
        }
        const int64_t behind = INT64_MAX - line.start - line.count;
        check_line(initializer, &line, 0, 0, 1);
        check_line(initializer, &line, 0, 0, -3);
        /* Within longer fills, where vector code takes over. */
        check_line(initializer, &line, at_most(1 + checked % 67, line.start), at_most(70, behind), 1);
        check_line(initializer, &line, at_most(3, line.start), at_most(40, behind), 2);
        checked++;
    }
    fclose(file);
    fanin_release(initializer);
    assert_true(checked >= 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
