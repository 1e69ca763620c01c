/* What the program asks of a plan. Shown by the library for the program of the same build; no part of the API. */
#ifndef FANIN_SRC_PLAN_WHOLE_H
#define FANIN_SRC_PLAN_WHOLE_H

#include <fanin/fanin.h>

#include <stdbool.h>

/* Whether a parameter, by its number in the order of fanin_plan_add, has a fill whose elements come from computing its whole
 * domain (ORTHOGONAL): a box costs as much as all of it. */
FANIN_API bool fanin_private_plan_is_whole(const fanin_plan *plan, size_t index);

#endif
