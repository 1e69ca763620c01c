/* Stores of device code. Addresses are integers, of the device's global memory; the compiler could not tell, and would go by
 * way of generic addresses. */
#ifndef FANIN_SRC_CUDA_STORE_H
#define FANIN_SRC_CUDA_STORE_H

#include "cuda/device.h"

#include <stdbool.h>

/* Where a test on the host sees each store, and says whether it is to be done. */
#ifndef CUDA_STORE_SEEN
#define CUDA_STORE_SEEN(address, bytes) true
#endif

#ifdef __CUDA_ARCH__
/* No store clobbers "memory": a fill reads none of what it writes, and its table may stay in registers. */
#define STORE_GLOBAL(address) __cvta_generic_to_global((void *)(address))
#else
#define STORE_HOST(address, value)                                                                                             \
    do {                                                                                                                       \
        if (CUDA_STORE_SEEN(address, sizeof(value))) {                                                                         \
            memcpy((void *)(uintptr_t)(address), &(value), sizeof(value));                                                     \
        }                                                                                                                      \
    } while (0)
#endif

/* 16 bytes, aligned to 16. */
STREAM_FUNCTION void store_16(uint64_t address, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
#ifdef __CUDA_ARCH__
    asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(STORE_GLOBAL(address)), "r"(a), "r"(b), "r"(c), "r"(d));
#else
    const uint32_t words[4] = {a, b, c, d};
    STORE_HOST(address, words);
#endif
}

/* 8 bytes, aligned to 8. */
STREAM_FUNCTION void store_8(uint64_t address, uint32_t a, uint32_t b)
{
#ifdef __CUDA_ARCH__
    asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(STORE_GLOBAL(address)), "r"(a), "r"(b));
#else
    const uint32_t words[2] = {a, b};
    STORE_HOST(address, words);
#endif
}

/* One element of 1, 2, 4 or 8 bytes, aligned to itself: the low bytes of `bits`. */
STREAM_FUNCTION void store_element(uint64_t address, int size_log2, uint64_t bits)
{
    const uint8_t narrow = (uint8_t)bits;
    const uint16_t half = (uint16_t)bits;
    const uint32_t single = (uint32_t)bits;
#ifdef __CUDA_ARCH__
    const size_t target = STORE_GLOBAL(address);
    switch (size_log2) {
    case 0:
        asm volatile("st.global.b8 [%0], %1;" ::"l"(target), "r"((uint32_t)narrow));
        break;
    case 1:
        asm volatile("st.global.b16 [%0], %1;" ::"l"(target), "h"(half));
        break;
    case 2:
        asm volatile("st.global.b32 [%0], %1;" ::"l"(target), "r"(single));
        break;
    default:
        asm volatile("st.global.b64 [%0], %1;" ::"l"(target), "l"(bits));
    }
#else
    switch (size_log2) {
    case 0:
        STORE_HOST(address, narrow);
        break;
    case 1:
        STORE_HOST(address, half);
        break;
    case 2:
        STORE_HOST(address, single);
        break;
    default:
        STORE_HOST(address, bits);
    }
#endif
}

#endif
