/* A pattern of Python on its way to PCRE2: what the parts of the translator share.
 *
 * The translator reads the pattern once, as CPython's re._parser does (3.11), and writes a pattern for PCRE2 that uses as
 * little of PCRE2's own syntax as it can: characters by number, classes by ranges and by properties that mean the same in both.
 * Flags never reach PCRE2 but for (?i:…) around single characters.
 *
 * Functions that return bool return false after an error; translation.status then has it and fanin_last_error() the text. */
#ifndef FANIN_SRC_PATTERN_TRANSLATION_H
#define FANIN_SRC_PATTERN_TRANSLATION_H

#include <fanin/fanin.h>

#include <stdbool.h>

/* Python's flags; L is for bytes only. */
enum {
    PATTERN_IGNORE_CASE = 1u << 0, /* i */
    PATTERN_MULTILINE = 1u << 1,   /* m */
    PATTERN_DOT_ALL = 1u << 2,     /* s */
    PATTERN_VERBOSE = 1u << 3,     /* x */
    PATTERN_ASCII = 1u << 4,       /* a */
    PATTERN_UNICODE = 1u << 5      /* u */
};

/* A character, or a backslash and a character. */
struct pattern_token {
    bool end, escaped;
    uint32_t code;
    size_t start, after; /* its bytes in the text */
};

/* How many characters a part can match; PATTERN_ANY_WIDTH and above are one. */
struct pattern_width {
    uint64_t low, high;
};

/* Beyond what PCRE2 looks back. */
#define PATTERN_ANY_WIDTH ((uint64_t)1 << 32)

/* Makes it the width of what matches either part. */
static inline void pattern_widen(struct pattern_width *width, struct pattern_width other)
{
    width->low = other.low < width->low ? other.low : width->low;
    width->high = other.high > width->high ? other.high : width->high;
}

struct pattern_group {
    const char *name; /* in the text; NULL: it has none */
    size_t name_length;
    bool open;
    struct pattern_width width;
};

struct translation {
    const char *text;
    size_t length;
    struct pattern_token next;
    fanin_status status;
    int depth;

    char *out;
    size_t out_used, out_size;
    bool out_failed; /* out of memory */

    struct pattern_group *groups; /* by number from 1 on */
    size_t group_count, group_capacity;
    size_t lookbehind_groups; /* inside a look-behind: the groups before it, plus one. 0: outside */
    size_t condition;         /* the largest number that a condition names, and where */
    size_t condition_offset;
};

/* ---- reading (translation.c) ---- */

/* Moves to the next token. */
void pattern_advance(struct translation *translation);

/* Is the next token this ASCII character, without a backslash? */
bool pattern_at(const struct translation *translation, char c);

/* If so, moves behind it. */
bool pattern_accept(struct translation *translation, char c);

bool pattern_at_digit(const struct translation *translation);

/* Sets the error `pattern "…", position N: MESSAGE` (in characters from 0, as Python counts); returns false. */
bool pattern_refuse(struct translation *translation, size_t offset, const char *format, ...) FANIN_PRINTF(3, 4);

/* ---- writing (translation.c); out of memory is kept in out_failed ---- */

void pattern_emit(struct translation *translation, const char *text);

/* A character, so that it stands for itself in and outside a class. */
void pattern_emit_code(struct translation *translation, uint32_t code);

/* Puts text before what was written from `offset` on. */
void pattern_insert(struct translation *translation, size_t offset, const char *text);

/* ---- escapes (escape.c) ---- */

enum pattern_escape_kind {
    ESCAPE_CHARACTER,
    ESCAPE_CATEGORY, /* value: the letter of \d \D \s \S \w \W */
    ESCAPE_POSITION, /* value: the letter of \A \b \B \Z */
    ESCAPE_GROUP     /* value: its number */
};

struct pattern_escape {
    enum pattern_escape_kind kind;
    uint32_t value;
};

/* What the escaped token `token`, behind which the reader is, and the characters after it mean, in a class or outside. */
bool pattern_read_escape(struct translation *translation, struct pattern_token token, bool in_class,
                         struct pattern_escape *escape);

/* May this group be referred to here? */
bool pattern_check_reference(struct translation *translation, size_t group, size_t offset);

/* Writes a reference to a group's text. */
bool pattern_emit_reference(struct translation *translation, unsigned flags, size_t group, size_t offset,
                            struct pattern_width *width);

/* ---- characters and classes (class.c) ---- */

void pattern_emit_character(struct translation *translation, unsigned flags, uint32_t code);

/* \d and so on, by its letter. */
void pattern_emit_category(struct translation *translation, unsigned flags, uint32_t letter);

/* \A \b \B \Z by their letters, and '^', '$'. */
void pattern_emit_position(struct translation *translation, unsigned flags, uint32_t letter);

/* Reads a class whose '[' is `open`, behind which the reader is, and writes it. */
bool pattern_read_class(struct translation *translation, unsigned flags, struct pattern_token open);

/* ---- groups (group.c) and sequences (sequence.c) ---- */

enum pattern_item {
    ITEM_NONE,
    ITEM_POSITION, /* cannot be repeated */
    ITEM_REPEAT,   /* is repeated already */
    ITEM_LOOK,     /* a look-around */
    ITEM_OTHER
};

/* Reads a group whose '(' is `open`, behind which the reader is, and writes it. *item: ITEM_NONE for a comment or for flags of
 * the whole pattern, which change *flags and are fine only where `at_start`. */
bool pattern_read_group(struct translation *translation, unsigned *flags, bool at_start, struct pattern_token open,
                        enum pattern_item *item, struct pattern_width *width);

/* Reads alternatives up to ')' or the end. `top`: of the whole pattern. */
bool pattern_read_alternatives(struct translation *translation, unsigned flags, bool top, struct pattern_width *width);

/* Reads one alternative, up to '|', ')' or the end. `first`: flags of the whole pattern may stand at its start. */
bool pattern_read_sequence(struct translation *translation, unsigned *flags, bool first, struct pattern_width *width);

#endif
