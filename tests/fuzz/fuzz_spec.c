/* Texts of initializers and of rules: what an initializer prints makes it again. */
#include "fuzz.h"

static bool is_refusal(fanin_status status)
{
    return status == FANIN_ERROR_SPEC || status == FANIN_ERROR_UNKNOWN || status == FANIN_ERROR_PARAMETER ||
           status == FANIN_ERROR_PATTERN;
}

static void print_again(fanin_initializer *initializer)
{
    char *text, *again;
    fanin_initializer *copy;
    FUZZ_CHECK(fanin_dumps(initializer, &text) == FANIN_OK);
    FUZZ_CHECK(fanin_create(text, &copy) == FANIN_OK);
    FUZZ_CHECK(fanin_dumps(copy, &again) == FANIN_OK);
    FUZZ_CHECK(strcmp(text, again) == 0);
    fanin_string_free(text);
    fanin_string_free(again);
    fanin_release(copy);
}

static fanin_status lower_nothing(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return fanin_emit_constant(emitter, FANIN_ALL_ROWS, 0.0);
}

/* Random text must not open whatever file it names: load becomes a row of the same parameters that opens none. */
static void replace_load(void)
{
    static bool is_replaced;
    if (!is_replaced) {
        fanin_row row = *fanin_row_find("load");
        row.lower = lower_nothing;
        FUZZ_CHECK(fanin_register(&row, FANIN_REGISTER_REPLACE) == FANIN_OK);
        is_replaced = true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    replace_load();
    char *const text = malloc(size + 1);
    fanin_initializer *initializer;
    fanin_rules *rules;
    FUZZ_CHECK(text);
    memcpy(text, data, size);
    text[size] = 0;
    fanin_status status = fanin_create(text, &initializer);
    if (status == FANIN_OK) {
        print_again(initializer);
        fanin_release(initializer);
    } else {
        FUZZ_CHECK(is_refusal(status) && *fanin_last_error());
    }
    status = fanin_rules_create(text, &rules);
    if (status == FANIN_OK) {
        fanin_rules_free(rules);
    } else {
        FUZZ_CHECK(is_refusal(status) && *fanin_last_error());
    }
    free(text);
    return 0;
}
