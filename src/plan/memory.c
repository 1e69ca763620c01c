#include "overlap.h"
#include "problems.h"

#include <stdlib.h>

/* The bytes from a tensor's lowest element to its highest. */
struct span {
    uintptr_t low, high;
    size_t parameter;
    bool dense; /* no byte between the elements */
};

static bool has_memory(const struct plan_tensor *tensor)
{
    return tensor->data && tensor->size > 0;
}

static uintptr_t low_of(const struct plan_tensor *tensor)
{
    return (uintptr_t)tensor->data + (uintptr_t)tensor->low;
}

static uintptr_t high_of(const struct plan_tensor *tensor)
{
    return (uintptr_t)tensor->data + (uintptr_t)tensor->high;
}

/* Whether each tensor lies behind those that were added before it, as in many plans: then none share memory. */
static bool in_order(const fanin_plan *plan)
{
    uintptr_t end = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_tensor *const tensor = &plan_parameter(plan, i)->tensor;
        if (has_memory(tensor)) {
            if (low_of(tensor) < end) {
                return false;
            }
            end = high_of(tensor);
        }
    }
    return true;
}

static size_t collect(const fanin_plan *plan, struct span *spans)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_tensor *const tensor = &plan_parameter(plan, i)->tensor;
        if (has_memory(tensor)) {
            const int64_t bytes = tensor->size * dtype_table[tensor->dtype].size;
            spans[count++] = (struct span){low_of(tensor), high_of(tensor), i, (int64_t)(tensor->high - tensor->low) == bytes};
        }
    }
    return count;
}

static int compare(const void *first, const void *second)
{
    const struct span *const a = first, *const b = second;
    if (a->low != b->low) {
        return a->low < b->low ? -1 : 1;
    }
    return a->parameter < b->parameter ? -1 : a->parameter > b->parameter;
}

/* For two spans that meet. */
static enum overlap overlap_of(const fanin_plan *plan, const struct span *a, const struct span *b)
{
    if (a->dense && b->dense) {
        return OVERLAP_FOUND;
    }
    struct tensor first, second;
    plan_get_tensor(&plan_parameter(plan, a->parameter)->tensor, &first);
    plan_get_tensor(&plan_parameter(plan, b->parameter)->tensor, &second);
    return overlap_between(&first, &second);
}

static fanin_status add_problem(const fanin_plan *plan, const struct span *a, const struct span *b, enum overlap overlap,
                                struct plan_problems *problems)
{
    const size_t earlier = a->parameter < b->parameter ? a->parameter : b->parameter;
    const size_t later = a->parameter < b->parameter ? b->parameter : a->parameter;
    return plan_problems_add(
        problems, later, FANIN_ERROR_CLASH,
        overlap == OVERLAP_FOUND
            ? "parameter '%s': its tensor shares memory with that of parameter '%s', expected memory of its own"
            : "parameter '%s': whether its tensor shares memory with that of parameter '%s' cannot be told, "
              "their strides are too entangled; expected simpler ones",
        plan_parameter(plan, later)->name, plan_parameter(plan, earlier)->name);
}

/* Goes through the spans by address, with those that reach the current one at hand. Each makes one line at most, with one at a
 * lower address that it shares memory with, so that thousands in one place make thousands of lines and not millions. */
static fanin_status sweep(const fanin_plan *plan, const struct span *spans, size_t count, const struct span **open,
                          struct plan_problems *problems)
{
    size_t open_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct span *const span = &spans[i];
        size_t at = 0;
        while (at < open_count) {
            if (open[at]->high <= span->low) {
                open[at] = open[--open_count];
                continue;
            }
            const enum overlap overlap = overlap_of(plan, open[at], span);
            if (overlap != OVERLAP_NONE) {
                const fanin_status status = add_problem(plan, open[at], span, overlap, problems);
                if (status != FANIN_OK) {
                    return status;
                }
                break;
            }
            at++;
        }
        open[open_count++] = span;
    }
    return FANIN_OK;
}

fanin_status plan_check_memory(const fanin_plan *plan, struct plan_problems *problems)
{
    if (in_order(plan)) {
        return FANIN_OK;
    }
    struct span *const spans = reallocarray(NULL, plan->count, sizeof *spans);
    const struct span **const open = reallocarray(NULL, plan->count, sizeof *open);
    fanin_status status;
    if (spans && open) {
        const size_t count = collect(plan, spans);
        qsort(spans, count, sizeof *spans, compare);
        status = sweep(plan, spans, count, open, problems);
    } else {
        status = fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the check of a plan of %zu parameters", plan->count);
    }
    free(spans);
    free(open);
    return status;
}
