/* What `fanin init --dry-run` prints. */
#ifndef FANIN_CLI_DRY_RUN_H
#define FANIN_CLI_DRY_RUN_H

#include "model.h"

/* Prints the plan of the model (not yet arranged): as JSON with the seed in front, or as a table. Errors: the plan's,
 * MEMORY. */
fanin_status dry_run_print(const struct model *model, const fanin_plan *plan, const struct init_options *options);

#endif
