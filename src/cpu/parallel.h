/* The one place that knows how the host's threads are run. */
#ifndef FANIN_SRC_CPU_PARALLEL_H
#define FANIN_SRC_CPU_PARALLEL_H

#include <fanin/fanin.h>

/* Works on [begin, end) of a range. Runs on any thread, at the same time as other tiles. An error goes through fanin_fail. */
typedef fanin_status (*parallel_work)(const void *context, int64_t begin, int64_t end);

/* How many threads an option's number stands for, where there is work for that many. */
int parallel_threads(int threads);

/* Calls `work` once for each tile of [0, count): [0, tile), [tile, 2·tile), …, the last one shorter. Tiles are the same
 * whatever the number of threads; their order is open. `work` runs in the floating-point environment of the contract.
 *
 * threads: at most so many; 0: as many as OpenMP gives, but no more than there are processors for (processors.h), and 1 inside
 * a caller's parallel region. A single tile stays on the calling thread. An error ends the work early; that of the lowest tile
 * is returned, with its message as this thread's. */
fanin_status parallel_for(int64_t count, int64_t tile, int threads, parallel_work work, const void *context);

#endif
