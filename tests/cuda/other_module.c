/* A module of another version: it must not be given anything, nor give anything. */
#include "cuda_module.h"

uint32_t fanin_cuda_open(uint32_t abi, const struct cuda_host *host, struct cuda_module *out);

uint32_t fanin_cuda_open(uint32_t abi, const struct cuda_host *host, struct cuda_module *out)
{
    (void)abi, (void)host, (void)out;
    return UINT32_C(9) << 24 | 8 << 16 | 7 << 8 | 6;
}
