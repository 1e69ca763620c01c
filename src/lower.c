#include "lower.h"
#include "copy.h"
#include "dispatch.h"
#include "float_environment.h"
#include "load/store.h"
#include "rules.h"

#include <string.h>

/* How a parameter gets its fills: by an initializer's weight rule, or by a rule of its name. */
struct route {
    const fanin_initializer *initializer; /* chosen; may be NULL where a rule of the name decides */
    const struct dispatch_rule *rule;     /* NULL: the weight rule */
    const char *label, *log;              /* of the lowering; log NULL: there is no line of a rule */
    struct log_notes notes;
};

/* The attribute `__init__`; NULL where it is missing or empty. */
static fanin_status find_attribute(const fanin_desc *desc, const char **out)
{
    bool found = false;
    for (size_t i = 0; i < desc->n_attrs; i++) {
        if (strcmp(desc->attrs[i].key, "__init__") != 0) {
            continue;
        }
        if (found) {
            return fanin_fail(FANIN_ERROR_ARGUMENT, "parameter '%s': the attribute '__init__' is given twice", desc->name);
        }
        found = true;
        *out = desc->attrs[i].value && desc->attrs[i].value[0] != '\0' ? desc->attrs[i].value : NULL;
    }
    return FANIN_OK;
}

static fanin_status fail_memory(const fanin_desc *desc)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its fills", desc->name);
}

/* Labels with copies of texts that may not outlive the call. A pair's are those of many parameters, and may be long. */
static fanin_status set_labels(const fanin_desc *desc, struct arena *arena, const char *label, const char *log,
                               struct route *route)
{
    route->label = arena_shared_text(arena, label);
    route->log = log == label ? route->label : arena_shared_text(arena, log);
    return route->label && route->log ? FANIN_OK : fail_memory(desc);
}

/* The parameter's own initializer: of its attribute, else of its rules. `own` is retained, or NULL where neither names one. */
static fanin_status find_own(const fanin_desc *desc, struct arena *arena, fanin_initializer **own, struct route *route)
{
    const char *attribute = NULL;
    fanin_status status = find_attribute(desc, &attribute);
    if (status != FANIN_OK) {
        return status;
    }
    if (attribute) {
        status = fanin_create(attribute, own);
        return status == FANIN_OK
                   ? set_labels(desc, arena, attribute, attribute, route)
                   : fanin_fail(status, "parameter '%s': attribute '__init__': %s", desc->name, fanin_last_error());
    }
    const struct rules_pair *pair = NULL;
    status = desc->rules ? rules_match(desc->rules, desc->name, &pair) : FANIN_OK;
    if (pair) {
        *own = fanin_retain(pair->initializer);
        status = set_labels(desc, arena, pair->label, pair->spec, route);
    }
    return status;
}

/* Goes on from the name's rule; `route->initializer` is chosen. Labels that an own initializer set stay. */
static void find_name_rule(const fanin_desc *desc, struct route *route)
{
    route->rule = dispatch_find(desc->rule, desc->name);
    if (desc->rule == FANIN_RULE_WEIGHT && !route->initializer) {
        route->rule = dispatch_find(FANIN_RULE_NAME, "weight");
    } else if (desc->rule == FANIN_RULE_WEIGHT) {
        route->rule = NULL;
    }
    if (!route->label) {
        route->label = route->log = route->rule ? route->rule->label : "weight";
    }
}

/* Goes on from the parameter's own initializer. */
static fanin_status follow_own(const fanin_desc *desc, const fanin_initializer *own, struct route *route)
{
    struct dispatch_choice choice;
    const fanin_status status = dispatch_choose(own, desc->name, &choice);
    if (status != FANIN_OK) {
        return status;
    }
    route->initializer = choice.initializer;
    route->notes.loading = choice.notes.loading;
    route->notes.defaults += choice.notes.defaults;
    if (choice.whole) {
        route->log = NULL;
    } else if (choice.initializer != own) {
        find_name_rule(desc, route);
    }
    return FANIN_OK;
}

/* `called` is what the request's initializer came to; `own` keeps the parameter's own one alive. */
static fanin_status find_route(const fanin_desc *desc, const struct dispatch_choice *called, struct arena *arena,
                               fanin_initializer **own, struct route *route)
{
    route->notes = called->notes;
    if (called->whole) {
        route->initializer = called->initializer;
        route->label = called->initializer->entry->row.name;
        return FANIN_OK;
    }
    fanin_status status = find_own(desc, arena, own, route);
    if (status != FANIN_OK) {
        return status;
    }
    if (*own) {
        status = follow_own(desc, *own, route);
    } else {
        route->initializer = called->initializer;
        find_name_rule(desc, route);
    }
    if (desc->rule == FANIN_RULE_LEGACY) {
        route->log = NULL;
    }
    return status;
}

static fanin_status follow(const struct lower_request *request, const struct route *route, const fanin_initializer *global,
                           struct arena *arena, struct lowering *out)
{
    const fanin_desc *const desc = request->desc;
    struct emitter_sink sink = {.arena = arena, .lowering = out};
    struct fanin_emitter emitter;
    emitter_open(&emitter, &sink, desc->name, request->stream, request->dtype, request->ndim, request->shape);
    emitter.global = global;
    sink.row_size = emitter.row_size;
    fanin_status status;
    if (route->rule) {
        status = dispatch_apply(desc->rule, route->rule, route->initializer, &emitter, &out->initializer);
    } else {
        status = dispatch_weight(route->initializer, &emitter);
        out->initializer = status == FANIN_OK ? fanin_retain(route->initializer) : NULL;
    }
    stream_set_free(&sink.streams);
    out->notes = route->notes;
    out->noted = out->noted || route->notes.loading || route->notes.defaults > 0;
    out->rule = route->label;
    out->log_rule = route->log;
    return status;
}

static fanin_status lower(const struct lower_request *request, struct arena *arena, struct lowering *out)
{
    const fanin_desc *const desc = request->desc;
    struct dispatch_choice called;
    fanin_status status = dispatch_choose(request->initializer, desc->name, &called);
    if (status != FANIN_OK) {
        return status;
    }
    struct route route = {.initializer = NULL};
    fanin_initializer *own = NULL;
    status = find_route(desc, &called, arena, &own, &route);
    if (status == FANIN_OK) {
        status = follow(request, &route, desc->global_init ? desc->global_init : called.initializer, arena, out);
    }
    fanin_release(own);
    return status;
}

fanin_status lower_parameter(const struct lower_request *request, struct arena *arena, struct lowering *out)
{
    const struct float_environment caller = float_environment_enter();
    const struct arena before = *arena;
    struct lowering lowering = {.fills = NULL};
    const fanin_status status = lower(request, arena, &lowering);
    if (status == FANIN_OK) {
        *out = lowering;
    } else {
        lowering_release(&lowering);
        arena_restore(arena, &before);
    }
    float_environment_leave(&caller);
    return status;
}

void lowering_release(struct lowering *lowering)
{
    for (size_t i = 0; i < lowering->count; i++) {
        copy_free(lowering->fills[i].fill.copy);
        store_release(lowering->fills[i].fill.store);
    }
    fanin_release(lowering->initializer);
    *lowering = (struct lowering){.fills = NULL};
}
