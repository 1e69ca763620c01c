/* Philox in registers. Each word of a block has a 64-bit lane of its own, whose upper half is not looked at, so that a round is
 * two multiplications, two shifts and two xors of three, with no shuffles. */
#ifndef FANIN_SRC_CPU_VECTOR_PHILOX_H
#define FANIN_SRC_CPU_VECTOR_PHILOX_H

#include "vector_keys.h"

#include <stdbool.h>

/* What the rounds take that is the same in all blocks whose numbers have the same upper half. */
struct vector_stream {
    vector_words multiplier_0, multiplier_1;
    vector_words key[PHILOX_ROUNDS][2]; /* xored to words 0 and 2 in each round */
    vector_words last_key;              /* both of the last round's, in the halves of each lane */
};

/* The blocks of one vector's lanes, their words in the lower halves: a cell. */
struct vector_cell {
    vector_words word[4];
};

VECTOR void vector_stream_make(uint64_t seed, uint64_t stream, uint32_t block_high, struct vector_stream *out)
{
    const int last = PHILOX_ROUNDS - 1;
    struct vector_keys keys;
    vector_keys_make(seed, stream, block_high, &keys);
    out->multiplier_0 = vector_set64(PHILOX_MULTIPLIER_0);
    out->multiplier_1 = vector_set64(PHILOX_MULTIPLIER_1);
    out->last_key = vector_set64(keys.key[last][0] | (uint64_t)keys.key[last][1] << 32);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        for (int k = 0; k < 2; k++) {
            out->key[round][k] = vector_set32(keys.key[round][k]);
        }
    }
}

/* The counters of a cell: the lower halves of its blocks' numbers, from `first` on; in order, or in that of
 * vector_count_interleaved. */
typedef vector_words vector_counter;

VECTOR vector_counter vector_counter_make(uint32_t first, bool interleaved)
{
    return vector_add64(vector_set64(first), interleaved ? vector_count_interleaved() : vector_count());
}

/* Those of the cell that comes `cells` later. */
VECTOR vector_counter vector_counter_after(vector_counter counter, int cells)
{
    return vector_add64(counter, vector_set64((uint64_t)cells * VECTOR_LANES));
}

/* All rounds but the last of `cells` cells, a constant number; the first one's counters are `counter`, the others' follow. */
VECTOR void vector_rounds(const struct vector_stream *stream, vector_counter counter, int cells, struct vector_cell *cell)
{
    for (int c = 0; c < cells; c++) {
        vector_words *const word = cell[c].word;
        word[3] = vector_multiply_words(stream->multiplier_0, vector_counter_after(counter, c));
        word[2] = vector_xor(vector_shift_right64(word[3], 32), stream->key[0][1]);
    }
    for (int c = 0; c < cells; c++) {
        vector_words *const word = cell[c].word;
        word[1] = vector_multiply_words(stream->multiplier_1, word[2]);
        word[0] = vector_xor(vector_shift_right64(word[1], 32), stream->key[1][0]);
        word[2] = vector_xor(word[3], stream->key[1][1]);
    }
    for (int c = 0; c < cells; c++) {
        vector_words *const word = cell[c].word;
        const vector_words product_0 = vector_multiply_words(stream->multiplier_0, word[0]);
        const vector_words product_1 = vector_multiply_words(stream->multiplier_1, word[2]);
        word[0] = vector_xor3(vector_shift_right64(product_1, 32), word[1], stream->key[2][0]);
        word[1] = product_1;
        word[2] = vector_xor(vector_shift_right64(product_0, 32), stream->key[2][1]);
        word[3] = product_0;
    }
    for (int round = 3; round < PHILOX_ROUNDS - 1; round++) {
        for (int c = 0; c < cells; c++) {
            vector_words *const word = cell[c].word;
            const vector_words product_0 = vector_multiply_words(stream->multiplier_0, word[0]);
            const vector_words product_1 = vector_multiply_words(stream->multiplier_1, word[2]);
            word[0] = vector_xor3(vector_shift_right64(product_1, 32), word[1], stream->key[round][0]);
            word[1] = product_1;
            word[2] = vector_xor3(vector_shift_right64(product_0, 32), word[3], stream->key[round][1]);
            word[3] = product_0;
        }
    }
}

/* The last round, with the words packed: lanes of words 0 and 2 to `even`, of words 1 and 3 to `odd`. */
VECTOR void vector_last_round_packed(const struct vector_stream *stream, const struct vector_cell *cell, vector_words *even,
                                     vector_words *odd)
{
    const vector_words product_0 = vector_multiply_words(stream->multiplier_0, cell->word[0]);
    const vector_words product_1 = vector_multiply_words(stream->multiplier_1, cell->word[2]);
    *even = vector_xor3(vector_upper_halves(product_1, product_0), vector_lower_halves(cell->word[1], cell->word[3]),
                        stream->last_key);
    *odd = vector_lower_halves(product_1, product_0);
}

/* word_0 ^ word_1·2^21 of two words in the lower halves of lanes: the 53 bits that a float64 takes. */
VECTOR vector_words vector_join(vector_words word_0, vector_words word_1)
{
    return vector_and_xor(word_0, vector_set64(0xffffffffu), vector_shift_right64(vector_shift_left64(word_1, 32), 11));
}

/* The last round, with the words joined for float64: words 0 and 1 to `first`, words 2 and 3 to `second`. */
VECTOR void vector_last_round_joined(const struct vector_stream *stream, const struct vector_cell *cell, vector_words *first,
                                     vector_words *second)
{
    const int last = PHILOX_ROUNDS - 1;
    const vector_words product_0 = vector_multiply_words(stream->multiplier_0, cell->word[0]);
    const vector_words product_1 = vector_multiply_words(stream->multiplier_1, cell->word[2]);
    const vector_words word_0 = vector_xor3(vector_shift_right64(product_1, 32), cell->word[1], stream->key[last][0]);
    const vector_words word_2 = vector_xor3(vector_shift_right64(product_0, 32), cell->word[3], stream->key[last][1]);
    *first = vector_join(word_0, product_1);
    *second = vector_join(word_2, product_0);
}

#endif
