#include "stream_set.h"

#include <stdlib.h>

/* The place of a stream, or the free one where it belongs. The capacity is a power of two, and one place at least is free. */
static size_t find(const uint64_t *slots, size_t capacity, uint64_t stream)
{
    size_t at = (size_t)stream & (capacity - 1);
    while (slots[at] != 0 && slots[at] != stream) {
        at = (at + 1) & (capacity - 1);
    }
    return at;
}

static bool grow(struct stream_set *set)
{
    const size_t capacity = set->capacity > 0 ? 2 * set->capacity : 32;
    uint64_t *const slots = calloc(capacity, sizeof *slots);
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slots[i] != 0) {
            slots[find(slots, capacity, set->slots[i])] = set->slots[i];
        }
    }
    free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    return true;
}

bool stream_set_add(struct stream_set *set, uint64_t stream, bool *added)
{
    if (stream == 0) {
        *added = !set->has_zero;
        set->has_zero = true;
        return true;
    }
    if (2 * set->count >= set->capacity && !grow(set)) {
        return false;
    }
    uint64_t *const slot = &set->slots[find(set->slots, set->capacity, stream)];
    *added = *slot == 0;
    set->count += *added;
    *slot = stream;
    return true;
}

void stream_set_free(struct stream_set *set)
{
    free(set->slots);
    *set = (struct stream_set){.slots = NULL};
}
