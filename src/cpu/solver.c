#include "cpu/solver.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
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
}

fanin_status cpu_solver(const char *name, const struct lapack **out)
{
    const int caller_errno = errno;
    pthread_once(&once, open_once);
    errno = caller_errno;
    if (!is_open) {
        return fanin_fail(FANIN_ERROR_SOLVER, "parameter '%s': an orthogonal fill needs LAPACK: %s", name, reason_not_open);
    }
    *out = &routines;
    return FANIN_OK;
}

/* What OpenBLAS takes for each thread that calls it (on x86-64), and tries to get for ever where it cannot. */
#define ADDRESSES_OF_A_THREAD ((size_t)128 << 20)

fanin_status cpu_solver_check_room(const char *name, int threads)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return FANIN_OK;
    }
    const size_t bytes = (size_t)threads * ADDRESSES_OF_A_THREAD;
    void *const room = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return fanin_fail(
            FANIN_ERROR_MEMORY,
            "parameter '%s': orthogonal matrices take %zu MiB of addresses for BLAS in %d thread%s, for which the "
            "process's limit of %llu MiB has no room",
            name, bytes >> 20, threads, threads == 1 ? "" : "s", (unsigned long long)limit.rlim_cur >> 20);
    }
    munmap(room, bytes);
    return FANIN_OK;
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
