/* fanin_bench: how fast the library fills memory. fanin_bench --help tells the rest. */
#include "cases.h"
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char help[] =
    "usage: fanin_bench [OPTION]...\n"
    "       fanin_bench --compare BEFORE.json AFTER.json\n"
    "\n"
    "Times fills on the CPU, beside memory set of the same bytes by the same threads, and then, where there is a GPU, on\n"
    "that, beside a kernel that only stores and beside the CPU; prints a table. Every answer is checked before it is\n"
    "timed. FANIN_CPU=portable, avx2, avx512 or neon forces a variant of the CPU's.\n"
    "\n"
    "  --filter REGEX     only cases whose name matches (POSIX extended), such as 'fill/normal/float32/.*/(t1|gpu)'\n"
    "  --threads LIST     numbers of threads, such as 1,2 (default: 1 and all processors)\n"
    "  --quick            up to 64 MiB, fewer repeats\n"
    "  --values N         fills of N values (a power of two, 128 or more) in place of the sizes, and nothing else\n"
    "  --most MIB         the most memory that is filled (default: 1024, or a quarter of the machine's; on a GPU as much\n"
    "                     as the largest model takes)\n"
    "  --device D         cpu, gpu or both (default)\n"
    "  --seconds S        of fills for each case (default: 0.2)\n"
    "  --least N          repeats at least (default: 5)\n"
    "  --models FOLDER    shapes and rules (default: the source's examples/models)\n"
    "  --load FOLDER      loads a file of --most MIB (default: 954, 1 GB) from the folder instead, beside cp of it to memory\n"
    "  --json FILE        writes the results as JSON too; after SIGINT or SIGTERM those that there are\n"
    "  --compare          compares two such files; exit status 1 if a case is slower by more than the spread\n"
    "  --help\n";

#define MOST_COUNTS 16
#define HUGE_PAGE   ((size_t)2 << 20)

/* Of a GPU's memory: the largest model in one call. */
#define MODEL_BYTES ((int64_t)17 << 30)

enum { LONG_COMPARE = 256, LONG_LEAST, LONG_DEVICE };

struct arguments {
    const char *json, *threads, *load;
    bool quick, compare, on_cpu, on_gpu;
    int64_t most_bytes;
    regex_t filter;
};

static double positive(const char *text, const char *what)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value < 1e15)) {
        bench_stop("%s: found '%s', expected a positive number", what, text);
    }
    return value;
}

static int parse_threads(const char *text, int processors, int counts[MOST_COUNTS])
{
    int count = 0;
    if (text == NULL) {
        counts[0] = 1;
        counts[1] = processors;
        return processors > 1 ? 2 : 1;
    }
    while (*text != '\0' && count < MOST_COUNTS) {
        char *end = NULL;
        const long value = strtol(text, &end, 10);
        if (end == text || value < 1 || value > 256 || (*end != ',' && *end != '\0')) {
            bench_stop("--threads: found '%s', expected numbers from 1 to 256 with commas between", text);
        }
        counts[count++] = (int)value;
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}

static void parse(int argc, char **argv, struct bench *bench, struct arguments *arguments)
{
    static const struct option options[] = {
        {"filter", required_argument, NULL, 'f'},
        {"threads", required_argument, NULL, 't'},
        {"quick", no_argument, NULL, 'q'},
        {"values", required_argument, NULL, 'v'},
        {"most", required_argument, NULL, 'm'},
        {"seconds", required_argument, NULL, 's'},
        {"least", required_argument, NULL, LONG_LEAST},
        {"models", required_argument, NULL, 'd'},
        {"device", required_argument, NULL, LONG_DEVICE},
        {"json", required_argument, NULL, 'j'},
        {"load", required_argument, NULL, 'l'},
        {"compare", no_argument, NULL, LONG_COMPARE},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'f':
            if (regcomp(&arguments->filter, optarg, REG_EXTENDED | REG_NOSUB) != 0) {
                bench_stop("--filter: found '%s', expected a POSIX extended regular expression", optarg);
            }
            bench->filter = &arguments->filter;
            break;
        case 't':
            arguments->threads = optarg;
            break;
        case 'q':
            arguments->quick = true;
            break;
        case 'v':
            bench->values = (int64_t)positive(optarg, "--values");
            if (bench->values < 128 || (bench->values & (bench->values - 1)) != 0) {
                bench_stop("--values: found %s, expected a power of two, 128 or more", optarg);
            }
            break;
        case 'm':
            arguments->most_bytes = (int64_t)positive(optarg, "--most") << 20;
            break;
        case 's':
            bench->seconds = positive(optarg, "--seconds");
            break;
        case LONG_DEVICE:
            arguments->on_cpu = strcmp(optarg, "gpu") != 0;
            arguments->on_gpu = strcmp(optarg, "cpu") != 0;
            if (arguments->on_cpu && arguments->on_gpu && strcmp(optarg, "both") != 0) {
                bench_stop("--device: found '%s', expected cpu, gpu or both", optarg);
            }
            break;
        case LONG_LEAST:
            bench->least = (int)positive(optarg, "--least");
            break;
        case 'd':
            bench->models = optarg;
            break;
        case 'j':
            arguments->json = optarg;
            break;
        case 'l':
            arguments->load = optarg;
            break;
        case LONG_COMPARE:
            arguments->compare = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            fputs("fanin_bench --help tells the options\n", stderr);
            exit(2);
        }
    }
    if (optind + (arguments->compare ? 2 : 0) != argc) {
        bench_stop("found %d arguments, expected %s", argc - optind, arguments->compare ? "two files" : "none");
    }
}

