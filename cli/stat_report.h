/* What `fanin stat` prints: a line for each tensor as soon as it is known, or JSON. */
#ifndef FANIN_CLI_STAT_REPORT_H
#define FANIN_CLI_STAT_REPORT_H

#include "statistics.h"

#include "formats/header.h"

#include <stdio.h>

struct measured {
    const struct header_tensor *tensor;
    struct statistics_range range;
    struct statistics_moments moments;
    struct statistics result; /* if there are finite elements */
};

/* `header`: of all tensors, of which `count` are reported. Errors: MEMORY. */
fanin_status report_begin(const struct header *header, const struct header_tensor *const *tensors, size_t count, bool json);
/* Errors: MEMORY. */
fanin_status report_tensor(const struct measured *measured, size_t number, bool json);
void report_end(const struct header *header, const struct header_tensor *const *tensors, size_t count, bool json);

#endif
