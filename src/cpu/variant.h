/* What the program tells of the CPU. Shown by the library for the program of the same build; no part of the API. */
#ifndef FANIN_SRC_CPU_VARIANT_H
#define FANIN_SRC_CPU_VARIANT_H

#include <fanin/fanin.h>

/* The name of the variant of the kernels that fills: "portable", "avx2", "avx512", "neon". A static string. */
FANIN_API const char *fanin_private_cpu_variant(void);

/* How many threads fill where options give no number. */
FANIN_API int fanin_private_threads(void);

/* As cpu_backend_check_variant in backend.h. */
FANIN_API fanin_status fanin_private_cpu_check(const char *subject, const char *name);

#endif