static void allocate(struct bench *bench, const struct machine *machine, const struct arguments *arguments)
{
    bench->most_bytes = arguments->most_bytes;
    if (bench->most_bytes == 0) {
        bench->most_bytes = arguments->quick ? 64 << 20 : 1 << 30;
        while (bench->most_bytes > machine->memory / 4) {
            bench->most_bytes /= 2;
        }
    }
    const int64_t wanted = bench->values * 8 > bench->most_bytes ? bench->values * 8 : bench->most_bytes;
    bench->memory_bytes = wanted;
    bench->flush_bytes = 2 * (size_t)machine->largest_cache;
    bench->memory = aligned_alloc(HUGE_PAGE, ((size_t)wanted + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    bench->flush = malloc(bench->flush_bytes);
    if (bench->memory == NULL || bench->flush == NULL) {
        bench_stop("no %lld MiB of memory; --most takes less", (long long)wanted >> 20);
    }
    /* As NumPy asks for its arrays. A system without huge pages refuses, which is as well. */
    (void)madvise(bench->memory, (size_t)wanted, MADV_HUGEPAGE);
    /* Every page is there before anything is timed. */
    memset(bench->memory, 1, (size_t)wanted);
    memset(bench->flush, 1, bench->flush_bytes);
}

static void run_cases(struct bench *bench)
{
    cases_generator(bench);
    cases_fills(bench);
    if (bench->values == 0) {
        cases_small(bench);
        cases_layouts(bench);
        cases_models(bench);
    }
}

/* Opens the GPU, if it is wanted and there is one. */
static bool open_gpu(struct gpu *gpu, const struct bench *bench, const struct arguments *arguments, struct machine *machine)
{
    static char reason[256];
    const int64_t fills = bench->values * 8 > bench->most_bytes ? bench->values * 8 : bench->most_bytes;
    const bool takes_models = !arguments->quick && arguments->most_bytes == 0;
    snprintf(reason, sizeof reason, "--device cpu");
    const bool is_there =
        arguments->on_gpu && gpu_open(gpu, takes_models && fills < MODEL_BYTES ? MODEL_BYTES : fills, reason, sizeof reason);
    machine->gpu = is_there ? gpu->name : NULL;
    machine->no_gpu = reason;
    return is_there;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.on_cpu = true, .on_gpu = true};
    struct bench bench = {.seconds = 0, .least = 0, .models = FANIN_BENCH_MODELS};
    struct gpu gpu;
    int counts[MOST_COUNTS];
    parse(argc, argv, &bench, &arguments);
    if (arguments.compare) {
        return report_compare(argv[optind], argv[optind + 1]) == 0 ? 0 : 1;
    }
    if (arguments.load != NULL) {
        bench_load(arguments.load, arguments.most_bytes > 0 ? arguments.most_bytes : 1000000000);
        return 0;
    }
    bench.seconds = bench.seconds > 0 ? bench.seconds : arguments.quick ? 0.02 : 0.2;
    bench.least = bench.least > 0 ? bench.least : arguments.quick ? 3 : 5;
    bench.most = bench.least > 1000 ? bench.least : 1000;
    struct machine machine = report_machine();
    const int count = parse_threads(arguments.threads, machine.processors, counts);
    allocate(&bench, &machine, &arguments);
    const bool has_gpu = open_gpu(&gpu, &bench, &arguments, &machine);
    report_heading(&machine);
    bench_catch_signals();
    for (int i = 0; i < count && arguments.on_cpu; i++) {
        bench.threads = counts[i];
        run_cases(&bench);
        cases_orthogonal(&bench);
    }
    if (has_gpu) {
        bench.gpu = &gpu;
        run_cases(&bench);
        gpu_close(&gpu);
    }
    if (!bench_is_ended()) {
        cases_missing();
    }
    if (bench.results.count == 0 && bench.unlisted == 0) {
        bench_stop(bench_is_ended() ? "ended by a signal before anything was measured" : "no case matches");
    }
    if (arguments.json != NULL) {
        report_json(&machine, &bench.results, arguments.json);
    }
    free(bench.memory);
    free(bench.flush);
    free(bench.results.list);
    if (bench.filter != NULL) {
        regfree(&arguments.filter);
    }
    if (bench_is_ended()) {
        fputs("fanin_bench: ended by a signal; there are only the cases before it\n", stderr);
        return 1;
    }
    return 0;
}
