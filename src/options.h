/* A caller's options, checked and complete. */
#ifndef FANIN_SRC_OPTIONS_H
#define FANIN_SRC_OPTIONS_H

#include <fanin/fanin.h>

/* Copies options, NULL for the defaults, with `contract` resolved. ARGUMENT for a contract that this library cannot follow, for
 * a negative number of threads, for a variant of the CPU's kernels that does not run here, and for streams without a count. */
fanin_status options_read(const fanin_options *source, fanin_options *out);

#endif
