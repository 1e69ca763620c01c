/* Room for the numbers of items that tests make. */
#ifndef FANIN_TESTS_ITEM_NUMBERS_H
#define FANIN_TESTS_ITEM_NUMBERS_H

#include "item.h"

/* Gives the item room for the numbers of `ndim` axes, all 0. It comes round again when this file's tests have asked for some
 * ten thousands, so that none needs to be given back. */
static inline void item_numbers(struct item *item, int ndim)
{
    enum { NUMBERS = 1 << 16 };
    static int64_t numbers[NUMBERS];
    static size_t next;
    if (next + 3 * (size_t)ndim > NUMBERS) {
        next = 0;
    }
    for (int i = 0; i < 3 * ndim; i++) {
        numbers[next + (size_t)i] = 0;
    }
    item->extent = &numbers[next];
    item->stride = item->extent + ndim;
    item->step = item->stride + ndim;
    next += 3 * (size_t)ndim;
}

#endif
