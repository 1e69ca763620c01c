/* Philox in registers. Each word of a block has a 64-bit lane of its own, whose upper half is not looked at, so that a round is
 * two multiplications, two shifts and two xors of three, with no shuffles. */
#ifndef FANIN_SRC_CPU_VECTOR_PHILOX_H
#define FANIN_SRC_CPU_VECTOR_PHILOX_H

#include "stream/philox.h"

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

/* The first rounds begin with one word that varies and three that do not: products and xors of the latter are made here. */
VECTOR void vector_stream_make(uint64_t seed, uint64_t stream, uint32_t block_high, struct vector_stream *out)
{
    uint32_t key[PHILOX_ROUNDS][2];
    for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
        key[round][0] = (uint32_t)seed + round * PHILOX_KEY_STEP_0;
        key[round][1] = (uint32_t)(seed >> 32) + round * PHILOX_KEY_STEP_1;
    }
    out->last_key = vector_set64(key[PHILOX_ROUNDS - 1][0] | (uint64_t)key[PHILOX_ROUNDS - 1][1] << 32);
    const uint64_t product_1 = (uint64_t)PHILOX_MULTIPLIER_1 * (uint32_t)stream;
    const uint32_t word_0 = (uint32_t)(product_1 >> 32) ^ block_high ^ key[0][0];
    const uint64_t product_0 = (uint64_t)PHILOX_MULTIPLIER_0 * word_0;
    key[0][1] ^= (uint32_t)(stream >> 32);
    key[1][0] ^= (uint32_t)product_1;
    key[1][1] ^= (uint32_t)(product_0 >> 32);
    key[2][1] ^= (uint32_t)product_0;
    out->multiplier_0 = vector_set64(PHILOX_MULTIPLIER_0);
    out->multiplier_1 = vector_set64(PHILOX_MULTIPLIER_1);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        for (int k = 0; k < 2; k++) {
            out->key[round][k] = vector_set32(key[round][k]);
        }
    }
}

/* All rounds but the last. `cells` is a constant; word 0 of each holds the lower halves of the blocks' numbers. */
VECTOR void vector_rounds(const struct vector_stream *stream, int cells, struct vector_cell *cell)
{
    for (int c = 0; c < cells; c++) {
        vector_words *const word = cell[c].word;
        word[3] = vector_multiply_words(stream->multiplier_0, word[0]);
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
