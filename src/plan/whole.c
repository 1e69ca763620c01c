/* What the program asks of a plan. */
#include "plan.h"
#include "private.h"

bool fanin_private_plan_is_whole(const fanin_plan *plan, size_t index)
{
    const struct lowering *const lowering = &plan_parameter(plan, index)->lowering;
    bool whole = false;
    for (size_t i = 0; i < lowering->count && !whole; i++) {
        whole = lowering->fills[i].fill.kind == FILL_ORTHOGONAL;
    }
    return whole;
}
