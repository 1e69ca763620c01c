/* What the threads of the orthogonal fill's kernels do. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_ORTHOGONAL_THREAD_H
#define FANIN_SRC_CUDA_ORTHOGONAL_THREAD_H

#include "cuda/columns.h"
#include "cuda/device.h"
#include "cuda/store.h"
#include "cuda/values.h"

STREAM_FUNCTION double columns_get(const struct columns *columns, const void *array, int64_t index)
{
    return columns->is_double ? ((const double *)array)[index] : (double)((const float *)array)[index];
}

/* Rounds once. */
STREAM_FUNCTION void columns_set(const struct columns *columns, void *array, int64_t index, double value)
{
    if (columns->is_double) {
        ((double *)array)[index] = value;
    } else {
        ((float *)array)[index] = (float)value;
    }
}

/* ------------------------------------------------ Haar: reflectors ------------------------------------------------------- */

STREAM_FUNCTION int64_t reflector_tiles(const struct columns *columns)
{
    return (columns->longer - 1) / ORTHOGONAL_TILE + 1;
}

/* The sum of squares of a column's elements below the diagonal that lie in a tile. */
STREAM_FUNCTION double reflector_tile(const struct columns *columns, int64_t column, int64_t tile)
{
    const int64_t begin = tile * ORTHOGONAL_TILE, end = begin + ORTHOGONAL_TILE;
    const int64_t last = end < columns->longer ? end : columns->longer;
    double sum = 0.0;
    for (int64_t row = begin > column ? begin : column + 1; row < last; row++) {
        const double element = columns_get(columns, columns->matrix, column * columns->longer + row);
        sum = double_add(sum, double_multiply(element, element));
    }
    return sum;
}

/* Makes and notes a column's reflector; `tail` is the sum of its tiles, in their order. */
STREAM_FUNCTION struct orthogonal_reflector reflector_make(const struct columns *columns, int64_t column, double tail)
{
    const double first = columns_get(columns, columns->matrix, column * (columns->longer + 1));
    const struct orthogonal_reflector reflector = orthogonal_reflect(first, tail);
    columns_set(columns, columns->tau, column, reflector.tau);
    columns_set(columns, columns->factors, column, orthogonal_reflector_sign(reflector.beta) * columns->scale);
    return reflector;
}

/* The column below the diagonal becomes the reflector's vector, whose first element, 1, is not stored. */
STREAM_FUNCTION void reflector_scale(const struct columns *columns, int64_t column,
                                     const struct orthogonal_reflector *reflector, int64_t thread, int64_t threads)
{
    for (int64_t row = column + 1 + thread; row < columns->longer; row += threads) {
        const int64_t index = column * columns->longer + row;
        const double element = columns_get(columns, columns->matrix, index);
        columns_set(columns, columns->matrix, index, double_multiply(element, reflector->scale));
    }
}

/* ------------------------------------------------ Haar: small matrices --------------------------------------------------- */

/* A column's reflector, by one thread. */
STREAM_FUNCTION struct orthogonal_reflector small_reflector(const struct columns *columns, int64_t column)
{
    double tail = 0.0;
    for (int64_t tile = column / ORTHOGONAL_TILE; tile < reflector_tiles(columns); tile++) {
        tail = double_add(tail, reflector_tile(columns, column, tile));
    }
    return reflector_make(columns, column, tail);
}

/* The product of reflector i's vector, 1 in row i, and a column of Q: a lane's share of the rows. */
STREAM_FUNCTION double small_product(const struct columns *columns, int64_t i, int64_t column, int lane)
{
    const int64_t vector = i * columns->longer, target = column * columns->longer;
    double sum = lane == 0 ? columns_get(columns, columns->matrix, target + i) : 0.0;
    for (int64_t row = i + 1 + lane; row < columns->longer; row += SMALL_LANES) {
        sum = double_add(sum, double_multiply(columns_get(columns, columns->matrix, vector + row),
                                              columns_get(columns, columns->matrix, target + row)));
    }
    return sum;
}

