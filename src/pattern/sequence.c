#include "translation.h"

#include <stdio.h>

/* PCRE2's largest repetition. Python's is 2^32 - 2. */
#define MAX_REPEAT 65535

static uint64_t cap(uint64_t width)
{
    return width < PATTERN_ANY_WIDTH ? width : PATTERN_ANY_WIDTH;
}

struct quantifier {
    uint64_t min, max;
    bool unlimited;
};

/* An alternative while it is read: the width of all items but the last, and the last. */
struct sequence {
    struct pattern_width before, last;
    enum pattern_item item;
    size_t start; /* of the last item in the output */
};

static void add_item(struct sequence *sequence, enum pattern_item item, size_t start, struct pattern_width width)
{
    sequence->before.low = cap(sequence->before.low + sequence->last.low);
    sequence->before.high = cap(sequence->before.high + sequence->last.high);
    sequence->item = item;
    sequence->start = start;
    sequence->last = width;
}

/* Decimal digits, if any; stops to count far above MAX_REPEAT. */
static bool read_count(struct translation *translation, uint64_t *count)
{
    const bool any = pattern_at_digit(translation);
    *count = 0;
    while (pattern_at_digit(translation)) {
        *count = cap(*count * 10 + (translation->next.code - '0'));
        pattern_advance(translation);
    }
    return any;
}

/* What stands behind '{'. *literal: it is no quantifier, and the reader is behind the '{' again. */
static bool read_braces(struct translation *translation, struct pattern_token brace, struct quantifier *quantifier,
                        bool *literal)
{
    const struct pattern_token here = translation->next;
    *literal = true;
    if (pattern_at(translation, '}')) {
        return true;
    }
    bool has_max;
    read_count(translation, &quantifier->min);
    if (pattern_accept(translation, ',')) {
        has_max = read_count(translation, &quantifier->max);
    } else {
        quantifier->max = quantifier->min;
        has_max = true;
    }
    if (!pattern_accept(translation, '}')) {
        translation->next = here;
        return true;
    }
    *literal = false;
    quantifier->unlimited = !has_max;
    if (quantifier->min > MAX_REPEAT || (has_max && quantifier->max > MAX_REPEAT)) {
        return pattern_refuse(translation, brace.start, "a repetition beyond %d is not supported", MAX_REPEAT);
    }
    if (has_max && quantifier->max < quantifier->min) {
        return pattern_refuse(translation, brace.start, "min repeat greater than max repeat");
    }
    return true;
}

static void emit_quantifier(struct translation *translation, const struct quantifier *quantifier)
{
    char text[48];
    if (quantifier->unlimited) {
        snprintf(text, sizeof text, "{%u,}", (unsigned)quantifier->min);
    } else {
        snprintf(text, sizeof text, "{%u,%u}", (unsigned)quantifier->min, (unsigned)quantifier->max);
    }
    pattern_emit(translation, text);
    if (pattern_accept(translation, '?')) {
        pattern_emit(translation, "?");
    }
}

/* Applies the quantifier that starts with `token` to the last item. A brace may turn out to be a character. */
static bool read_quantifier(struct translation *translation, unsigned flags, struct pattern_token token,
                            struct sequence *sequence)
{
    struct quantifier quantifier = {token.code == '+' ? 1 : 0, 1, token.code != '?'};
    if (token.code == '{') {
        bool literal;
        if (!read_braces(translation, token, &quantifier, &literal)) {
            return false;
        }
        if (literal) {
            add_item(sequence, ITEM_OTHER, translation->out_used, (struct pattern_width){1, 1});
            pattern_emit_character(translation, flags, '{');
            return true;
        }
    }
    if (sequence->item == ITEM_NONE || sequence->item == ITEM_POSITION) {
        return pattern_refuse(translation, token.start, "nothing to repeat");
    }
    if (sequence->item == ITEM_REPEAT) {
        return pattern_refuse(translation, token.start, "multiple repeat");
    }
    if (sequence->item == ITEM_LOOK) {
        /* PCRE2 has a meaning of its own for repeated look-arounds. */
        pattern_insert(translation, sequence->start, "(?:");
        pattern_emit(translation, ")");
    }
    emit_quantifier(translation, &quantifier);
    if (pattern_at(translation, '+')) {
        /* New in Python 3.11, which makes each repetition atomic, not all of them together as PCRE2 does. */
        return pattern_refuse(translation, token.start, "multiple repeat (possessive repetition is not supported)");
    }
    sequence->item = ITEM_REPEAT;
    sequence->last.low = cap(sequence->last.low * quantifier.min);
    if (!quantifier.unlimited) {
        sequence->last.high = cap(sequence->last.high * quantifier.max);
    } else if (sequence->last.high != 0) {
        sequence->last.high = PATTERN_ANY_WIDTH;
    }
    return true;
}

