/* What keeps a plan from running: found by several checks, told all together in the plan's order. */
#ifndef FANIN_SRC_PLAN_PROBLEMS_H
#define FANIN_SRC_PLAN_PROBLEMS_H

#include "plan.h"

struct plan_problem {
    size_t parameter; /* the later one in the plan where it concerns two */
    size_t found;     /* running number */
    fanin_status status;
    char *text;
};

struct plan_problems {
    struct plan_problem *list;
    size_t count, capacity;
};

/* Adds a problem with a printf-like text. Errors: MEMORY. */
fanin_status plan_problems_add(struct plan_problems *problems, size_t parameter, fanin_status status, const char *format, ...)
    FANIN_PRINTF(4, 5);

/* The checks. They add what they find and fail for want of memory alone.
 * names: one name with two meanings, two names (of parameters or blocks) with one random stream.
 * memory: tensors that share it; those without any are left out. */
fanin_status plan_check_names(const fanin_plan *plan, struct plan_problems *problems);
fanin_status plan_check_memory(const fanin_plan *plan, struct plan_problems *problems);

#endif
