/* The parameters that `fanin init` fills, and their boxes. */
#ifndef FANIN_CLI_MODEL_H
#define FANIN_CLI_MODEL_H

#include "init_options.h"

#include "formats/header.h"

/* Beside what the header says of it: `header.tensors[i]` has its number here as tag, and the shape of the part. */
struct parameter {
    int64_t *global; /* shape of the whole */
    int64_t row;     /* the part's first row of axis 0 */
    bool zero;       /* an integer or bool tensor that nothing covers: it is 0 */
    bool whole;      /* computing a box costs as much as all of it */
};

struct model {
    struct header header; /* in the order of --like until it is arranged */
    struct parameter *parameters;
    fanin_initializer *initializer; /* may be NULL */
    fanin_rules *rules;             /* may be NULL */
    DLDevice device;
    fanin_rule rule; /* FANIN_RULE_NAME, but for what model_report tries */
    char *problems;  /* what model_check found, where it is more than a line: its lines, names cleaned; else NULL */
};

/* Makes it from the header of --like, which is emptied. Owned by the model from the call on: `initializer` and `rules`.
 * Errors: FORMAT, DTYPE, LAYOUT, MEMORY; the model can be freed then too. */
fanin_status model_create(struct model *model, const struct init_options *options, struct header *like,
                          fanin_initializer *initializer, fanin_rules *rules);
void model_free(struct model *model);

/* Adds the box of a tensor at `offset` in its part, whose elements lie in row-major order at `data` (NULL: only to be checked),
 * to a plan. Errors: fanin_plan_add's. */
fanin_status model_add_box(const struct model *model, fanin_plan *plan, const struct header_tensor *tensor,
                           const int64_t *offset, const int64_t *shape, void *data);

/* Adds the whole part of a tensor, without memory. Errors: fanin_plan_add's. */
fanin_status model_add_part(const struct model *model, fanin_plan *plan, const struct header_tensor *tensor);

/* What a plan of one tensor alone says of it. */
fanin_status model_check_alone(const struct model *model, const struct header_tensor *tensor);

/* Writes what is wrong with a model whose plan failed with fanin_last_error() to `model->problems`. Errors: MEMORY. */
fanin_status model_report(struct model *model);

/* A checked plan of all parts, without memory. Free with fanin_plan_free. Integer and bool tensors that nothing covers are
 * found first, and their `zero` is set; so is `whole`. Errors: those of the plan, all at once, in `model->problems`. */
fanin_status model_check(struct model *model, fanin_plan **out);

/* The rows of part `part` of `parts` of an axis, as torch.chunk cuts it: ceil(rows / parts) each, the last may be short or
 * empty. */
void model_cut(int64_t rows, int64_t part, int64_t parts, int64_t *begin, int64_t *count);

#endif
