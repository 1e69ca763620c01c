#include "growing.h"

#include <string.h>

/* No version of a struct will be larger: a size beyond this was never set. */
#define MOST_BYTES 4096

fanin_status growing_copy(const char *what, const void *source, size_t least, void *out, size_t known)
{
    size_t size;
    memcpy(&size, source, sizeof size);
    if (size < least || size > MOST_BYTES) {
        return fanin_fail(FANIN_ERROR_ARGUMENT, "%s: its member size is %zu, expected %zu, as its _INIT macro sets it", what,
                          size, known);
    }
    const unsigned char *const bytes = source;
    for (size_t i = known; i < size; i++) {
        if (bytes[i] != 0) {
            return fanin_fail(
                FANIN_ERROR_ARGUMENT,
                "%s: byte %zu is not 0, and this version of the library (%s) knows only %zu: the caller's is newer", what, i,
                fanin_version(), known);
        }
    }
    const size_t shared = size < known ? size : known;
    memcpy(out, source, shared);
    memset((unsigned char *)out + shared, 0, known - shared);
    memcpy(out, &known, sizeof known);
    return FANIN_OK;
}
