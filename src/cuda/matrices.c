#include "cuda/matrices.h"

#include "cuda/context.h"
#include "cuda/matrix.h"
#include "cuda/memory.h"
#include "cuda/orthogonal_launch.h"
#include "cuda/small.h"
#include "cuda/streams.h"

#include <stdlib.h>

struct matrices {
    struct matrices *next;
    const struct item *items;
    size_t count;
    int ordinal;
    uint64_t seed;
    cudaStream_t stream;
    struct handle handle; /* of those that are not small, if there are any */
    bool has_handle;
    struct matrix *matrix; /* each once, in the order of the items */
    size_t *first;         /* the item that each is for first */
    int *info;             /* what cuSOLVER says of each, when it is here */
    size_t matrix_count;
    /* Memory of the device: first what the largest of those needs that are not small, for they are made one after another;
     * then the small ones; then `info` as the device has it. */
    char *device;
    uint64_t info_offset;
    void *host; /* cuSOLVER's */
    bool is_pooled;
    bool has_failed; /* what the handle was used for: it may be the reason, or not be done */
};

static bool is_ours(const struct item *item, int ordinal)
{
    return item->fill->kind == FILL_ORTHOGONAL && (int)item->device.device_id == ordinal;
}

/* ------------------------------------------------ which matrices there are ----------------------------------------------- */

static bool is_same(const struct item *a, const struct item *b)
{
    return orthogonal_compare(a->fill, a->dtype, b->fill, b->dtype) == 0;
}

/* The matrix of an item, or their number. */
static size_t find_matrix(const struct matrices *matrices, const struct item *item)
{
    size_t i = 0;
    while (i < matrices->matrix_count && !is_same(&matrices->items[matrices->first[i]], item)) {
        i++;
    }
    return i;
}

static void find_all(struct matrices *matrices)
{
    for (size_t i = 0; i < matrices->count; i++) {
        const struct item *const item = &matrices->items[i];
        if (is_ours(item, matrices->ordinal) && find_matrix(matrices, item) == matrices->matrix_count) {
            matrix_describe(item, &matrices->matrix[matrices->matrix_count]);
            matrices->first[matrices->matrix_count++] = i;
        }
    }
}

/* A lost context makes cuSOLVER's calls fail as well, which do not tell it. */
static fanin_status find_reason(fanin_status status, cudaStream_t stream, const char *name)
{
    if (status == FANIN_OK) {
        return FANIN_OK;
    }
    const cudaError_t error = cudaStreamQuery(stream);
    if (context_is_lost(error)) {
        return context_fail(error, name);
    }
    if (error != cudaSuccess) {
        (void)cudaGetLastError();
    }
    return status;
}

/* Takes a handle for the first that needs one. */
static fanin_status measure(struct matrices *matrices, struct matrix *matrix)
{
    fanin_status status = FANIN_OK;
    if (!matrices->has_handle) {
        status = handles_take(matrix->name, matrices->stream, &matrices->handle);
        matrices->has_handle = status == FANIN_OK;
    }
    status = status == FANIN_OK ? matrix_measure(&matrices->handle, matrix) : status;
    return find_reason(status, matrices->stream, matrix->name);
}

static fanin_status measure_all(struct matrices *matrices)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < matrices->matrix_count; i++) {
        struct matrix *const matrix = &matrices->matrix[i];
        const fanin_status status = matrix->is_small ? FANIN_OK : measure(matrices, matrix);
        if (status != FANIN_OK) {
            return status;
        }
        bytes = matrix->bytes > bytes ? matrix->bytes : bytes;
    }
    for (size_t i = 0; i < matrices->matrix_count; i++) {
        if (matrices->matrix[i].is_small) {
            matrix_place_small(&matrices->matrix[i], bytes);
            bytes += matrices->matrix[i].bytes;
        }
    }
    matrices->info_offset = (bytes + sizeof(int) - 1) / sizeof(int) * sizeof(int);
    return FANIN_OK;
}

/* Of what the matrices' own work returned: no other failure is the handle's, nor that there is no memory. */
static fanin_status note_failure(struct matrices *matrices, fanin_status status)
{
    matrices->has_failed |= status == FANIN_ERROR_SOLVER || status == FANIN_ERROR_DEVICE;
    return status;
}

/* ------------------------------------------------ memory ----------------------------------------------------------------- */

static uint64_t bytes_of_info(const struct matrices *matrices)
{
    return matrices->matrix_count * sizeof *matrices->info;
}