/* Applies reflector i to a lane's share of a column of Q, with the products of all its lanes. */
STREAM_FUNCTION void small_apply(const struct columns *columns, int64_t i, int64_t column, int lane, const double *products)
{
    const int64_t vector = i * columns->longer, target = column * columns->longer;
    double sum = 0.0;
    for (int k = 0; k < SMALL_LANES; k++) {
        sum = double_add(sum, products[k]);
    }
    sum = double_multiply(sum, -columns_get(columns, columns->tau, i));
    for (int64_t row = i + 1 + lane; row < columns->longer; row += SMALL_LANES) {
        const double change = double_multiply(sum, columns_get(columns, columns->matrix, vector + row));
        columns_set(columns, columns->matrix, target + row,
                    double_add(columns_get(columns, columns->matrix, target + row), change));
    }
    if (lane == 0) {
        columns_set(columns, columns->matrix, target + i, double_add(columns_get(columns, columns->matrix, target + i), sum));
    }
}

/* Turns the vector of reflector i into column i of Q: what it makes of that unit vector. */
STREAM_FUNCTION void small_begin(const struct columns *columns, int64_t i, int64_t thread, int64_t threads)
{
    const double tau = columns_get(columns, columns->tau, i);
    for (int64_t row = thread; row < columns->longer; row += threads) {
        const int64_t index = i * columns->longer + row;
        const double below = double_multiply(-tau, columns_get(columns, columns->matrix, index));
        columns_set(columns, columns->matrix, index, row < i ? 0.0 : row == i ? double_add(1.0, -tau) : below);
    }
}

/* ------------------------------------------------ SVD: signs ------------------------------------------------------------- */

/* An element that may be its column's largest. */
struct candidate {
    double magnitude;
    int64_t row;
};

/* The largest magnitude, the first on ties, among a thread's share of a column. A NaN is passed over, but for the first. */
STREAM_FUNCTION struct candidate sign_candidate(const struct columns *columns, int64_t column, int64_t thread, int64_t threads)
{
    struct candidate best = {-1.0, INT64_MAX};
    for (int64_t row = thread; row < columns->longer; row += threads) {
        const double element = columns_get(columns, columns->matrix, column * columns->longer + row);
        const double magnitude = element < 0.0 ? -element : element;
        if (row == thread || magnitude > best.magnitude) {
            best.magnitude = magnitude;
            best.row = row;
        }
    }
    return best;
}

/* The better of two; `a` has at least one element. */
STREAM_FUNCTION struct candidate sign_better(struct candidate a, struct candidate b)
{
    return b.magnitude > a.magnitude || (b.magnitude == a.magnitude && b.row < a.row) ? b : a;
}

/* Notes a column's factor: its sign is that which makes the largest element positive, flipped by chance. */
STREAM_FUNCTION void sign_make(const struct columns *columns, int64_t column, struct candidate best)
{
    const bool is_negative = columns_get(columns, columns->matrix, column * columns->longer + best.row) < 0.0;
    const bool flips = orthogonal_flips(columns->seed, columns->sign_stream, column);
    columns_set(columns, columns->factors, column, is_negative != flips ? -columns->scale : columns->scale);
}

/* ------------------------------------------------ from columns to an item ------------------------------------------------ */

/* The bits of an element of the domain: scaled, then rounded to the dtype. */
STREAM_FUNCTION uint64_t cut_bits(const struct cut *cut, int64_t row, int64_t column)
{
    const int64_t vector = cut->wide ? row : column, place = cut->wide ? column : row;
    const int64_t index = vector * cut->longer + place;
    if (cut->is_double) {
        const double *const elements = (const double *)cut->matrix, *const factors = (const double *)cut->factors;
        return double_bits(double_multiply(elements[index], factors[vector]));
    }
    const float *const elements = (const float *)cut->matrix, *const factors = (const float *)cut->factors;
    return values_from_float((enum dtype)cut->dtype, float_multiply(elements[index], factors[vector]));
}

/* Writes element number `element` of the item. */
STREAM_FUNCTION void cut_element(const struct cut *cut, int64_t element)
{
    if (*cut->info != 0) {
        return;
    }
    uint64_t rest = (uint64_t)element, address = cut->data, index = (uint64_t)cut->start;
    for (int32_t i = 0; i < cut->axes; i++) {
        const uint64_t coordinate = divide(rest, (uint64_t)cut->axis[i].extent, &rest);
        address += coordinate * (uint64_t)cut->axis[i].stride;
        index += coordinate * (uint64_t)cut->axis[i].step;
    }
    const uint64_t columns = (uint64_t)(cut->wide ? cut->longer : cut->shorter);
    uint64_t row;
    const uint64_t column = divide(index, columns, &row);
    store_element(address, cut->size_log2, cut_bits(cut, (int64_t)row, (int64_t)column));
}

#endif
