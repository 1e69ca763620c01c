/* The registry: every initializer that create knows, built-in or the user's. */
#ifndef FANIN_SRC_REGISTRY_REGISTRY_H
#define FANIN_SRC_REGISTRY_REGISTRY_H

#include <fanin/fanin.h>

#include <stdbool.h>

/* What a built-in initializer can do that a user's row cannot. */
struct registry_hooks {
    /* Makes, once for each object, what lies behind the arguments (compiled patterns). Errors are create's. */
    fanin_status (*prepare)(const fanin_args *args, void **prepared);
    void (*dispose)(void *prepared);
    /* An initializer that acts on the whole name, before anything else: it picks another one, which lives as long as it does,
     * or takes the name itself (`*out` stays NULL), by its weight rule whatever the ending. Errors: UNCOVERED, PATTERN. */
    fanin_status (*choose)(const fanin_args *args, const void *prepared, const char *name, const fanin_initializer **out);
    /* The INITIALIZER parameter that dumps writes as a string which holds the spec, as MXNet does; NULL: none. */
    const char *quoted;
    /* The BOOLEAN parameter that asks for a line in the log which says what `choose` did; NULL: none. */
    const char *verbose;
    /* The NUMBER parameter that takes nested lists of numbers too; NULL: none. */
    const char *array;
};

/* A row and what belongs to it. Entries live as long as the process: initializers point to them. */
struct registry_entry {
    fanin_row row;
    const struct registry_hooks *hooks; /* NULL: none */
    /* The entry in whose place this one was registered. Never read: live initializers point to that one, and a leak checker
     * should find it too. */
    const struct registry_entry *replaced;
};

/* The entry of a name or alias, matched without case; NULL if there is none. */
const struct registry_entry *registry_find(const char *name, size_t length);

/* Names are compared without the case of ASCII letters. */
bool registry_same_name(const char *a, const char *b, size_t b_length);

/* Sets the error for a name that is not registered, which lists the nearest names; returns UNKNOWN. */
fanin_status registry_unknown(const char *name, size_t length);

/* Whether a row that is to be registered is well-formed. Errors: ARGUMENT. */
fanin_status row_check(const fanin_row *row);

/* A deep copy of a checked row with names in lower case; NULL without memory. Never freed once it is registered. */
struct registry_entry *row_copy(const fanin_row *row);
void row_free(struct registry_entry *entry);

#endif
