#include "cuda/handles.h"

#include "cuda/context.h"

#include <pthread.h>

/* Handles that are kept. One of a context that is gone stays among them, for nothing can be done with it; no other context
 * ever gets its number. Where all places are taken, handles are made and destroyed with the fill. */
#define KEPT 16

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct handle kept[KEPT];
static size_t kept_count;

static bool find_kept(uint64_t context, struct handle *out)
{
    bool found = false;
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < kept_count && !found; i++) {
        found = kept[i].context == context;
        if (found) {
            *out = kept[i];
            kept[i] = kept[--kept_count];
        }
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

static void destroy(const struct handle *handle)
{
    if (handle->params != NULL) {
        (void)handle->solver->destroy_params(handle->params);
    }
    (void)handle->solver->destroy(handle->cusolver);
}

/* No mode for TF32 or other emulation is set: a new handle computes float32 in float32. */
static fanin_status make(const char *name, struct handle *out)
{
    const struct solver *const solver = out->solver;
    out->cusolver = NULL;
    out->params = NULL;
    cusolverStatus_t error = solver->create(&out->cusolver);
    if (error != CUSOLVER_STATUS_SUCCESS) {
        return solver_fail(name, "create", error);
    }
    const char *call = "create_params";
    error = solver->create_params(&out->params);
    if (error == CUSOLVER_STATUS_SUCCESS && solver->set_deterministic_mode != NULL) {
        call = "set_deterministic_mode";
        error = solver->set_deterministic_mode(out->cusolver, SOLVER_DETERMINISTIC);
    }
    if (error != CUSOLVER_STATUS_SUCCESS) {
        destroy(out);
        return solver_fail(name, call, error);
    }
    return FANIN_OK;
}

fanin_status handles_take(const char *name, cudaStream_t stream, struct handle *out)
{
    const struct solver *solver = NULL;
    fanin_status status = solver_find(name, &solver);
    if (status != FANIN_OK) {
        return status;
    }
    const uint64_t context = context_number();
    if (!find_kept(context, out)) {
        out->solver = solver;
        out->context = context;
        status = make(name, out);
        if (status != FANIN_OK) {
            return status;
        }
    }
    const cusolverStatus_t error = solver->set_stream(out->cusolver, stream);
    if (error != CUSOLVER_STATUS_SUCCESS) {
        destroy(out);
        return solver_fail(name, "set_stream", error);
    }
    return FANIN_OK;
}

void handles_put(const struct handle *handle, bool is_good)
{
    pthread_mutex_lock(&mutex);
    const bool is_kept = is_good && kept_count < KEPT && handle->context != 0;
    if (is_kept) {
        kept[kept_count++] = *handle;
    }
    pthread_mutex_unlock(&mutex);
    if (!is_kept) {
        destroy(handle);
    }
}
