/* Uniform and normal fills in registers, from the counters to the stores: the kernels of a variant with vectors. Its source
 * file includes its vectors and their Philox first. */
#ifndef FANIN_SRC_CPU_VECTOR_FILL_H
#define FANIN_SRC_CPU_VECTOR_FILL_H

#include "fill_body.h"
#include "vector_normal.h"

#include <string.h>

/* A fill's numbers. */
union vector_numbers {
    struct {
        vector_floats low, width, high; /* uniform; 2^-32 of the width, for vector_unit_floats */
        vector_floats least, most;      /* of 16-bit floats: the inward bounds */
        vector_floats mean, sigma;      /* normal */
    } floats;
    struct {
        vector_doubles low, width, high;
        vector_doubles mean, sigma;
    } doubles;
};

/* What loops need. Kind, dtype, size and `clamped` are constants wherever this is used, and the compiler makes a loop for each.
 * `clamped`: uniform numbers might pass the bounds. */
struct vector_fill {
    enum fill_kind kind;
    enum dtype dtype;
    bool clamped;
    size_t size;
    const union vector_numbers *numbers;
    const struct vector_stream *stream;
};

VECTOR void vector_numbers_make(enum fill_kind kind, enum dtype dtype, const struct cpu_fill *fill, union vector_numbers *out)
{
    if (kind == FILL_UNIFORM && dtype == DTYPE_FLOAT64) {
        out->doubles.low = vector_set_double(fill->uniform_double.low);
        out->doubles.width = vector_set_double(fill->uniform_double.width);
        out->doubles.high = vector_set_double(fill->uniform_double.high);
    } else if (kind == FILL_UNIFORM) {
        out->floats.low = vector_set_float(fill->uniform_float.low);
        out->floats.width = vector_set_float(float_multiply(fill->uniform_float.width, 0x1p-32f));
        out->floats.high = vector_set_float(fill->uniform_float.high);
        out->floats.least = vector_set_float(fill->low16);
        out->floats.most = vector_set_float(fill->high16);
    } else if (dtype == DTYPE_FLOAT64) {
        out->doubles.mean = vector_set_double(fill->normal_double.mean);
        out->doubles.sigma = vector_set_double(fill->normal_double.sigma);
    } else {
        out->floats.mean = vector_set_float(fill->normal_float.mean);
        out->floats.sigma = vector_set_float(fill->normal_float.sigma);
    }
}

/* The inward bounds lie within the bounds, so 16-bit floats need no others. */
VECTOR vector_floats vector_uniform_floats(enum dtype dtype, bool clamped, const union vector_numbers *numbers,
                                           const struct vector_table_float *table, vector_words word)
{
    const vector_floats value = vector_float_fma(vector_unit_floats(table, word), numbers->floats.width, numbers->floats.low);
    if (!clamped) {
        return value;
    }
    if (dtype == DTYPE_FLOAT32) {
        return vector_float_at_most(value, numbers->floats.high);
    }
    return vector_float_at_least(vector_float_at_most(value, numbers->floats.most), numbers->floats.least);
}

VECTOR void vector_store_floats_as(enum dtype dtype, vector_floats first, vector_floats second, void *out)
{
    if (dtype == DTYPE_FLOAT32) {
        vector_store_floats(out, first, second);
    } else if (dtype == DTYPE_FLOAT16) {
        vector_store_float16(out, first, second);
    } else {
        vector_store_bfloat16(out, first, second);
    }
}

/* The packed words of some cells. */
struct vector_packed {
    vector_words even[VECTOR_CELLS], odd[VECTOR_CELLS];
};

/* A step of VECTOR_STEPS from packed words to memory. Uniform numbers are made in one of them, another for each cell. */
VECTOR void vector_finish_step(const struct vector_fill *fill, const union vector_numbers *numbers,
                               const struct vector_table_float *table, int step, int cell, vector_words even, vector_words odd,
                               struct vector_normal *normal, char *out)
{
    if (fill->kind == FILL_NORMAL) {
        vector_normal_step(table, step, even, odd, &numbers->floats.mean, &numbers->floats.sigma, normal);
        if (step == VECTOR_STEPS - 1) {
            vector_store_floats_as(fill->dtype, normal->s, normal->c, out);
        }
    } else if (step == 2 * cell + 2) {
        const vector_floats first = vector_uniform_floats(fill->dtype, fill->clamped, numbers, table, even);
        const vector_floats second = vector_uniform_floats(fill->dtype, fill->clamped, numbers, table, odd);
        vector_store_floats_as(fill->dtype, first, second, out);
    }
}

/* A step of `cells` cells: makes next's words, if `make`, and beside that, if `finish`, numbers in memory from the words made
 * before. */
