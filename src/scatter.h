/* Elements between memory where they lie one after another and memory where they do not. */
#ifndef FANIN_SRC_SCATTER_H
#define FANIN_SRC_SCATTER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) void scatter_elements(size_t size, const char *restrict from, int64_t step,
                                                                   char *restrict to, int64_t stride, int64_t count)
{
    step *= (int64_t)size;
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        memcpy(to, from, size);
        memcpy(to + stride, from + step, size);
        memcpy(to + 2 * stride, from + 2 * step, size);
        memcpy(to + 3 * stride, from + 3 * step, size);
        from += 4 * step;
        to += 4 * stride;
    }
    for (; i < count; i++) {
        memcpy(to, from, size);
        from += step;
        to += stride;
    }
}

/* Steps and strides that are constants are loops of their own for compilers. */
static inline __attribute__((always_inline)) void scatter_size(size_t size, const char *from, int64_t step, char *to,
                                                               int64_t stride, int64_t count)
{
    if (stride == (int64_t)size) {
        scatter_elements(size, from, step, to, (int64_t)size, count);
    } else if (stride == -(int64_t)size && step == 1) {
        scatter_elements(size, from, 1, to, -(int64_t)size, count);
    } else if (step == 1) {
        scatter_elements(size, from, 1, to, stride, count);
    } else {
        scatter_elements(size, from, step, to, stride, count);
    }
}

/* Every `step`-th of the elements of `size` bytes at `from`, `count` of them, goes to `to`, `stride` bytes apart. */
static inline void scatter(size_t size, const char *from, int64_t step, char *to, int64_t stride, int64_t count)
{
    switch (size) {
    case 1:
        scatter_size(1, from, step, to, stride, count);
        break;
    case 2:
        scatter_size(2, from, step, to, stride, count);
        break;
    case 4:
        scatter_size(4, from, step, to, stride, count);
        break;
    default:
        scatter_size(8, from, step, to, stride, count);
    }
}

#endif
