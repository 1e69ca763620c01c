/* Texts of the caller's in error messages: cut to a length that can be read, on one line. */
#ifndef FANIN_SRC_REGISTRY_EXCERPT_H
#define FANIN_SRC_REGISTRY_EXCERPT_H

#include <stddef.h>

#define EXCERPT_LENGTH 60

struct excerpt {
    char text[EXCERPT_LENGTH + 4]; /* with room for "..." */
};

/* The beginning of `text`: whole UTF-8 characters, control characters replaced by blanks, "..." where it was cut. */
struct excerpt excerpt_of(const char *text, size_t length);

#endif
