/* What all device code uses. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_DEVICE_H
#define FANIN_SRC_CUDA_DEVICE_H

#include "stream/arithmetic.h"

/* How loops are compiled for the device. */
#ifdef __CUDA_ARCH__
#define CUDA_UNROLL      _Pragma("unroll")
#define CUDA_KEEP_ROLLED _Pragma("unroll 1")
/* What is computed from the number is computed again from here on, rather than kept in registers through all that was
 * between. */
#define CUDA_FORGET(number) asm volatile("" : "+r"(number))
#else
#define CUDA_UNROLL
#define CUDA_KEEP_ROLLED
#define CUDA_FORGET(number) ((void)(number))
#endif

/* The remainder of number / divisor; `quotient` may be the place that `number` came from. Only numbers of 2^32 and more pay
 * for a 64-bit division. */
STREAM_FUNCTION uint64_t divide(uint64_t number, uint64_t divisor, uint64_t *quotient)
{
    if ((number | divisor) >> 32 == 0) {
        *quotient = (uint32_t)number / (uint32_t)divisor;
        return (uint32_t)number % (uint32_t)divisor;
    }
    *quotient = number / divisor;
    return number % divisor;
}

#endif
