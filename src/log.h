/* The log: a line for each parameter that was filled, as MXNet's set_verbosity writes it. */
#ifndef FANIN_SRC_LOG_H
#define FANIN_SRC_LOG_H

#include "backend.h"
#include "lower.h"

/* Whether the options, or an initializer of the parameter's, ask for any line. */
bool log_wanted(const fanin_options *options, const struct lowering *lowering);

/* Whether it will ask for the norm of such a parameter. */
bool log_takes_norm(const struct lowering *lowering, const fanin_options *options);

/* Bytes for the longest line of a parameter, whatever its statistic: they are made ready before anything is written, so that a
 * log does not fail for want of memory when all is done. */
size_t log_line_size(const char *name, const struct lowering *lowering);

/* Logs "Initialized NAME as RULE: STATISTIC" for the blocks of a filled parameter that have elements in this tensor, then for
 * the tensor itself, each followed by its notes. Lines are wanted; `line` has log_line_size bytes. Errors: those of the
 * statistic, the caller's or the backend's. */
fanin_status log_parameter(const char *name, const struct lowering *lowering, const struct tensor *tensor,
                           const struct backend *backend, const fanin_options *options, char *line);

#endif
