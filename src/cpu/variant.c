#include "variant.h"

#include "backend.h"
#include "copy_kernels.h"
#include "json/utf8.h"
#include "orthogonal_kernels.h"
#include "parallel.h"
#include "private.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FANIN_CPU_X86
#include <cpuid.h>
#endif

static bool always(void)
{
    return true;
}

#ifdef FANIN_CPU_X86
static bool has_avx2(void)
{
    /* Not all compilers' __builtin_cpu_supports knows F16C. Its registers are AVX's, which the system saves where AVX2 is
     * found. */
    unsigned a, b, c, d;
    const bool has_f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
    return has_f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

static const struct {
    const char *name;
    bool (*runs)(void); /* NULL: not in this build */
    const struct cpu_kernels *kernels;
} variants[CPU_VARIANT_COUNT] = {
    [CPU_PORTABLE] = {"portable", always, &cpu_kernels_portable},
#ifdef FANIN_CPU_X86
    [CPU_AVX2] = {"avx2", has_avx2, &cpu_kernels_avx2},
    [CPU_AVX512] = {"avx512", has_avx512, &cpu_kernels_avx512},
#else
    [CPU_AVX2] = {"avx2", NULL, NULL},
    [CPU_AVX512] = {"avx512", NULL, NULL},
#endif
#ifdef FANIN_CPU_AARCH64
    [CPU_NEON] = {"neon", always, &cpu_kernels_neon},
#else
    [CPU_NEON] = {"neon", NULL, NULL},
#endif
};

static pthread_once_t tables_once = PTHREAD_ONCE_INIT;
static struct cpu_kernels tables[CPU_VARIANT_COUNT];
static bool runs[CPU_VARIANT_COUNT]; /* and has a table */
static enum cpu_variant chosen;

const char *cpu_variant_name(enum cpu_variant variant)
{
    return variants[variant].name;
}

bool cpu_kernels_of(enum cpu_variant variant, struct cpu_kernels *out)
{
    if (variants[variant].runs == NULL || !variants[variant].runs()) {
        return false;
    }
    *out = *variants[variant].kernels;
    cpu_copy_add(out);
    cpu_orthogonal_add(out);
    return true;
}

/* CPU_VARIANT_COUNT where no variant of this name can be run. */
static enum cpu_variant find(const char *name)
{
    int variant = 0;
    while (variant < CPU_VARIANT_COUNT && (strcmp(name, variants[variant].name) != 0 || !runs[variant])) {
        variant++;
    }
    return (enum cpu_variant)variant;
}

static void make_tables(void)
{
    for (int v = 0; v < CPU_VARIANT_COUNT; v++) {
        runs[v] = cpu_kernels_of((enum cpu_variant)v, &tables[v]);
        chosen = runs[v] ? (enum cpu_variant)v : chosen;
    }
    const char *const wanted = getenv("FANIN_CPU");
    const enum cpu_variant forced = wanted != NULL ? find(wanted) : CPU_VARIANT_COUNT;
    chosen = forced != CPU_VARIANT_COUNT ? forced : chosen;
}

enum cpu_variant cpu_variant_chosen(void)
{
    pthread_once(&tables_once, make_tables);
    return chosen;
}

const struct cpu_kernels *cpu_kernels_chosen(void)
{
    return &tables[cpu_variant_chosen()];
}

const struct cpu_kernels *cpu_kernels_named(const char *name)
{
    pthread_once(&tables_once, make_tables);
    const enum cpu_variant variant = name != NULL ? find(name) : chosen;
    return variant != CPU_VARIANT_COUNT ? &tables[variant] : NULL;
}

fanin_status cpu_backend_check_variant(const char *subject, const char *name)
{
    if (cpu_kernels_named(name) != NULL) {
        return FANIN_OK;
    }
    char names[64] = "", excerpt[JSON_EXCERPT_SIZE];
    size_t used = 0;
    for (int v = 0; v < CPU_VARIANT_COUNT; v++) {
        if (runs[v]) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", variants[v].name);
        }
    }
    return fanin_fail(FANIN_ERROR_ARGUMENT, "%s '%s', expected a variant of the CPU's kernels that runs here: %s", subject,
                      json_excerpt(name, strlen(name), excerpt), names);
}

const char *fanin_private_cpu_variant(void)
{
    return cpu_variant_name(cpu_variant_chosen());
}

int fanin_private_threads(void)
{
    return parallel_threads(0);
}

fanin_status fanin_private_cpu_check(const char *subject, const char *name)
{
    return cpu_backend_check_variant(subject, name);
}
