/* Philox in registers. Each word of a block has a 64-bit lane of its own, whose upper half is not looked at, so that a round is
 * two multiplications, two moves of an upper half to the lower one and two xors of three. */
#ifndef FANIN_SRC_CPU_VECTOR_PHILOX_H
#define FANIN_SRC_CPU_VECTOR_PHILOX_H

#include "vector_keys.h"

/* What the rounds take that is the same in all blocks whose numbers have the same upper half. */
struct vector_stream {
    vector_words multiplier_0, multiplier_1;
    vector_words key[PHILOX_ROUNDS][2]; /* xored to words 0 and 2 in each round */
    vector_words counter_step;          /* by which multiplier 0's products with blocks' numbers grow from cell to cell */
    vector_words last_key;              /* both of the last round's, in the halves of each lane */
};

/* The blocks of one vector's lanes, their words in the lower halves: a cell. */
struct vector_cell {
    vector_words word[4], product[2], upper[2];
};

VECTOR void vector_stream_make(uint64_t seed, uint64_t stream, uint32_t block_high, struct vector_stream *out)
{
    const int last = PHILOX_ROUNDS - 1;
    struct vector_keys keys;
    vector_keys_make(seed, stream, block_high, &keys);
    out->multiplier_0 = vector_set64(PHILOX_MULTIPLIER_0);
    out->multiplier_1 = vector_set64(PHILOX_MULTIPLIER_1);
    out->counter_step = vector_set64((uint64_t)PHILOX_MULTIPLIER_0 * VECTOR_LANES);
    out->last_key = vector_set64(keys.key[last][0] | (uint64_t)keys.key[last][1] << 32);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        for (int k = 0; k < 2; k++) {
            out->key[round][k] = vector_set32(keys.key[round][k]);
        }
    }
}

/* The counters of a cell: the products of multiplier 0 and the lower halves of its blocks' numbers, from `first` on. The next
 * cell's are a sum, which costs less than a product. */
typedef vector_words vector_counter;

VECTOR vector_counter vector_counter_make(uint32_t first, enum vector_order order)
{
    const vector_words count = order == VECTOR_INTERLEAVED ? vector_count_interleaved()
                               : order == VECTOR_FLOAT16   ? vector_count_float16()
                                                           : vector_count();
    return vector_multiply_words(vector_add64(vector_set64(first), count), vector_set64(PHILOX_MULTIPLIER_0));
}

VECTOR vector_counter vector_counter_next(const struct vector_stream *stream, vector_counter counter)
{
    return vector_add64(counter, stream->counter_step);
}

VECTOR void vector_cell_start(vector_counter counter, struct vector_cell *cell)
{
    cell->word[3] = counter;
}

/* A round takes three steps: multiply, move, xor. Between two steps of one cell stand those of others and other arithmetic, so
 * that the processor finds instructions of all kinds, and none that wait, among the few that it looks at. */
#define VECTOR_ROUND_STEPS 3
#define VECTOR_STEPS       (VECTOR_ROUND_STEPS * PHILOX_ROUNDS)

/* A step of any round but the last, of a cell that was started; `step` is a constant. */
VECTOR void vector_round_step(const struct vector_stream *stream, int step, struct vector_cell *cell)
{
    const int round = step / VECTOR_ROUND_STEPS;
    vector_words *const word = cell->word, *const product = cell->product, *const upper = cell->upper;
    switch (step % VECTOR_ROUND_STEPS) {
    case 0:
        product[0] = round == 0 ? word[3] : round == 1 ? product[0] : vector_multiply_words(stream->multiplier_0, word[0]);
        product[1] = round == 0 ? word[3] : vector_multiply_words(stream->multiplier_1, word[2]);
        break;
    case 1:
        upper[0] = vector_upper_half(product[0]);
        upper[1] = vector_upper_half(product[1]);
        break;
    default:
        if (round == 0) {
            word[2] = vector_xor(upper[0], stream->key[0][1]);
        } else if (round == 1) {
            word[0] = vector_xor(upper[1], stream->key[1][0]);
            word[1] = product[1];
            word[2] = vector_xor(word[3], stream->key[1][1]);
        } else {
            word[0] = vector_xor3(upper[1], word[1], stream->key[round][0]);
            word[1] = product[1];
            word[2] =
                round == 2 ? vector_xor(upper[0], stream->key[2][1]) : vector_xor3(upper[0], word[3], stream->key[round][1]);
            word[3] = product[0];
        }
    }
}