static bool read_escaped(struct translation *translation, unsigned flags, struct pattern_token token, struct sequence *sequence)
{
    struct pattern_escape escape;
    if (!pattern_read_escape(translation, token, false, &escape)) {
        return false;
    }
    const size_t start = translation->out_used;
    enum pattern_item item = ITEM_OTHER;
    struct pattern_width width = {1, 1};
    switch (escape.kind) {
    case ESCAPE_CHARACTER:
        pattern_emit_character(translation, flags, escape.value);
        break;
    case ESCAPE_CATEGORY:
        pattern_emit_category(translation, flags, escape.value);
        break;
    case ESCAPE_POSITION:
        pattern_emit_position(translation, flags, escape.value);
        item = ITEM_POSITION;
        width = (struct pattern_width){0, 0};
        break;
    case ESCAPE_GROUP:
        if (!pattern_emit_reference(translation, flags, escape.value, token.start, &width)) {
            return false;
        }
        break;
    }
    add_item(sequence, item, start, width);
    return true;
}

/* Blanks and comments, to the flag x. */
static bool skip_verbose(struct translation *translation, struct pattern_token token)
{
    if (token.escaped) {
        return false;
    }
    if (token.code == ' ' || (token.code >= '\t' && token.code <= '\r')) {
        return true;
    }
    if (token.code != '#') {
        return false;
    }
    while (!translation->next.end && !pattern_accept(translation, '\n')) {
        pattern_advance(translation);
    }
    return true;
}

static bool read_item(struct translation *translation, unsigned *flags, bool first, struct pattern_token token,
                      struct sequence *sequence)
{
    const size_t start = translation->out_used;
    enum pattern_item item = ITEM_OTHER;
    struct pattern_width width = {1, 1};
    if (token.escaped) {
        return read_escaped(translation, *flags, token, sequence);
    }
    switch (token.code) {
    case '*':
    case '+':
    case '?':
    case '{':
        return read_quantifier(translation, *flags, token, sequence);
    case '[':
        if (!pattern_read_class(translation, *flags, token)) {
            return false;
        }
        break;
    case '(':
        if (!pattern_read_group(translation, flags, first && sequence->item == ITEM_NONE, token, &item, &width)) {
            return false;
        }
        if (item == ITEM_NONE) {
            return true;
        }
        break;
    case '.':
        pattern_emit(translation, (*flags & PATTERN_DOT_ALL) != 0 ? "\\p{Any}" : "[^\\x{a}]");
        break;
    case '^':
    case '$':
        pattern_emit_position(translation, *flags, token.code);
        item = ITEM_POSITION;
        width = (struct pattern_width){0, 0};
        break;
    default:
        pattern_emit_character(translation, *flags, token.code);
        break;
    }
    add_item(sequence, item, start, width);
    return true;
}

bool pattern_read_sequence(struct translation *translation, unsigned *flags, bool first, struct pattern_width *width)
{
    struct sequence sequence = {{0, 0}, {0, 0}, ITEM_NONE, 0};
    while (!translation->next.end && !pattern_at(translation, '|') && !pattern_at(translation, ')')) {
        const struct pattern_token token = translation->next;
        pattern_advance(translation);
        if ((*flags & PATTERN_VERBOSE) != 0 && skip_verbose(translation, token)) {
            continue;
        }
        if (!read_item(translation, flags, first, token, &sequence)) {
            return false;
        }
    }
    add_item(&sequence, ITEM_NONE, 0, (struct pattern_width){0, 0});
    *width = sequence.before;
    return true;
}

bool pattern_read_alternatives(struct translation *translation, unsigned flags, bool top, struct pattern_width *width)
{
    if (!pattern_read_sequence(translation, &flags, top, width)) {
        return false;
    }
    while (pattern_accept(translation, '|')) {
        pattern_emit(translation, "|");
        struct pattern_width other;
        if (!pattern_read_sequence(translation, &flags, false, &other)) {
            return false;
        }
        pattern_widen(width, other);
    }
    return true;
}
