/* Haar-distributed matrices from random reflectors; orthogonal.h has the method. Q is made column-major: a reflector is then
 * contiguous, which is what LAPACK is fastest with, and a wide result, Qᵀ row-major, lies as it should. */
#include "cpu/orthogonal_matrix.h"
#include "cpu/parallel.h"

/* A tile of G that is drawn at a time: ORTHOGONAL_TILE rows × CHUNK columns, of which BUFFER elements together. */
#define CHUNK  128
#define BUFFER 4096

/* Columns that are scaled at a time. */
#define COLUMNS 16

/* Columns that LAPACK's orgqr makes at a time. Given all, it works in blocks of 32, mostly in products of matrices that are too
 * narrow to be fast: blocks of 128, applied by larfb, took 10 % less processor time at 1024 columns, a fifth less at 2048 and a
 * third less at 4096 (float32, OpenBLAS 0.3.21, Zen 4). */
#define BLOCK 128

/* Columns that a block of reflectors is applied to at a time, by one thread: always the same, for how a product is cut decides
 * how it is rounded. */
#define PANEL 128

/* LAPACK's own blocks are 32 or 64 columns wide; so many elements of work a column are enough for either. */
#define ORGQR_WORK 64

struct haar {
    void *q;             /* column-major, longer × shorter, `leading` elements from one column to the next */
    void *factors, *tau; /* shorter */
    double *sums;        /* of squares: shorter for each tile of rows */
    void *triangle;      /* block × block */
    void *work;
    int64_t leading, block, tiles;
};

static void lay_out(const struct orthogonal *what, struct cpu_layout *layout, struct haar *out)
{
    const int64_t size = dtype_table[what->dtype].size;
    out->block = what->shorter < BLOCK ? what->shorter : BLOCK;
    /* An odd number of cache lines, so that the elements of a row do not all fall into the same few sets of the caches. */
    const int64_t line = 64 / size, lines = (what->longer - 1) / line + 1;
    out->leading = what->shorter == 1 ? what->longer : (lines | 1) * line;
    out->tiles = (what->longer - 1) / ORTHOGONAL_TILE + 1;
    const int64_t work = what->shorter > ORGQR_WORK ? what->shorter : ORGQR_WORK;
    int64_t elements;
    if (__builtin_mul_overflow(out->leading, what->shorter, &elements) || work > INT64_MAX / out->block) {
        layout->overflows = true;
        return;
    }
    out->q = cpu_layout_add(layout, elements, size);
    out->factors = cpu_layout_add(layout, what->shorter, size);
    out->tau = cpu_layout_add(layout, what->shorter, size);
    out->sums = cpu_layout_add(layout, out->tiles * what->shorter, sizeof(double));
    out->triangle = cpu_layout_add(layout, out->block * out->block, size);
    out->work = cpu_layout_add(layout, work * out->block, size);
}

fanin_status cpu_haar_bytes(const struct cpu_orthogonal_task *task, uint64_t *bytes)
{
    struct cpu_layout layout = {NULL, 0, false};
    struct haar haar = {.leading = 0};
    lay_out(&task->what, &layout, &haar);
    return cpu_layout_finish(&layout, task, haar.leading, bytes);
}

/* ------------------------------------------------ the reflectors ------------------------------------------------ */

struct draw {
    const struct cpu_orthogonal_task *task;
    const struct haar *haar;
    cpu_kernel kernel;
    struct cpu_fill fill;
    int64_t chunks;
};

/* A part of G's tile: rows [row, row + rows) × columns [column, column + width), drawn row-major. */
struct part {
    int64_t row, rows, column, width;
};

/* Draws the part's rows, of each at least what is on and below the diagonal. */
static void draw_rows(const struct draw *draw, const struct part *part, char *buffer)
{
    const int64_t shorter = draw->task->what.shorter, size = dtype_table[draw->task->what.dtype].size;
    if (part->width == shorter) {
        draw->kernel(&draw->fill, part->row * shorter, part->rows * shorter, buffer);
        return;
    }
    for (int64_t i = 0; i < part->rows; i++) {
        const int64_t wanted = part->row + i + 1 - part->column;
        if (wanted > 0) {
            draw->kernel(&draw->fill, (part->row + i) * shorter + part->column, wanted < part->width ? wanted : part->width,
                         buffer + i * part->width * size);
        }
    }
}

