#include "report.h"

#include "private.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_processor(char *text, size_t size)
{
    char line[256];
    snprintf(text, size, "unknown");
    FILE *const file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *const value = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(text, size, "%s", value + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* As the system sees it: sysconf multiplies it on some virtual machines. 32 MiB if it does not say. */
static int64_t largest_cache(void)
{
    int64_t largest = 0;
    for (int i = 0; i < 8; i++) {
        char path[64];
        long long kib = 0;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        FILE *const file = fopen(path, "r");
        if (file != NULL && fscanf(file, "%lldK", &kib) == 1 && kib * 1024 > largest) {
            largest = kib * 1024;
        }
        if (file != NULL) {
            fclose(file);
        }
    }
    return largest > 0 ? largest : 32 << 20;
}

static double load_average(void)
{
    double load = -1;
    return getloadavg(&load, 1) == 1 ? load : -1;
}

struct machine report_machine(void)
{
    struct machine machine = {.variant = fanin_private_cpu_variant(), .load = load_average()};
    cpu_set_t set;
    read_processor(machine.cpu, sizeof machine.cpu);
    machine.processors = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    machine.memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    machine.largest_cache = largest_cache();
    return machine;
}

void report_bytes(int64_t bytes, char *text, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    int unit = 0;
    while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, size, "%lld%s", (long long)bytes, units[unit]);
}

void report_heading(const struct machine *machine)
{
    char cache[24];
    report_bytes(machine->largest_cache, cache, sizeof cache);
    printf("fanin %s, kernels %s; %s, %d processors, %.1f GiB, largest cache %s\n", fanin_version(), machine->variant,
           machine->cpu, machine->processors, (double)machine->memory / (1 << 30), cache);
    printf("load average %.2f; no thread is pinned; caches are flushed before each repeat from 4 MiB on\n", machine->load);
    if (machine->gpu != NULL) {
        printf("GPU: %s\n", machine->gpu);
    } else {
        printf("no GPU: %s\n", machine->no_gpu);
    }
    printf("GB/s: median, and from the slowest to the fastest repeat. share: of memory set, on a GPU of a kernel that only\n"
           "stores, fastest against fastest; after it, on a GPU, the CPU's fastest repeat of the same case in GB/s.\n\n");
    printf("%-48s %8s %19s %11s %8s %7s %7s\n", "case", "GB/s", "slowest .. fastest", "ns a call", "ns/value", "share",
           "repeats");
}

void report_line(const struct result *result)
{
    const double bytes = (double)result->bytes * 1e-9;
    printf("%-48s %8.2f %8.2f .. %7.2f %11.0f %8.3f %6.1f%% %7d", result->name, bytes / result->fill.median,
           bytes / result->fill.worst, bytes / result->fill.best, result->fill.median * 1e9,
           result->fill.median * 1e9 / (double)result->values, 100 * result->limit.best / result->fill.best, result->repeats);
    if (result->cpu.seconds > 0) {
        printf("   %8.2f by t%d, x%.1f", bytes / result->cpu.seconds, result->cpu.threads,
               result->cpu.seconds / result->fill.best);
    }
    putchar('\n');
    fflush(stdout);
}

static void write_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', file);
        }
        fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    }
    fputc('"', file);
}

static void write_spread(FILE *file, const char *name, const struct spread *spread)
{
    fprintf(file, ", \"%s\": {\"best\": %.4g, \"median\": %.4g, \"worst\": %.4g}", name, spread->best, spread->median,
            spread->worst);
}

static void write_result(FILE *file, const struct result *result)
{
    fprintf(file, "{\"name\": \"%s\", \"group\": \"%s\", \"initializer\": \"%s\", \"dtype\": \"%s\"", result->name,
            result->group, result->initializer, result->dtype);
    fprintf(file, ", \"bytes\": %lld, \"values\": %lld, \"threads\": %d, \"repeats\": %d, \"cold\": %s",
            (long long)result->bytes, (long long)result->values, result->threads, result->repeats,
            result->cold ? "true" : "false");
    write_spread(file, "seconds", &result->fill);
    write_spread(file, result->threads > 0 ? "memory_set_seconds" : "store_only_seconds", &result->limit);
    if (result->cpu.seconds > 0) {
        fprintf(file, ", \"cpu\": {\"best\": %.4g, \"threads\": %d}, \"speed_up\": %.4g", result->cpu.seconds,
                result->cpu.threads, result->cpu.seconds / result->fill.best);
    }
    fputc('}', file);
}

void report_json(const struct machine *machine, const struct results *results, const char *path)
{
    FILE *const file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (file == NULL) {
        bench_stop("%s: cannot be written", path);
    }
    fprintf(file, "{\"fanin\": \"%s\", \"kernels\": \"%s\", \"cpu\": ", fanin_version(), machine->variant);
    write_text(file, machine->cpu);
    fprintf(file, ", \"processors\": %d, \"memory\": %lld, \"largest_cache\": %lld, \"compiler\": ", machine->processors,
            (long long)machine->memory, (long long)machine->largest_cache);
    write_text(file, __VERSION__);
    fputs(machine->gpu != NULL ? ", \"gpu\": " : ", \"no_gpu\": ", file);
    write_text(file, machine->gpu != NULL ? machine->gpu : machine->no_gpu);
    fprintf(file, ", \"load_before\": %.2f, \"load_after\": %.2f, \"results\": [", machine->load, load_average());
    for (size_t i = 0; i < results->count; i++) {
        fputs(i == 0 ? "\n" : ",\n", file);
        write_result(file, &results->list[i]);
    }
    fputs("\n]}\n", file);
    if ((fflush(file) != 0 || ferror(file) != 0) || (file != stdout && fclose(file) != 0)) {
        bench_stop("%s: cannot be written", path);
    }
}
