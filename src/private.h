/* What the library shows to the program and the benchmark of the same build. No part of the API. */
#ifndef FANIN_SRC_PRIVATE_H
#define FANIN_SRC_PRIVATE_H

#include <fanin/fanin.h>

#include <stdbool.h>

struct cuda_module;

/* ------------------------------------------------ what fills -------------------------------------------------------------- */

/* The name of the variant of the CPU's kernels that fills: "portable", "avx2", "avx512", "neon". A static string. */
FANIN_API const char *fanin_private_cpu_variant(void);

/* As cpu_backend_check_variant in backend.h. */
FANIN_API fanin_status fanin_private_cpu_check(const char *subject, const char *name);

/* How many threads fill where options give no number. */
FANIN_API int fanin_private_threads(void);

/* The CUDA module (cuda_module.h); opened by the first call of any thread, for good. DEVICE where that failed, with the reason
 * after `subject`, which is what the message starts with ("--device cuda"). */
FANIN_API fanin_status fanin_private_cuda_module(const char *subject, const struct cuda_module **out);

/* ------------------------------------------------ rules ------------------------------------------------------------------- */

/* The number, from 1, of the first pair whose pattern matches at the start of the name; 0 where none does or `rules` is NULL.
 * Errors: PATTERN, where matching costs too much. */
FANIN_API fanin_status fanin_private_rules_find(const fanin_rules *rules, const char *name, size_t *number);

/* How many pairs there are; 0 for NULL. */
FANIN_API size_t fanin_private_rules_count(const fanin_rules *rules);

/* The pattern of a pair as it was given; it lives as long as the rules. */
FANIN_API const char *fanin_private_rules_pattern(const fanin_rules *rules, size_t number);

/* ------------------------------------------------ plans and files --------------------------------------------------------- */

/* Whether a parameter, by its number in the order of fanin_plan_add, has a fill whose elements come from computing its whole
 * domain (ORTHOGONAL): a box costs as much as all of it. */
FANIN_API bool fanin_private_plan_is_whole(const fanin_plan *plan, size_t index);

/* Takes the path of a file, as it was opened. An error ends the walk. */
typedef fanin_status (*files_fn)(void *context, const char *path);

/* Tells of the files that initializers and rules load from, those of nested ones included; either may be NULL. The program must
 * not write over one. Errors: those of `take`. */
FANIN_API fanin_status fanin_private_files(const fanin_initializer *initializer, const fanin_rules *rules, files_fn take,
                                           void *context);

#endif
