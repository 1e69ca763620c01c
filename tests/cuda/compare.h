/* Fills items by the host backend and by the threads of a launch, and compares: same bytes, every element written once, nothing
 * beside them. */
#ifndef FANIN_TESTS_CUDA_COMPARE_H
#define FANIN_TESTS_CUDA_COMPARE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend.h"
#include "cuda/builder.h"
#include "../item_numbers.h"

/* Bytes that items may lie in, in each of the two memories. */
#define COMPARE_BYTES (8 << 20)

/* Sets up and frees the memories: the group setup and teardown of every program here. */
int compare_setup(void **state);
int compare_teardown(void **state);

/* An item of one axis of `count` elements, one after another, `offset` bytes into the memory. */
struct item compare_line(const struct fill *fill, enum dtype dtype, int64_t start, int64_t count, int64_t offset);

/* A box of `ndim` axes and at most about `most` elements, in any order in memory, of either sign, with gaps, and any affine map
 * to the domain; its lowest element is `offset` bytes into the memory. */
struct item compare_box(uint64_t *random, const struct fill *fill, enum dtype dtype, int ndim, int64_t most, int64_t offset);

/* Compares a plan of items, whose `data` are offsets into the memory. Tiles have 2^passes_log2 passes; -1: as many as a launch
 * for a device of 132 multiprocessors takes. Returns the number of launches. */
int compare_items(const struct item *items, size_t count, uint64_t seed, int passes_log2);

/* A fill of the kind that the dtype takes, with numbers that reach its bounds; false where the dtype takes none. */
bool compare_fill(enum fill_kind kind, enum dtype dtype, struct fill *out);

/* The next number of a sequence (splitmix64), and one in [0, below). */
uint64_t compare_random(uint64_t *state);
int64_t compare_below(uint64_t *state, int64_t below);

#endif
