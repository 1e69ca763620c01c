/* fanin list: the initializers and their parameters. */
#include "command.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char command[] = "list";

static const char *type_name(fanin_param_type type)
{
    static const char *const names[] = {
        [FANIN_PARAM_NUMBER] = "number",
        [FANIN_PARAM_INTEGER] = "integer",
        [FANIN_PARAM_BOOLEAN] = "true or false",
        [FANIN_PARAM_CHOICE] = "choice",
        [FANIN_PARAM_TEXT] = "text",
        [FANIN_PARAM_INITIALIZER] = "initializer",
        [FANIN_PARAM_TEXTS] = "texts",
        [FANIN_PARAM_INITIALIZERS] = "initializers",
    };
    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : "?";
}

/* "scale=0.07, ..." : what can be set, with its default. */
static void print_parameters(const fanin_row *row)
{
    for (size_t i = 0; i < row->n_params; i++) {
        const fanin_param *const param = &row->params[i];
        printf("%s%s", i == 0 ? "" : ", ", param->name);
        if (param->default_json) {
            printf("=%s", param->default_json);
        }
    }
}

static int print_names(const fanin_row *row)
{
    int width = printf("%s", row->name);
    for (size_t i = 0; row->aliases && row->aliases[i]; i++) {
        width += printf(", %s", row->aliases[i]);
    }
    return width;
}

static int names_width(const fanin_row *row)
{
    int width = text_width(row->name);
    for (size_t i = 0; row->aliases && row->aliases[i]; i++) {
        width += 2 + text_width(row->aliases[i]);
    }
    return width;
}

static void print_all(void)
{
    const fanin_row *row;
    int width = 0;
    for (size_t i = 0; (row = fanin_row_at(i)) != NULL; i++) {
        width = names_width(row) > width ? names_width(row) : width;
    }
    for (size_t i = 0; (row = fanin_row_at(i)) != NULL; i++) {
        printf("%*s", width + 2 - print_names(row), "");
        printf("%s\n", row->help ? row->help : "");
        if (row->n_params > 0) {
            printf("%*s", width + 4, "");
            print_parameters(row);
            putchar('\n');
        }
    }
    printf("\n'fanin list NAME' shows one of them with all of its parameters.\n");
}

static void print_bounds(const fanin_param *param)
{
    const bool numeric = param->type == FANIN_PARAM_NUMBER || param->type == FANIN_PARAM_INTEGER;
    if (numeric && isfinite(param->min)) {
        printf(", at least %.17g", param->min);
    }
    if (numeric && isfinite(param->max)) {
        printf(", at most %.17g", param->max);
    }
    for (size_t i = 0; param->type == FANIN_PARAM_CHOICE && param->choices && param->choices[i]; i++) {
        printf("%s\"%s\"", i == 0 ? ": " : ", ", param->choices[i]);
    }
}

static void print_one(const fanin_row *row)
{
    print_names(row);
    printf("\n    %s\n", row->help ? row->help : "");
    for (size_t i = 0; i < row->n_params; i++) {
        const fanin_param *const param = &row->params[i];
        printf("\n  %s  (%s", param->name, type_name(param->type));
        print_bounds(param);
        if (param->default_json) {
            printf("; default %s)\n", param->default_json);
        } else {
            printf("; must be given)\n");
        }
        printf("    %s\n", param->help ? param->help : "");
    }
}

static int print_json(const char *name)
{
    char *text;
    if (fanin_registry_dumps(name, &text) != FANIN_OK) {
        const char *const reason = fanin_last_error();
        return name ? command_usage_error(command, "%s", reason) : command_error(command, "%s", reason);
    }
    printf("%s\n", text);
    fanin_string_free(text);
    return EXIT_DONE;
}

int list_main(int argc, char **argv)
{
    enum { OPTION_JSON = 256 };
    static const struct option options[] = {{"json", no_argument, NULL, OPTION_JSON}, {"help", no_argument, NULL, 'h'}, {0}};
    bool json = false;
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        switch (c) {
        case OPTION_JSON:
            json = true;
            break;
        case 'h':
            fputs(list_help, stdout);
            return EXIT_DONE;
        default:
            return command_option_error(command, c, argv, options);
        }
    }
    if (argc - optind > 1) {
        return command_usage_error(command, "'%s' is one name too many; see 'fanin list --help'", argv[optind + 1]);
    }
    const char *const name = optind < argc ? argv[optind] : NULL;
    const fanin_row *const row = name ? fanin_row_find(name) : NULL;
    if (json || (name && !row)) {
        /* Without a row it is an error, which lists the nearest names. */
        return print_json(name);
    }
    if (row) {
        print_one(row);
    } else {
        print_all();
    }
    return EXIT_DONE;
}
