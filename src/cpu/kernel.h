/* Fill kernels: for each kind of fill and each dtype the function that writes elements that lie one after another, in several
 * variants that give the same bits. A table of them starts as the portable reference and is overridden by what the CPU can. */
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

/* From the portable reference to the most demanding of each architecture. */
enum cpu_variant { CPU_PORTABLE, CPU_AVX2, CPU_AVX512, CPU_NEON, CPU_VARIANT_COUNT };

/* "portable", "avx2", "avx512", "neon". */
const char *cpu_variant_name(enum cpu_variant variant);

/* Makes the table of a variant; false, with nothing written, if this CPU or build cannot run it. The portable one always
 * can. */
bool cpu_kernels_of(enum cpu_variant variant, struct cpu_kernels *out);

/* The variant that fills: the best that this CPU can run, or the one that the environment variable FANIN_CPU names, if it can
 * be run. Chosen once, at the first call. */
enum cpu_variant cpu_variant_chosen(void);

/* Its table. */
const struct cpu_kernels *cpu_kernels_chosen(void);

/* The table of the variant of this name; of the chosen one for NULL. NULL where no such variant can be run. */
const struct cpu_kernels *cpu_kernels_named(const char *name);

/* Rounds a checked fill's numbers for a dtype. */
void cpu_fill_prepare(const struct item *item, uint64_t seed, struct cpu_fill *out);

/* The variants' own kernels, for cpu_kernels_of: each sets them all. */
void cpu_kernels_add_portable(struct cpu_kernels *kernels);
void cpu_kernels_add_avx2(struct cpu_kernels *kernels);
void cpu_kernels_add_avx512(struct cpu_kernels *kernels);
void cpu_kernels_add_neon(struct cpu_kernels *kernels);

#endif
