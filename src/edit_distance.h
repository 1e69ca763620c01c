/* How far a misspelled word is from a known one. */
#ifndef FANIN_SRC_EDIT_DISTANCE_H
#define FANIN_SRC_EDIT_DISTANCE_H

#include <stddef.h>

/* Longer words are no misspellings of known ones. */
#define EDIT_DISTANCE_LIMIT 64

/* Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment), the case of
 * ASCII letters aside. Words of at most EDIT_DISTANCE_LIMIT bytes. */
int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
