#include "cuda/matrix.h"

#include "cuda/context.h"
#include "cuda/launch_table.h"
#include "cuda/orthogonal_launch.h"

#include <limits.h>
#include <math.h>

/* Parts of the memory begin at multiples of this: what cudaMalloc aligns to. */
#define ALIGNMENT 256

/* From so many kept vectors on, the SVD goes by way of the polar decomposition (gesvdp): measured on an H200, it takes a
 * quarter of the time of QR iterations (gesvd) at 512, and as much as those at 256. */
#define POLAR_FROM 512

/* gesvdp moves singular values near 0 away from it, and tells by how much. As an error of the random matrix that is as good as
 * rounding up to so many units in the last place of its norm; beyond, gesvd is asked. */
#define POLAR_ERROR 64.0

/* ------------------------------------------------ sizes ------------------------------------------------------------------ */

static bool is_polar(const struct matrix *matrix)
{
    return matrix->shape.shorter >= POLAR_FROM;
}

static cudaDataType type_of(const struct matrix *matrix)
{
    return matrix->shape.dtype == DTYPE_FLOAT64 ? CUDA_R_64F : CUDA_R_32F;
}

/* Appends a part of `count` elements; false where 64 bits do not hold the sum. */
static bool append(struct matrix *matrix, uint64_t *offset, int64_t count, int64_t size)
{
    const uint64_t gap = -matrix->bytes % ALIGNMENT;
    *offset = matrix->bytes + gap;
    return orthogonal_add_bytes(&matrix->bytes, (int64_t)gap, 1) && orthogonal_add_bytes(&matrix->bytes, count, size);
}

static bool lay_out(struct matrix *matrix)
{
    const int64_t m = matrix->shape.longer, n = matrix->shape.shorter, size = dtype_table[matrix->shape.dtype].size;
    bool fits = append(matrix, &matrix->random, m * n, size) && append(matrix, &matrix->factors, n, size);
    if (matrix->shape.method == FANIN_ORTHOGONAL_HAAR) {
        matrix->result = matrix->random;
        fits = fits && append(matrix, &matrix->tau, n, size);
    } else {
        fits = fits && append(matrix, &matrix->result, m * n, size) && append(matrix, &matrix->singular, n, size) &&
               append(matrix, &matrix->right, n * n, size);
    }
    return fits && append(matrix, &matrix->work, (int64_t)matrix->work_bytes, 1);
}

static cusolverStatus_t ask_orgqr(const struct handle *handle, struct matrix *matrix, const char **call)
{
    const int m = (int)matrix->shape.longer, n = (int)matrix->shape.shorter;
    *call = "orgqr_bufferSize";
    const cusolverStatus_t error =
        matrix->shape.dtype == DTYPE_FLOAT64
            ? handle->solver->orgqr_double_size(handle->cusolver, m, n, n, NULL, m, NULL, &matrix->elements)
            : handle->solver->orgqr_float_size(handle->cusolver, m, n, n, NULL, m, NULL, &matrix->elements);
    matrix->work_bytes = (uint64_t)matrix->elements * (uint64_t)dtype_table[matrix->shape.dtype].size;
    return error;
}

/* Both kinds of SVD get the same memory, for gesvd may follow gesvdp. */
static cusolverStatus_t ask_svd(const struct handle *handle, struct matrix *matrix, const char **call)
{
    const int64_t m = matrix->shape.longer, n = matrix->shape.shorter;
    const cudaDataType type = type_of(matrix);
    size_t device = 0, host = 0;
    *call = "Xgesvd_bufferSize";
    cusolverStatus_t error = handle->solver->gesvd_size(handle->cusolver, handle->params, 'S', 'S', m, n, type, NULL, m, type,
                                                        NULL, type, NULL, m, type, NULL, n, type, &device, &host);
    matrix->work_bytes = device;
    matrix->host_bytes = host;
    if (error == CUSOLVER_STATUS_SUCCESS && is_polar(matrix)) {
        *call = "Xgesvdp_bufferSize";
        error = handle->solver->gesvdp_size(handle->cusolver, handle->params, CUSOLVER_EIG_MODE_VECTOR, 1, m, n, type, NULL, m,
                                            type, NULL, type, NULL, m, type, NULL, n, type, &device, &host);
        matrix->work_bytes = device > matrix->work_bytes ? device : matrix->work_bytes;
        matrix->host_bytes = host > matrix->host_bytes ? host : matrix->host_bytes;
    }
    return error;
}

void matrix_describe(const struct item *item, struct matrix *out)
{
    *out = (struct matrix){.name = item->name};
    orthogonal_describe(item->fill, item->dtype, &out->shape);
    out->is_small =
        out->shape.method == FANIN_ORTHOGONAL_HAAR && out->shape.longer <= SMALL_LONGER && out->shape.shorter <= SMALL_SHORTER;
}

