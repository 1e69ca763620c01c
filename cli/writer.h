/* Writes a file in a thread of its own, from two buffers: one is filled while the other is written. */
#ifndef FANIN_CLI_WRITER_H
#define FANIN_CLI_WRITER_H

#include <fanin/fanin.h>

#include <pthread.h>
#include <stdbool.h>

struct writer {
    int fd;
    const char *path; /* for messages */
    int64_t offset;   /* where the next buffer goes */
    struct writer_buffer {
        char *data;
        size_t size; /* to be written; 0: free to be filled */
    } buffers[2];
    int next; /* to be filled */
    bool done;
    int error; /* errno of the first write that failed */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

/* Starts it with two buffers of `capacity` bytes; the first goes to `offset`. `path` must live as long. Errors: MEMORY. */
fanin_status writer_start(struct writer *writer, int fd, const char *path, int64_t offset, size_t capacity);

/* Waits for a buffer that is free; it stays the same one until it is submitted. Errors: FILE where writing failed. */
fanin_status writer_buffer(struct writer *writer, char **out);

/* Hands the buffer to the thread, `size` > 0 bytes of it. */
void writer_submit(struct writer *writer, size_t size);

/* Waits for all that was submitted and ends the thread; always to be called once. Errors: FILE. */
fanin_status writer_finish(struct writer *writer);

#endif
