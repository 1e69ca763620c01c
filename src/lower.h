/* Lowering: from an initializer and a parameter's description to fills, by way of the name rule. */
#ifndef FANIN_SRC_LOWER_H
#define FANIN_SRC_LOWER_H

#include "arena.h"
#include "fill.h"

/* A fill of the parameter's row-major elements [begin, begin + count): element begin + k is the domain's element first + k. */
struct lowered {
    struct fill fill;
    int64_t begin, count, first;
    const char *block; /* the stream's name where it is not the parameter's ("parent/block"); else NULL */
};

/* Lines of initializers that took a name or passed it on (load): "Initialized NAME by loading", then so many times
 * "Initialized NAME by default". */
struct log_notes {
    bool loading;
    int defaults;
};

/* A block of the parameter that has a line of its own in the log. */
struct lowered_log {
    const char *name;     /* without the parameter's */
    const char *rule;     /* static; NULL: it has notes alone */
    struct log_notes notes;
    int64_t begin, count; /* of the parameter's row-major elements: whole rows of axis 0 */
    int ndim;
    const int64_t *shape;
};

/* What a parameter gets, kept in the arena that it was lowered with. The ranges of `fills` follow one another and cover the
 * parameter; each is whole rows of axis 0. */
struct lowering {
    struct lowered *fills;
    size_t count;
    fanin_initializer *initializer; /* that was applied, retained; NULL where the name rule needs none */
    const char *rule;               /* "weight", "bias", …, the text of `__init__`, "pattern P" of a rules pair */
    const char *log_rule;           /* RULE of the log line; NULL: there is none, nor are there such lines of its blocks */
    struct log_notes notes;         /* behind that line */
    struct lowered_log *logs;       /* in the order of the lines, all before the parameter's */
    size_t log_count;
    bool noted;                     /* there are notes, here or of blocks */
};

/* What is to be lowered: a descriptor that was checked, and the whole parameter. */
struct lower_request {
    const fanin_initializer *initializer; /* may be NULL */
    const fanin_desc *desc;
    enum dtype dtype;
    int ndim;
    const int64_t *shape; /* global; its product is within int64. The lowering points to it */
    uint64_t stream;      /* of the name */
};

/* Errors: UNCOVERED, SHAPE, VALUE, DTYPE, and those of fanin_create; the arena is then as before. */
fanin_status lower_parameter(const struct lower_request *request, struct arena *arena, struct lowering *out);

/* Gives back what a lowering holds beside memory of its arena, which must still be there. Takes a zeroed one too. */
void lowering_release(struct lowering *lowering);

#endif
