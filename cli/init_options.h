/* The command line of `fanin init`. */
#ifndef FANIN_CLI_INIT_OPTIONS_H
#define FANIN_CLI_INIT_OPTIONS_H

#include "dtype.h"

struct init_options {
    const char *like, *init, *rules, *output; /* NULL: not given */
    uint64_t seed;
    bool has_dtype;
    enum dtype dtype;
    DLDevice device;
    int threads;           /* 0: all */
    const char *cpu;       /* NULL: the best */
    int64_t shard, shards; /* part `shard` of `shards`; 0 of 1 is the whole */
    bool dry_run, json, quiet;
};

/* Reads it. -1: go on; else the exit code: help was shown, or an error. */
int init_options_read(int argc, char **argv, struct init_options *out);

#endif
