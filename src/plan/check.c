#include "problems.h"

#include "float_environment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static fanin_status fail_memory(void)
{
    return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the check of a plan");
}

fanin_status plan_problems_add(struct plan_problems *problems, size_t parameter, fanin_status status, const char *format, ...)
{
    if (problems->count == problems->capacity) {
        const size_t capacity = problems->capacity > 0 ? 2 * problems->capacity : 16;
        struct plan_problem *const grown = reallocarray(problems->list, capacity, sizeof *grown);
        if (!grown) {
            return fail_memory();
        }
        problems->list = grown;
        problems->capacity = capacity;
    }
    va_list args;
    va_start(args, format);
    char *text = NULL;
    const int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        return fail_memory();
    }
    problems->list[problems->count] = (struct plan_problem){parameter, problems->count, status, text};
    problems->count++;
    return FANIN_OK;
}

static fanin_status check_recorded(const fanin_plan *plan, struct plan_problems *problems)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < plan->count && status == FANIN_OK; i++) {
        const struct plan_parameter *const parameter = plan_parameter(plan, i);
        if (parameter->status != FANIN_OK) {
            status = plan_problems_add(problems, i, parameter->status, "%s", parameter->problem);
        }
    }
    return status;
}

static int compare(const void *first, const void *second)
{
    const struct plan_problem *const a = first, *const b = second;
    if (a->parameter != b->parameter) {
        return a->parameter < b->parameter ? -1 : 1;
    }
    return a->found < b->found ? -1 : a->found > b->found;
}

/* Sets the last error to a line for each problem, in the plan's order. */
static fanin_status report(struct plan_problems *problems)
{
    if (problems->count == 0) {
        return FANIN_OK;
    }
    qsort(problems->list, problems->count, sizeof *problems->list, compare);
    const fanin_status status = problems->list[0].status;
    if (problems->count == 1) {
        return fanin_fail(status, "%s", problems->list[0].text);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *const stream = open_memstream(&text, &size);
    if (!stream) {
        return fail_memory();
    }
    fprintf(stream, "%zu problems:", problems->count);
    for (size_t i = 0; i < problems->count; i++) {
        fprintf(stream, "\n%s", problems->list[i].text);
    }
    const int failed = ferror(stream);
    /* Closing may fail to make the text and say nothing. */
    const bool whole = fclose(stream) == 0 && !failed && text;
    const fanin_status reported = whole ? fanin_fail(status, "%s", text) : fail_memory();
    free(text);
    return reported;
}

static fanin_status check(const fanin_plan *plan)
{
    struct plan_problems problems = {.list = NULL};
    fanin_status status = check_recorded(plan, &problems);
    if (status == FANIN_OK) {
        status = plan_check_names(plan, &problems);
    }
    if (status == FANIN_OK) {
        status = plan_check_memory(plan, &problems);
    }
    if (status == FANIN_OK) {
        status = report(&problems);
    }
    for (size_t i = 0; i < problems.count; i++) {
        free(problems.list[i].text);
    }
    free(problems.list);
    return status;
}

fanin_status fanin_plan_check(const fanin_plan *plan)
{
    if (!plan) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "the plan is NULL");
    }
    /* Only a number changes, which no one sees. */
    atomic_size_t *const checked = &((fanin_plan *)plan)->checked;
    if (atomic_load_explicit(checked, memory_order_relaxed) == plan->count) {
        return FANIN_OK;
    }
    const int caller_errno = errno;
    const struct float_environment caller = float_environment_enter();
    const fanin_status status = check(plan);
    float_environment_leave(&caller);
    if (status == FANIN_OK) {
        atomic_store_explicit(checked, plan->count, memory_order_relaxed);
    }
    errno = caller_errno;
    return status;
}
