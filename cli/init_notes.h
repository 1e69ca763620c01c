/* Notes of `fanin init` on standard error: what may not be meant so. */
#ifndef FANIN_CLI_INIT_NOTES_H
#define FANIN_CLI_INIT_NOTES_H

#include "model.h"

/* Of a model whose shapes are those of a part of another one. */
void note_shard(const struct model *model, const char *like);

/* Of a checked model: integer and bool tensors that are 0 because nothing covers them. */
void note_integers(const struct model *model);

/* Pairs of --rules that are the first match of no tensor: often a pattern that was meant to be searched for. */
void note_idle_pairs(const struct model *model);

#endif
