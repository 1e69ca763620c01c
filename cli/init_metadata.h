/* What a file that `fanin init` writes says of itself: all that makes it again. */
#ifndef FANIN_CLI_INIT_METADATA_H
#define FANIN_CLI_INIT_METADATA_H

#include "model.h"

/* Completes the metadata that came from --like. `rules` is the text of the rules file, or NULL. Errors: MEMORY. */
fanin_status init_metadata(struct model *model, const struct init_options *options, const char *rules);

#endif