VECTOR void vector_step(const struct vector_fill *fill, const union vector_numbers *numbers,
                        const struct vector_table_float *table, int step, int cells, bool make, bool finish,
                        struct vector_cell *cell, struct vector_normal *normal, const struct vector_packed *words,
                        struct vector_packed *next, char *out)
{
    const size_t cell_size = 4 * VECTOR_LANES * fill->size;
    if (make) {
        vector_words_step(fill->stream, step, cells, cell, next->even, next->odd);
    }
    for (int c = 0; c < cells && finish; c++) {
        vector_finish_step(fill, numbers, table, step, c, words->even[c], words->odd[c], &normal[c],
                           out + (size_t)c * cell_size);
    }
}

/* The counters are the first cell's, and afterwards those of the cell after the last. Compilers take arrays apart into
 * registers only where their indices are constants from the outset, so the steps are written out. */
VECTOR void vector_steps(const struct vector_fill *fill, int cells, bool make, vector_counter *counter, bool finish,
                         struct vector_packed *words, char *out)
{
    struct vector_cell cell[VECTOR_CELLS];
    struct vector_normal normal[VECTOR_CELLS];
    struct vector_packed next;
    /* Hidden in the loop over groups, for the reason that vector_normal.h gives. */
    const struct vector_table_float *const table = vector_hidden(&vector_table_float);
    const union vector_numbers *const numbers = vector_hidden(fill->numbers);
    for (int c = 0; c < cells && make; c++) {
        vector_cell_start(*counter, &cell[c]);
        *counter = vector_counter_next(fill->stream, *counter);
    }
#define STEP(step) vector_step(fill, numbers, table, step, cells, make, finish, cell, normal, words, &next, out);
#define STEPS(first)                                                                                                           \
    STEP(first)                                                                                                                \
    STEP(first + 1)                                                                                                            \
    STEP(first + 2)                                                                                                            \
    STEP(first + 3) STEP(first + 4) STEP(first + 5) STEP(first + 6) STEP(first + 7) STEP(first + 8) STEP(first + 9)
    STEPS(0)
    STEPS(10)
    STEPS(20)
#undef STEPS
#undef STEP
    for (int c = 0; c < cells && make; c++) {
        words->even[c] = next.even[c];
        words->odd[c] = next.odd[c];
    }
}

/* Writes `groups` times `cells` cells. */
VECTOR void vector_fill_groups(const struct vector_fill *fill, int cells, int64_t groups, vector_counter *counter, char *out)
{
    const size_t group_size = 4 * VECTOR_LANES * fill->size * (size_t)cells;
    struct vector_packed words;
    if (!VECTOR_AHEAD) {
        for (; groups > 0; groups--) {
            vector_steps(fill, cells, true, counter, false, &words, out);
            vector_steps(fill, cells, false, counter, true, &words, out);
            out += group_size;
        }
    } else if (groups > 0) {
        vector_steps(fill, cells, true, counter, false, &words, out);
        for (; groups > 1; groups--) {
            vector_steps(fill, cells, true, counter, true, &words, out);
            out += group_size;
        }
        vector_steps(fill, cells, false, counter, true, &words, out);
    }
}

VECTOR vector_doubles vector_uniform_doubles(const union vector_numbers *numbers, vector_words joined)
{
    const vector_doubles value = vector_double_fma(vector_unit_doubles(vector_hidden(&vector_table_double), joined),
                                                   numbers->doubles.width, numbers->doubles.low);
    return vector_double_at_most(value, numbers->doubles.high);
}

VECTOR void vector_store_cells_doubles(const struct vector_fill *fill, int cells, const struct vector_cell *cell, char *out)
{
    const size_t cell_size = 2 * VECTOR_LANES * sizeof(double);
    const union vector_numbers *const numbers = fill->numbers;
    vector_words even[VECTOR_CELLS], odd[VECTOR_CELLS];
    for (int c = 0; c < cells; c++) {
        vector_last_round_joined(fill->stream, &cell[c], &even[c], &odd[c]);
    }
    if (fill->kind == FILL_UNIFORM) {
        for (int c = 0; c < cells; c++) {
            vector_store_doubles(out + (size_t)c * cell_size, vector_uniform_doubles(numbers, even[c]),
                                 vector_uniform_doubles(numbers, odd[c]));
        }
        return;
    }
    vector_doubles first[VECTOR_CELLS], second[VECTOR_CELLS];
    vector_normal_doubles(vector_hidden(&vector_table_double), cells, even, odd, numbers->doubles.mean, numbers->doubles.sigma,
                          first, second);
    for (int c = 0; c < cells; c++) {
        vector_store_doubles(out + (size_t)c * cell_size, first[c], second[c]);
    }
}

