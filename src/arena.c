#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the first chunk, and the most of one that a single piece does not ask for. Each has four times those of the one
 * before, so that all together have less than twice those of the largest: as much as glibc's malloc keeps when they are freed,
 * and the next plan of that size is made without a page fault. */
#define FIRST_BYTES ((size_t)1 << 10)
#define MOST_BYTES  ((size_t)1 << 25)

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of `memory` */
    int64_t memory[];
};

void arena_open(struct arena *arena, void *memory, size_t size)
{
    *arena = (struct arena){.next = memory, .left = size};
}

static bool grow(struct arena *arena, size_t size)
{
    size_t wanted = arena->newest ? 4 * arena->newest->size : FIRST_BYTES;
    wanted = wanted > MOST_BYTES ? MOST_BYTES : wanted;
    wanted = wanted < size ? size : wanted;
    struct arena_chunk *const chunk = malloc(sizeof *chunk + wanted);
    if (!chunk) {
        return false;
    }
    chunk->older = arena->newest;
    chunk->size = wanted;
    arena->next = (char *)chunk->memory;
    arena->left = wanted;
    arena->newest = chunk;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t alignment = _Alignof(int64_t);
    if (size > PTRDIFF_MAX) {
        return NULL;
    }
    /* Pieces of nothing have an address too. */
    size = size == 0 ? alignment : (size + alignment - 1) / alignment * alignment;
    if (size > arena->left && !grow(arena, size)) {
        return NULL;
    }
    void *const piece = arena->next;
    arena->next += size;
    arena->left -= size;
    return piece;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    const size_t wanted = *capacity > 0 ? 2 * *capacity : 1;
    void *const grown = arena_array(arena, wanted, size);
    if (grown) {
        memcpy(grown, count > 0 ? array : grown, count * size);
        *capacity = wanted;
    }
    return grown;
}

char *arena_text(struct arena *arena, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *const copy = arena_alloc(arena, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

const char *arena_shared_text(struct arena *arena, const char *text)
{
    for (int i = 0; i < ARENA_RECENT && arena->recent[i]; i++) {
        if (strcmp(arena->recent[i], text) == 0) {
            return arena->recent[i];
        }
    }
    const char *const copy = arena_text(arena, text);
    if (copy) {
        arena->recent[arena->next_recent] = copy;
        arena->next_recent = (arena->next_recent + 1) % ARENA_RECENT;
    }
    return copy;
}

void arena_restore(struct arena *arena, const struct arena *before)
{
    while (arena->newest != before->newest) {
        struct arena_chunk *const older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
    *arena = *before;
}

void arena_close(struct arena *arena)
{
    const struct arena empty = {.next = NULL};
    arena_restore(arena, &empty);
}
