#include "cuda/driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

struct driver driver;
static bool is_known;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find(void)
{
    const struct {
        void *function;
        const char *name;
    } functions[] = {
        {&driver.get_current, "cuCtxGetCurrent"},       {&driver.set_current, "cuCtxSetCurrent"},
        {&driver.get_device, "cuCtxGetDevice"},         {&driver.get_id, "cuCtxGetId"},
        {&driver.get_context_of, "cuStreamGetCtx"},     {&driver.get_attribute, "cuPointerGetAttribute"},
        {&driver.get_range, "cuMemGetAddressRange_v2"}, {&driver.exchange_capture_mode, "cuThreadExchangeStreamCaptureMode"},
    };
    void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    is_known = library != NULL;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && is_known; i++) {
        void *const found = dlsym(library, functions[i].name);
        memcpy(functions[i].function, &found, sizeof found);
        is_known = found != NULL;
    }
    if (is_known) {
        /* As POSIX has it: through the object pointer. */
        *(void **)&driver.get_contexts_of = dlsym(library, "cuStreamGetCtx_v2");
    }
}

bool driver_find(void)
{
    pthread_once(&once, find);
    return is_known;
}