/* The last round's steps, with the words packed: lanes of words 0 and 2 to `even`, of words 1 and 3 to `odd`. */
VECTOR void vector_last_round_step(const struct vector_stream *stream, int step, struct vector_cell *cell, vector_words *even,
                                   vector_words *odd)
{
    switch (step) {
    case 0:
        cell->product[0] = vector_multiply_words(stream->multiplier_0, cell->word[0]);
        cell->product[1] = vector_multiply_words(stream->multiplier_1, cell->word[2]);
        break;
    case 1:
        cell->upper[0] = vector_upper_halves(cell->product[1], cell->product[0]);
        cell->upper[1] = vector_lower_halves(cell->word[1], cell->word[3]);
        break;
    default:
        *even = vector_xor3(cell->upper[0], cell->upper[1], stream->last_key);
        *odd = vector_lower_halves(cell->product[1], cell->product[0]);
    }
}

/* A step of VECTOR_STEPS, of `cells` cells, a constant number. */
VECTOR void vector_words_step(const struct vector_stream *stream, int step, int cells, struct vector_cell *cell,
                              vector_words *even, vector_words *odd)
{
    const int last = VECTOR_ROUND_STEPS * (PHILOX_ROUNDS - 1);
    for (int c = 0; c < cells; c++) {
        if (step < last) {
            vector_round_step(stream, step, &cell[c]);
        } else {
            vector_last_round_step(stream, step - last, &cell[c], &even[c], &odd[c]);
        }
    }
}

/* word_0 ^ word_1·2^21 of two words in the lower halves of lanes: the 53 bits that a float64 takes. */
VECTOR vector_words vector_join(vector_words word_0, vector_words word_1)
{
    return vector_and_xor(word_0, vector_set64(0xffffffffu), vector_shift_right64(vector_shift_left64(word_1, 32), 11));
}

/* All rounds but the last, of `cells` cells, a constant number. */
VECTOR void vector_rounds(const struct vector_stream *stream, int cells, struct vector_cell *cell)
{
#pragma GCC unroll 16
    for (int round = 0; round < PHILOX_ROUNDS - 1; round++) {
        for (int c = 0; c < cells; c++) {
            vector_round_step(stream, VECTOR_ROUND_STEPS * round, &cell[c]);
            vector_round_step(stream, VECTOR_ROUND_STEPS * round + 1, &cell[c]);
            vector_round_step(stream, VECTOR_ROUND_STEPS * round + 2, &cell[c]);
        }
    }
}

/* The last round, with the words joined for float64: words 0 and 1 to `first`, words 2 and 3 to `second`. */
VECTOR void vector_last_round_joined(const struct vector_stream *stream, const struct vector_cell *cell, vector_words *first,
                                     vector_words *second)
{
    const int last = PHILOX_ROUNDS - 1;
    const vector_words product_0 = vector_multiply_words(stream->multiplier_0, cell->word[0]);
    const vector_words product_1 = vector_multiply_words(stream->multiplier_1, cell->word[2]);
    const vector_words word_0 = vector_xor3(vector_upper_half(product_1), cell->word[1], stream->key[last][0]);
    const vector_words word_2 = vector_xor3(vector_upper_half(product_0), cell->word[3], stream->key[last][1]);
    *first = vector_join(word_0, product_1);
    *second = vector_join(word_2, product_0);
}

#endif
