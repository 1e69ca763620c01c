/* The log: a line for each parameter that was filled, as MXNet's set_verbosity writes it. */
#ifndef FANIN_SRC_LOG_H
#define FANIN_SRC_LOG_H

#include "backend.h"

/* Whether the options ask for a log at all. */
bool log_wanted(const fanin_options *options);

/* Writes "Initialized NAME as RULE: STATISTIC" for a filled tensor. Errors: those of the caller's statistic, MEMORY. */
fanin_status log_parameter(const char *name, const char *rule, const struct tensor *tensor, const struct backend *backend,
                           const fanin_options *options);

#endif
