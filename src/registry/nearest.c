/* The error for a name that is not registered. */
#include "registry.h"

#include "edit_distance.h"
#include "json/utf8.h"

#include <stdio.h>
#include <string.h>

#define LISTED 3

struct nearest {
    const char *name[LISTED];
    int distance[LISTED];
    int count;
};

static void offer(struct nearest *nearest, const char *candidate, const char *name, size_t length)
{
    const size_t candidate_length = strlen(candidate);
    if (candidate_length > EDIT_DISTANCE_LIMIT) {
        return;
    }
    const int distance = edit_distance(name, length, candidate, candidate_length);
    int at = nearest->count;
    while (at > 0 && nearest->distance[at - 1] > distance) {
        at--;
    }
    if (at == LISTED) {
        return;
    }
    /* The last one of a full list goes. */
    nearest->count += nearest->count < LISTED;
    const int moved = nearest->count - 1 - at;
    memmove(nearest->name + at + 1, nearest->name + at, (size_t)moved * sizeof *nearest->name);
    memmove(nearest->distance + at + 1, nearest->distance + at, (size_t)moved * sizeof *nearest->distance);
    nearest->name[at] = candidate;
    nearest->distance[at] = distance;
}

/* All names, as far as they fit, for a name that resembles none. */
static void list_all(char *list, size_t size)
{
    const fanin_row *row;
    size_t used = 0;
    for (size_t i = 0; (row = fanin_row_at(i)) != NULL; i++) {
        const char *const separator = i == 0 ? "" : ", ";
        if (used + strlen(separator) + strlen(row->name) + sizeof ", ..." > size) {
            snprintf(list + used, size - used, ", ...");
            return;
        }
        used += (size_t)snprintf(list + used, size - used, "%s%s", separator, row->name);
    }
}

fanin_status registry_unknown(const char *name, size_t length)
{
    char excerpt[JSON_EXCERPT_SIZE];
    json_excerpt(name, length, excerpt);
    struct nearest nearest = {.count = 0};
    const fanin_row *row;
    for (size_t i = 0; length <= EDIT_DISTANCE_LIMIT && (row = fanin_row_at(i)) != NULL; i++) {
        offer(&nearest, row->name, name, length);
        for (size_t j = 0; row->aliases && row->aliases[j]; j++) {
            offer(&nearest, row->aliases[j], name, length);
        }
    }
    char list[512] = "";
    /* A misspelling leaves at least half of the letters in place. */
    if (nearest.count == 0 || 2 * (size_t)nearest.distance[0] > length) {
        list_all(list, sizeof list);
        return fanin_fail(FANIN_ERROR_UNKNOWN, "no initializer is registered as '%s'; registered are %s", excerpt, list);
    }
    size_t used = 0;
    for (int i = 0; i < nearest.count && nearest.distance[i] <= nearest.distance[0] + 1; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s'%s'", i == 0 ? "" : ", ", nearest.name[i]);
    }
    return fanin_fail(FANIN_ERROR_UNKNOWN, "no initializer is registered as '%s'; the nearest names: %s", excerpt, list);
}
