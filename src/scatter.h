/* Elements between memory where they lie one after another and memory where they do not. */
#ifndef FANIN_SRC_SCATTER_H
#define FANIN_SRC_SCATTER_H

#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) void scatter_elements(size_t size, const char *from, int64_t step, char *to,
                                                                   int64_t stride, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        memcpy(to + i * stride, from + i * step * (int64_t)size, size);
    }
}

/* Every `step`-th of the elements at `from`, of `size` bytes, goes to `to`, `stride` bytes apart. */
static inline void scatter(size_t size, const char *from, int64_t step, char *to, int64_t stride, int64_t count)
{
    switch (size) {
    case 1:
        scatter_elements(1, from, step, to, stride, count);
        break;
    case 2:
        scatter_elements(2, from, step, to, stride, count);
        break;
    case 4:
        scatter_elements(4, from, step, to, stride, count);
        break;
    default:
        scatter_elements(8, from, step, to, stride, count);
    }
}

#endif