/* The same in float64. */
VECTOR void vector_fill_groups_doubles(const struct vector_fill *fill, int cells, int64_t groups, vector_counter *counter,
                                       char *out)
{
    for (; groups > 0; groups--) {
        struct vector_cell cell[VECTOR_CELLS];
        for (int c = 0; c < cells; c++) {
            vector_cell_start(*counter, &cell[c]);
            *counter = vector_counter_next(fill->stream, *counter);
        }
        vector_rounds(fill->stream, cells, cell);
        vector_store_cells_doubles(fill, cells, cell, out);
        out += (size_t)cells * 2 * VECTOR_LANES * sizeof(double);
    }
}

VECTOR void vector_fill_cells(const struct vector_fill *fill, int cells, int64_t groups, vector_counter *counter, char *out)
{
    if (fill->dtype == DTYPE_FLOAT64) {
        vector_fill_groups_doubles(fill, cells, groups, counter, out);
    } else {
        vector_fill_groups(fill, cells, groups, counter, out);
    }
}

/* Elements of blocks whose numbers have the same upper half. Cells that are used in part are made beside and copied. */
VECTOR void vector_fill_segment(const struct cpu_fill *fill, struct vector_fill made, int64_t index, int64_t count, char *out)
{
    const bool doubles = made.dtype == DTYPE_FLOAT64;
    const int per_block = doubles ? 2 : 4, per_cell = VECTOR_LANES * per_block;
    const int float_cells = made.kind == FILL_NORMAL ? VECTOR_NORMAL_CELLS : VECTOR_CELLS;
    const int cells = doubles ? VECTOR_DOUBLE_CELLS : float_cells;
    const uint64_t block = (uint64_t)(index / per_block);
    int skip = (int)(index % per_block);

    struct vector_stream stream;
    vector_stream_make(fill->seed, fill->stream, (uint32_t)(block >> 32), &stream);
    made.stream = vector_hidden(&stream);
    const enum vector_order order = made.dtype == DTYPE_FLOAT16    ? VECTOR_FLOAT16
                                    : made.dtype == DTYPE_BFLOAT16 ? VECTOR_IN_TURN
                                                                   : VECTOR_INTERLEAVED;
    vector_counter counter = vector_counter_make((uint32_t)block, order);
    while (count > 0) {
        if (skip == 0) {
            const int64_t groups = count / (cells * per_cell), written = groups * cells * per_cell;
            vector_fill_cells(&made, cells, groups, &counter, out);
            out += (size_t)written * made.size;
            count -= written;
        }
        if (count > 0) {
            _Alignas(64) char part[VECTOR_LANES * 4 * sizeof(float)];
            const int taken = count < per_cell - skip ? (int)count : per_cell - skip;
            const bool whole = taken == per_cell;
            vector_fill_cells(&made, 1, 1, &counter, whole ? out : part);
            if (!whole) {
                memcpy(out, part + (size_t)skip * made.size, (size_t)taken * made.size);
            }
            out += (size_t)taken * made.size;
            count -= taken;
            skip = 0;
        }
    }
}

VECTOR void vector_fill_segments(const struct cpu_fill *fill, const struct vector_fill *made, int64_t index, int64_t count,
                                 char *out)
{
    const int64_t segment = (made->dtype == DTYPE_FLOAT64 ? 2 : 4) * (INT64_C(1) << 32);
    while (count > 0) {
        const int64_t left = segment - index % segment;
        const int64_t taken = count < left ? count : left;
        vector_fill_segment(fill, *made, index, taken, out);
        out += (size_t)taken * made->size;
        count -= taken;
        /* Not beyond the last index of all. */
        if (count > 0) {
            index += taken;
        }
    }
}

/* Uniform and normal fills. */
VECTOR void fill_continuous(enum fill_kind kind, enum dtype dtype, size_t size, const struct cpu_fill *fill, int64_t index,
                            int64_t count, void *out)
{
    /* Of narrower intervals, 2^-32 of the width is no normal number, and might be rounded. */
    if (kind == FILL_UNIFORM && dtype != DTYPE_FLOAT64 && fill->uniform_float.width < 0x1p-94f) {
        fill_random(kind, dtype, size, fill, index, count, out);
        return;
    }
    union vector_numbers numbers;
    vector_numbers_make(kind, dtype, fill, &numbers);
    struct vector_fill made = {.kind = kind, .dtype = dtype, .clamped = true, .size = size, .numbers = vector_hidden(&numbers)};
    /* Where the largest number of all, that of the unit number 1, is within the bounds, none needs to be kept there. */
    if (kind == FILL_UNIFORM && dtype == DTYPE_FLOAT32 &&
        float_add(fill->uniform_float.width, fill->uniform_float.low) <= fill->uniform_float.high) {
        made.clamped = false;
        vector_fill_segments(fill, &made, index, count, out);
        return;
    }
    vector_fill_segments(fill, &made, index, count, out);
}

#endif
