#include "translation.h"

#include <string.h>

/* What \d, \s, \w and their complements add to a class of PCRE2. Python: \d is a decimal digit (Nd), \w what str.isalnum takes
 * and '_', \s what str.isspace takes; checked against Python over all characters. The complement of Unicode's \w has no such
 * form: it is NULL. */
struct category {
    char letter;
    const char *unicode, *ascii;
};

#define WORD "\\p{Xan}_"

static const struct category categories[] = {
    {'d', "\\p{Nd}", "0-9"},
    {'D', "\\P{Nd}", "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}"},
    {'s', "\\x{9}-\\x{d}\\x{1c}-\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}",
     "\\x{9}-\\x{d}\\x{20}"},
    {'S',
     "\\x{0}-\\x{8}\\x{e}-\\x{1b}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
     "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}",
     "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}"},
    {'w', WORD, "0-9A-Z_a-z"},
    {'W', NULL, "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}"},
};

/* Characters that are one but for case to Python (they share an upper case, or a lower case of one character) and not to all
 * versions of PCRE2; 0 ends a row. All others are in the same sets in both. */
static const uint32_t equal_cases[][4] = {
    {'I', 'i', 0x130, 0x131},
    {0x390, 0x1fd3, 0, 0},
    {0x3b0, 0x1fe3, 0, 0},
    {0xfb05, 0xfb06, 0, 0},
};

#define EQUAL_CASES   (sizeof equal_cases / sizeof equal_cases[0])
#define EQUAL_MEMBERS (sizeof equal_cases[0] / sizeof equal_cases[0][0])

/* A class while it is read; what it holds goes to the output at once. */
struct class
{
    unsigned flags;
    size_t start; /* of its content in the output */
    bool negated;
    bool not_word;             /* holds Unicode's \W, which is not in the output */
    bool touches[EQUAL_CASES]; /* holds a member of that row */
    uint32_t letters;          /* bit n: holds the n-th ASCII letter in either case */
};

static bool ignores_case(unsigned flags, bool ascii)
{
    return (flags & PATTERN_IGNORE_CASE) != 0 && ((flags & PATTERN_ASCII) != 0) == ascii;
}

static void begin_class(struct translation *translation, unsigned flags, struct class *class)
{
    *class = (struct class){.flags = flags, .start = translation->out_used};
}

static void add_range(struct translation *translation, struct class *class, uint32_t low, uint32_t high)
{
    pattern_emit_code(translation, low);
    if (low != high) {
        pattern_emit(translation, "-");
        pattern_emit_code(translation, high);
    }
    for (size_t row = 0; row < EQUAL_CASES; row++) {
        for (size_t i = 0; i < EQUAL_MEMBERS; i++) {
            const uint32_t member = equal_cases[row][i];
            class->touches[row] = class->touches[row] || (member != 0 && member >= low && member <= high);
        }
    }
    for (uint32_t i = 0; i < 26; i++) {
        if (('a' + i >= low && 'a' + i <= high) || ('A' + i >= low && 'A' + i <= high)) {
            class->letters |= 1u << i;
        }
    }
}

static void add_category(struct translation *translation, struct class *class, uint32_t letter)
{
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
        if ((uint32_t)categories[i].letter == letter) {
            const char *content = (class->flags & PATTERN_ASCII) != 0 ? categories[i].ascii : categories[i].unicode;
            if (content != NULL) {
                pattern_emit(translation, content);
            } else {
                class->not_word = true;
            }
        }
    }
}

static void end_class(struct translation *translation, struct class *class)
{
    if (ignores_case(class->flags, true)) {
        for (uint32_t i = 0; i < 26; i++) {
            if ((class->letters & 1u << i) != 0) {
                pattern_emit_code(translation, 'a' + i);
                pattern_emit_code(translation, 'A' + i);
            }
        }
    }
    if (ignores_case(class->flags, false)) {
        for (size_t row = 0; row < EQUAL_CASES; row++) {
            for (size_t i = 0; i < EQUAL_MEMBERS && class->touches[row] && equal_cases[row][i] != 0; i++) {
                pattern_emit_code(translation, equal_cases[row][i]);
            }
        }
    }
    const bool empty = translation->out_used == class->start;
    if (!class->not_word) {
        pattern_insert(translation, class->start, class->negated ? "[^" : "[");
        pattern_emit(translation, "]");
    } else if (empty) {
        pattern_emit(translation, class->negated ? "[" WORD "]" : "[^" WORD "]");
    } else if (class->negated) {
        /* Neither in the rest nor outside \w: in \w and not in the rest. */
        pattern_insert(translation, class->start, "(?:(?![");
        pattern_emit(translation, "])[" WORD "])");
    } else {
        pattern_insert(translation, class->start, "(?:[");
        pattern_emit(translation, "]|[^" WORD "])");
    }
    if (ignores_case(class->flags, false)) {
        pattern_insert(translation, class->start, "(?i:");
        pattern_emit(translation, ")");
    }
}

