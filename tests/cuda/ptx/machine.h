/* The machine for kernels that translate.py made C of: what an instruction does where an operator of C does not say it, memory,
 * and launches. It is for little-endian processors, and stands for a GPU in what values come out, not in when.
 *
 * PTX leaves some results open. Approximations are taken as far off as the PTX ISA's manual allows, above and below (but for
 * rsqrt: see arithmetic.c). Loads and stores that a GPU would refuse (of misaligned addresses, of memory that is not the
 * launch's) end the program, as do votes and barriers that not all threads reach. */
#ifndef FANIN_TESTS_CUDA_PTX_MACHINE_H
#define FANIN_TESTS_CUDA_PTX_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* PTX's types. */
typedef uint8_t u8, b8;
typedef uint16_t u16, b16;
typedef uint32_t u32, b32;
typedef uint64_t u64, b64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef float f32;
typedef double f64;

union ptx_register {
    bool pred;
    b8 b8;
    u8 u8;
    s8 s8;
    b16 b16;
    u16 u16;
    s16 s16;
    b32 b32;
    u32 u32;
    s32 s32;
    f32 f32;
    b64 b64;
    u64 u64;
    s64 s64;
    f64 f64;
};

/* ------------------------------------------------ launches --------------------------------------------------------------- */

struct ptx_thread {
    u32 tid, ntid, ctaid, nctaid;
};

struct ptx_kernel {
    const char *name;
    const char *unknown; /* why there is no function */
    void (*run)(const struct ptx_thread *thread);
    bool waits;                    /* for other threads of its block */
    u32 parameters, shared, local; /* bytes */
};

/* What a launch may read and write of the host's memory. */
struct ptx_memory {
    uintptr_t base;
    size_t bytes;                /* to read; SIZE_MAX: whatever it likes, and to write as well */
    struct grid_memory *written; /* NULL: nothing */
};

/* Runs the blocks of threads [first, first + count) of a launch of `blocks`. */
void ptx_launch(const struct ptx_kernel *kernel, const void *parameters, u32 first, u32 count, u32 blocks, u32 threads,
                const struct ptx_memory *memory);

/* ------------------------------------------------ waiting ---------------------------------------------------------------- */

void ptx_barrier(void);
bool ptx_vote_any(bool mine, u32 mask);

/* ------------------------------------------------ memory ----------------------------------------------------------------- */

/* Where the spaces begin. Parameters are aligned to no more than they say. */
#define PTX_PARAMETERS UINT64_C(0x100000008)
#define PTX_SHARED     UINT64_C(0x400)
#define PTX_LOCAL      UINT64_C(0x100)

const unsigned char *ptx_load_param(u64 address, u32 bytes);
const unsigned char *ptx_load_global(u64 address, u32 bytes);
const unsigned char *ptx_load_shared(u64 address, u32 bytes);
const unsigned char *ptx_load_local(u64 address, u32 bytes);

/* NULL: it must not be done; the launch's memory has counted it. */
unsigned char *ptx_store_global(u64 address, u32 bytes);
unsigned char *ptx_store_shared(u64 address, u32 bytes);
unsigned char *ptx_store_local(u64 address, u32 bytes);

#define PTX_TYPE(type)                                                                                                         \
    static inline type ptx_get_##type(const unsigned char *at)                                                                 \
    {                                                                                                                          \
        type value;                                                                                                            \
        memcpy(&value, at, sizeof value);                                                                                      \
        return value;                                                                                                          \
    }                                                                                                                          \
    static inline void ptx_put_##type(unsigned char *at, type value)                                                           \
    {                                                                                                                          \
        memcpy(at, &value, sizeof value);                                                                                      \
    }
PTX_TYPE(b8)
PTX_TYPE(u8)
PTX_TYPE(s8)
PTX_TYPE(b16)
PTX_TYPE(u16)
PTX_TYPE(s16)
PTX_TYPE(b32)
PTX_TYPE(u32)
PTX_TYPE(s32)
PTX_TYPE(f32)
PTX_TYPE(b64)
PTX_TYPE(u64)
PTX_TYPE(s64)
PTX_TYPE(f64)
#undef PTX_TYPE

/* ------------------------------------------------ arithmetic ------------------------------------------------------------- */

static inline f32 ptx_f32(u32 bits)
{
    f32 value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline f64 ptx_f64(u64 bits)
{
    f64 value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* To [0, 1]; NaN is 0. */
static inline f32 ptx_saturate(f32 value)
{
    return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f;
}

/* Of a NaN and a number, the number; -0 is below +0. */
static inline f32 ptx_min(f32 a, f32 b)
{
    if (a != a || b != b) {
        return a != a ? b : a;
    }
    return a < b || (a == b && __builtin_signbit(a)) ? a : b;
}

static inline f32 ptx_max(f32 a, f32 b)
{
    return -ptx_min(-a, -b);
}

u64 ptx_divisor(u64 value); /* itself: 0 ends the program */
f64 ptx_fma_to_zero(f64 a, f64 b, f64 c);
f32 ptx_f32_above(s32 value);
b32 ptx_permute(b32 a, b32 b, b32 selector);
b32 ptx_insert(b32 a, b32 b, b32 position, b32 length);
f32 ptx_rcp_approx(f32 value);
f32 ptx_rsqrt_approx(f32 value);
f32 ptx_sqrt_approx(f32 value);
f32 ptx_lg2_approx(f32 value);

/* Two 16-bit floats in a register. */
b32 ptx_to_f16x2(f32 high, f32 low);
b32 ptx_to_bf16x2(f32 high, f32 low);
b32 ptx_min_f16x2(b32 a, b32 b);
b32 ptx_max_f16x2(b32 a, b32 b);
b32 ptx_min_xorsign_abs_f16x2(b32 a, b32 b);
b32 ptx_min_bf16x2(b32 a, b32 b);
b32 ptx_max_bf16x2(b32 a, b32 b);
b32 ptx_min_xorsign_abs_bf16x2(b32 a, b32 b);

#endif
