/* The initializer object: a row of the registry with its arguments. Immutable once made. */
#ifndef FANIN_SRC_REGISTRY_INITIALIZER_H
#define FANIN_SRC_REGISTRY_INITIALIZER_H

#include "registry/args.h"
#include "registry/registry.h"

#include <stdatomic.h>

struct fanin_initializer {
    atomic_size_t references;
    const struct registry_entry *entry;
    fanin_args args;
    void *prepared; /* of the entry's hooks */
    int height;     /* 0 for one that holds no other */
    int quotes;     /* strings within strings of its text */
};

/* Makes an object with one reference from arguments, which it takes over; on an error it closes them. `set` is the status of
 * setting them. Errors: `set`, SPEC for initializers nested deeper than ARGS_MAX_DEPTH, MEMORY, those of the entry's prepare. */
fanin_status initializer_new(const struct registry_entry *entry, fanin_args *args, fanin_status set, fanin_initializer **out);

/* Makes an initializer from JSON parameters (an object, or NULL for none). `skip` is a key that is none of them, or NULL.
 * Errors as fanin_create's. */
fanin_status initializer_from_json(const struct registry_entry *entry, const cJSON *params, const char *skip, int depth,
                                   fanin_initializer **out);

/* Makes an initializer from a spec: a string (a name, or JSON), an array or an object. */
fanin_status initializer_from_spec(const cJSON *spec, int depth, fanin_initializer **out);

/* As fanin_dumps, but with null for tensors in memory, which have no text. The caller's to free(); NULL without memory. */
char *initializer_text(const fanin_initializer *initializer);

#endif
