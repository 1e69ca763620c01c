/* Elements that came from the host in one piece, and go where a tensor with gaps has them. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_SCATTER_H
#define FANIN_SRC_CUDA_SCATTER_H

#include "cuda/store.h"
#include "cuda/view.h"

/* Threads of a block of threads; each moves an element. */
#define SCATTER_THREADS 256

/* What a thread does. Element `number` of the view is at from + number · its size. */
STREAM_FUNCTION void scatter_element(const struct cuda_view *view, int size_log2, uint64_t from, int64_t number)
{
    const void *const source = (const void *)(uintptr_t)(from + ((uint64_t)number << size_log2));
    uint64_t bits;
    switch (size_log2) {
    case 0:
        bits = *(const uint8_t *)source;
        break;
    case 1:
        bits = *(const uint16_t *)source;
        break;
    case 2:
        bits = *(const uint32_t *)source;
        break;
    default:
        bits = *(const uint64_t *)source;
    }
    store_element(cuda_view_address(view, number), size_log2, bits);
}

#endif
