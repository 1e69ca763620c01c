/* The memory that a launch is expected to write, and what it did there. Valid C11 and C++. */
#ifndef FANIN_TESTS_CUDA_GRID_MEMORY_H
#define FANIN_TESTS_CUDA_GRID_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `writes` counts the stores to each byte, up to 255; NULL: it does not. */
struct grid_memory {
    uintptr_t base;
    size_t bytes;
    unsigned char *writes;
    uint64_t strays; /* stores to somewhere else; they were not carried out */
    uint64_t misaligned;
};

/* Counts a store; false if it must not be done. */
static inline bool grid_memory_see(struct grid_memory *memory, uint64_t address, uint64_t bytes)
{
    if (address % bytes != 0) {
        memory->misaligned++;
    }
    if (address - memory->base >= memory->bytes || memory->bytes - (address - memory->base) < bytes) {
        memory->strays++;
        return false;
    }
    for (uint64_t i = 0; i < bytes && memory->writes != NULL; i++) {
        unsigned char *const writes = &memory->writes[address - memory->base + i];
        *writes = (unsigned char)(*writes + (*writes < 255));
    }
    return true;
}

#endif
