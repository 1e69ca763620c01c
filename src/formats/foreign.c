#include "foreign.h"

#include "params.h"
#include "safetensors.h"

#include <string.h>

static const struct {
    const char *magic;
    size_t length;
    const char *what;
} kinds[] = {
    {"PK\3\4", 4, "a ZIP archive (torch's .pt and .pth; .npz of NumPy and MXNet 2)"},
    {"\x80\2\x8a\n", 4, "a pickle (torch's older .pt and .pth)"},
    {"\x93NUMPY", 6, "an array of NumPy (.npy)"},
    {"\x89HDF", 4, "an HDF5 file (Keras's .h5)"},
};

/* A safetensors file starts with the size of its header, which may be any of these; a brace follows. */
fanin_status foreign_check(const char *path, const unsigned char *first, size_t length)
{
    if (length < FOREIGN_START || first[8] == '{') {
        return FANIN_OK;
    }
    if (safetensors_header_size(first) == PARAMS_MAGIC) {
        return fanin_fail(FANIN_ERROR_FORMAT,
                          "'%s' is a .params file of MXNet: convert it first, 'fanin convert IN.params OUT.safetensors'", path);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (memcmp(first, kinds[i].magic, kinds[i].length) == 0) {
            return fanin_fail(FANIN_ERROR_FORMAT, "'%s' is %s: save its tensors as safetensors first", path, kinds[i].what);
        }
    }
    return FANIN_OK;
}
