/* What a fill's elements are, computed one by one from the words of the stream with the C library's log, sine and cosine. */
#ifndef FANIN_BENCH_EXPECTED_H
#define FANIN_BENCH_EXPECTED_H

#include <fanin/fanin.h>

enum formula {
    FORMULA_CONSTANT,
    FORMULA_UNIFORM, /* in [-scale, scale] */
    FORMULA_NORMAL,
    FORMULA_BILINEAR,
    FORMULA_LSTMBIAS,
    FORMULA_FUSEDRNN
};

struct expected {
    enum formula formula;
    double scale; /* the constant, the bound, sigma, or the forget bias */
    const char *name;
    uint64_t seed;
    int ndim;
    int64_t shape[4];
    int64_t hidden; /* of a packed LSTM of one layer, whose blocks are xavier's */
    DLDataType dtype;
};

double expected_value(const struct expected *expected, int64_t index);

/* An element of memory as a number. */
double expected_read(const void *memory, int64_t index, DLDataType dtype);

/* Compares the element at `place` of memory with that of domain index `index`; ends the program where it is off by more than a
 * few roundings. */
void expected_check_one(const struct expected *expected, const void *memory, int64_t place, int64_t index, const char *what);

/* Compares some thousand elements, the ends among them; ends the program where one is off by more than a few roundings. */
void expected_check(const struct expected *expected, const void *memory, int64_t values, const char *what);

#endif
