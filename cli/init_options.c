#include "init_options.h"

#include "command.h"
#include "private.h"

#include <stdio.h>
#include <string.h>

static const char command[] = "init";

/* More threads than any machine has cores; OpenMP's runtime ends the process where it cannot start them. */
#define THREADS_LIMIT 1024
#define SHARDS_LIMIT  INT32_MAX
#define DEVICES_LIMIT 1023

enum {
    OPTION_LIKE = 256,
    OPTION_INIT,
    OPTION_RULES,
    OPTION_SEED,
    OPTION_DTYPE,
    OPTION_DEVICE,
    OPTION_THREADS,
    OPTION_CPU,
    OPTION_SHARD,
    OPTION_DRY_RUN,
    OPTION_JSON,
    OPTION_QUIET
};

static const struct option long_options[] = {
    {"like", required_argument, NULL, OPTION_LIKE},
    {"init", required_argument, NULL, OPTION_INIT},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"dtype", required_argument, NULL, OPTION_DTYPE},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int read_dtype(const char *text, struct init_options *out)
{
    if (!dtype_from_name(text, &out->dtype) || !dtype_table[out->dtype].is_float) {
        return command_usage_error(command, "--dtype cannot be '%s'; use F16, BF16, F32 or F64", text);
    }
    out->has_dtype = true;
    return -1;
}

static int read_device(const char *text, struct init_options *out)
{
    int64_t number = 0;
    if (strcmp(text, "cpu") == 0) {
        out->device = (DLDevice){kDLCPU, 0};
    } else if (strcmp(text, "cuda") == 0 ||
               (strncmp(text, "cuda:", 5) == 0 && command_parse_count(text + 5, 0, DEVICES_LIMIT, &number))) {
        out->device = (DLDevice){kDLCUDA, (int)number};
    } else {
        return command_usage_error(command, "--device '%s' is unknown; use cpu, cuda or cuda:N", text);
    }
    return -1;
}

static int read_threads(const char *text, struct init_options *out)
{
    int64_t threads;
    if (!command_parse_count(text, 1, THREADS_LIMIT, &threads)) {
        return command_usage_error(command, "--threads '%s' is no count from 1 to %d", text, THREADS_LIMIT);
    }
    out->threads = (int)threads;
    return -1;
}

static int read_cpu(const char *text, struct init_options *out)
{
    if (fanin_private_cpu_check("--cpu", text) != FANIN_OK) {
        return command_usage_error(command, "%s", fanin_last_error());
    }
    out->cpu = text;
    return -1;
}

static int read_shard(const char *text, struct init_options *out)
{
    char part[24];
    const char *const slash = strchr(text, '/');
    if (!slash || (size_t)(slash - text) >= sizeof part) {
        return command_usage_error(command, "--shard '%s' is not of the form R/W, like 0/4", text);
    }
    snprintf(part, sizeof part, "%.*s", (int)(slash - text), text);
    if (!command_parse_count(slash + 1, 1, SHARDS_LIMIT, &out->shards) ||
        !command_parse_count(part, 0, out->shards - 1, &out->shard)) {
        return command_usage_error(command, "--shard '%s': expected R/W with 0 <= R < W, like 0/4", text);
    }
    return -1;
}

static int read_option(int c, char **argv, struct init_options *out)
{
    switch (c) {
    case OPTION_LIKE:
        out->like = optarg;
        return -1;
    case OPTION_INIT:
        out->init = optarg;
        return -1;
    case OPTION_RULES:
        out->rules = optarg;
        return -1;
    case 'o':
        out->output = optarg;
        return -1;
    case OPTION_SEED:
        return command_parse_seed(optarg, &out->seed)
                   ? -1
                   : command_usage_error(command,
                                         "--seed '%s' is no integer of 64 bits; use decimal digits or 0x and hexadecimal ones",
                                         optarg);
    case OPTION_DTYPE:
        return read_dtype(optarg, out);
    case OPTION_DEVICE:
        return read_device(optarg, out);
    case OPTION_THREADS:
        return read_threads(optarg, out);
    case OPTION_CPU:
        return read_cpu(optarg, out);
    case OPTION_SHARD:
        return read_shard(optarg, out);
    case OPTION_DRY_RUN:
        out->dry_run = true;
        return -1;
    case OPTION_JSON:
        out->json = true;
        return -1;
    case OPTION_QUIET:
        out->quiet = true;
        return -1;
    case 'h':
        fputs(init_help, stdout);
        return EXIT_DONE;
    default:
        return command_option_error(command, c, argv, long_options);
    }
}

static int check(int argc, char **argv, const struct init_options *options)
{
    if (optind < argc) {
        return command_usage_error(command, "'%s' belongs to no option; see 'fanin init --help'", argv[optind]);
    }
    if (!options->like) {
        return command_usage_error(command, "say which tensors: --like SHAPES; see 'fanin init --help'");
    }
    if (!options->output && !options->dry_run) {
        return command_usage_error(command, "say where to write: -o OUT.safetensors (or --dry-run to see the plan)");
    }
    if (options->output && strcmp(options->output, "-") == 0) {
        return command_usage_error(command, "the output must be a file; './-' is one named '-'");
    }
    if (options->json && !options->dry_run) {
        return command_usage_error(command, "--json goes with --dry-run");
    }
    if (options->rules && strcmp(options->rules, "-") == 0 && strcmp(options->like, "-") == 0) {
        return command_usage_error(command, "--like and --rules cannot both be standard input");
    }
    return -1;
}

int init_options_read(int argc, char **argv, struct init_options *out)
{
    *out = (struct init_options){.device = {kDLCPU, 0}, .shards = 1};
    for (int c; (c = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1;) {
        const int code = read_option(c, argv, out);
        if (code >= 0) {
            return code;
        }
    }
    return check(argc, argv, out);
}