/* The dtype is a constant wherever these are called, and the compiler makes a function for each. */
static inline __attribute__((always_inline)) double load(enum dtype dtype, const void *from, int64_t place)
{
    return dtype == DTYPE_FLOAT64 ? ((const double *)from)[place] : (double)((const float *)from)[place];
}

static inline __attribute__((always_inline)) void store(enum dtype dtype, void *to, int64_t place, double value)
{
    if (dtype == DTYPE_FLOAT64) {
        ((double *)to)[place] = value;
    } else {
        ((float *)to)[place] = (float)value;
    }
}

/* Adds the squares below the diagonal to the columns' sums, and moves what is on and below it to its place in Q. */
static inline __attribute__((always_inline)) void take_rows(enum dtype dtype, const struct haar *haar, const struct part *part,
                                                            const void *restrict buffer, double *restrict sums)
{
    for (int64_t i = 0; i < part->rows; i++) {
        const int64_t below = part->row + i - part->column;
        const int64_t count = below < part->width ? below : part->width;
        for (int64_t k = 0; k < count; k++) {
            const double value = load(dtype, buffer, i * part->width + k);
            sums[k] += value * value;
        }
    }
    for (int64_t k = 0; k < part->width; k++) {
        const int64_t top = (part->column + k) * haar->leading + part->row, above = part->column + k - part->row;
        for (int64_t i = above > 0 ? above : 0; i < part->rows; i++) {
            store(dtype, haar->q, top + i, load(dtype, buffer, i * part->width + k));
        }
    }
}

/* Tiles are numbered row by row of them. Nothing above the diagonal is drawn. */
static fanin_status draw_tile(const void *context, int64_t tile, int64_t end)
{
    (void)end;
    const struct draw *const draw = context;
    const struct orthogonal *const what = &draw->task->what;
    const int64_t row = tile / draw->chunks * ORTHOGONAL_TILE, column = tile % draw->chunks * CHUNK;
    const int64_t last = row + ORTHOGONAL_TILE < what->longer ? row + ORTHOGONAL_TILE : what->longer;
    struct part part = {row, 0, column, what->shorter - column < CHUNK ? what->shorter - column : CHUNK};
    if (column >= last) {
        return FANIN_OK;
    }
    _Alignas(64) char buffer[BUFFER * sizeof(double)];
    double sums[CHUNK] = {0.0};
    const int64_t most = BUFFER / part.width;
    for (; part.row < last; part.row += part.rows) {
        part.rows = last - part.row < most ? last - part.row : most;
        draw_rows(draw, &part, buffer);
        if (what->dtype == DTYPE_FLOAT64) {
            take_rows(DTYPE_FLOAT64, draw->haar, &part, buffer, sums);
        } else {
            take_rows(DTYPE_FLOAT32, draw->haar, &part, buffer, sums);
        }
    }
    memcpy(draw->haar->sums + row / ORTHOGONAL_TILE * what->shorter + column, sums, (size_t)part.width * sizeof *sums);
    return FANIN_OK;
}

static inline __attribute__((always_inline)) void reflect(enum dtype dtype, const struct draw *draw, int64_t k)
{
    const struct haar *const haar = draw->haar;
    const struct orthogonal *const what = &draw->task->what;
    const int64_t top = k * haar->leading;
    double tail = 0.0;
    for (int64_t t = (k + 1) / ORTHOGONAL_TILE; t < haar->tiles && k + 1 < what->longer; t++) {
        tail += haar->sums[t * what->shorter + k];
    }
    const struct orthogonal_reflector reflector = orthogonal_reflect(load(dtype, haar->q, top + k), tail);
    store(dtype, haar->tau, k, reflector.tau);
    store(dtype, haar->factors, k, orthogonal_reflector_sign(reflector.beta) * what->scale);
    for (int64_t i = k + 1; i < what->longer; i++) {
        store(dtype, haar->q, top + i, load(dtype, haar->q, top + i) * reflector.scale);
    }
}

static fanin_status reflect_columns(const void *context, int64_t begin, int64_t end)
{
    const struct draw *const draw = context;
    for (int64_t k = begin; k < end; k++) {
        if (draw->task->what.dtype == DTYPE_FLOAT64) {
            reflect(DTYPE_FLOAT64, draw, k);
        } else {
            reflect(DTYPE_FLOAT32, draw, k);
        }
    }
    return FANIN_OK;
}

