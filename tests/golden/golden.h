/* Reads tests/golden/contract1.txt, whose head documents the lines. */
#ifndef FANIN_TESTS_GOLDEN_H
#define FANIN_TESTS_GOLDEN_H

#include "dtype.h"
#include "fill.h"

#include <stdio.h>

enum golden_type { GOLDEN_STREAM, GOLDEN_BLOCK, GOLDEN_FILL, GOLDEN_WORDS };

/* One line; what its type does not have is unset. */
struct golden_line {
    enum golden_type type;
    int number; /* in the file, from 1 */
    enum fill_kind kind;
    enum dtype dtype;
    uint64_t seed, stream, block;
    uint32_t words[4];
    char name[256];
    int64_t start;
    int count;
    double a, b;
    uint64_t bits[64];
};

/* Opens the file; the calling cmocka test fails where it cannot. */
FILE *golden_open(void);

/* Reads the next line that is no comment; false at the end. A malformed line fails the calling cmocka test. */
bool golden_next(FILE *file, struct golden_line *out);

#endif
