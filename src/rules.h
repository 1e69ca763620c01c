/* Rules: pairs of a pattern and an initializer, the first match counts. */
#ifndef FANIN_SRC_RULES_H
#define FANIN_SRC_RULES_H

#include <fanin/fanin.h>

struct rules_pair {
    struct pattern *pattern;
    fanin_initializer *initializer;
    char *label; /* "pattern P" */
    char *spec;  /* a name as it is written, an array or object as Python would print it */
};

struct fanin_rules {
    size_t count;
    struct rules_pair pairs[];
};

/* The first pair whose pattern matches at the start of the name; NULL if there is none. It lives as long as the rules.
 * Errors: PATTERN, those of pattern_match; the message names the parameter and the pair. */
fanin_status rules_match(const fanin_rules *rules, const char *name, const struct rules_pair **out);

#endif
