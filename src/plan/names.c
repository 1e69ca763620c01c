#include "copy.h"
#include "load/store.h"
#include "problems.h"
#include "registry/initializer.h"
#include "shape.h"
#include "stream/name.h"
#include "stream_set.h"

#include <stdlib.h>
#include <string.h>

/* A name that is a random stream: a parameter's, that of a block in it, or that of the signs of either. */
enum stream_kind { STREAM_PARAMETER, STREAM_BLOCK, STREAM_SIGNS };

static const struct {
    const char *its, *the; /* for messages */
} stream_words[] = {
    [STREAM_PARAMETER] = {"its name", "the parameter"},
    [STREAM_BLOCK] = {"its block", "the block"},
    [STREAM_SIGNS] = {"the signs of", "the signs of"},
};

struct stream_name {
    uint64_t stream;
    const char *name;
    size_t parameter;
    enum stream_kind kind;
};

static size_t collect(const fanin_plan *plan, struct stream_name *names)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_parameter *const parameter = plan_parameter(plan, i);
        names[count++] = (struct stream_name){parameter->stream, parameter->name, i, STREAM_PARAMETER};
        for (size_t k = 0; k < parameter->lowering.count; k++) {
            const struct lowered *const part = &parameter->lowering.fills[k];
            /* The fills of one block follow one another. */
            const bool begins = k == 0 || part[-1].fill.stream != part->fill.stream;
            if (part->block && begins) {
                names[count++] = (struct stream_name){part->fill.stream, part->block, i, STREAM_BLOCK};
            }
            if (begins && part->fill.kind == FILL_ORTHOGONAL && part->fill.orthogonal.method == FANIN_ORTHOGONAL_SVD) {
                const char *const name = part->block ? part->block : parameter->name;
                names[count++] = (struct stream_name){stream_continue(part->fill.stream, "/sign"), name, i, STREAM_SIGNS};
            }
        }
    }
    return count;
}

static int compare(const void *first, const void *second)
{
    const struct stream_name *const a = first, *const b = second;
    if (a->stream != b->stream) {
        return a->stream < b->stream ? -1 : 1;
    }
    if (a->parameter != b->parameter) {
        return a->parameter < b->parameter ? -1 : 1;
    }
    return (int)a->kind - (int)b->kind;
}

static bool same_fill(const struct lowered *a, const struct lowered *b)
{
    if (a->begin != b->begin || a->count != b->count || a->first != b->first || a->fill.kind != b->fill.kind ||
        a->fill.a != b->fill.a || a->fill.b != b->fill.b || a->fill.stream != b->fill.stream || a->fill.ndim != b->fill.ndim) {
        return false;
    }
    for (int d = 0; d < a->fill.ndim; d++) {
        if (a->fill.domain[d] != b->fill.domain[d]) {
            return false;
        }
    }
    if (a->fill.kind == FILL_COPY) {
        return copy_same(a->fill.copy, b->fill.copy);
    }
    if (a->fill.kind == FILL_ORTHOGONAL) {
        return a->fill.orthogonal.method == b->fill.orthogonal.method && a->fill.orthogonal.random == b->fill.orthogonal.random;
    }
    if (a->fill.kind == FILL_LOAD) {
        return store_same(a->fill.store, a->fill.stored, b->fill.store, b->fill.stored);
    }
    const struct fanin_custom *const first = &a->fill.custom, *const second = &b->fill.custom;
    return a->fill.kind != FILL_CUSTOM || (first->cpu == second->cpu && first->cuda == second->cuda &&
                                           first->user == second->user && strcmp(first->kind, second->kind) == 0);
}

static bool same_fills(const struct lowering *a, const struct lowering *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count && same; i++) {
        same = same_fill(&a->fills[i], &b->fills[i]);
    }
    return same;
}

/* What a second meaning of a name is told as. */
#define FOUND_EXPECTED "parameter '%s': found %s %s, expected %s, as where it was first added to the plan"

static fanin_status check_initializer(const struct plan_parameter *first, const struct plan_parameter *later, size_t index,
                                      struct plan_problems *problems)
{
    const fanin_initializer *const expected = first->lowering.initializer, *const found = later->lowering.initializer;
    char *const expected_text = expected && expected != found ? initializer_text(expected) : NULL;
    char *const found_text = found && expected != found ? initializer_text(found) : NULL;
    fanin_status status = FANIN_OK;
    if (expected != found && ((expected && !expected_text) || (found && !found_text))) {
        status = fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the text of its initializer", later->name);
    } else {
        /* A parameter that the name rule fills needs none. */
        const char *const expected_shown = expected_text ? expected_text : "none";
        const char *const found_shown = found_text ? found_text : "none";
        if (strcmp(expected_shown, found_shown) != 0) {
            status = plan_problems_add(problems, index, FANIN_ERROR_CLASH, FOUND_EXPECTED, later->name, "initializer",
                                       found_shown, expected_shown);
        } else if (!same_fills(&first->lowering, &later->lowering)) {
            const bool by_rule = strcmp(first->lowering.rule, later->lowering.rule) != 0;
            status = plan_problems_add(problems, index, FANIN_ERROR_CLASH, FOUND_EXPECTED, later->name,
                                       by_rule ? "rule" : "other fills of", by_rule ? later->lowering.rule : found_shown,
                                       by_rule ? first->lowering.rule : "the same");
        }
    }
    free(expected_text);
    free(found_text);
    return status;
}

