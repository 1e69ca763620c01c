#include "dispatch.h"
#include "initializers/builtin.h"

#include <stdio.h>
#include <string.h>

/* MXNet draws one number for the whole array, by a slip; here each element has its own. */
static fanin_status lower_quantized_weight(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    return emitter_emit(emitter, FANIN_ALL_ROWS, FILL_INTEGER, -127.0, 126.0);
}

/* The identity of a spatial transformer's affine map, as 6 numbers. */
static fanin_status lower_location_bias(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    if (emitter->ndim != 1 || emitter->shape[0] != 6) {
        return fanin_fail(
            FANIN_ERROR_SHAPE,
            "parameter '%s': the older name rule fills this bias with 1 0 0 0 1 0 and expects the shape (6,); it has "
            "%d dimensions and %lld rows",
            emitter->name, emitter->ndim, (long long)emitter->rows);
    }
    static const struct {
        int64_t rows;
        double value;
    } parts[] = {{1, 1.0}, {3, 0.0}, {1, 1.0}, {1, 0.0}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const fanin_status status = fanin_emit_constant(emitter, parts[i].rows, parts[i].value);
        if (status != FANIN_OK) {
            return status;
        }
    }
    return FANIN_OK;
}

#define NO_OVERRIDE (-1)

/* MXNet's Initializer.__call__ for an InitDesc. The first that fits counts; the last takes all. */
static const struct dispatch_rule name_rules[] = {
    {"", "weight", "weight", FANIN_ENDING_WEIGHT, NULL, NULL},
    {"", "bias", "bias", FANIN_ENDING_BIAS, &initializer_zero, NULL},
    {"", "gamma", "gamma", FANIN_ENDING_GAMMA, &initializer_one, NULL},
    {"", "beta", "beta", FANIN_ENDING_BETA, &initializer_zero, NULL},
    {"", "min", "min", FANIN_ENDING_MIN, &initializer_zero, NULL},
    {"", "max", "max", FANIN_ENDING_MAX, &initializer_one, NULL},
    {"", "weight_quantize", "weight_quantize", FANIN_ENDING_WEIGHT_QUANTIZE, NULL, lower_quantized_weight},
    {"", "bias_quantize", "bias_quantize", FANIN_ENDING_BIAS_QUANTIZE, &initializer_zero, NULL},
    {"", "", "default", FANIN_ENDING_DEFAULT, NULL, NULL},
};

/* MXNet's _legacy_init, for plain names. */
static const struct dispatch_rule legacy_rules[] = {
    {"upsampling", "", "upsampling", NO_OVERRIDE, &initializer_bilinear, NULL},
    {"stn_loc", "weight", "stn_loc weight", NO_OVERRIDE, &initializer_zero, NULL},
    {"stn_loc", "bias", "stn_loc bias", NO_OVERRIDE, NULL, lower_location_bias},
    {"", "bias", "bias", FANIN_ENDING_BIAS, &initializer_zero, NULL},
    {"", "gamma", "gamma", FANIN_ENDING_GAMMA, &initializer_one, NULL},
    {"", "beta", "beta", FANIN_ENDING_BETA, &initializer_zero, NULL},
    {"", "weight", "weight", FANIN_ENDING_WEIGHT, NULL, NULL},
    {"", "moving_mean", "moving_mean", NO_OVERRIDE, &initializer_zero, NULL},
    {"", "moving_var", "moving_var", NO_OVERRIDE, &initializer_one, NULL},
    {"", "moving_inv_var", "moving_inv_var", NO_OVERRIDE, &initializer_zero, NULL},
    {"", "moving_avg", "moving_avg", NO_OVERRIDE, &initializer_zero, NULL},
    {"", "min", "min", FANIN_ENDING_MIN, &initializer_zero, NULL},
    {"", "max", "max", FANIN_ENDING_MAX, &initializer_one, NULL},
    {"", "", "default", FANIN_ENDING_DEFAULT, NULL, NULL},
};

static const struct dispatch_rule *table_of(fanin_rule rule)
{
    return rule == FANIN_RULE_LEGACY ? legacy_rules : name_rules;
}

static bool ends_with(const char *name, size_t length, const char *ending)
{
    const size_t ending_length = strlen(ending);
    return length >= ending_length && memcmp(name + length - ending_length, ending, ending_length) == 0;
}

const struct dispatch_rule *dispatch_find(fanin_rule rule, const char *name)
{
    const struct dispatch_rule *found = table_of(rule);
    const size_t length = strlen(name);
    while (strncmp(name, found->prefix, strlen(found->prefix)) != 0 || !ends_with(name, length, found->ending)) {
        found++;
    }
    return found;
}

