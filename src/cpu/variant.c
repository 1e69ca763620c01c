/* Which variant of the kernels runs. */
#include "copy_kernels.h"
#include "orthogonal_kernels.h"
#include "kernel.h"
#include "variant.h"

#include <pthread.h>
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
    /* Not all compilers' __builtin_cpu_supports knows F16C. Its registers are AVX's, which the system saves where AVX2 is found. */
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
    void (*add)(struct cpu_kernels *kernels);
} variants[CPU_VARIANT_COUNT] = {
    [CPU_PORTABLE] = {"portable", always, cpu_kernels_add_portable},
#ifdef FANIN_CPU_X86
    [CPU_AVX2] = {"avx2", has_avx2, cpu_kernels_add_avx2},
    [CPU_AVX512] = {"avx512", has_avx512, cpu_kernels_add_avx512},
#else
    [CPU_AVX2] = {"avx2", NULL, NULL},
    [CPU_AVX512] = {"avx512", NULL, NULL},
#endif
#ifdef FANIN_CPU_AARCH64
    [CPU_NEON] = {"neon", always, cpu_kernels_add_neon},
#else
    [CPU_NEON] = {"neon", NULL, NULL},
#endif
};

static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;
static enum cpu_variant chosen;
static struct cpu_kernels chosen_kernels;

const char *cpu_variant_name(enum cpu_variant variant)
{
    return variants[variant].name;
}

bool cpu_kernels_of(enum cpu_variant variant, struct cpu_kernels *out)
{
    if (variants[variant].runs == NULL || !variants[variant].runs()) {
        return false;
    }
    for (int v = CPU_PORTABLE; v <= (int)variant; v++) {
        if (variants[v].add != NULL) {
            variants[v].add(out);
        }
    }
    cpu_copy_add(out);
    cpu_orthogonal_add(out);
    return true;
}

static void choose(void)
{
    const char *const wanted = getenv("FANIN_CPU");
    for (int v = 0; wanted != NULL && v < CPU_VARIANT_COUNT; v++) {
        if (strcmp(wanted, variants[v].name) == 0 && cpu_kernels_of((enum cpu_variant)v, &chosen_kernels)) {
            chosen = (enum cpu_variant)v;
            return;
        }
    }
    int best = CPU_VARIANT_COUNT - 1;
    while (!cpu_kernels_of((enum cpu_variant)best, &chosen_kernels)) {
        best--;
    }
    chosen = (enum cpu_variant)best;
}

enum cpu_variant cpu_variant_chosen(void)
{
    pthread_once(&chosen_once, choose);
    return chosen;
}

const struct cpu_kernels *cpu_kernels_chosen(void)
{
    pthread_once(&chosen_once, choose);
    return &chosen_kernels;
}

const char *fanin_private_cpu_variant(void)
{
    return cpu_variant_name(cpu_variant_chosen());
}