static bool same_global_shape(const struct plan_tensor *a, const struct plan_tensor *b)
{
    return a->ndim == b->ndim && memcmp(plan_global(a), plan_global(b), (size_t)a->ndim * sizeof *a->numbers) == 0;
}

/* Compares two parameters of one name. */
static fanin_status check_meaning(const fanin_plan *plan, size_t first_index, size_t index, struct plan_problems *problems)
{
    const struct plan_parameter *const first = plan_parameter(plan, first_index), *const later = plan_parameter(plan, index);
    if (first->tensor.dtype != later->tensor.dtype) {
        return plan_problems_add(problems, index, FANIN_ERROR_CLASH, FOUND_EXPECTED, later->name, "dtype",
                                 dtype_table[later->tensor.dtype].name, dtype_table[first->tensor.dtype].name);
    }
    if (!same_global_shape(&first->tensor, &later->tensor)) {
        char expected[SHAPE_TEXT_SIZE], found[SHAPE_TEXT_SIZE];
        return plan_problems_add(problems, index, FANIN_ERROR_CLASH, FOUND_EXPECTED, later->name, "global shape",
                                 shape_text(later->tensor.ndim, plan_global(&later->tensor), found),
                                 shape_text(first->tensor.ndim, plan_global(&first->tensor), expected));
    }
    const bool lowered = first->status == FANIN_OK && later->status == FANIN_OK;
    return lowered ? check_initializer(first, later, index, problems) : FANIN_OK;
}

/* Compares a name with the first that has its stream. */
static fanin_status check_name(const fanin_plan *plan, const struct stream_name *first, const struct stream_name *name,
                               struct plan_problems *problems)
{
    const char *const parent = plan_parameter(plan, name->parameter)->name;
    const char *const first_parent = plan_parameter(plan, first->parameter)->name;
    /* A block's name is longer than its parameter's, so that two equal names of one parameter are of one kind. */
    if (strcmp(first->name, name->name) == 0 && first->kind == name->kind && strcmp(first_parent, parent) == 0) {
        return name->kind == STREAM_PARAMETER ? check_meaning(plan, first->parameter, name->parameter, problems) : FANIN_OK;
    }
    return plan_problems_add(
        problems, name->parameter, FANIN_ERROR_CLASH,
        "parameter '%s': the random stream of %s '%s' is that of %s '%s', expected one of its own: another name", parent,
        stream_words[name->kind].its, name->name, stream_words[first->kind].the, first->name);
}

static fanin_status fail_memory(const fanin_plan *plan)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the check of a plan of %zu parameters", plan->count);
}

/* Goes through the names by stream. */
static fanin_status compare_names(const fanin_plan *plan, struct stream_name *names, size_t count,
                                  struct plan_problems *problems)
{
    qsort(names, count, sizeof *names, compare);
    fanin_status status = FANIN_OK;
    size_t first = 0;
    for (size_t i = 1; i < count && status == FANIN_OK; i++) {
        if (names[i].stream == names[first].stream) {
            status = check_name(plan, &names[first], &names[i], problems);
        } else {
            first = i;
        }
    }
    return status;
}

/* Whether no two names have one stream, as in most plans. */
static fanin_status all_differ(const fanin_plan *plan, const struct stream_name *names, size_t count, bool *out)
{
    struct stream_set streams = {.slots = NULL};
    bool added = true, room = stream_set_reserve(&streams, count);
    for (size_t i = 0; i < count && added && room; i++) {
        room = stream_set_add(&streams, names[i].stream, &added);
    }
    stream_set_free(&streams);
    *out = added;
    return room ? FANIN_OK : fail_memory(plan);
}

fanin_status plan_check_names(const fanin_plan *plan, struct plan_problems *problems)
{
    if (plan->count == 0) {
        return FANIN_OK;
    }
    struct stream_name *const names = reallocarray(NULL, plan->count + 2 * plan->fill_count, sizeof *names);
    if (!names) {
        return fail_memory(plan);
    }
    const size_t count = collect(plan, names);
    bool differ = false;
    fanin_status status = all_differ(plan, names, count, &differ);
    if (status == FANIN_OK && !differ) {
        status = compare_names(plan, names, count, problems);
    }
    free(names);
    return status;
}
