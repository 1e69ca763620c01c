/* Uniform and normal fills in registers, from the counters to the stores: the kernels of a variant with vectors. Its source file
 * includes its vectors and their Philox first. */
#ifndef FANIN_SRC_CPU_VECTOR_FILL_H
#define FANIN_SRC_CPU_VECTOR_FILL_H

#include "kernel.h"
#include "vector_normal.h"

#include <string.h>

/* A fill's numbers. */
union vector_numbers {
    struct {
        vector_floats low, width, high; /* uniform */
        vector_floats least, most;      /* of 16-bit floats: the inward bounds */
        vector_floats mean, sigma;      /* normal */
    } floats;
    struct {
        vector_doubles low, width, high;
        vector_doubles mean, sigma;
    } doubles;
};

/* Kind and dtype are constants here and below, and the compiler makes a loop for each. */
VECTOR void vector_numbers_make(enum fill_kind kind, enum dtype dtype, const struct cpu_fill *fill, union vector_numbers *out)
{
    if (kind == FILL_UNIFORM && dtype == DTYPE_FLOAT64) {
        out->doubles.low = vector_set_double(fill->uniform_double.low);
        out->doubles.width = vector_set_double(fill->uniform_double.width);
        out->doubles.high = vector_set_double(fill->uniform_double.high);
    } else if (kind == FILL_UNIFORM) {
        out->floats.low = vector_set_float(fill->uniform_float.low);
        out->floats.width = vector_set_float(fill->uniform_float.width);
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
VECTOR vector_floats vector_uniform_floats(enum dtype dtype, const union vector_numbers *numbers, vector_words word)
{
    const vector_floats value = vector_float_fma(vector_unit_floats(vector_hidden(&vector_table_float), word),
                                                 numbers->floats.width, numbers->floats.low);
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

VECTOR void vector_store_cells_floats(enum fill_kind kind, enum dtype dtype, size_t cell_size,
                                      const union vector_numbers *numbers, const struct vector_stream *stream, int cells,
                                      const struct vector_cell *cell, char *out)
{
    vector_words even[VECTOR_CELLS], odd[VECTOR_CELLS];
    for (int c = 0; c < cells; c++) {
        vector_last_round_packed(stream, &cell[c], &even[c], &odd[c]);
    }
    if (kind == FILL_UNIFORM) {
        for (int c = 0; c < cells; c++) {
            vector_store_floats_as(dtype, vector_uniform_floats(dtype, numbers, even[c]),
                                   vector_uniform_floats(dtype, numbers, odd[c]), out + (size_t)c * cell_size);
        }
        return;
    }
    vector_floats first[VECTOR_CELLS], second[VECTOR_CELLS];
    vector_normal_floats(vector_hidden(&vector_table_float), cells, even, odd, numbers->floats.mean, numbers->floats.sigma,
                         first, second);
    for (int c = 0; c < cells; c++) {
        vector_store_floats_as(dtype, first[c], second[c], out + (size_t)c * cell_size);
    }
}

VECTOR vector_doubles vector_uniform_doubles(const union vector_numbers *numbers, vector_words joined)
{
    const vector_doubles value = vector_double_fma(vector_unit_doubles(vector_hidden(&vector_table_double), joined),
                                                   numbers->doubles.width, numbers->doubles.low);
    return vector_double_at_most(value, numbers->doubles.high);
}

VECTOR void vector_store_cells_doubles(enum fill_kind kind, size_t cell_size, const union vector_numbers *numbers,
                                       const struct vector_stream *stream, int cells, const struct vector_cell *cell, char *out)
{
    vector_words even[VECTOR_CELLS], odd[VECTOR_CELLS];
    for (int c = 0; c < cells; c++) {
        vector_last_round_joined(stream, &cell[c], &even[c], &odd[c]);
    }
    if (kind == FILL_UNIFORM) {
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

/* Makes `cells` cells, a constant number; the first one's counters are `counter`, the others' follow. */
VECTOR void vector_fill_cells(enum fill_kind kind, enum dtype dtype, size_t cell_size, const union vector_numbers *numbers,
                              const struct vector_stream *stream, vector_counter counter, int cells, char *out)
{
    struct vector_cell cell[VECTOR_CELLS];
    vector_rounds(stream, counter, cells, cell);
    if (dtype == DTYPE_FLOAT64) {
        vector_store_cells_doubles(kind, cell_size, numbers, stream, cells, cell, out);
    } else {
        vector_store_cells_floats(kind, dtype, cell_size, numbers, stream, cells, cell, out);
    }
}

/* Elements of blocks whose numbers have the same upper half. Cells that are used in part are made beside and copied. */
VECTOR void vector_fill_segment(enum fill_kind kind, enum dtype dtype, size_t size, const struct cpu_fill *fill,
                                const union vector_numbers *numbers, int64_t index, int64_t count, char *out)
{
    const int per_block = dtype == DTYPE_FLOAT64 ? 2 : 4, per_cell = VECTOR_LANES * per_block;
    const int cells = kind == FILL_NORMAL ? VECTOR_NORMAL_CELLS : VECTOR_CELLS;
    const size_t cell_size = (size_t)per_cell * size;
    const uint64_t block = (uint64_t)(index / per_block);
    int skip = (int)(index % per_block);

    struct vector_stream made;
    vector_stream_make(fill->seed, fill->stream, (uint32_t)(block >> 32), &made);
    const struct vector_stream *const stream = vector_hidden(&made);
    vector_counter counter = vector_counter_make((uint32_t)block, dtype != DTYPE_BFLOAT16);
    while (count > 0) {
        while (skip == 0 && count >= cells * per_cell) {
            vector_fill_cells(kind, dtype, cell_size, numbers, stream, counter, cells, out);
            counter = vector_counter_after(counter, cells);
            out += (size_t)cells * cell_size;
            count -= cells * per_cell;
        }
        if (count > 0) {
            _Alignas(64) char part[VECTOR_LANES * 4 * sizeof(float)];
            const int taken = count < per_cell - skip ? (int)count : per_cell - skip;
            const bool whole = taken == per_cell;
            vector_fill_cells(kind, dtype, cell_size, numbers, stream, counter, 1, whole ? out : part);
            if (!whole) {
                memcpy(out, part + (size_t)skip * size, (size_t)taken * size);
            }
            counter = vector_counter_after(counter, 1);
            out += (size_t)taken * size;
            count -= taken;
            skip = 0;
        }
    }
}

/* Uniform and normal fills. */
VECTOR void fill_continuous(enum fill_kind kind, enum dtype dtype, size_t size, const struct cpu_fill *fill, int64_t index,
                            int64_t count, void *out)
{
    const int per_block = dtype == DTYPE_FLOAT64 ? 2 : 4;
    const int64_t segment = per_block * (INT64_C(1) << 32);
    union vector_numbers made;
    vector_numbers_make(kind, dtype, fill, &made);
    const union vector_numbers *const numbers = vector_hidden(&made);
    char *target = out;
    while (count > 0) {
        const int64_t left = segment - index % segment;
        const int64_t taken = count < left ? count : left;
        vector_fill_segment(kind, dtype, size, fill, numbers, index, taken, target);
        target += (size_t)taken * size;
        count -= taken;
        /* Not beyond the last index of all. */
        if (count > 0) {
            index += taken;
        }
    }
}

#endif
