#include "cuda/caller.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RUNTIMES 8

typedef cudaError_t (*last_error_fn)(void);

struct runtime {
    last_error_fn peek, take;
};

/* Those that are known, and how many libraries the process had opened when they were looked for. */
static struct {
    struct runtime list[MOST_RUNTIMES];
    int count;
    unsigned long long opened;
} known;
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

/* ------------------------------------------------ the search ------------------------------------------------------------- */

struct search {
    char *paths[MOST_RUNTIMES];
    int count;
    unsigned long long before, opened;
};

static int see_library(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct search *const search = context;
    search->opened = info->dlpi_adds;
    if (search->opened == search->before) {
        return 1; /* nothing new */
    }
    const char *const slash = strrchr(info->dlpi_name, '/');
    const char *const file = slash != NULL ? slash + 1 : info->dlpi_name;
    if (strncmp(file, "libcudart", 9) == 0 && search->count < MOST_RUNTIMES) {
        char *const path = strdup(info->dlpi_name);
        search->paths[search->count] = path;
        search->count += path != NULL;
    }
    return 0;
}

static struct runtime runtime_of(void *library)
{
    struct runtime runtime;
    /* As POSIX has it: through the object pointer. */
    *(void **)&runtime.peek = dlsym(library, "cudaPeekAtLastError");
    *(void **)&runtime.take = dlsym(library, "cudaGetLastError");
    return runtime;
}

static void add_runtime(const struct runtime *runtime)
{
    bool is_new = runtime->peek != NULL && runtime->take != NULL && runtime->peek != cudaPeekAtLastError;
    for (int i = 0; i < known.count; i++) {
        is_new = is_new && known.list[i].peek != runtime->peek;
    }
    if (is_new && known.count < MOST_RUNTIMES) {
        known.list[known.count++] = *runtime;
    }
}

/* The loader is asked without the lock: another thread may hold the loader's own, and wait for this one in a library's
 * constructor. */
static void look_again(const struct search *search)
{
    struct runtime found[1 + MOST_RUNTIMES];
    int count = 0;
    found[count++] = runtime_of(RTLD_DEFAULT);
    for (int i = 0; i < search->count; i++) {
        void *const library = dlopen(search->paths[i], RTLD_LAZY | RTLD_NOLOAD);
        if (library != NULL) {
            found[count++] = runtime_of(library);
        }
    }
    pthread_mutex_lock(&known_lock);
    for (int i = 0; i < count; i++) {
        add_runtime(&found[i]);
    }
    known.opened = search->opened > known.opened ? search->opened : known.opened;
    pthread_mutex_unlock(&known_lock);
}

/* Looks again only when the process opened a library in between: a look costs more than a launch. The runtimes stay open. */
static int find_runtimes(struct runtime out[MOST_RUNTIMES])
{
    struct search search = {.count = 0};
    pthread_mutex_lock(&known_lock);
    search.before = known.opened;
    pthread_mutex_unlock(&known_lock);
    (void)dl_iterate_phdr(see_library, &search);
    if (search.opened != search.before) {
        look_again(&search);
    }
    for (int i = 0; i < search.count; i++) {
        free(search.paths[i]);
    }
    pthread_mutex_lock(&known_lock);
    const int count = known.count;
    memcpy(out, known.list, (size_t)count * sizeof *out);
    pthread_mutex_unlock(&known_lock);
    return count;
}

/* ------------------------------------------------ errors ----------------------------------------------------------------- */

static bool is_error(cudaError_t error)
{
    return error != cudaSuccess && error != cudaErrorNotReady;
}

/* What a runtime says of itself when it is asked for the first time: newer than the driver, perhaps, and used by nobody. */
static bool is_about_runtime(cudaError_t error)
{
    return error == cudaErrorInsufficientDriver || error == cudaErrorInitializationError || error == cudaErrorNoDevice;
}

static cudaError_t pending(bool take)
{
    struct runtime runtimes[MOST_RUNTIMES];
    const int count = find_runtimes(runtimes);
    cudaError_t first = cudaSuccess;
    for (int i = 0; i < count; i++) {
        const cudaError_t error = runtimes[i].peek();
        if (is_error(error) && !is_about_runtime(error)) {
            first = first == cudaSuccess ? error : first;
            if (take) {
                (void)runtimes[i].take();
            }
        }
    }
    return first;
}

cudaError_t caller_pending(void)
{
    const cudaError_t own = cudaPeekAtLastError();
    return is_error(own) ? own : pending(false);
}

cudaError_t caller_take_pending(void)
{
    return pending(true);
}
