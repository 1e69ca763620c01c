/* Where LOAD fills get their elements from while they run; nothing here knows a device.
 *
 * Items of a plan have its source. When it runs, the files of all its fills are opened first: what is wrong with one is found
 * before anything is written. Then backends read, from as many threads as they like. When all is done the plan asks whether a
 * file was changed meanwhile, and closes. */
#ifndef FANIN_SRC_LOAD_SOURCE_H
#define FANIN_SRC_LOAD_SOURCE_H

#include "formats/params.h"
#include "item.h"

struct store;

/* The files that the fills of one run read, open. Start from a zeroed one. */
struct source {
    struct source_file {
        const struct store *store; /* outlives the source */
        size_t number;             /* of the file in it */
        const char *name;          /* of the first parameter that reads it, for messages; outlives the source */
        int fd;
    } * files;
    size_t count, capacity;
};

/* Opens the file that a fill reads, unless it is open already, and checks that it is the one whose header was read, unchanged.
 * Does nothing for fills that read none. Errors: FILE, MEMORY; the message names the parameter and the path. */
fanin_status source_add(struct source *source, const char *name, const struct fill *fill);

/* Whether a file was changed since it was opened: then what was read is worth nothing. Errors: FILE; the message names a
 * parameter and the path. */
fanin_status source_check(const struct source *source);

/* Closes the files. */
void source_close(struct source *source);

/* Of each of a reader's three buffers: few enough bytes for a thread's stack. */
#define SOURCE_BUFFER 8192

/* What one thread reads with: no memory has to be had while a plan runs. */
struct source_reader {
    struct params_reader sparse; /* for sparse arrays, if `started` */
    bool started;
    unsigned char memory[3 * SOURCE_BUFFER];
};

static inline void source_reader_start(struct source_reader *reader)
{
    reader->started = false;
}

/* Writes the item's elements [position, position + count) to `out`, one after another and converted to its dtype; they are
 * numbered with the last axis fastest. The item's fill is a LOAD, and `item->source` has its file open. `out` is aligned to
 * the element. Of a file it reads what these elements need, and gaps between them of less than a page. Long ranges cost least.
 * To be called in the floating-point environment of the contract.
 * Errors: FILE, FORMAT (the file ends early); the message names the parameter and the path; `out` then holds anything. */
fanin_status source_read(struct source_reader *reader, const struct item *item, int64_t position, int64_t count, void *out);

#endif
