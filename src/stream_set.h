/* The random streams that a parameter's blocks have taken: no two may share one. */
#ifndef FANIN_SRC_STREAM_SET_H
#define FANIN_SRC_STREAM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash table of streams, which are hashes themselves. Starts zeroed. */
struct stream_set {
    uint64_t *slots; /* 0: free */
    size_t count, capacity;
    bool has_zero;
};

/* Makes room for `count` streams at once. false: no memory. */
bool stream_set_reserve(struct stream_set *set, size_t count);

/* Adds a stream; `added` tells whether it is new. false: no memory. */
bool stream_set_add(struct stream_set *set, uint64_t stream, bool *added);

void stream_set_free(struct stream_set *set);

#endif
