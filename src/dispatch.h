/* Dispatch by name: which initializer, or which rule of the name's ending, a parameter gets. */
#ifndef FANIN_SRC_DISPATCH_H
#define FANIN_SRC_DISPATCH_H

#include "emitter.h"
#include "registry/initializer.h"

/* What the names that begin and end so get. */
struct dispatch_rule {
    const char *prefix, *ending;        /* "": any */
    const char *label;                  /* of the rule in logs and dumps */
    int override;                       /* the fanin_ending by which a row may take its place; -1: none */
    const struct registry_entry *fixed; /* an initializer with its defaults, or */
    fanin_lower_fn lower;               /* a function that needs none; both NULL: the initializer's own, or an error */
};

/* The rule of a name, for FANIN_RULE_NAME or FANIN_RULE_LEGACY; the last one of either takes any name. */
const struct dispatch_rule *dispatch_find(fanin_rule rule, const char *name);

/* What initializers that act on the whole name came to. */
struct dispatch_choice {
    const fanin_initializer *initializer; /* has a weight rule; NULL where there was none to begin with */
    bool whole;                           /* it took the whole name: its weight rule is applied whatever the ending */
    struct log_notes notes;
};

/* Goes through initializers that pick another one (Mixed, Load) to the one that is applied.
 * Errors: UNCOVERED, PATTERN; the message names the parameter. */
fanin_status dispatch_choose(const fanin_initializer *initializer, const char *name, struct dispatch_choice *out);

/* Applies the weight rule of an initializer that dispatch_choose gave. Errors are those of its lower function. */
fanin_status dispatch_weight(const fanin_initializer *initializer, struct fanin_emitter *emitter);

/* Applies a rule of the name; `initializer` is NULL or what dispatch_choose gave. `applied` gets the initializer that filled
 * the parameter, retained, or NULL where none did. Errors: UNCOVERED, and those of the lower functions. */
fanin_status dispatch_apply(fanin_rule table, const struct dispatch_rule *rule, const fanin_initializer *initializer,
                            struct fanin_emitter *emitter, fanin_initializer **applied);

/* Fills a block by the name rule; `name` is the block's own, without the parameter's. `label` gets the rule's, a static string,
 * or NULL where an initializer took the whole name. */
fanin_status dispatch_block(struct fanin_emitter *block, const fanin_initializer *initializer, const char *name,
                            const char **label, struct log_notes *notes);

#endif
