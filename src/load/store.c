#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store *store_new(size_t count)
{
    struct store *const store = calloc(1, sizeof *store);
    struct stored *const tensors = calloc(count + 1, sizeof *tensors);
    if (!store || !tensors) {
        free(store);
        free(tensors);
        return NULL;
    }
    store->tensors = tensors;
    atomic_init(&store->references, 1);
    return store;
}

struct store *store_retain(const struct store *store)
{
    /* Only the count changes, which no one sees. */
    struct store *const counted = (struct store *)store;
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return counted;
}

void store_release(struct store *store)
{
    if (!store || atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    free(store->tensors);
    free(store->path);
    free(store->files);
    index_free(&store->index);
    header_free(&store->header);
    params_free(&store->params);
    free(store->memory);
    free(store);
}

/* Equal keys in the order in which they were stored. */
static int compare(const void *first, const void *second)
{
    const struct stored *const a = first, *const b = second;
    const int order = strcmp(a->key, b->key);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

void store_arrange(struct store *store)
{
    for (size_t i = 0; i < store->count; i++) {
        store->tensors[i].number = i;
    }
    qsort(store->tensors, store->count, sizeof *store->tensors, compare);
    size_t kept = 0;
    for (size_t i = 0; i < store->count; i++) {
        const bool again = kept > 0 && strcmp(store->tensors[kept - 1].key, store->tensors[i].key) == 0;
        store->tensors[again ? kept - 1 : kept] = store->tensors[i];
        kept += !again;
    }
    store->count = kept;
}

const struct stored *store_find(const struct store *store, const char *name)
{
    size_t low = 0, high = store->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(store->tensors[middle].key, name);
        if (order == 0) {
            return &store->tensors[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const char *store_text(const struct store *store, char text[STORE_TEXT_SIZE])
{
    if (!store->path) {
        return "the tensors that were given";
    }
    snprintf(text, STORE_TEXT_SIZE, "'%s'", store->path);
    return text;
}

bool store_same(const struct store *a_store, const struct stored *a, const struct store *b_store, const struct stored *b)
{
    if (a == b) {
        return true;
    }
    if (a->place != b->place || a->dtype != b->dtype || a->count != b->count) {
        return false;
    }
    switch (a->place) {
    case STORED_DENSE:
        return a->offset == b->offset && file_state_same(&a_store->files[a->file].state, &b_store->files[b->file].state);
    case STORED_SPARSE:
        return a->sparse->offset == b->sparse->offset &&
               file_state_same(&a_store->files[a->file].state, &b_store->files[b->file].state);
    default:
        return memcmp(a->data, b->data, (size_t)(a->count * dtype_table[a->dtype].size)) == 0;
    }
}
