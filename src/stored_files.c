/* Which files initializers load from. */
#include "private.h"

#include "initializers/builtin.h"
#include "load/store.h"
#include "registry/initializer.h"
#include "rules.h"

static fanin_status tell_store(const struct store *store, files_fn take, void *context)
{
    fanin_status status = store->path ? take(context, store->path) : FANIN_OK;
    for (size_t i = 0; i < store->n_files && status == FANIN_OK; i++) {
        status = take(context, store->files[i].path);
    }
    return status;
}

static fanin_status tell_initializer(const fanin_initializer *initializer, files_fn take, void *context)
{
    fanin_status status = FANIN_OK;
    if (initializer->entry == &initializer_load) {
        status = tell_store(initializer->prepared, take, context);
    }
    for (size_t i = 0; i < initializer->args.row->n_params && status == FANIN_OK; i++) {
        const struct argument *const value = &initializer->args.values[i];
        for (size_t k = 0; value->initializers && k < value->count && status == FANIN_OK; k++) {
            status = tell_initializer(value->initializers[k], take, context);
        }
    }
    return status;
}

fanin_status fanin_private_files(const fanin_initializer *initializer, const fanin_rules *rules, files_fn take, void *context)
{
    fanin_status status = initializer ? tell_initializer(initializer, take, context) : FANIN_OK;
    for (size_t i = 0; rules && i < rules->count && status == FANIN_OK; i++) {
        status = tell_initializer(rules->pairs[i].initializer, take, context);
    }
    return status;
}
