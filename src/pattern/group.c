#include "translation.h"

#include "ascii.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Groups within each other. PCRE2's own limit is 250, and a level of ours takes up to two of its. */
#define MAX_DEPTH 100

static bool flag_of(uint32_t code, unsigned *flag)
{
    static const char letters[] = "imsxau";
    const char *letter = code != 0 && code < 0x80 ? strchr(letters, (int)code) : NULL;
    *flag = letter != NULL ? 1u << (letter - letters) : 0;
    return letter != NULL;
}

static bool check_flags(struct translation *translation, unsigned flags, size_t offset)
{
    const bool both = (flags & PATTERN_ASCII) != 0 && (flags & PATTERN_UNICODE) != 0;
    return !both || pattern_refuse(translation, offset, "the flags a and u are incompatible");
}

/* Takes letters of flags, of which at least one must come, up to a character that is none. */
static bool read_flags(struct translation *translation, unsigned *flags)
{
    const size_t start = translation->next.start;
    unsigned flag;
    *flags = 0;
    while (!translation->next.end && !translation->next.escaped && flag_of(translation->next.code, &flag)) {
        *flags |= flag;
        pattern_advance(translation);
    }
    if (*flags == 0) {
        return pattern_refuse(translation, start, "an unknown flag or extension (flags are i, m, s, x, a and u)");
    }
    return check_flags(translation, *flags, start);
}

static bool is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const char c = name[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || !ascii_is_digit(c))) {
            return false;
        }
    }
    return length > 0;
}

/* The text up to `terminator`, behind which the reader is then. */
static bool read_until(struct translation *translation, char terminator, const char **name, size_t *length)
{
    const size_t start = translation->next.start;
    while (!pattern_at(translation, terminator)) {
        if (translation->next.end) {
            return pattern_refuse(translation, start, "missing %c, unterminated group name", terminator);
        }
        pattern_advance(translation);
    }
    *name = translation->text + start;
    *length = translation->next.start - start;
    pattern_advance(translation);
    return true;
}

static bool read_name(struct translation *translation, char terminator, const char **name, size_t *length)
{
    const size_t start = translation->next.start;
    if (!read_until(translation, terminator, name, length)) {
        return false;
    }
    return is_name(*name, *length) || pattern_refuse(translation, start, "a group name is not an ASCII identifier");
}

