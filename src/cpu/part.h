/* A part of an item, as a thread fills it. */
#ifndef FANIN_SRC_CPU_PART_H
#define FANIN_SRC_CPU_PART_H

#include "kernel.h"

/* What is the same for all parts of an item. */
struct job {
    const struct item *item;
    cpu_kernel kernel;
    struct cpu_fill fill;
};

/* Bytes of elements on their way to memory where they do not lie one after another: half of a first-level cache. */
#define PART_BUFFER 16384

/* Fills `count` elements of the item, from that numbered `first` on. How an item's elements are numbered is the same for all its
 * parts, and known here alone. */
void part_fill(const struct job *job, int64_t first, int64_t count);

#endif
