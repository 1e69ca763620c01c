/* The indices of sparse arrays in .params files. */
#ifndef FANIN_SRC_FORMATS_PARAMS_INDEX_H
#define FANIN_SRC_FORMATS_PARAMS_INDEX_H

#include "params.h"

/* Stored elements of a csr array's row up to which it is no trouble to read through them for each range: unsorted ones of
 * longer rows are put in order. */
#define PARAMS_SHORT_ROW 256

/* Reads row or column `number` by way of `bytes`, and checks it. Errors: FILE, FORMAT. */
fanin_status params_index_place(struct params_reader *reader, struct params_bytes *bytes, const struct params_entry *entry,
                                int64_t number, int64_t *out);

/* The stored elements of a row of a csr array: `*begin` to `*end`. Errors: FILE, FORMAT. */
fanin_status params_index_row(struct params_reader *reader, const struct params_entry *entry, int64_t row, int64_t *begin,
                              int64_t *end);

/* Reads the indices of a sparse entry, checks that each is within the shape, and sets `sorted` and `order`. Does nothing to
 * other entries. Errors: FILE, FORMAT, MEMORY; the order is the entry's all the same. */
fanin_status params_index_check(struct params_reader *reader, struct params_entry *entry);

#endif
