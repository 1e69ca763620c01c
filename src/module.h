/* Parts of the library that lie in files of their own beside libfanin.so and are opened on first use, so that a process that
 * does not need them does not load what they are linked with. */
#ifndef FANIN_SRC_MODULE_H
#define FANIN_SRC_MODULE_H

#include <fanin/fanin.h>

#include <limits.h>
#include <stdbool.h>

/* A library and its modules must be of one build: this number has the version of the library in it, and a revision that is
 * raised when what they share changes in between. */
#define MODULE_ABI(revision)                                                                                                   \
    ((uint32_t)FANIN_VERSION_MAJOR << 24 | FANIN_VERSION_MINOR << 16 | FANIN_VERSION_PATCH << 8 | (revision))

/* What a message calls a module. */
struct module_words {
    const char *name;    /* "CUDA" */
    const char *missing; /* what there is not without it: "no CUDA backend" */
    /* What the module and its libraries call is looked for among themselves first, and in the process after: other libraries
     * bring a LAPACK of their own, with other bits or other integers (libtorch shows MKL's to all). Not where a sanitizer's
     * runtime is, which ends the process for it. */
    bool binds_deep;
};

/* The path of a module: in the folder of the file that this code was loaded from, links followed. false, and the reason, where
 * that is not known. */
bool module_path(const char *file, const struct module_words *words, char path[PATH_MAX], char *reason, size_t reason_size);

/* Opens a module by its absolute path, for good, and finds its one symbol; NULL, and the reason in `reason`, where that
 * fails. */
void *module_open(const char *path, const char *symbol, const struct module_words *words, char *reason, size_t reason_size);

/* Whether the module was built with this library's number; if not, the reason. */
bool module_check_abi(const char *path, uint32_t found, uint32_t expected, char *reason, size_t reason_size);

#endif