/* Nothing of small matrices overflows, but for a plan that no memory holds. */
void matrix_place_small(struct matrix *matrix, uint64_t place)
{
    matrix->bytes = place;
    (void)lay_out(matrix);
    matrix->bytes -= place;
}

fanin_status matrix_measure(const struct handle *handle, struct matrix *matrix)
{
    const struct orthogonal *const shape = &matrix->shape;
    const bool is_haar = shape->method == FANIN_ORTHOGONAL_HAAR;
    if (is_haar && shape->longer > INT_MAX) {
        return fanin_fail(FANIN_ERROR_SHAPE,
                          "parameter '%s': found an orthogonal matrix of %lld × %lld, expected no more than "
                          "%d rows and columns",
                          matrix->name, (long long)shape->rows, (long long)shape->columns, INT_MAX);
    }
    const char *call = NULL;
    const cusolverStatus_t error = is_haar ? ask_orgqr(handle, matrix, &call) : ask_svd(handle, matrix, &call);
    if (error != CUSOLVER_STATUS_SUCCESS) {
        return solver_fail(matrix->name, call, error);
    }
    if (!lay_out(matrix) || matrix->bytes > INT64_MAX) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': an orthogonal matrix of %lld × %lld needs 2^63 bytes or more",
                          matrix->name, (long long)shape->rows, (long long)shape->columns);
    }
    return FANIN_OK;
}

/* ------------------------------------------------ making ----------------------------------------------------------------- */

/* Column by column. The random matrix is row-major over its domain: so each element of the domain goes where the columns want
 * it, and nothing is transposed afterwards. A wide SVD's columns are the domain's rows. */
void matrix_draw(const struct matrix *matrix, int ordinal, char *device, struct matrix_draw *out)
{
    const struct orthogonal *const shape = &matrix->shape;
    const bool is_line = (shape->method == FANIN_ORTHOGONAL_SVD && shape->wide) || shape->shorter == 1;
    const int64_t size = shape->longer * shape->shorter;
    *out = (struct matrix_draw){
        .item = {.fill = &shape->random,
                 .name = matrix->name,
                 .data = device + matrix->random,
                 .device = {kDLCUDA, ordinal},
                 .dtype = shape->dtype,
                 .ndim = is_line ? 1 : 2,
                 .extent = out->extent,
                 .stride = out->stride,
                 .step = out->step,
                 .size = size},
        .extent = {is_line ? size : shape->longer, shape->shorter},
        .stride = {1, shape->longer},
        .step = {is_line ? 1 : shape->shorter, 1},
    };
}

static fanin_status draw(const struct matrix *matrix, uint64_t seed, int ordinal, char *device, cudaStream_t stream)
{
    struct matrix_draw random;
    matrix_draw(matrix, ordinal, device, &random);
    struct cuda_builder builder;
    cuda_builder_start(&builder, seed);
    (void)cuda_builder_add(&builder, &random.item); /* an empty table takes any item */
    return launch_table(&builder, matrix->name, ordinal, stream);
}

struct columns matrix_columns(const struct matrix *matrix, uint64_t seed, char *device)
{
    return (struct columns){.matrix = device + matrix->result,
                            .tau = device + matrix->tau,
                            .factors = device + matrix->factors,
                            .longer = matrix->shape.longer,
                            .shorter = matrix->shape.shorter,
                            .scale = matrix->shape.scale,
                            .seed = seed,
                            .sign_stream = matrix->shape.sign_stream,
                            .is_double = matrix->shape.dtype == DTYPE_FLOAT64};
}

static fanin_status make_haar(const struct handle *handle, const struct matrix *matrix, uint64_t seed, char *device, int *info,
                              cudaStream_t stream)
{
    const struct columns columns = matrix_columns(matrix, seed, device);
    const cudaError_t failure = orthogonal_launch_reflectors(&columns, stream);
    if (failure != cudaSuccess) {
        return context_fail(failure, matrix->name);
    }
    const int m = (int)matrix->shape.longer, n = (int)matrix->shape.shorter;
    void *const work = device + matrix->work;
    const cusolverStatus_t error = columns.is_double
                                       ? handle->solver->orgqr_double(handle->cusolver, m, n, n, columns.matrix, m, columns.tau,
                                                                      work, matrix->elements, info)
                                       : handle->solver->orgqr_float(handle->cusolver, m, n, n, columns.matrix, m, columns.tau,
                                                                     work, matrix->elements, info);
    return error == CUSOLVER_STATUS_SUCCESS ? FANIN_OK : solver_fail(matrix->name, "orgqr", error);
}

