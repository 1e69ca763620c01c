#include "registry.h"

#include "ascii.h"
#include "growing.h"
#include "float_environment.h"
#include "initializers/builtin.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Guards the list: the slots of the built-in table, then those of the user's rows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct registry_entry **user_entries;
static size_t user_count, user_capacity;

static const struct registry_entry **slot(size_t index)
{
    return index < builtin_count ? &builtin_entries[index] : &user_entries[index - builtin_count];
}

bool registry_same_name(const char *a, const char *b, size_t b_length)
{
    return strlen(a) == b_length && ascii_same(a, b, b_length);
}

static bool has_name(const fanin_row *row, const char *name, size_t length)
{
    if (registry_same_name(row->name, name, length)) {
        return true;
    }
    for (size_t i = 0; row->aliases && row->aliases[i]; i++) {
        if (registry_same_name(row->aliases[i], name, length)) {
            return true;
        }
    }
    return false;
}

/* The slot of a name, with the lock held; NULL if there is none. */
static const struct registry_entry **find_slot(const char *name, size_t length)
{
    for (size_t i = 0; i < builtin_count + user_count; i++) {
        if (has_name(&(*slot(i))->row, name, length)) {
            return slot(i);
        }
    }
    return NULL;
}

const struct registry_entry *registry_find(const char *name, size_t length)
{
    pthread_mutex_lock(&lock);
    const struct registry_entry **const found = find_slot(name, length);
    const struct registry_entry *const entry = found ? *found : NULL;
    pthread_mutex_unlock(&lock);
    return entry;
}

const fanin_row *fanin_row_find(const char *name)
{
    const struct registry_entry *const entry = name ? registry_find(name, strlen(name)) : NULL;
    return entry ? &entry->row : NULL;
}

const fanin_row *fanin_row_at(size_t index)
{
    pthread_mutex_lock(&lock);
    const fanin_row *const row = index < builtin_count + user_count ? &(*slot(index))->row : NULL;
    pthread_mutex_unlock(&lock);
    return row;
}

/* Refuses names that another row than `mine` has. */
static fanin_status check_free(const struct registry_entry *entry, const struct registry_entry **mine)
{
    const char *name = entry->row.name;
    for (size_t i = 0;; i++) {
        const struct registry_entry **const owner = find_slot(name, strlen(name));
        if (owner && owner != mine) {
            const char *const taker = (*owner)->row.name;
            return name == entry->row.name && strcmp(name, taker) == 0
                       ? fanin_fail(FANIN_ERROR_EXISTS, "'%s' is registered already; FANIN_REGISTER_REPLACE replaces it", name)
                       : fanin_fail(FANIN_ERROR_EXISTS, "the name '%s' of initializer '%s' is taken by the initializer '%s'",
                                    name, entry->row.name, taker);
        }
        name = entry->row.aliases ? entry->row.aliases[i] : NULL;
        if (!name) {
            return FANIN_OK;
        }
    }
}

/* Adds the entry, which the registry then owns; the lock is held. */
static fanin_status add(struct registry_entry *entry, unsigned flags)
{
    const struct registry_entry **mine = NULL;
    if (flags & FANIN_REGISTER_REPLACE) {
        /* Only under its own name: in place of an alias the row would take away the names that it does not have. */
        mine = find_slot(entry->row.name, strlen(entry->row.name));
        if (mine && strcmp((*mine)->row.name, entry->row.name) != 0) {
            return fanin_fail(FANIN_ERROR_EXISTS, "'%s' is an alias of the initializer '%s': replace it under that name",
                              entry->row.name, (*mine)->row.name);
        }
    }
    const fanin_status status = check_free(entry, mine);
    if (status != FANIN_OK) {
        return status;
    }
    if (mine) {
        entry->replaced = *mine;
        *mine = entry;
        return FANIN_OK;
    }
    if (user_count == user_capacity) {
        const size_t grown = user_capacity ? 2 * user_capacity : 16;
        const struct registry_entry **const list = reallocarray(user_entries, grown, sizeof *list);
        if (!list) {
            return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the registry");
        }
        user_entries = list;
        user_capacity = grown;
    }
    user_entries[user_count++] = entry;
    return FANIN_OK;
}

static fanin_status check_and_add(const fanin_row *source, unsigned flags)
{
    fanin_row known;
    const fanin_row *const row = &known;
    fanin_status status = growing_copy("fanin_register: fanin_row", source, sizeof known, &known, sizeof known);
    status = status == FANIN_OK ? row_check(row) : status;
    if (status != FANIN_OK) {
        return status;
    }
    struct registry_entry *const entry = row_copy(row);
    if (!entry) {
        return fanin_fail(FANIN_ERROR_MEMORY, "out of memory for the row of initializer '%s'", row->name);
    }
    pthread_mutex_lock(&lock);
    status = add(entry, flags);
    pthread_mutex_unlock(&lock);
    if (status != FANIN_OK) {
        row_free(entry);
    }
    return status;
}

fanin_status fanin_register(const fanin_row *row, unsigned flags)
{
    if (!row) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: row is NULL");
    }
    if (flags & ~FANIN_REGISTER_REPLACE) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_register: flags are %#x, expected 0 or FANIN_REGISTER_REPLACE", flags);
    }
    const int saved_errno = errno;
    const struct float_environment caller = float_environment_enter();
    const fanin_status status = check_and_add(row, flags);
    float_environment_leave(&caller);
    errno = saved_errno;
    return status;
}
