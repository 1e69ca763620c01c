/* In which order the parts of a sparse array lie in the dense one, where the file has them in another. */
#ifndef FANIN_SRC_FORMATS_PARAMS_ORDER_H
#define FANIN_SRC_FORMATS_PARAMS_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is stored as number `position` belongs to `place`. */
struct params_place {
    int64_t place, position;
};

/* Start from a zeroed one. */
struct params_order {
    struct params_place *places;
    size_t count, capacity;
};

/* Adds a part; positions ascend from call to call. Memory is proportional to the places that differ. false: there is none. */
bool params_order_add(struct params_order *order, int64_t place, int64_t position);

/* Sorts by place; of several parts for one place only the last is left. */
void params_order_finish(struct params_order *order);

/* The first part, after params_order_finish, whose place is `place` or more. */
size_t params_order_find(const struct params_order *order, int64_t place);

#endif
