/* fanin: fills the weights of a model from the command line. */
#include "command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} commands[] = {
    {"init", init_main}, {"list", list_main}, {"stat", stat_main}, {"convert", convert_main}, {"devices", devices_main}};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int unknown_command(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    const char *const nearest = word[0] == '-' ? NULL : command_nearest(word, names, COMMANDS);
    const char *const kind = word[0] == '-' ? "option" : "command";
    if (nearest) {
        return command_usage_error(NULL, "unknown %s '%s'; did you mean '%s'?", kind, word, nearest);
    }
    return command_usage_error(NULL, "unknown %s '%s'; see 'fanin --help'", kind, word);
}

int main(int argc, char **argv)
{
    /* Writing to a reader that went away, or past the limit of a file's size, is an error to be handled, not a death. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);

    if (argc < 2) {
        fputs(program_help, stderr);
        return EXIT_USAGE;
    }
    if (argc > 2 && strcmp(argv[1], "help") == 0) {
        argv[1] = argv[2];
        argv[2] = "--help";
        argc = 3;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        fputs(program_help, stdout);
        return command_finish(NULL, EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("fanin %s (stream contract %d)\n", fanin_version(), FANIN_CONTRACT);
        return command_finish(NULL, EXIT_DONE);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return command_finish(argv[1], commands[i].main(argc - 1, argv + 1));
        }
    }
    return unknown_command(argv[1]);
}
