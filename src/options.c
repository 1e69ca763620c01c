#include "options.h"

#include "backend.h"
#include "growing.h"

fanin_status options_read(const fanin_options *source, fanin_options *out)
{
    static const fanin_options defaults = FANIN_OPTIONS_INIT;
    *out = defaults;
    if (source) {
        const fanin_status status = growing_copy("fanin_options", source, sizeof source->size, out, sizeof *out);
        if (status != FANIN_OK) {
            return status;
        }
    }
    if (out->contract < 0 || out->contract > FANIN_CONTRACT) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_options: found contract %d, expected 1 to %d, or 0 for the newest",
                          out->contract, FANIN_CONTRACT);
    }
    if (out->threads < 0) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_options: found %d threads, expected 1 or more, or 0 for the default",
                          out->threads);
    }
    if (out->n_cuda_streams < 0 || (out->n_cuda_streams > 0 && !out->cuda_streams)) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "fanin_options: found %d CUDA streams at %p, expected an array of them",
                          out->n_cuda_streams, (const void *)out->cuda_streams);
    }
    if (out->contract == 0) {
        out->contract = FANIN_CONTRACT;
    }
    return out->cpu ? cpu_backend_check_variant("fanin_options: found cpu", out->cpu) : FANIN_OK;
}
