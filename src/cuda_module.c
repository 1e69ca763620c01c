#include "cuda_module.h"

#include "private.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_open;
static struct cuda_module module;
static char reason_not_open[PATH_MAX + 256];
static const struct module_words words = {"CUDA", "no CUDA backend", .binds_deep = false};

static fanin_status fail(fanin_status status, const char *message)
{
    return fanin_fail(status, "%s", message);
}

static fanin_status read_items(const struct item *items, size_t count, const fanin_options *options)
{
    return backend_run(&cpu_backend, items, count, options);
}

static const struct cuda_host host = {fail, read_items};

bool cuda_module_open(const char *path, struct cuda_module *out, char *reason, size_t reason_size)
{
    void *const symbol = module_open(path, CUDA_OPEN_SYMBOL, &words, reason, reason_size);
    if (symbol == NULL) {
        return false;
    }
    /* C has no cast from an object pointer to a function pointer; POSIX gives both one size. */
    cuda_open_fn open_module;
    memcpy(&open_module, &symbol, sizeof open_module);
    return module_check_abi(path, open_module(CUDA_MODULE_ABI, &host, out), CUDA_MODULE_ABI, reason, reason_size);
}

static void open_once(void)
{
    char path[PATH_MAX];
    is_open = module_path("libfanin_cuda.so", &words, path, reason_not_open, sizeof reason_not_open) &&
              cuda_module_open(path, &module, reason_not_open, sizeof reason_not_open);
}

static bool open_module_once(void)
{
    const int caller_errno = errno;
    pthread_once(&once, open_once);
    errno = caller_errno;
    return is_open;
}

fanin_status fanin_private_cuda_module(const char *subject, const struct cuda_module **out)
{
    if (!open_module_once()) {
        return fanin_fail(FANIN_ERROR_DEVICE, "%s: %s", subject, reason_not_open);
    }
    *out = &module;
    return FANIN_OK;
}

fanin_status cuda_module_backend(const char *name, int ordinal, const struct backend **out)
{
    if (!open_module_once()) {
        return fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': found a tensor on CUDA device %d: %s", name, ordinal,
                          reason_not_open);
    }
    const fanin_status status = module.prepare(NULL, ordinal);
    if (status != FANIN_OK) {
        return fanin_fail(status, "parameter '%s': found a tensor on CUDA device %d: %s", name, ordinal, fanin_last_error());
    }
    *out = module.backend;
    return FANIN_OK;
}