/* Its number; 0 if there is none. */
static size_t find_group(const struct translation *translation, const char *name, size_t length)
{
    for (size_t i = 0; i < translation->group_count; i++) {
        const struct pattern_group *group = &translation->groups[i];
        if (group->name != NULL && group->name_length == length && memcmp(group->name, name, length) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static bool open_group(struct translation *translation, const char *name, size_t name_length)
{
    if (translation->group_count == translation->group_capacity) {
        const size_t capacity = translation->group_capacity == 0 ? 8 : translation->group_capacity * 2;
        struct pattern_group *groups = realloc(translation->groups, capacity * sizeof *groups);
        if (groups == NULL) {
            translation->out_failed = true;
            translation->status = fanin_fail(FANIN_ERROR_MEMORY, "out of memory while reading a pattern");
            return false;
        }
        translation->groups = groups;
        translation->group_capacity = capacity;
    }
    translation->groups[translation->group_count++] = (struct pattern_group){name, name_length, true, {0, 0}};
    return true;
}

static bool close_parenthesis(struct translation *translation, struct pattern_token open)
{
    if (!pattern_accept(translation, ')')) {
        return pattern_refuse(translation, open.start, "missing ), unterminated subpattern");
    }
    pattern_emit(translation, ")");
    return true;
}

/* A plain group that starts with `opening`. */
static bool read_plain(struct translation *translation, unsigned flags, struct pattern_token open, const char *opening,
                       struct pattern_width *width)
{
    pattern_emit(translation, opening);
    return pattern_read_alternatives(translation, flags, false, width) && close_parenthesis(translation, open);
}

static bool read_capture(struct translation *translation, unsigned flags, struct pattern_token open, const char *name,
                         size_t name_length, struct pattern_width *width)
{
    if (!open_group(translation, name, name_length)) {
        return false;
    }
    const size_t number = translation->group_count;
    if (!read_plain(translation, flags, open, "(", width)) {
        return false;
    }
    translation->groups[number - 1].open = false;
    translation->groups[number - 1].width = *width;
    return true;
}

/* (?P<name>…) and (?P=name), behind the P. */
static bool read_python(struct translation *translation, unsigned flags, struct pattern_token open, struct pattern_width *width)
{
    const char *name = NULL;
    size_t length = 0;
    const size_t start = translation->next.after;
    if (pattern_accept(translation, '<')) {
        if (!read_name(translation, '>', &name, &length)) {
            return false;
        }
        if (find_group(translation, name, length) != 0) {
            return pattern_refuse(translation, start, "redefinition of a group name");
        }
        return read_capture(translation, flags, open, name, length, width);
    }
    if (!pattern_accept(translation, '=')) {
        return pattern_refuse(translation, open.start + 1, "unknown extension ?P (there are (?P<name>…) and (?P=name))");
    }
    if (!read_name(translation, ')', &name, &length)) {
        return false;
    }
    const size_t group = find_group(translation, name, length);
    if (group == 0) {
        return pattern_refuse(translation, start, "unknown group name");
    }
    return pattern_check_reference(translation, group, start) &&
           pattern_emit_reference(translation, flags, group, start, width);
}

/* (?=…) (?!…), and with `behind` (?<=…) (?<!…); the reader is at the '=' or '!'. */
static bool read_look(struct translation *translation, unsigned flags, struct pattern_token open, bool behind)
{
    const char *opening;
    if (pattern_accept(translation, '=')) {
        opening = behind ? "(?<=" : "(?=";
    } else if (pattern_accept(translation, '!')) {
        opening = behind ? "(?<!" : "(?!";
    } else {
        return pattern_refuse(translation, open.start + 1, "unknown extension ?< (a group's name is given by (?P<name>…))");
    }
    const size_t outer = translation->lookbehind_groups;
    if (behind && outer == 0) {
        translation->lookbehind_groups = translation->group_count + 1;
    }
    struct pattern_width width;
    if (!read_plain(translation, flags, open, opening, &width)) {
        return false;
    }
    translation->lookbehind_groups = outer;
    if (behind && width.low != width.high) {
        return pattern_refuse(translation, open.start, "look-behind requires fixed-width pattern");
    }
    return true;
}

/* Reads the group that a condition names, by number or by name, and the ')' behind it. */
static bool read_condition_group(struct translation *translation, size_t *group)
{
    const size_t start = translation->next.start;
    const char *name = NULL;
    size_t length = 0;
    *group = 0;
    if (!read_until(translation, ')', &name, &length)) {
        return false;
    }
    if (is_name(name, length)) {
        *group = find_group(translation, name, length);
        return *group != 0 || pattern_refuse(translation, start, "unknown group name");
    }
    for (size_t i = 0; i < length; i++) {
        if (!ascii_is_digit(name[i])) {
            return pattern_refuse(translation, start, "bad character in group name");
        }
        /* No pattern has this many groups. */
        *group = *group < 1000000 ? *group * 10 + (size_t)(name[i] - '0') : *group;
    }
    return *group != 0 || pattern_refuse(translation, start, "bad group number");
}

/* (?(1)…|…) and (?(name)…|…), behind the second parenthesis. */
static bool read_condition(struct translation *translation, unsigned flags, struct pattern_token open,
                           struct pattern_width *width)
{
    const size_t start = translation->next.start;
    size_t group;
    if (!read_condition_group(translation, &group)) {
        return false;
    }
    if (group > translation->group_count) {
        if (translation->lookbehind_groups != 0) {
            return pattern_refuse(translation, start, "cannot refer to an open group");
        }
        if (group > translation->condition) {
            translation->condition = group;
            translation->condition_offset = start;
        }
    } else if (translation->groups[group - 1].open) {
        return pattern_refuse(translation, start, "a condition on the group that it stands in is not supported");
    } else if (!pattern_check_reference(translation, group, start)) {
        return false;
    }
    char opening[32];
    snprintf(opening, sizeof opening, "(?(%zu)", group);
    pattern_emit(translation, opening);
    struct pattern_width no = {0, 0};
    if (!pattern_read_sequence(translation, &flags, false, width)) {
        return false;
    }
    if (pattern_accept(translation, '|')) {
        pattern_emit(translation, "|");
        if (!pattern_read_sequence(translation, &flags, false, &no)) {
            return false;
        }
        if (pattern_at(translation, '|')) {
            return pattern_refuse(translation, translation->next.start, "conditional backref with more than two branches");
        }
    }
    pattern_widen(width, no);
    return close_parenthesis(translation, open);
}

static bool skip_comment(struct translation *translation, struct pattern_token open)
{
    while (!pattern_accept(translation, ')')) {
        if (translation->next.end) {
            return pattern_refuse(translation, open.start, "missing ), unterminated comment");
        }
        pattern_advance(translation);
    }
    return true;
}

/* (?i) for all of the pattern, (?i-x:…) for a group; the reader is at the first letter or minus. */
static bool read_flagged(struct translation *translation, unsigned *flags, bool at_start, struct pattern_token open,
                         enum pattern_item *item, struct pattern_width *width)
{
    unsigned add = 0, remove = 0;
    if (!pattern_at(translation, '-') && !read_flags(translation, &add)) {
        return false;
    }
    if (add != 0 && pattern_accept(translation, ')')) {
        if (!at_start) {
            return pattern_refuse(translation, open.start, "global flags not at the start of the expression");
        }
        *flags |= add;
        *item = ITEM_NONE;
        return check_flags(translation, *flags, open.start);
    }
    const size_t minus = translation->next.start;
    if (pattern_accept(translation, '-')) {
        if (!read_flags(translation, &remove)) {
            return false;
        }
        if ((remove & (PATTERN_ASCII | PATTERN_UNICODE)) != 0) {
            return pattern_refuse(translation, minus, "cannot turn off the flags a and u");
        }
    }
    if (!pattern_accept(translation, ':')) {
        return pattern_refuse(translation, translation->next.start, "missing :, an unknown flag or extension");
    }
    if ((add & remove) != 0) {
        return pattern_refuse(translation, minus, "flag turned on and off");
    }
    unsigned inner = *flags;
    if ((add & (PATTERN_ASCII | PATTERN_UNICODE)) != 0) {
        inner &= ~(unsigned)(PATTERN_ASCII | PATTERN_UNICODE);
    }
    return read_plain(translation, (inner | add) & ~remove, open, "(?:", width);
}

static bool read_extension(struct translation *translation, unsigned *flags, bool at_start, struct pattern_token open,
                           enum pattern_item *item, struct pattern_width *width)
{
    if (pattern_accept(translation, 'P')) {
        return read_python(translation, *flags, open, width);
    }
    if (pattern_accept(translation, ':')) {
        return read_plain(translation, *flags, open, "(?:", width);
    }
    if (pattern_at(translation, '>')) {
        return pattern_refuse(translation, open.start + 1, "unknown extension ?> (atomic groups are not supported)");
    }
    if (pattern_accept(translation, '#')) {
        *item = ITEM_NONE;
        return skip_comment(translation, open);
    }
    if (pattern_at(translation, '=') || pattern_at(translation, '!')) {
        *item = ITEM_LOOK;
        return read_look(translation, *flags, open, false);
    }
    if (pattern_accept(translation, '<')) {
        *item = ITEM_LOOK;
        return read_look(translation, *flags, open, true);
    }
    if (pattern_accept(translation, '(')) {
        return read_condition(translation, *flags, open, width);
    }
    return read_flagged(translation, flags, at_start, open, item, width);
}

bool pattern_read_group(struct translation *translation, unsigned *flags, bool at_start, struct pattern_token open,
                        enum pattern_item *item, struct pattern_width *width)
{
    *item = ITEM_OTHER;
    *width = (struct pattern_width){0, 0};
    if (translation->depth == MAX_DEPTH) {
        return pattern_refuse(translation, open.start, "groups are nested deeper than %d", MAX_DEPTH);
    }
    translation->depth++;
    const bool read = pattern_accept(translation, '?') ? read_extension(translation, flags, at_start, open, item, width)
                                                       : read_capture(translation, *flags, open, NULL, 0, width);
    translation->depth--;
    return read;
}