/* The right vectors are asked for as well: that both kinds of SVD do with both sides is sure. */
static fanin_status call_gesvd(const struct handle *handle, const struct matrix *matrix, char *device, void *host, int *info)
{
    const int64_t m = matrix->shape.longer, n = matrix->shape.shorter;
    const cudaDataType type = type_of(matrix);
    const cusolverStatus_t error =
        handle->solver->gesvd(handle->cusolver, handle->params, 'S', 'S', m, n, type, device + matrix->random, m, type,
                              device + matrix->singular, type, device + matrix->result, m, type, device + matrix->right, n,
                              type, device + matrix->work, (size_t)matrix->work_bytes, host, matrix->host_bytes, info);
    return error == CUSOLVER_STATUS_SUCCESS ? FANIN_OK : solver_fail(matrix->name, "Xgesvd", error);
}

static fanin_status call_gesvdp(const struct handle *handle, const struct matrix *matrix, char *device, void *host, int *info,
                                double *moved, cudaStream_t stream)
{
    const int64_t m = matrix->shape.longer, n = matrix->shape.shorter;
    const cudaDataType type = type_of(matrix);
    const cusolverStatus_t error = handle->solver->gesvdp(
        handle->cusolver, handle->params, CUSOLVER_EIG_MODE_VECTOR, 1, m, n, type, device + matrix->random, m, type,
        device + matrix->singular, type, device + matrix->result, m, type, device + matrix->right, n, type,
        device + matrix->work, (size_t)matrix->work_bytes, host, matrix->host_bytes, info, moved);
    if (error != CUSOLVER_STATUS_SUCCESS) {
        return solver_fail(matrix->name, "Xgesvdp", error);
    }
    /* cuSOLVER does not say that the number is there before the stream is done. */
    const cudaError_t waited = cudaStreamSynchronize(stream);
    return waited == cudaSuccess ? FANIN_OK : context_fail(waited, matrix->name);
}

/* Whether singular values were moved by no more than rounding does. The norm of a random matrix of elements of variance 1 is
 * near √m + √n (Geman 1980); theirs is 1 or 1/3. */
static bool is_accurate(const struct matrix *matrix, double moved)
{
    const double epsilon = matrix->shape.dtype == DTYPE_FLOAT64 ? 0x1p-52 : 0x1p-23;
    const double variance = matrix->shape.random.kind == FILL_UNIFORM ? 1.0 / 3.0 : 1.0;
    const double norm = sqrt(variance) * (sqrt((double)matrix->shape.longer) + sqrt((double)matrix->shape.shorter));
    return moved <= POLAR_ERROR * epsilon * norm;
}

static fanin_status make_svd(const struct handle *handle, const struct matrix *matrix, uint64_t seed, int ordinal, char *device,
                             void *host, int *info, cudaStream_t stream)
{
    fanin_status status = FANIN_OK;
    double moved = INFINITY;
    if (is_polar(matrix)) {
        status = call_gesvdp(handle, matrix, device, host, info, &moved, stream);
        if (status == FANIN_OK && !is_accurate(matrix, moved)) {
            /* The random matrix is gone. */
            status = draw(matrix, seed, ordinal, device, stream);
        }
    }
    if (status == FANIN_OK && !is_accurate(matrix, moved)) {
        status = call_gesvd(handle, matrix, device, host, info);
    }
    if (status != FANIN_OK) {
        return status;
    }
    const struct columns columns = matrix_columns(matrix, seed, device);
    const cudaError_t error = orthogonal_launch_signs(&columns, stream);
    return error == cudaSuccess ? FANIN_OK : context_fail(error, matrix->name);
}

fanin_status matrix_make(const struct handle *handle, const struct matrix *matrix, uint64_t seed, int ordinal, char *device,
                         void *host, int *info, cudaStream_t stream)
{
    const fanin_status status = draw(matrix, seed, ordinal, device, stream);
    if (status != FANIN_OK) {
        return status;
    }
    return matrix->shape.method == FANIN_ORTHOGONAL_HAAR ? make_haar(handle, matrix, seed, device, info, stream)
                                                         : make_svd(handle, matrix, seed, ordinal, device, host, info, stream);
}

void matrix_cut(const struct matrix *matrix, const struct item *item, const char *device, const int *info, struct cut *out)
{
    const int64_t size = dtype_table[item->dtype].size;
    *out = (struct cut){.info = info,
                        .matrix = device + matrix->result,
                        .factors = device + matrix->factors,
                        .longer = matrix->shape.longer,
                        .shorter = matrix->shape.shorter,
                        .data = (uint64_t)(uintptr_t)item->data,
                        .start = item->start,
                        .size = item->size,
                        .wide = matrix->shape.wide,
                        .is_double = matrix->shape.dtype == DTYPE_FLOAT64,
                        .dtype = item->dtype,
                        .size_log2 = __builtin_ctz((unsigned)size),
                        .axes = item->ndim};
    for (int d = 0; d < item->ndim; d++) {
        out->axis[item->ndim - 1 - d] = (struct cuda_axis){item->extent[d], item->stride[d] * size, item->step[d]};
    }
}
