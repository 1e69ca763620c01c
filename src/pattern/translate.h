/* Patterns of Python's `re` as patterns of PCRE2. */
#ifndef FANIN_SRC_PATTERN_TRANSLATE_H
#define FANIN_SRC_PATTERN_TRANSLATE_H

#include <fanin/fanin.h>

/* Writes a pattern for PCRE2 with PCRE2_UTF, PCRE2_ANCHORED and newline = LF that matches where Python's re.match does. The
 * caller frees *out with free(). Errors: FANIN_ERROR_PATTERN for what Python refuses and for what cannot be said in PCRE2,
 * FANIN_ERROR_MEMORY. */
fanin_status pattern_translate(const char *text, char **out);

#endif
