/* What the program asks of rules. Shown by the library for the program of the same build; no part of the API. */
#ifndef FANIN_SRC_RULE_PAIRS_H
#define FANIN_SRC_RULE_PAIRS_H

#include <fanin/fanin.h>

/* The number, from 1, of the first pair whose pattern matches at the start of the name; 0 where none does or `rules` is NULL.
 * Errors: PATTERN, where matching costs too much. */
FANIN_API fanin_status fanin_private_rules_find(const fanin_rules *rules, const char *name, size_t *number);

/* How many pairs there are; 0 for NULL. */
FANIN_API size_t fanin_private_rules_count(const fanin_rules *rules);

/* The pattern of a pair as it was given; it lives as long as the rules. */
FANIN_API const char *fanin_private_rules_pattern(const fanin_rules *rules, size_t number);

#endif
