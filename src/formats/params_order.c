#include "params_order.h"

#include <stdlib.h>

#define LEAST_CAPACITY 256

static int compare(const void *a, const void *b)
{
    const struct params_place *const x = a, *const y = b;
    const int order = (x->place > y->place) - (x->place < y->place);
    return order != 0 ? order : (x->position > y->position) - (x->position < y->position);
}

static void keep_last(struct params_order *order)
{
    size_t kept = 0;
    qsort(order->places, order->count, sizeof *order->places, compare);
    for (size_t i = 0; i < order->count; i++) {
        if (i + 1 == order->count || order->places[i + 1].place != order->places[i].place) {
            order->places[kept++] = order->places[i];
        }
    }
    order->count = kept;
}

/* Room for one more: first by dropping what does not count, and by more memory where that would soon be to do again. */
static bool grow(struct params_order *order)
{
    if (order->count > 0) {
        keep_last(order);
    }
    if (order->count < order->capacity / 2) {
        return true;
    }
    const size_t wanted = order->capacity > 0 ? 2 * order->capacity : LEAST_CAPACITY;
    struct params_place *const grown = reallocarray(order->places, wanted, sizeof *grown);
    if (!grown) {
        return false;
    }
    order->places = grown;
    order->capacity = wanted;
    return true;
}

bool params_order_add(struct params_order *order, int64_t place, int64_t position)
{
    if (order->count > 0 && order->places[order->count - 1].place == place) {
        order->places[order->count - 1].position = position;
        return true;
    }
    if (order->count == order->capacity && !grow(order)) {
        return false;
    }
    order->places[order->count++] = (struct params_place){place, position};
    return true;
}

void params_order_finish(struct params_order *order)
{
    if (order->count == 0) {
        return;
    }
    keep_last(order);
    struct params_place *const fitting = reallocarray(order->places, order->count, sizeof *fitting);
    if (fitting) {
        order->places = fitting;
        order->capacity = order->count;
    }
}

size_t params_order_find(const struct params_order *order, int64_t place)
{
    size_t begin = 0, end = order->count;
    while (begin < end) {
        const size_t middle = begin + (end - begin) / 2;
        if (order->places[middle].place < place) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}