static const struct matrix *find_largest(const struct matrices *matrices)
{
    const struct matrix *largest = &matrices->matrix[0];
    for (size_t i = 1; i < matrices->matrix_count; i++) {
        largest = matrices->matrix[i].bytes > largest->bytes ? &matrices->matrix[i] : largest;
    }
    return largest;
}

static fanin_status allocate_device(struct matrices *matrices)
{
    const struct matrix *const largest = find_largest(matrices);
    const uint64_t bytes = matrices->info_offset + bytes_of_info(matrices);
    void *memory = NULL;
    const cudaError_t error = memory_allocate(&memory, bytes, matrices->stream, &matrices->is_pooled);
    matrices->device = memory;
    if (error != cudaErrorMemoryAllocation) {
        return error == cudaSuccess ? FANIN_OK : context_fail(error, largest->name);
    }
    (void)cudaGetLastError();
    return fanin_fail(
        FANIN_ERROR_MEMORY,
        "parameter '%s': making its orthogonal matrix of %lld × %lld needs %llu bytes of memory on CUDA device %d, "
        "which it does not have to give",
        largest->name, (long long)largest->shape.rows, (long long)largest->shape.columns, (unsigned long long)bytes,
        matrices->ordinal);
}

static fanin_status allocate_host(struct matrices *matrices)
{
    size_t bytes = 0;
    for (size_t i = 0; i < matrices->matrix_count; i++) {
        bytes = matrices->matrix[i].host_bytes > bytes ? matrices->matrix[i].host_bytes : bytes;
    }
    matrices->info = malloc(bytes_of_info(matrices));
    matrices->host = bytes > 0 ? malloc(bytes) : NULL;
    if (matrices->info == NULL || (matrices->host == NULL && bytes > 0)) {
        return fanin_fail(FANIN_ERROR_MEMORY,
                          "parameter '%s': making its orthogonal matrix needs %zu bytes of the host's memory",
                          find_largest(matrices)->name, bytes);
    }
    return FANIN_OK;
}

/* To destroy a handle may wait for all of the device: one that nothing is wrong with is kept. */
static void release(struct matrices *matrices)
{
    if (matrices->device != NULL) {
        memory_release(matrices->device, matrices->stream, matrices->is_pooled);
    }
    if (matrices->has_handle) {
        handles_put(&matrices->handle, !matrices->has_failed);
    }
    free(matrices->host);
    free(matrices->info);
    free(matrices->first);
    free(matrices->matrix);
    free(matrices);
}

static fanin_status acquire(struct matrices *matrices)
{
    find_all(matrices);
    fanin_status status = measure_all(matrices);
    if (status == FANIN_OK) {
        status = allocate_host(matrices);
    }
    if (status == FANIN_OK) {
        status = allocate_device(matrices);
    }
    return status;
}

fanin_status matrices_acquire(const struct item *items, size_t count, int ordinal, const fanin_options *options,
                              struct matrices **list)
{
    size_t first = 0, most = 0;
    for (size_t i = count; i > 0; i--) {
        if (is_ours(&items[i - 1], ordinal)) {
            first = i - 1;
            most++;
        }
    }
    if (most == 0) {
        return FANIN_OK;
    }
    const char *const name = items[first].name;
    struct matrices *const matrices = calloc(1, sizeof *matrices);
    if (matrices == NULL) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for the plan's orthogonal fills", name);
    }
    *matrices = (struct matrices){.items = items,
                                  .count = count,
                                  .ordinal = ordinal,
                                  .seed = options->seed,
                                  .stream = stream_of_device(options, ordinal)};
    matrices->matrix = calloc(most, sizeof *matrices->matrix);
    matrices->first = calloc(most, sizeof *matrices->first);
    const fanin_status status =
        matrices->matrix != NULL && matrices->first != NULL
            ? note_failure(matrices, acquire(matrices))
            : fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for %zu orthogonal fills", name, most);
    if (status != FANIN_OK) {
        release(matrices);
        return status;
    }
    matrices->next = *list;
    *list = matrices;
    return FANIN_OK;
}

/* ------------------------------------------------ work ------------------------------------------------------------------- */

static fanin_status cut(const struct matrices *matrices, size_t number, const int *info)
{
    for (size_t i = matrices->first[number]; i < matrices->count; i++) {
        const struct item *const item = &matrices->items[i];
        if (is_ours(item, matrices->ordinal) && is_same(item, &matrices->items[matrices->first[number]])) {
            struct cut view;
            matrix_cut(&matrices->matrix[number], item, matrices->device, info, &view);
            const cudaError_t error = orthogonal_launch_cut(&view, matrices->stream);
            if (error != cudaSuccess) {
                return context_fail(error, item->name);
            }
        }
    }
    return FANIN_OK;
}

