#include "module.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The loader keeps the folder as it was when it opened the library: a path that is relative now means another place where the
 * working directory was changed since. It keeps none for the program itself. */
static bool loaded_from(char path[PATH_MAX])
{
    static const char in_this_file;
    Dl_info info;
    void *extra = NULL;
    if (dladdr1(&in_this_file, &info, &extra, RTLD_DL_LINKMAP) == 0 || extra == NULL) {
        return false;
    }
    struct link_map *const map = extra;
    if (map->l_name[0] == '\0') {
        return realpath("/proc/self/exe", path) != NULL;
    }
    /* A working directory, and a path relative to it. */
    char folder[2 * PATH_MAX];
    const char *const slash = strrchr(map->l_name, '/');
    char *joined = NULL;
    if (dlinfo(map, RTLD_DI_ORIGIN, folder) != 0 ||
        asprintf(&joined, "%s/%s", folder, slash != NULL ? slash + 1 : map->l_name) < 0) {
        return false;
    }
    const bool is_known = realpath(joined, path) != NULL;
    free(joined);
    return is_known;
}

bool module_path(const char *file, const struct module_words *words, char path[PATH_MAX], char *reason, size_t reason_size)
{
    char *place = NULL;
    if (loaded_from(path)) {
        place = strrchr(path, '/') + 1;
    }
    if (place == NULL || (size_t)(place - path) + strlen(file) >= PATH_MAX) {
        snprintf(reason, reason_size, "the %s module cannot be opened: the folder of fanin is not known", words->name);
        return false;
    }
    strcpy(place, file);
    return true;
}

#ifdef RTLD_DEEPBIND
static int flag_of_deep_binding(void)
{
    static const char *const sanitizers[] = {"__asan_init", "__tsan_init", "__msan_init", "__hwasan_init"};
    for (size_t i = 0; i < sizeof sanitizers / sizeof *sanitizers; i++) {
        if (dlsym(RTLD_DEFAULT, sanitizers[i]) != NULL) {
            return 0;
        }
    }
    return RTLD_DEEPBIND;
}
#else
static int flag_of_deep_binding(void)
{
    return 0;
}
#endif

void *module_open(const char *path, const char *symbol, const struct module_words *words, char *reason, size_t reason_size)
{
    if (access(path, F_OK) != 0) {
        snprintf(reason, reason_size, "this fanin has %s: there is no %s", words->missing, path);
        return NULL;
    }
    /* Never closed: what it is linked with has threads and handlers at exit. */
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL | (words->binds_deep ? flag_of_deep_binding() : 0));
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
