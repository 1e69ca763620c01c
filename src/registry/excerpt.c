#include "excerpt.h"

#include <stdbool.h>
#include <string.h>

struct excerpt excerpt_of(const char *text, size_t length)
{
    struct excerpt excerpt;
    const bool cut = length > EXCERPT_LENGTH;
    size_t kept = cut ? EXCERPT_LENGTH : length;
    /* Back to the start of a character: continuation bytes are 10xxxxxx. */
    while (cut && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80) {
        kept--;
    }
    for (size_t i = 0; i < kept; i++) {
        const unsigned char c = (unsigned char)text[i];
        excerpt.text[i] = c < 0x20 || c == 0x7f ? ' ' : text[i];
    }
    strcpy(excerpt.text + kept, cut ? "..." : "");
    return excerpt;
}
