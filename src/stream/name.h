/* From a parameter's name to its random stream. */
#ifndef FANIN_SRC_STREAM_NAME_H
#define FANIN_SRC_STREAM_NAME_H

#include <stdint.h>

/* FNV-1a, 64 bits, of the name's bytes without the NUL (Fowler, Noll, Vo; RFC 9923). */
static inline uint64_t stream_of_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *byte = (const unsigned char *)name; *byte != 0; byte++)
        hash = (hash ^ *byte) * 0x100000001b3u;
    return hash;
}

#endif
