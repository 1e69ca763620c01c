#include "cpu/solver.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool was_tried;
static bool is_open;
static struct lapack routines;
static char reason_not_open[PATH_MAX + 256];
static const struct module_words words = {"LAPACK", "no LAPACK", .binds_deep = true};

static bool open_at(const char *path)
{
    void *const symbol = module_open(path, LAPACK_OPEN_SYMBOL, &words, reason_not_open, sizeof reason_not_open);
    if (symbol == NULL) {
        return false;
    }
    /* C has no cast from an object pointer to a function pointer; POSIX gives both one size. */
    lapack_open_fn open_module;
    memcpy(&open_module, &symbol, sizeof open_module);
    return module_check_abi(path, open_module(LAPACK_MODULE_ABI, &routines), LAPACK_MODULE_ABI, reason_not_open,
                            sizeof reason_not_open);
}

static void open_once(void)
{
    char path[PATH_MAX];
    is_open = module_path("libfanin_lapack.so", &words, path, reason_not_open, sizeof reason_not_open) && open_at(path);
    atomic_store(&was_tried, true);
}

/* What OpenBLAS takes of the process's addresses (on x86-64): for each thread in it, which it tries to get for ever or ends the
 * process where it cannot; for the stack of each that it starts; for itself and the libraries that it is loaded with. */
#define ADDRESSES_OF_A_THREAD  ((size_t)128 << 20)
#define ADDRESSES_OF_A_STACK   ((size_t)8 << 20)
#define ADDRESSES_OF_LIBRARIES ((size_t)96 << 20)

static bool is_limited(struct rlimit *limit)
{
    return getrlimit(RLIMIT_AS, limit) == 0 && limit->rlim_cur != RLIM_INFINITY;
}

static bool has_room(size_t bytes)
{
    void *const room = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return false;
    }
    munmap(room, bytes);
    return true;
}

static fanin_status fail_for_room(const char *name, int threads, const struct rlimit *limit, const char *remedy)
{
    return fanin_fail(FANIN_ERROR_MEMORY,
                      "parameter '%s': orthogonal matrices take %zu MiB of addresses for BLAS in %d thread%s, for which the "
                      "process's limit of %llu MiB has no room%s",
                      name, (size_t)threads * ADDRESSES_OF_A_THREAD >> 20, threads, threads == 1 ? "" : "s",
                      (unsigned long long)limit->rlim_cur >> 20, remedy);
}

/* As OpenBLAS counts them. */
static int processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/* The threads that OpenBLAS has when it is loaded, the caller's among them. */
static int threads_at_load(void)
{
    static const char *const names[] = {"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"};
    const int most = processors();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *const text = getenv(names[i]);
        const long number = text != NULL ? strtol(text, NULL, 10) : 0;
        if (number > 0) {
            return number < most ? (int)number : most;
        }
    }
    return most;
}

/* Newer versions of OpenBLAS take what a thread needs as soon as they are loaded, the older ones for the threads they start. */
static fanin_status check_room_to_load(const char *name)
{
    struct rlimit limit;
    if (!is_limited(&limit)) {
        return FANIN_OK;
    }
    const int threads = threads_at_load();
    const size_t bytes = (size_t)threads * (ADDRESSES_OF_A_THREAD + ADDRESSES_OF_A_STACK) + ADDRESSES_OF_LIBRARIES;
    return has_room(bytes)
               ? FANIN_OK
               : fail_for_room(name, threads, &limit,
                               threads > 1 ? "; OPENBLAS_NUM_THREADS=1 in the environment makes it one thread" : "");
}

fanin_status cpu_solver(const char *name, const struct lapack **out)
{
    const int caller_errno = errno;
    fanin_status status = FANIN_OK;
    if (!atomic_load(&was_tried)) {
        status = check_room_to_load(name);
    }
    if (status == FANIN_OK) {
        pthread_once(&once, open_once);
    }
    errno = caller_errno;
    if (status == FANIN_OK && !is_open) {
        status = fanin_fail(FANIN_ERROR_SOLVER, "parameter '%s': an orthogonal fill needs LAPACK: %s", name, reason_not_open);
    }
    *out = &routines;
    return status;
}

fanin_status cpu_solver_check_room(const char *name, int threads)
{
    struct rlimit limit;
    if (!is_limited(&limit) || has_room((size_t)threads * ADDRESSES_OF_A_THREAD)) {
        return FANIN_OK;
    }
    return fail_for_room(name, threads, &limit, "");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int users, threads_before;

void cpu_solver_enter(const struct lapack *lapack)
{
    pthread_mutex_lock(&lock);
    if (users++ == 0) {
        threads_before = lapack->set_threads(1);
    }
    pthread_mutex_unlock(&lock);
}

void cpu_solver_leave(const struct lapack *lapack)
{
    pthread_mutex_lock(&lock);
    if (--users == 0 && threads_before > 0) {
        lapack->set_threads(threads_before);
    }
    pthread_mutex_unlock(&lock);
}
