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

static bool grow(struct stream_set *set, size_t capacity)
{
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

bool stream_set_reserve(struct stream_set *set, size_t count)
{
    size_t capacity = set->capacity > 0 ? set->capacity : 32;
    while (capacity / 2 < count) {
        if (__builtin_mul_overflow(capacity, 2, &capacity)) {
            return false;
        }
    }
    return capacity == set->capacity || grow(set, capacity);
}

bool stream_set_add(struct stream_set *set, uint64_t stream, bool *added)
{
    if (stream == 0) {
        *added = !set->has_zero;
        set->has_zero = true;
        return true;
    }
    if (2 * set->count >= set->capacity && !stream_set_reserve(set, set->count + 1)) {
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
