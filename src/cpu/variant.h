/* Variants of the kernels, which give the same bits, and which of them runs. */
#ifndef FANIN_SRC_CPU_VARIANT_H
#define FANIN_SRC_CPU_VARIANT_H

#include "cpu/kernel.h"

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

/* The kernels of a variant's own source file; cpu_kernels_of adds the kinds that all share, copies and orthogonal matrices. */
extern const struct cpu_kernels cpu_kernels_portable, cpu_kernels_avx2, cpu_kernels_avx512, cpu_kernels_neon;

#endif
