/* load: the values of stored tensors, found by the parameters' names. */
#include "builtin.h"
#include "emitter.h"
#include "load/store.h"
#include "registry/initializer.h"
#include "shape.h"

#include <string.h>

static void dispose(void *prepared)
{
    store_release(prepared);
}

static fanin_status prepare(const fanin_args *args, void **prepared)
{
    const struct argument *const param = args_value(args, "param", FANIN_PARAM_TEXT);
    if (param->store) {
        *prepared = store_retain(param->store);
        return FANIN_OK;
    }
    struct store *store = NULL;
    const fanin_status status = store_read(param->texts[0], &store);
    if (status != FANIN_OK) {
        return fanin_fail(status, "'load': %s", fanin_last_error());
    }
    *prepared = store;
    return FANIN_OK;
}

static fanin_status choose(const fanin_args *args, const void *prepared, const char *name, const fanin_initializer **out)
{
    if (store_find(prepared, name)) {
        return FANIN_OK; /* itself */
    }
    *out = fanin_args_initializer(args, "default_init");
    char where[STORE_TEXT_SIZE];
    return *out ? FANIN_OK
                : fanin_fail(FANIN_ERROR_UNCOVERED,
                             "parameter '%s': 'load' finds no tensor of this name in %s, and it has no default_init", name,
                             store_text(prepared, where));
}

static fanin_status check(const fanin_emitter *emitter, const struct store *store, const struct stored *stored)
{
    char where[STORE_TEXT_SIZE], found[SHAPE_TEXT_SIZE], expected[SHAPE_TEXT_SIZE];
    shape_text(emitter->ndim, emitter->shape, expected);
    if (stored->place == STORED_NONE) {
        return fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': found an entry '%s' without an array in %s, expected shape %s",
                          emitter->name, stored->name, store_text(store, where), expected);
    }
    if (stored->place == STORED_FOREIGN) {
        return fanin_fail(FANIN_ERROR_DTYPE, "parameter '%s': found dtype %s of tensor '%s' in %s, which is not supported",
                          emitter->name, stored->foreign, stored->name, store_text(store, where));
    }
    const bool same =
        stored->ndim == emitter->ndim &&
        (stored->ndim == 0 || memcmp(stored->shape, emitter->shape, (size_t)stored->ndim * sizeof *stored->shape) == 0);
    return same ? FANIN_OK
                : fanin_fail(FANIN_ERROR_SHAPE, "parameter '%s': found shape %s of tensor '%s' in %s, expected %s",
                             emitter->name, shape_text(stored->ndim, stored->shape, found), stored->name,
                             store_text(store, where), expected);
}

static fanin_status lower_load(const fanin_args *args, fanin_emitter *emitter)
{
    (void)args;
    const struct store *const store = emitter->running->prepared;
    const struct stored *const stored = store_find(store, emitter_own_name(emitter)); /* as `choose` found it */
    const fanin_status status = check(emitter, store, stored);
    return status == FANIN_OK ? emitter_emit_load(emitter, store, stored) : status;
}

static const struct registry_hooks load_hooks = {
    .prepare = prepare, .dispose = dispose, .choose = choose, .verbose = "verbose"};

static const fanin_param load_params[] = {
    {"param", FANIN_PARAM_TEXT, NULL, 0, 0, NULL, 0,
     "Path of a .params file, a safetensors file, or an index of sharded ones."},
    {"default_init", FANIN_PARAM_INITIALIZER, "null", 0, 0, NULL, 0,
     "Called for what is not found there; null: that is an error."},
    {"verbose", FANIN_PARAM_BOOLEAN, "false", 0, 0, NULL, 0,
     "true: a line of the log says of each parameter whether it was loaded."},
};

const struct registry_entry initializer_load = {
    .row =
        {
            .size = sizeof(fanin_row),
            .name = "load",
            .help = "The values of a file's tensor of the parameter's name.",
            .params = load_params,
            .n_params = sizeof load_params / sizeof *load_params,
            .lower = lower_load,
        },
    .hooks = &load_hooks,
};
