/* fanin_load, fanin_load_tensors. */
#include "initializer.h"
#include "initializers/builtin.h"
#include "load/store.h"

#include "json/print.h"
#include "json/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The place among the arguments. */
enum { PARAM, DEFAULT_INIT, VERBOSE };

/* All but where the tensors are. */
static fanin_status set_rest(fanin_args *args, const fanin_initializer *default_init, int verbose)
{
    const fanin_status status = default_init ? args_set_initializers(args, &args->row->params[DEFAULT_INIT], &default_init, 1)
                                             : args_take(args, DEFAULT_INIT, cJSON_CreateNull());
    return status == FANIN_OK ? args_take(args, VERBOSE, cJSON_CreateBool(verbose != 0)) : status;
}

static fanin_status check_text(const char *what, const char *text)
{
    return json_utf8_valid(text, strlen(text)) ? FANIN_OK : fanin_fail(FANIN_ERROR_ARGUMENT, "%s is not UTF-8", what);
}

/* From a path or, where that is NULL, from a store. */
static fanin_status make(const char *path, const struct store *store, const fanin_initializer *default_init, int verbose,
                         fanin_initializer **out)
{
    fanin_args args;
    fanin_status status = args_open(&initializer_load.row, &args);
    if (status != FANIN_OK) {
        return status;
    }
    if (path) {
        status = args_take(&args, PARAM, cJSON_CreateString(path));
    } else {
        args.values[PARAM] = (struct argument){.given = true, .store = store_retain(store)};
    }
    status = status == FANIN_OK ? set_rest(&args, default_init, verbose) : status;
    return initializer_new(&initializer_load, &args, status, out);
}

fanin_status fanin_load(const char *path, const fanin_initializer *default_init, int verbose, fanin_initializer **out)
{
    if (!path || !out) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_load: %s is NULL", path ? "out" : "path");
    }
    const int saved_errno = errno;
    fanin_status status = check_text("fanin_load: path", path);
    status = status == FANIN_OK ? make(path, NULL, default_init, verbose, out) : status;
    errno = saved_errno;
    return status;
}

static fanin_status check_names(const char *const *names, size_t count)
{
    fanin_status status = FANIN_OK;
    for (size_t i = 0; i < count && status == FANIN_OK; i++) {
        char what[64];
        snprintf(what, sizeof what, "fanin_load_tensors: name %zu", i + 1);
        status = names[i] ? check_text(what, names[i]) : fanin_fail(FANIN_ERROR_ARGUMENT, "%s is NULL", what);
    }
    return status;
}

fanin_status fanin_load_tensors(const char *const *names, const DLTensor *tensors, size_t count,
                                const fanin_initializer *default_init, int verbose, fanin_initializer **out)
{
    if (!out || (count > 0 && (!names || !tensors))) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_load_tensors: %s is NULL", !out ? "out" : !names ? "names" : "tensors");
    }
    const int saved_errno = errno;
    struct store *store = NULL;
    fanin_status status = check_names(names, count);
    if (status == FANIN_OK) {
        status = store_copy(names, tensors, count, &store);
        status = status == FANIN_OK ? FANIN_OK : fanin_fail(status, "fanin_load_tensors: %s", fanin_last_error());
    }
    status = status == FANIN_OK ? make(NULL, store, default_init, verbose, out) : status;
    store_release(store);
    errno = saved_errno;
    return status;
}
