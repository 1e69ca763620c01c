#include "command.h"

#include "ascii.h"
#include "edit_distance.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of the character at `text` if a terminal would do something else than show it, or show others in another order: C0,
 * DEL, C1, line and paragraph separators, and those that embed, override or isolate a direction. 0: none of these. */
static size_t control_length(const char *text)
{
    const unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;
    if (first < 0x20 || first == 0x7f) {
        return 1;
    }
    if (first == 0xc2 && second >= 0x80 && second <= 0x9f) {
        return 2;
    }
    const unsigned char third = first == 0xe2 && second ? (unsigned char)text[2] : 0;
    const bool separates = second == 0x80 && third >= 0xa8 && third <= 0xae;
    const bool isolates = second == 0x81 && third >= 0xa6 && third <= 0xa9;
    return separates || isolates ? 3 : 0;
}

bool command_clean(char *text, size_t length)
{
    bool found = false;
    for (size_t i = 0; i < length; i++) {
        const size_t bytes = control_length(&text[i]);
        if (bytes > 0) {
            found = true;
            memset(&text[i], '?', bytes);
            i += bytes - 1;
        }
    }
    return found;
}

char *command_clean_copy(const char *text)
{
    char *const copy = strdup(text);
    if (copy) {
        command_clean(copy, strlen(copy));
    }
    return copy;
}

static void print_line(const char *command, const char *text)
{
    fprintf(stderr, "fanin%s%s: %s\n", command ? " " : "", command ? command : "", text);
}

static void print_message(const char *command, const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        print_line(command, "out of memory");
        return;
    }
    command_clean(text, strlen(text));
    print_line(command, text);
    free(text);
}

int command_error_lines(const char *command, const char *lines)
{
    print_line(command, lines);
    return EXIT_WORK;
}

int command_error(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message(command, format, args);
    va_end(args);
    return EXIT_WORK;
}

int command_usage_error(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message(command, format, args);
    va_end(args);
    return EXIT_USAGE;
}

void command_print_name(const char *text)
{
    while (*text) {
        const size_t bytes = control_length(text);
        putchar(bytes > 0 ? '?' : *text);
        text += bytes > 0 ? bytes : 1;
    }
}

const char *command_without(const char *message, const char *start)
{
    const size_t length = strlen(start);
    return strncmp(message, start, length) == 0 ? message + length : message;
}

const char *command_nearest(const char *name, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    const size_t length = strlen(name);
    /* A slip leaves at least two thirds of the letters in place. */
    int best = (int)(length / 3) + 1;
    for (size_t i = 0; i < count && length <= EDIT_DISTANCE_LIMIT; i++) {
        const size_t name_length = strlen(names[i]);
        const int distance = name_length <= EDIT_DISTANCE_LIMIT ? edit_distance(name, length, names[i], name_length) : best;
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

static int unknown_option(const char *command, const char *word, const struct option *options)
{
    char name[EDIT_DISTANCE_LIMIT + 2]; /* one more than is compared */
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *names[32] = {NULL};
    size_t count = 0;
    bool ambiguous = false;
    for (; options[count].name; count++) {
        names[count] = options[count].name;
        ambiguous = ambiguous || strncmp(name, names[count], strlen(name)) == 0;
    }
    const char *const nearest = command_nearest(name, names, count);
    if (ambiguous) {
        return command_usage_error(command, "'--%s' is short for several options; write one out, see 'fanin %s --help'", name,
                                   command);
    }
    if (nearest) {
        return command_usage_error(command, "unknown option '--%s'; did you mean '--%s'?", name, nearest);
    }
    return command_usage_error(command, "unknown option '--%s'; see 'fanin %s --help'", name, command);
}

int command_option_error(const char *command, int c, char **argv, const struct option *options)
{
    const char *const word = argv[optind - 1];
    for (const struct option *option = options; option->name; option++) {
        if (option->val == optopt) {
            const char *const dashes = strncmp(word, "--", 2) == 0 ? "--" : "-";
            const char letter[2] = {(char)optopt, 0};
            return command_usage_error(command, c == ':' ? "option '%s%s' needs a value" : "option '%s%s' takes no value",
                                       dashes, *(dashes + 1) ? option->name : letter);
        }
    }
    /* Of long options alone none is set. A word may hold several short ones, and is then not yet behind. */
    return optopt == 0 ? unknown_option(command, word, options)
                       : command_usage_error(command, "unknown option '-%c'; see 'fanin %s --help'",
                                             optopt > ' ' && optopt <= '~' ? optopt : '?', command);
}

int command_finish(const char *command, int code)
{
    const int earlier = errno; /* of a write that left nothing to flush */
    errno = 0;
    const bool failed = fflush(stdout) != 0 || ferror(stdout);
    const int reason = errno != 0 ? errno : earlier;
    if (failed && reason != EPIPE) {
        return command_error(command, "standard output cannot be written: %s", strerror(reason));
    }
    return code;
}

bool command_parse_count(const char *text, int64_t min, int64_t max, int64_t *out)
{
    int64_t value = 0;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        if (!ascii_is_digit(*text) || __builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, (int64_t)(*text - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    return value >= min && value <= max;
}

bool command_parse_seed(const char *text, uint64_t *out)
{
    const bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const uint64_t base = hexadecimal ? 16 : 10;
    uint64_t value = 0;
    text += hexadecimal ? 2 : 0;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        const int digit = ascii_hex_digit(*text);
        if (digit < 0 || (uint64_t)digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}
