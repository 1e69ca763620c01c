#include "cuda_module.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE_FILE "libfanin_cuda.so"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_open;
static struct cuda_module module;
static char reason_not_open[PATH_MAX + 256];

static fanin_status fail(fanin_status status, const char *message)
{
    return fanin_fail(status, "%s", message);
}

static const struct cuda_host host = {fail};

/* The module's path: the folder of the file that this code was loaded from, links followed. false where it is not known; a name
 * without a folder is what a program was called by, and would be looked for in the working directory. */
static bool module_path(char path[PATH_MAX])
{
    Dl_info info;
    if (dladdr((const void *)&once, &info) == 0 || info.dli_fname == NULL || strchr(info.dli_fname, '/') == NULL ||
        realpath(info.dli_fname, path) == NULL) {
        return false;
    }
    char *const file = strrchr(path, '/') + 1;
    if ((size_t)(file - path) + sizeof MODULE_FILE > PATH_MAX) {
        return false;
    }
    memcpy(file, MODULE_FILE, sizeof MODULE_FILE);
    return true;
}

bool cuda_module_open(const char *path, struct cuda_module *out, char *reason, size_t reason_size)
{
    if (access(path, F_OK) != 0) {
        snprintf(reason, reason_size, "this fanin has no CUDA backend: there is no %s", path);
        return false;
    }
    /* Never closed: the CUDA runtime in it has threads and handlers at exit. */
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *const error = dlerror();
        snprintf(reason, reason_size, "the CUDA module cannot be opened: %s", error != NULL ? error : path);
        return false;
    }
    cuda_open_fn open_module;
    void *const symbol = dlsym(library, CUDA_OPEN_SYMBOL);
    if (symbol == NULL) {
        snprintf(reason, reason_size, "%s is not fanin's CUDA module: it has no %s", path, CUDA_OPEN_SYMBOL);
        return false;
    }
    /* C has no cast from an object pointer to a function pointer; POSIX gives both one size. */
    memcpy(&open_module, &symbol, sizeof open_module);
    const uint32_t abi = open_module(CUDA_MODULE_ABI, &host, out);
    if (abi != CUDA_MODULE_ABI) {
        snprintf(reason, reason_size, "%s is of another version of fanin: found %u.%u.%u (%u), expected %u.%u.%u (%u)", path,
                 abi >> 24, abi >> 16 & 0xff, abi >> 8 & 0xff, abi & 0xff, CUDA_MODULE_ABI >> 24, CUDA_MODULE_ABI >> 16 & 0xff,
                 CUDA_MODULE_ABI >> 8 & 0xff, CUDA_MODULE_ABI & 0xff);
        return false;
    }
    return true;
}

static void open_once(void)
{
    char path[PATH_MAX];
    if (module_path(path)) {
        is_open = cuda_module_open(path, &module, reason_not_open, sizeof reason_not_open);
    } else {
        snprintf(reason_not_open, sizeof reason_not_open, "the CUDA module cannot be opened: the folder of fanin is not known");
    }
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
