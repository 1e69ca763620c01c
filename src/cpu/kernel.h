/* Fill kernels: for each kind of fill and each dtype the function that writes elements that lie one after another. */
#ifndef FANIN_SRC_CPU_KERNEL_H
#define FANIN_SRC_CPU_KERNEL_H

#include "bilinear.h"
#include "item.h"
#include "stream/uniform.h"

struct copy_map;
struct cpu_orthogonal;

/* A fill's numbers as its kernel takes them: rounded to what the dtype's arithmetic uses. */
struct cpu_fill {
    uint64_t seed, stream;
    union {
        unsigned char constant[8]; /* CONSTANT: the element's bytes, as many as the dtype has */
        struct uniform_float uniform_float;
        struct uniform_double uniform_double; /* float64 */
        struct {
            float mean, sigma;
        } normal_float;
        struct {
            double mean, sigma;
        } normal_double; /* float64 */
        struct {
            int64_t low, high;
        } integer;
        struct bilinear bilinear;
        const struct copy_map *copy;
        const struct cpu_orthogonal *orthogonal; /* set once it was computed */
    };
    bool streamed;       /* CONSTANT, BILINEAR: the item is larger than caches are */
    float low16, high16; /* 16-bit floats are kept in these; ±INFINITY where the fill has no bounds */
};

/* Writes the domain's elements [index, index + count) to `out`, which is aligned to its element. */
typedef void (*cpu_kernel)(const struct cpu_fill *fill, int64_t index, int64_t count, void *out);

struct cpu_kernels {
    cpu_kernel fill[FILL_KIND_COUNT][DTYPE_COUNT]; /* NULL: not a fill of this dtype */
};

/* Rounds a checked fill's numbers for a dtype. */
void cpu_fill_prepare(const struct item *item, uint64_t seed, struct cpu_fill *out);

#endif
