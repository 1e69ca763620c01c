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

/* Elements of the domain from one of a row to the next, beyond which each is made by itself: calling a kernel takes as long as
 * it takes to make so many that nobody asked for. */
#define PART_MOST_STEP 128

/* Fills `count` elements of the item, from that numbered `first` on. How an item's elements are numbered is the same for all
 * its parts, and known here alone. */
void part_fill(const struct job *job, int64_t first, int64_t count);

#endif
