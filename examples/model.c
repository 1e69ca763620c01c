/* Fills a small model: many parameters, one plan, one parallel pass. Prints the plan first, and a log line for each. */
#include <fanin/fanin.h>

#include <stdio.h>
#include <stdlib.h>

struct parameter {
    const char *name;
    int ndim;
    int64_t shape[4];
};

static const struct parameter model[] = {
    {"conv1_weight", 4, {32, 3, 3, 3}}, {"conv1_bias", 1, {32}},    {"bn1_gamma", 1, {32}},      {"bn1_beta", 1, {32}},
    {"fc1_weight", 2, {128, 1568}},     {"fc1_bias", 1, {128}},     {"fc2_weight", 2, {10, 128}}, {"fc2_bias", 1, {10}},
};
enum { COUNT = sizeof model / sizeof model[0] };

/* The classifier is drawn small, everything else by Xavier: rules come before the end of the name. */
static const char rules_text[] = "[[\"fc2_weight$\", [\"normal\", {\"sigma\": 0.01}]]]";

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
}

int main(void)
{
    fanin_initializer *xavier = NULL;
    fanin_rules *rules = NULL;
    fanin_plan *plan = NULL;
    char *text = NULL;
    float *memory[COUNT] = {NULL};
    int failed = 1;

    if (fanin_create("xavier", &xavier) || fanin_rules_create(rules_text, &rules) || fanin_plan_create(&plan))
        goto done;
    for (int i = 0; i < COUNT; i++) {
        int64_t size = 1;
        for (int d = 0; d < model[i].ndim; d++)
            size *= model[i].shape[d];
        memory[i] = malloc((size_t)size * sizeof(float));
        if (!memory[i])
            goto done;
        DLTensor tensor = {memory[i], {kDLCPU, 0}, model[i].ndim, {kDLFloat, 32, 1}, (int64_t *)model[i].shape, NULL, 0};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = model[i].name;
        desc.rules = rules;
        if (fanin_plan_add(plan, xavier, &desc, &tensor))
            goto done;
    }

    if (fanin_plan_dumps(plan, &text))
        goto done;
    printf("%s\n\n", text);

    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 42;
    options.verbose = 1;
    options.log = print_line;
    failed = fanin_plan_run(plan, &options) != FANIN_OK;

done:
    if (failed)
        fprintf(stderr, "%s\n", fanin_last_error());
    for (int i = 0; i < COUNT; i++)
        free(memory[i]);
    fanin_string_free(text);
    fanin_plan_free(plan);
    fanin_rules_free(rules);
    fanin_release(xavier);
    return failed;
}
