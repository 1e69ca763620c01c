/* fanin devices: what can fill, or why it cannot. */
#include "command.h"

#include "cuda_module.h"
#include "private.h"

#include <stdio.h>
#include <string.h>

static const char command[] = "devices";

static void print_device(const struct cuda_module *module, int ordinal)
{
    struct cuda_device device;
    printf("cuda:%d  ", ordinal);
    if (module->describe(ordinal, &device) != FANIN_OK) {
        printf("cannot be used: %s\n", fanin_last_error());
        return;
    }
    command_print_name(device.name);
    printf(", compute capability %d.%d, %d multiprocessors, %.1f GiB\n", device.major, device.minor, device.multiprocessors,
           (double)device.memory / (1 << 30));
}

static void print_cuda(void)
{
    const struct cuda_module *module = NULL;
    int count = 0;
    fanin_status status = fanin_private_cuda_module("none", &module);
    if (status != FANIN_OK) {
        printf("cuda    %s\n", fanin_last_error());
        return;
    }
    status = module->count(&count);
    if (status != FANIN_OK) {
        printf("cuda    none: %s\n", fanin_last_error());
        return;
    }
    for (int i = 0; i < count; i++) {
        print_device(module, i);
    }
}

int devices_main(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (c != 'h') {
            return command_option_error(command, c, argv, options);
        }
        fputs(devices_help, stdout);
        return EXIT_DONE;
    }
    if (optind < argc) {
        return command_usage_error(command, "found '%s', expected no arguments", argv[optind]);
    }
    const int count = fanin_private_threads();
    printf("cpu     %s, %d thread%s\n", fanin_private_cpu_variant(), count, count == 1 ? "" : "s");
    print_cuda();
    return EXIT_DONE;
}
