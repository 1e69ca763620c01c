/* From a parameter's name to its random stream. */
#ifndef FANIN_SRC_STREAM_NAME_H
#define FANIN_SRC_STREAM_NAME_H

#include <stdint.h>

/* The stream of a name that goes on with these bytes: from the stream of NAME and "/sign" to that of "NAME/sign". */
static inline uint64_t stream_continue(uint64_t hash, const char *bytes)
{
    for (const unsigned char *byte = (const unsigned char *)bytes; *byte != 0; byte++) {
        hash = (hash ^ *byte) * 0x100000001b3u;
    }
    return hash;
}

/* FNV-1a, 64 bits, of the name's bytes without the NUL (Fowler, Noll, Vo; RFC 9923). */
static inline uint64_t stream_of_name(const char *name)
{
    return stream_continue(0xcbf29ce484222325u, name);
}

#endif