/* Draws G and turns it into reflectors, their tau, and the columns' factors. */
static fanin_status draw_reflectors(const struct cpu_orthogonal_task *task, const struct haar *haar)
{
    struct draw draw = {.task = task, .haar = haar, .chunks = (task->what.shorter - 1) / CHUNK + 1};
    cpu_orthogonal_random(task, &draw.kernel, &draw.fill);
    const fanin_status status = parallel_for(haar->tiles * draw.chunks, 1, task->threads, draw_tile, &draw);
    return status == FANIN_OK ? parallel_for(task->what.shorter, COLUMNS, task->threads, reflect_columns, &draw) : status;
}

/* ------------------------------------------------ their product ------------------------------------------------- */

/* A block of reflectors, and the columns at its right that are made already. */
struct product {
    const struct cpu_orthogonal_task *task;
    const struct haar *haar;
    const struct lapack_routines *lapack;
    int64_t size;   /* of an element */
    int64_t width;  /* of the block: its reflectors */
    int64_t height; /* its rows, from that of its diagonal's first element on */
    int64_t right;  /* those columns */
    char *reflectors, *tau;
};

/* H · columns [begin, end) of those, whose rows above the block's first one begin as zeros. */
static fanin_status apply_block(const void *context, int64_t begin, int64_t end)
{
    const struct product *const product = context;
    const struct haar *const haar = product->haar;
    const int64_t column_size = haar->leading * product->size;
    char *const columns = product->reflectors + (product->width + begin) * column_size;
    for (int64_t j = 0; j < end - begin; j++) {
        memset(columns + j * column_size, 0, (size_t)(product->width * product->size));
    }
    const int64_t info =
        product->lapack->larfb(product->height, end - begin, product->width, product->reflectors, haar->leading, haar->triangle,
                               haar->block, columns, haar->leading, (char *)haar->work + begin * haar->block * product->size);
    return info == 0 ? FANIN_OK : cpu_orthogonal_fail(product->task, "larfb", info);
}

static fanin_status multiply_block(const struct product *product)
{
    const struct haar *const haar = product->haar;
    if (product->right > 0) {
        const int64_t info = product->lapack->larft(product->height, product->width, product->reflectors, haar->leading,
                                                    product->tau, haar->triangle, haar->block);
        if (info != 0) {
            return cpu_orthogonal_fail(product->task, "larft", info);
        }
        const fanin_status status = parallel_for(product->right, PANEL, product->task->threads, apply_block, product);
        if (status != FANIN_OK) {
            return status;
        }
    }
    const int64_t info = product->lapack->orgqr(product->height, product->width, product->width, product->reflectors,
                                                haar->leading, product->tau, haar->work, haar->block * ORGQR_WORK);
    return info == 0 ? FANIN_OK : cpu_orthogonal_fail(product->task, "orgqr", info);
}

/* Q = H(0)·H(1)⋯ of its first columns, in place: from the last block of reflectors to the first, each is applied to the columns
 * that are made already, and then makes its own. */
static fanin_status multiply_reflectors(const struct cpu_orthogonal_task *task, const struct haar *haar)
{
    const struct orthogonal *const what = &task->what;
    struct product product = {
        .task = task,
        .haar = haar,
        .lapack = what->dtype == DTYPE_FLOAT64 ? &task->lapack->float64 : &task->lapack->float32,
        .size = dtype_table[what->dtype].size,
    };
    fanin_status status = FANIN_OK;
    for (int64_t k = (what->shorter - 1) / haar->block * haar->block; k >= 0 && status == FANIN_OK; k -= haar->block) {
        product.width = what->shorter - k < haar->block ? what->shorter - k : haar->block;
        product.height = what->longer - k;
        product.right = what->shorter - k - product.width;
        product.reflectors = (char *)haar->q + (k * haar->leading + k) * product.size;
        product.tau = (char *)haar->tau + k * product.size;
        status = multiply_block(&product);
    }
    return status;
}

fanin_status cpu_haar(const struct cpu_orthogonal_task *task, struct cpu_orthogonal *out)
{
    struct cpu_layout layout = {task->memory, 0, false};
    struct haar haar;
    lay_out(&task->what, &layout, &haar);
    fanin_status status = draw_reflectors(task, &haar);
    if (status == FANIN_OK) {
        status = multiply_reflectors(task, &haar);
    }
    *out = (struct cpu_orthogonal){
        .values = haar.q,
        .factors = haar.factors,
        .columns = task->what.columns,
        .row_stride = task->what.wide ? haar.leading : 1,
        .column_stride = task->what.wide ? 1 : haar.leading,
        .wide = task->what.wide,
    };
    return status;
}
