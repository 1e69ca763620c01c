#include "module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool module_path(const char *file, char path[PATH_MAX])
{
    static const char in_this_file;
    Dl_info info;
    /* A name without a folder is what a program was called by, and would be looked for in the working directory. */
    if (dladdr(&in_this_file, &info) == 0 || info.dli_fname == NULL || strchr(info.dli_fname, '/') == NULL ||
        realpath(info.dli_fname, path) == NULL) {
        return false;
    }
    char *const place = strrchr(path, '/') + 1;
    if ((size_t)(place - path) + strlen(file) >= PATH_MAX) {
        return false;
    }
    strcpy(place, file);
    return true;
}

void *module_open(const char *path, const char *symbol, const struct module_words *words, char *reason, size_t reason_size)
{
    if (access(path, F_OK) != 0) {
        snprintf(reason, reason_size, "this fanin has %s: there is no %s", words->missing, path);
        return NULL;
    }
    /* Never closed: what it is linked with has threads and handlers at exit. */
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *const error = dlerror();
        snprintf(reason, reason_size, "the %s module cannot be opened: %s", words->name, error != NULL ? error : path);
        return NULL;
    }
    void *const found = dlsym(library, symbol);
    if (found == NULL) {
        snprintf(reason, reason_size, "%s is not fanin's %s module: it has no %s", path, words->name, symbol);
    }
    return found;
}

bool module_check_abi(const char *path, uint32_t found, uint32_t expected, char *reason, size_t reason_size)
{
    if (found == expected) {
        return true;
    }
    snprintf(reason, reason_size, "%s is of another version of fanin: found %u.%u.%u (%u), expected %u.%u.%u (%u)", path,
             found >> 24, found >> 16 & 0xff, found >> 8 & 0xff, found & 0xff, expected >> 24, expected >> 16 & 0xff,
             expected >> 8 & 0xff, expected & 0xff);
    return false;
}
