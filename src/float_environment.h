/* The floating-point environment that the stream contract is computed in: round to nearest even, subnormals kept, no traps.
 * A caller may have set another one (any library linked with -Ofast sets flush-to-zero), and a thread of a pool keeps
 * whatever it was born with, so every function of the API and every worker enters it and leaves it again.
 *
 *     struct float_environment caller = float_environment_enter();
 *     …
 *     float_environment_leave(&caller);
 *
 * Compilers do not know that arithmetic depends on this register. The barriers here keep loads and stores on their side, so
 * numbers that are read from memory after `enter`, and results that are stored before `leave`, are computed in between;
 * arithmetic on values that already lie in registers belongs into a function of its own. The x87 unit is not used. */
#ifndef FANIN_SRC_FLOAT_ENVIRONMENT_H
#define FANIN_SRC_FLOAT_ENVIRONMENT_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>

struct float_environment {
    uint32_t mxcsr; /* control bits and sticky exception flags */
};

static inline struct float_environment float_environment_enter(void)
{
    const struct float_environment caller = {_mm_getcsr()};
    /* All exceptions masked, nearest, no FTZ, no DAZ. */
    _mm_setcsr(0x1F80);
    __asm__ volatile("" ::: "memory");
    return caller;
}

static inline void float_environment_leave(const struct float_environment *caller)
{
    __asm__ volatile("" ::: "memory");
    _mm_setcsr(caller->mxcsr);
}

#elif defined(__aarch64__)

struct float_environment {
    uint64_t fpcr; /* control */
    uint64_t fpsr; /* sticky exception flags */
};

static inline struct float_environment float_environment_enter(void)
{
    struct float_environment caller;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(caller.fpcr), "=r"(caller.fpsr));
    __asm__ volatile("msr fpcr, %0" ::"r"((uint64_t)0) : "memory");
    return caller;
}

static inline void float_environment_leave(const struct float_environment *caller)
{
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" ::"r"(caller->fpcr), "r"(caller->fpsr) : "memory");
}

#else
#include <fenv.h>

struct float_environment {
    fenv_t fenv;
};

static inline struct float_environment float_environment_enter(void)
{
    struct float_environment caller;
    fegetenv(&caller.fenv);
    fesetenv(FE_DFL_ENV);
    __asm__ volatile("" ::: "memory");
    return caller;
}

static inline void float_environment_leave(const struct float_environment *caller)
{
    __asm__ volatile("" ::: "memory");
    fesetenv(&caller->fenv);
}

#endif

#endif
