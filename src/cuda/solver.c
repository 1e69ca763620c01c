#include "cuda/solver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

#define TEXT_OF(number)  #number
#define SONAME_OF(major) "libcusolver.so." TEXT_OF(major)
/* The major number of the library is not the toolkit's. */
#define SONAME SONAME_OF(CUSOLVER_VER_MAJOR)

static fanin_status fail_symbol(const char *name, const char *soname, const char *symbol)
{
    return fanin_fail(FANIN_ERROR_SOLVER, "parameter '%s': found a cuSOLVER, %s, that lacks %s", name, soname, symbol);
}

fanin_status solver_open(const char *name, const char *soname, struct solver *out)
{
    void *const library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *const reason = dlerror();
        return fanin_fail(FANIN_ERROR_SOLVER,
                          "parameter '%s': an orthogonal fill on a CUDA device needs cuSOLVER, which cannot be opened: %s",
                          name, reason != NULL ? reason : soname);
    }
    const char *missing = NULL;
    /* As POSIX has it: through the object pointer. */
#define X(member, symbol)                                                                                                      \
    *(void **)&out->member = dlsym(library, #symbol);                                                                          \
    missing = missing == NULL && out->member == NULL ? #symbol : missing;
    SOLVER_FUNCTIONS(X)
#undef X
    *(void **)&out->set_deterministic_mode = dlsym(library, "cusolverDnSetDeterministicMode");
    if (missing != NULL) {
        dlclose(library);
        return fail_symbol(name, soname, missing);
    }
    return FANIN_OK;
}

fanin_status solver_find(const char *name, const struct solver **out)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static struct solver solver;
    static bool is_open;
    pthread_mutex_lock(&mutex);
    const fanin_status status = is_open ? FANIN_OK : solver_open(name, SONAME, &solver);
    is_open = status == FANIN_OK;
    pthread_mutex_unlock(&mutex);
    *out = &solver;
    return status;
}

/* Those that the calls of the table are documented to return. */
static const char *name_of(cusolverStatus_t error)
{
    switch (error) {
    case CUSOLVER_STATUS_NOT_INITIALIZED:
        return "not initialized";
    case CUSOLVER_STATUS_ALLOC_FAILED:
        return "allocation failed";
    case CUSOLVER_STATUS_INVALID_VALUE:
        return "invalid value";
    case CUSOLVER_STATUS_ARCH_MISMATCH:
        return "architecture mismatch";
    case CUSOLVER_STATUS_EXECUTION_FAILED:
        return "execution failed";
    case CUSOLVER_STATUS_INTERNAL_ERROR:
        return "internal error";
    case CUSOLVER_STATUS_NOT_SUPPORTED:
        return "not supported";
    default:
        return "an error";
    }
}

fanin_status solver_fail(const char *name, const char *call, cusolverStatus_t error)
{
    const fanin_status status = error == CUSOLVER_STATUS_ALLOC_FAILED ? FANIN_ERROR_MEMORY : FANIN_ERROR_SOLVER;
    return fanin_fail(status, "parameter '%s': cuSOLVER's %s says %s (%d)", name, call, name_of(error), (int)error);
}