static fanin_status start(const struct matrices *matrices)
{
    int *const info = (int *)(matrices->device + matrices->info_offset);
    const cudaError_t error = cudaMemsetAsync(info, 0, bytes_of_info(matrices), matrices->stream);
    if (error != cudaSuccess) {
        return context_fail(error, matrices->matrix[0].name);
    }
    fanin_status status = small_make(matrices->matrix, matrices->matrix_count, matrices->seed, matrices->ordinal,
                                     matrices->device, matrices->stream);
    for (size_t i = 0; i < matrices->matrix_count && status == FANIN_OK; i++) {
        if (!matrices->matrix[i].is_small) {
            status = matrix_make(&matrices->handle, &matrices->matrix[i], matrices->seed, matrices->ordinal, matrices->device,
                                 matrices->host, &info[i], matrices->stream);
        }
        if (status == FANIN_OK) {
            status = cut(matrices, i, &info[i]);
        }
    }
    return status;
}

fanin_status matrices_start(struct matrices *list, int ordinal)
{
    while (list != NULL && list->ordinal != ordinal) {
        list = list->next;
    }
    return list != NULL ? note_failure(list, start(list)) : FANIN_OK;
}

/* Negative: an argument of ours was wrong. Positive: no convergence. */
static fanin_status check_infos(const struct matrices *matrices)
{
    for (size_t i = 0; i < matrices->matrix_count; i++) {
        if (matrices->info[i] != 0) {
            const struct matrix *const matrix = &matrices->matrix[i];
            const bool is_svd = matrix->shape.method == FANIN_ORTHOGONAL_SVD;
            return fanin_fail(FANIN_ERROR_SOLVER,
                              "parameter '%s': cuSOLVER's %s of its matrix of %lld × %lld failed: found info %d, expected 0",
                              matrix->name, is_svd ? "SVD" : "orgqr", (long long)matrix->shape.rows,
                              (long long)matrix->shape.columns, matrices->info[i]);
        }
    }
    return FANIN_OK;
}

/* A default stream is the current context's: that of a device that cannot be made current cannot be waited for. Memory that may
 * be in use is left. */
static fanin_status fail_unfinished(struct matrices *matrices, fanin_status status)
{
    matrices->device = NULL;
    matrices->host = NULL;
    matrices->has_failed = true;
    return status != FANIN_OK
               ? status
               : fanin_fail(FANIN_ERROR_DEVICE, "parameter '%s': CUDA device %d cannot be made current, to wait for its matrix",
                            matrices->matrix[0].name, matrices->ordinal);
}

/* Waits for what was begun. */
static fanin_status wait_for_all(struct matrices *matrices, fanin_status status)
{
    cudaError_t error = cudaSuccess;
    if (status == FANIN_OK) {
        error = cudaMemcpyAsync(matrices->info, matrices->device + matrices->info_offset, bytes_of_info(matrices),
                                cudaMemcpyDeviceToHost, matrices->stream);
    }
    /* After an error too: what was begun uses the memory of the host, and the handle. */
    const cudaError_t waited = cudaStreamSynchronize(matrices->stream);
    error = error == cudaSuccess ? waited : error;
    if (error != cudaSuccess) {
        /* What made a call of cuSOLVER's fail as well. */
        const bool is_reason =
            status == FANIN_OK || status == FANIN_ERROR_SOLVER || (status == FANIN_ERROR_MEMORY && context_is_lost(error));
        status = is_reason ? context_fail(error, matrices->matrix[0].name) : status;
        matrices->has_failed = true;
        (void)cudaGetLastError();
    } else if (status == FANIN_OK) {
        status = note_failure(matrices, check_infos(matrices));
    }
    return status;
}

fanin_status matrices_finish(struct matrices **list, fanin_status status)
{
    struct matrices *const matrices = *list;
    struct context_scope scope;
    const bool entered = context_return(matrices->ordinal, &scope);
    *list = matrices->next;
    status =
        entered || !stream_is_default(matrices->stream) ? wait_for_all(matrices, status) : fail_unfinished(matrices, status);
    release(matrices);
    if (entered) {
        context_leave(&scope);
    }
    return status;
}
