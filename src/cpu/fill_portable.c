/* The portable reference: runs on any CPU of the target. Its fma may be a call of the mathematical library. */
#include "words_portable.h"

#include "fill_body.h"

BODY void fill_continuous(enum fill_kind kind, enum dtype dtype, size_t size, const struct cpu_fill *fill, int64_t index,
                          int64_t count, void *out)
{
    fill_random(kind, dtype, size, fill, index, count, out);
}

#define VARIANT_KERNELS cpu_kernels_portable
#include "fill_kernels.h"
