#include "cuda/upload.h"

#include "cuda/context.h"
#include "cuda/launch.h"
#include "cuda/memory.h"
#include "cuda/pieces.h"
#include "cuda/streams.h"

#include <stdlib.h>

#define BUFFERS 2

/* Of a buffer, at most: a few hundred microseconds of a copy, so that what a round costs beside it does not show. */
#define BUFFER_BYTES (8 << 20)

/* Pieces of a buffer, at most, and what they are aligned to. */
#define BATCH     64
#define ALIGNMENT 256

struct upload {
    struct upload *next;
    const struct item *items;
    size_t count;
    int ordinal;
    const fanin_options *options;
    cudaStream_t stream;

    size_t bytes; /* of a buffer: a multiple of ALIGNMENT */
    void *host[BUFFERS];
    cudaEvent_t copied[BUFFERS];
    bool in_flight[BUFFERS];
    /* On the device, for pieces that are not one after another there; the stream's order keeps its uses apart. */
    void *staging;
    bool is_pooled;

    /* What comes next: of the item before number `item`, then of that and those after it. */
    struct pieces pieces;
    size_t item;

    /* The batch in work: where its pieces go, and where they are read to. */
    size_t batch;
    struct piece there[BATCH];
    struct item here[BATCH];
    int64_t here_stride[BATCH][FANIN_MAX_NDIM];
};

bool upload_takes(const struct item *item)
{
    return item->fill->kind == FILL_COPY || item->fill->kind == FILL_LOAD;
}

static bool is_own(const struct item *item, int ordinal)
{
    return upload_takes(item) && (int)item->device.device_id == ordinal;
}

static bool is_dense(const struct item *item)
{
    int64_t expected = 1;
    for (int d = item->ndim - 1; d >= 0; d--) {
        if (item->stride[d] != expected) {
            return false;
        }
        expected *= item->extent[d];
    }
    return true;
}

static size_t bytes_of(const struct item *item)
{
    return (size_t)item->size * dtype_table[item->dtype].size;
}

/* ------------------------------------------------ what is acquired ------------------------------------------------------- */

static cudaError_t make_buffers(struct upload *upload, bool needs_staging)
{
    cudaError_t error = cudaSuccess;
    for (int i = 0; i < BUFFERS && error == cudaSuccess; i++) {
        error = cudaHostAlloc(&upload->host[i], upload->bytes, cudaHostAllocDefault);
        if (error == cudaSuccess) {
            error = cudaEventCreateWithFlags(&upload->copied[i], cudaEventDisableTiming | cudaEventBlockingSync);
        }
    }
    if (error == cudaSuccess && needs_staging) {
        error = memory_allocate(&upload->staging, upload->bytes, upload->stream, &upload->is_pooled);
    }
    return error;
}

static void destroy(struct upload *upload)
{
    for (int i = 0; i < BUFFERS; i++) {
        if (upload->in_flight[i]) {
            (void)cudaEventSynchronize(upload->copied[i]);
        }
        if (upload->copied[i] != NULL) {
            (void)cudaEventDestroy(upload->copied[i]);
        }
        (void)cudaFreeHost(upload->host[i]);
    }
    if (upload->staging != NULL) {
        memory_release(upload->staging, upload->stream, upload->is_pooled);
    }
    /* Nothing of this is the caller's to see; a lost context stays what it is. */
    (void)cudaGetLastError();
    free(upload);
}

fanin_status uploads_acquire(const struct item *items, size_t count, int ordinal, const fanin_options *options,
                             struct upload **list)
{
    const char *name = NULL;
    bool needs_staging = false;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_own(&items[i], ordinal)) {
            name = name != NULL ? name : items[i].name;
            needs_staging = needs_staging || !is_dense(&items[i]);
            const size_t more = bytes_of(&items[i]);
            bytes = more < BUFFER_BYTES - bytes ? (bytes + more + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : BUFFER_BYTES;
        }
    }
    if (name == NULL) {
        return FANIN_OK;
    }
    struct upload *const upload = calloc(1, sizeof *upload);
    if (upload == NULL) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its way to CUDA device %d", name, ordinal);
    }
    upload->items = items;
    upload->count = count;
    upload->ordinal = ordinal;
    upload->options = options;
    upload->stream = stream_of_device(options, ordinal);
    upload->bytes = bytes;
    upload->pieces.is_done = true;
    const cudaError_t error = make_buffers(upload, needs_staging);
    if (error != cudaSuccess) {
        const fanin_status status = context_fail(error, name);
        destroy(upload);
        return status;
    }
    upload->next = *list;
    *list = upload;
    return FANIN_OK;
}

void uploads_release(struct upload **list)
{
    struct upload *const first = *list;
    struct context_scope scope;
    const bool entered = context_return(first->ordinal, &scope);
    *list = first->next;
    destroy(first);
    if (entered) {
        context_leave(&scope);
    }
}

/* ------------------------------------------------ batches ---------------------------------------------------------------- */

