/* The public face of the random stream. */
#include "name.h"
#include "philox.h"

#include <fanin/fanin.h>

void fanin_words(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4])
{
    if (out != NULL) {
        philox_block(seed, stream, block, out);
    }
}

uint64_t fanin_stream(const char *name)
{
    return name == NULL ? 0 : stream_of_name(name);
}
