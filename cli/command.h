/* What the program's commands share: exit codes, messages, the command line's values. */
#ifndef FANIN_CLI_COMMAND_H
#define FANIN_CLI_COMMAND_H

#include <fanin/fanin.h>

#include <getopt.h>
#include <stdbool.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_WORK = 1, /* the work failed */
    EXIT_USAGE = 2 /* the command line is wrong */
};

/* Print "fanin COMMAND: MESSAGE" to standard error (COMMAND may be NULL) and return EXIT_WORK or EXIT_USAGE. Control
 * characters, newlines too, are replaced: names come from files, and must not look like a line of the program's own. */
int command_error(const char *command, const char *format, ...) FANIN_PRINTF(2, 3);
int command_usage_error(const char *command, const char *format, ...) FANIN_PRINTF(2, 3);

/* As command_error, for a message of several lines, whose names were cleaned. */
int command_error_lines(const char *command, const char *lines);

/* The message for what getopt_long refused: its result `c` ('?' or ':'; the option string starts with ":"). Unknown options
 * get the nearest one. Returns EXIT_USAGE. */
int command_option_error(const char *command, int c, char **argv, const struct option *options);

/* Flushes standard output and says what became of it: `code`, or EXIT_WORK where a disk was full. A reader that went away is no
 * error: it had what it wanted. */
int command_finish(const char *command, int code);

/* The nearest of `count` names, if it is near enough for a slip; else NULL. */
const char *command_nearest(const char *name, const char *const *names, size_t count);

/* Read whole texts: decimal digits for a count within [min, max]; decimal or 0x and hexadecimal digits for a seed. No sign, no
 * blanks. false for anything else. */
bool command_parse_count(const char *text, int64_t min, int64_t max, int64_t *out);
bool command_parse_seed(const char *text, uint64_t *out);

/* Replaces control characters by '?'; whether there was one. */
bool command_clean(char *text, size_t length);

/* The same in a copy, the caller's to free; NULL: no memory. */
char *command_clean_copy(const char *text);

/* A message without the word that it starts with, if it does: the option that the program names before it says as much. */
const char *command_without(const char *message, const char *start);

/* Prints text with control characters replaced by '?'. */
void command_print_name(const char *text);

int init_main(int argc, char **argv);
int list_main(int argc, char **argv);
int stat_main(int argc, char **argv);
int convert_main(int argc, char **argv);
int devices_main(int argc, char **argv);

/* Texts of --help. */
extern const char program_help[], init_help[], list_help[], stat_help[], convert_help[], devices_help[];

#endif
