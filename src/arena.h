/* Memory that is given out in small pieces and goes back all at once. */
#ifndef FANIN_SRC_ARENA_H
#define FANIN_SRC_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* How many texts are remembered. */
#define ARENA_RECENT 8

/* Starts zeroed, or with memory of its owner's (arena_open). */
struct arena {
    char *next;                       /* what is left of the newest chunk */
    size_t left;                      /* bytes */
    struct arena_chunk *newest;       /* NULL: none was needed yet */
    const char *recent[ARENA_RECENT]; /* that arena_shared_text gave last, NULL where there were fewer */
    unsigned next_recent;
};

/* Gives out `memory`, aligned as the pieces, before any chunk is asked for; it stays the owner's. */
void arena_open(struct arena *arena, void *memory, size_t size);

/* A piece, aligned for numbers and pointers; NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* `count` pieces of `size` bytes, one after another. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* `array`, of `count` pieces of `size` bytes, with room for one more: itself, or a copy of twice the capacity (at first 1).
 * NULL: no memory. */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size);

/* A copy of a text. */
char *arena_text(struct arena *arena, const char *text);

/* A copy of a text that is not written to: one of the last few, where that is the same. */
const char *arena_shared_text(struct arena *arena, const char *text);

/* Takes back what was given out since `before` was a copy of the arena. */
void arena_restore(struct arena *arena, const struct arena *before);

/* Takes all back, and leaves the arena zeroed. */
void arena_close(struct arena *arena);

#endif
