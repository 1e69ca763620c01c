#include "writer.h"

#include "output.h"

#include <stdlib.h>

static void *run(void *argument)
{
    struct writer *const writer = argument;
    pthread_mutex_lock(&writer->mutex);
    for (int current = 0;; current ^= 1) {
        struct writer_buffer *const buffer = &writer->buffers[current];
        while (buffer->size == 0 && !writer->done) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
        }
        if (buffer->size == 0) {
            break;
        }
        /* After a failure buffers are only given back. */
        int error = writer->error;
        const int64_t offset = writer->offset;
        writer->offset += (int64_t)buffer->size;
        pthread_mutex_unlock(&writer->mutex);
        if (error == 0) {
            error = output_write(writer->fd, buffer->data, buffer->size, offset);
        }
        pthread_mutex_lock(&writer->mutex);
        writer->error = error;
        buffer->size = 0;
        pthread_cond_signal(&writer->changed);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

static void free_buffers(struct writer *writer)
{
    free(writer->buffers[0].data);
    free(writer->buffers[1].data);
}

fanin_status writer_start(struct writer *writer, int fd, const char *path, int64_t offset, size_t capacity)
{
    *writer = (struct writer){.fd = fd, .path = path, .offset = offset};
    for (int i = 0; i < 2; i++) {
        /* A page's alignment, for the fills' and the disk's sake. */
        writer->buffers[i].data = aligned_alloc(4096, capacity);
    }
    if (!writer->buffers[0].data || !writer->buffers[1].data) {
        free_buffers(writer);
        return fanin_fail(FANIN_ERROR_MEMORY, "no memory for two buffers of %zu bytes", capacity);
    }
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->changed, NULL);
    if (pthread_create(&writer->thread, NULL, run, writer) != 0) {
        free_buffers(writer);
        return fanin_fail(FANIN_ERROR_MEMORY, "no thread can be started to write with");
    }
    return FANIN_OK;
}

fanin_status writer_buffer(struct writer *writer, char **out)
{
    struct writer_buffer *const buffer = &writer->buffers[writer->next];
    pthread_mutex_lock(&writer->mutex);
    while (buffer->size != 0) {
        pthread_cond_wait(&writer->changed, &writer->mutex);
    }
    const int error = writer->error;
    pthread_mutex_unlock(&writer->mutex);
    *out = buffer->data;
    return output_status(writer->path, error);
}

void writer_submit(struct writer *writer, size_t size)
{
    pthread_mutex_lock(&writer->mutex);
    writer->buffers[writer->next].size = size;
    writer->next ^= 1;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
}

fanin_status writer_finish(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->done = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    free_buffers(writer);
    return output_status(writer->path, writer->error);
}
