/* Elements of one dtype as another, as MXNet's cast gives them. */
#ifndef FANIN_SRC_ELEMENTS_H
#define FANIN_SRC_ELEMENTS_H

#include "dtype.h"

/* Whether elements are the same bytes in both dtypes, whatever they are. (A bool may come with bytes other than 0 and 1.) */
bool elements_same(enum dtype from, enum dtype to);

/* Converts `count` elements; neither place need be aligned, and they share no byte. In the floating-point environment of the
 * contract:
 *   to floats: rounded to nearest even, once, 16-bit ones from float32; what is too large becomes an infinity;
 *   floats to integers: cut towards 0; what is too large becomes the nearest that the dtype has, NaN 0 (C leaves both open);
 *   integers to integers: modulo 2^bits, as C converts them;
 *   to bool: anything but 0 is true. */
void elements_convert(enum dtype from, const void *in, enum dtype to, void *out, int64_t count);

#endif