/* Goes on to an item that has pieces left; false after the last. */
static bool find_pieces(struct upload *upload)
{
    while (upload->pieces.is_done && upload->item < upload->count) {
        const struct item *const item = &upload->items[upload->item++];
        if (is_own(item, upload->ordinal)) {
            pieces_start(&upload->pieces, item, (int64_t)(upload->bytes / dtype_table[item->dtype].size));
        }
    }
    return !upload->pieces.is_done;
}

/* The same elements one after another in the host's memory. */
static struct item packed(const struct item *piece, char *data, int64_t *stride)
{
    struct item item = *piece;
    item.data = data;
    item.device = (DLDevice){kDLCPU, 0};
    item.stride = stride;
    int64_t next = 1;
    for (int d = item.ndim - 1; d >= 0; d--) {
        stride[d] = next;
        next *= item.extent[d];
    }
    return item;
}

/* As many pieces as a buffer takes. */
static void make_batch(struct upload *upload, char *buffer)
{
    size_t used = 0;
    for (upload->batch = 0; upload->batch < BATCH && find_pieces(upload); upload->batch++) {
        const struct pieces before = upload->pieces;
        struct piece *const piece = &upload->there[upload->batch];
        pieces_next(&upload->pieces, piece);
        if (bytes_of(&piece->item) > upload->bytes - used) {
            upload->pieces = before;
            return;
        }
        upload->here[upload->batch] = packed(&piece->item, buffer + used, upload->here_stride[upload->batch]);
        used += (bytes_of(&piece->item) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

/* A piece on the stream: to its place, or by way of the staging memory. */
static cudaError_t send(const struct upload *upload, const struct item *there, const struct item *here)
{
    const size_t bytes = bytes_of(there);
    if (is_dense(there)) {
        return cudaMemcpyAsync(there->data, here->data, bytes, cudaMemcpyHostToDevice, upload->stream);
    }
    const cudaError_t error = cudaMemcpyAsync(upload->staging, here->data, bytes, cudaMemcpyHostToDevice, upload->stream);
    if (error != cudaSuccess) {
        return error;
    }
    const int64_t size = dtype_table[there->dtype].size;
    struct cuda_view view = {
        .data = (uint64_t)(uintptr_t)there->data, .size = there->size, .dtype = (int32_t)there->dtype, .ndim = there->ndim};
    for (int d = 0; d < there->ndim; d++) {
        view.extent[d] = there->extent[d];
        view.stride[d] = there->stride[d] * size;
    }
    return cuda_launch_scatter(&view, __builtin_ctzll((unsigned long long)size), upload->staging, upload->stream);
}

static fanin_status send_batch(struct upload *upload, int buffer)
{
    cudaError_t error = cudaSuccess;
    size_t i = 0;
    while (i < upload->batch && error == cudaSuccess) {
        error = send(upload, &upload->there[i].item, &upload->here[i]);
        i++;
    }
    /* Whatever failed, something may have begun. */
    cudaError_t recorded = cudaEventRecord(upload->copied[buffer], upload->stream);
    upload->in_flight[buffer] = recorded == cudaSuccess;
    if (recorded != cudaSuccess) {
        const cudaError_t waited = cudaStreamSynchronize(upload->stream);
        /* Some drivers refuse to record an event of the primary context in a stream of a green one; that the stream was waited
         * for serves instead. */
        if (recorded == cudaErrorInvalidResourceHandle) {
            (void)cudaGetLastError();
            recorded = waited;
        }
    }
    error = error != cudaSuccess ? error : recorded;
    return error == cudaSuccess ? FANIN_OK : context_fail(error, upload->here[i - 1].name);
}

static fanin_status wait(struct upload *upload, int buffer, const char *name)
{
    if (!upload->in_flight[buffer]) {
        return FANIN_OK;
    }
    const cudaError_t error = cudaEventSynchronize(upload->copied[buffer]);
    upload->in_flight[buffer] = false;
    return error == cudaSuccess ? FANIN_OK : context_fail(error, name);
}

static fanin_status write_all(struct upload *upload)
{
    const char *name = NULL;
    fanin_status status = FANIN_OK;
    for (int buffer = 0; status == FANIN_OK; buffer = (buffer + 1) % BUFFERS) {
        status = wait(upload, buffer, name);
        if (status == FANIN_OK) {
            make_batch(upload, upload->host[buffer]);
            if (upload->batch == 0) {
                break;
            }
            name = upload->here[0].name;
            status = upload_read(upload->here, upload->batch, upload->options);
        }
        if (status == FANIN_OK) {
            status = send_batch(upload, buffer);
        }
    }
    for (int i = 0; i < BUFFERS && status == FANIN_OK; i++) {
        status = wait(upload, i, name);
    }
    return status;
}

fanin_status uploads_write(struct upload *list, int ordinal)
{
    while (list != NULL && list->ordinal != ordinal) {
        list = list->next;
    }
    return list != NULL ? write_all(list) : FANIN_OK;
}