void pattern_emit_character(struct translation *translation, unsigned flags, uint32_t code)
{
    const bool has_case = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code >= 0x80;
    if ((flags & PATTERN_IGNORE_CASE) == 0 || !has_case) {
        pattern_emit_code(translation, code);
        return;
    }
    struct class class;
    begin_class(translation, flags, &class);
    add_range(translation, &class, code, code);
    bool alone = ignores_case(flags, false);
    for (size_t row = 0; row < EQUAL_CASES; row++) {
        alone = alone && !class.touches[row];
    }
    if (alone) {
        /* Smaller than a class. */
        pattern_insert(translation, class.start, "(?i:");
        pattern_emit(translation, ")");
    } else {
        end_class(translation, &class);
    }
}

void pattern_emit_category(struct translation *translation, unsigned flags, uint32_t letter)
{
    struct class class;
    begin_class(translation, flags & ~PATTERN_IGNORE_CASE, &class);
    add_category(translation, &class, letter);
    end_class(translation, &class);
}

void pattern_emit_position(struct translation *translation, unsigned flags, uint32_t letter)
{
    const bool ascii = (flags & PATTERN_ASCII) != 0, multiline = (flags & PATTERN_MULTILINE) != 0;
    switch (letter) {
    case '^':
        pattern_emit(translation, multiline ? "(?<![^\\x{a}])" : "\\A");
        break;
    case '$':
        pattern_emit(translation, multiline ? "(?![^\\x{a}])" : "\\Z");
        break;
    case 'A':
        pattern_emit(translation, "\\A");
        break;
    case 'Z':
        pattern_emit(translation, "\\z");
        break;
    case 'b':
        pattern_emit(translation, ascii ? "(?(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?=[0-9A-Z_a-z]))"
                                        : "(?(?<=[" WORD "])(?![" WORD "])|(?=[" WORD "]))");
        break;
    default:
        /* Not in an empty text, as Python 3.11 has it. */
        pattern_emit(translation, ascii ? "(?!\\A\\z)(?(?<=[0-9A-Z_a-z])(?=[0-9A-Z_a-z])|(?![0-9A-Z_a-z]))"
                                        : "(?!\\A\\z)(?(?<=[" WORD "])(?=[" WORD "])|(?![" WORD "]))");
        break;
    }
}

/* One member of a class: a character or a category. */
static bool read_member(struct translation *translation, struct pattern_token open, struct pattern_escape *member)
{
    const struct pattern_token token = translation->next;
    if (token.end) {
        return pattern_refuse(translation, open.start, "unterminated character set");
    }
    pattern_advance(translation);
    if (token.escaped) {
        return pattern_read_escape(translation, token, true, member);
    }
    *member = (struct pattern_escape){ESCAPE_CHARACTER, token.code};
    return true;
}

static bool add_member(struct translation *translation, struct class *class, struct pattern_escape member, size_t offset)
{
    if (member.kind == ESCAPE_CATEGORY) {
        add_category(translation, class, member.value);
        return true;
    }
    /* CPython 3.11 forgets to fold these here, so an upper-case one would match nothing. */
    if (member.value > 0xffff && (class->flags & PATTERN_IGNORE_CASE) != 0) {
        return pattern_refuse(translation, offset, "a character beyond U+FFFF in a class that ignores case is not supported");
    }
    add_range(translation, class, member.value, member.value);
    return true;
}

bool pattern_read_class(struct translation *translation, unsigned flags, struct pattern_token open)
{
    struct class class;
    begin_class(translation, flags, &class);
    class.negated = pattern_accept(translation, '^');
    for (bool first = true; first || !pattern_accept(translation, ']'); first = false) {
        const size_t start = translation->next.start;
        struct pattern_escape low, high;
        if (!read_member(translation, open, &low)) {
            return false;
        }
        if (!pattern_accept(translation, '-')) {
            if (!add_member(translation, &class, low, start)) {
                return false;
            }
            continue;
        }
        if (pattern_accept(translation, ']')) {
            if (!add_member(translation, &class, low, start)) {
                return false;
            }
            add_range(translation, &class, '-', '-');
            break;
        }
        if (!read_member(translation, open, &high)) {
            return false;
        }
        if (low.kind != ESCAPE_CHARACTER || high.kind != ESCAPE_CHARACTER || high.value < low.value) {
            return pattern_refuse(translation, start, "bad character range");
        }
        if (ignores_case(flags, true) && high.value > 0xffff) {
            /* CPython compares these with Unicode's cases after all. */
            return pattern_refuse(translation, start, "a range beyond U+FFFF with the flags a and i is not supported");
        }
        add_range(translation, &class, low.value, high.value);
    }
    end_class(translation, &class);
    return true;
}