fanin_status dispatch_choose(const fanin_initializer *initializer, const char *name, struct dispatch_choice *out)
{
    struct dispatch_choice choice = {.initializer = initializer};
    /* Ends: an initializer holds only others that were made before it. */
    while (choice.initializer && choice.initializer->entry->hooks && choice.initializer->entry->hooks->choose &&
           !choice.whole) {
        const struct registry_hooks *const hooks = choice.initializer->entry->hooks;
        const fanin_args *const args = &choice.initializer->args;
        const fanin_initializer *next = NULL;
        const fanin_status status = hooks->choose(args, choice.initializer->prepared, name, &next);
        if (status != FANIN_OK) {
            return status;
        }
        const bool verbose = hooks->verbose && fanin_args_integer(args, hooks->verbose) != 0;
        choice.whole = !next;
        choice.notes.loading = verbose && !next;
        choice.notes.defaults += verbose && next;
        choice.initializer = next ? next : choice.initializer;
    }
    *out = choice;
    return FANIN_OK;
}

static fanin_status run(struct fanin_emitter *emitter, fanin_lower_fn lower, const fanin_initializer *initializer)
{
    for (const struct fanin_emitter *outer = emitter->parent; outer; outer = outer->parent) {
        if (outer->running == initializer) {
            return fanin_fail(
                FANIN_ERROR_UNCOVERED,
                "parameter '%s': its initializer '%s' is the one that fills the whole of '%s'; give the descriptor a "
                "global_init that is another one",
                emitter->name, initializer->entry->row.name, outer->name);
        }
    }
    emitter->running = initializer;
    return emitter_run(emitter, lower, &initializer->args);
}

fanin_status dispatch_weight(const fanin_initializer *initializer, struct fanin_emitter *emitter)
{
    return run(emitter, initializer->entry->row.lower, initializer);
}

static fanin_status fail_uncovered(fanin_rule table, const struct dispatch_rule *rule, const char *name)
{
    if (rule->ending[0] != '\0') {
        return fanin_fail(
            FANIN_ERROR_UNCOVERED,
            "parameter '%s': no initializer was given for weights; give one, or set this parameter's own with the "
            "attribute '__init__' or a pair of rules",
            name);
    }
    char endings[256] = "";
    size_t used = 0;
    for (const struct dispatch_rule *known = table_of(table); known != rule; known++) {
        /* The prefixes of the older rule have a meaning that their label does not tell. */
        if (known->prefix[0] == '\0') {
            used += (size_t)snprintf(endings + used, sizeof endings - used, "%s%s", used == 0 ? "" : ", ", known->ending);
        }
    }
    return fanin_fail(
        FANIN_ERROR_UNCOVERED,
        "parameter '%s': no rule covers this name, which ends with none of %s; set its initializer with the attribute "
        "'__init__', a pair of rules, or FANIN_RULE_WEIGHT",
        name, endings);
}

static fanin_lower_fn find_override(const fanin_initializer *initializer, int ending)
{
    const fanin_row *const row = initializer ? &initializer->entry->row : NULL;
    for (size_t i = 0; row && i < row->n_overrides; i++) {
        if ((int)row->overrides[i].ending == ending) {
            return row->overrides[i].lower;
        }
    }
    return NULL;
}

fanin_status dispatch_apply(fanin_rule table, const struct dispatch_rule *rule, const fanin_initializer *initializer,
                            struct fanin_emitter *emitter, fanin_initializer **applied)
{
    *applied = NULL;
    fanin_lower_fn override = find_override(initializer, rule->override);
    if (!override && rule->override == FANIN_ENDING_WEIGHT && initializer) {
        override = initializer->entry->row.lower;
    }
    fanin_status status;
    if (override) {
        status = run(emitter, override, initializer);
        *applied = status == FANIN_OK ? fanin_retain(initializer) : NULL;
    } else if (rule->lower) {
        status = emitter_run(emitter, rule->lower, NULL);
    } else if (rule->fixed) {
        fanin_initializer *fixed = NULL;
        status = initializer_from_json(rule->fixed, NULL, NULL, 0, &fixed);
        if (status == FANIN_OK) {
            status = dispatch_weight(fixed, emitter);
        }
        if (status == FANIN_OK) {
            *applied = fixed;
        } else {
            fanin_release(fixed);
        }
    } else {
        status = fail_uncovered(table, rule, emitter->name);
    }
    return status;
}

fanin_status dispatch_block(struct fanin_emitter *block, const fanin_initializer *initializer, const char *name,
                            const char **label, struct log_notes *notes)
{
    struct dispatch_choice choice;
    fanin_status status = dispatch_choose(initializer, name, &choice);
    if (status != FANIN_OK) {
        return status;
    }
    *notes = choice.notes;
    if (choice.whole) {
        *label = NULL;
        return dispatch_weight(choice.initializer, block);
    }
    const struct dispatch_rule *const rule = dispatch_find(FANIN_RULE_NAME, name);
    *label = rule->label;
    fanin_initializer *applied = NULL;
    status = dispatch_apply(FANIN_RULE_NAME, rule, choice.initializer, block, &applied);
    fanin_release(applied);
    return status;
}
