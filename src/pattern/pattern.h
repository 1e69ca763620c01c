/* Python's regular expressions, as re.match uses them. docs/patterns.md says what is supported. */
#ifndef FANIN_SRC_PATTERN_H
#define FANIN_SRC_PATTERN_H

#include <fanin/fanin.h>

#include <stdbool.h>

/* Longer patterns, in bytes, are refused. */
#define PATTERN_MAX_LENGTH 65536

/* A compiled pattern: immutable, any number of threads may match with it at once. */
struct pattern;

/* Compiles a pattern of Python's `re`. What Python refuses is refused, and what cannot be matched as Python would is refused as
 * well. Free with pattern_free. Errors: FANIN_ERROR_PATTERN with the place, FANIN_ERROR_MEMORY. */
fanin_status pattern_compile(const char *text, struct pattern **out);

/* NULL is fine. */
void pattern_free(struct pattern *pattern);

/* Does the pattern match at the start of `name` (not necessarily up to its end)? Errors: FANIN_ERROR_PATTERN where it takes too
 * many steps or too much memory, FANIN_ERROR_ARGUMENT for a name that is not UTF-8, FANIN_ERROR_MEMORY. */
fanin_status pattern_match(const struct pattern *pattern, const char *name, bool *matches);

/* The text that it was compiled from; lives as long as the pattern. */
const char *pattern_text(const struct pattern *pattern);

#endif
