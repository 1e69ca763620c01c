/* Philox in registers of four blocks: word k of each block in register k. The upper halves of products come out as easily as
 * the lower ones, so that a round of four blocks is four multiplications, four times every other word of two registers, and
 * four xors. */
#ifndef FANIN_SRC_CPU_VECTOR_PHILOX_NEON_H
#define FANIN_SRC_CPU_VECTOR_PHILOX_NEON_H

#include "vector_keys.h"

#include <stdbool.h>

/* What the rounds take that is the same in all blocks whose numbers have the same upper half. */
struct vector_stream {
    uint32x4_t multiplier[2];         /* of words 0 and 2 */
    uint32x4_t key[PHILOX_ROUNDS][2]; /* xored to words 0 and 2 in each round */
    uint32x4_t last_key;              /* both of the last round's, by turns */
};

/* Four blocks: a cell. */
struct vector_cell {
    uint32x4_t word[4];
};

VECTOR void vector_stream_make(uint64_t seed, uint64_t stream, uint32_t block_high, struct vector_stream *out)
{
    const int last = PHILOX_ROUNDS - 1;
    struct vector_keys keys;
    vector_keys_make(seed, stream, block_high, &keys);
    out->multiplier[0] = vdupq_n_u32(PHILOX_MULTIPLIER_0);
    out->multiplier[1] = vdupq_n_u32(PHILOX_MULTIPLIER_1);
    out->last_key = (uint32x4_t)vdupq_n_u64(keys.key[last][0] | (uint64_t)keys.key[last][1] << 32);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        for (int k = 0; k < 2; k++) {
            out->key[round][k] = vdupq_n_u32(keys.key[round][k]);
        }
    }
}

/* The counters of a cell: the lower halves of its blocks' numbers, from `first` on. Always in turn: the stores interleave. */
typedef uint32x4_t vector_counter;

VECTOR vector_counter vector_counter_make(uint32_t first, enum vector_order order)
{
    (void)order;
    const uint32x4_t count = {0, 1, 2, 3};
    return vdupq_n_u32(first) + count;
}

VECTOR vector_counter vector_counter_next(const struct vector_stream *stream, vector_counter counter)
{
    (void)stream;
    return counter + vdupq_n_u32(VECTOR_LANES);
}

VECTOR void vector_cell_start(vector_counter counter, struct vector_cell *cell)
{
    cell->word[0] = counter;
}

/* Products of four words, in 64-bit lanes: of the first two and of the last two. */
struct vector_products {
    uint32x4_t first, last;
};

/* `which`: 0 for the multiplier of word 0, 1 for that of word 2. */
VECTOR struct vector_products vector_multiply(const struct vector_stream *stream, int which, uint32x4_t word)
{
    const uint32x4_t multiplier = stream->multiplier[which];
    const uint64x2_t first = vmull_u32(vget_low_u32(word), vget_low_u32(multiplier));
    return (struct vector_products){(uint32x4_t)first, (uint32x4_t)vmull_high_u32(word, multiplier)};
}

VECTOR uint32x4_t vector_lower_words(struct vector_products products)
{
    return vuzp1q_u32(products.first, products.last);
}

VECTOR uint32x4_t vector_upper_words(struct vector_products products)
{
    return vuzp2q_u32(products.first, products.last);
}

/* All rounds but the last of `cells` cells that were started, a constant number. */
VECTOR void vector_rounds(const struct vector_stream *stream, int cells, struct vector_cell *cell)
{
    for (int c = 0; c < cells; c++) {
        uint32x4_t *const word = cell[c].word;
        const struct vector_products product_0 = vector_multiply(stream, 0, word[0]);
        word[2] = vector_upper_words(product_0) ^ stream->key[0][1];
        word[3] = vector_lower_words(product_0);
    }
    for (int c = 0; c < cells; c++) {
        uint32x4_t *const word = cell[c].word;
        const struct vector_products product_1 = vector_multiply(stream, 1, word[2]);
        word[0] = vector_upper_words(product_1) ^ stream->key[1][0];
        word[1] = vector_lower_words(product_1);
        word[2] = word[3] ^ stream->key[1][1];
    }
    for (int c = 0; c < cells; c++) {
        uint32x4_t *const word = cell[c].word;
        const struct vector_products product_0 = vector_multiply(stream, 0, word[0]);
        const struct vector_products product_1 = vector_multiply(stream, 1, word[2]);
        word[0] = vector_upper_words(product_1) ^ (word[1] ^ stream->key[2][0]);
        word[1] = vector_lower_words(product_1);
        word[2] = vector_upper_words(product_0) ^ stream->key[2][1];
        word[3] = vector_lower_words(product_0);
    }
    for (int round = 3; round < PHILOX_ROUNDS - 1; round++) {
        for (int c = 0; c < cells; c++) {
            uint32x4_t *const word = cell[c].word;
            const struct vector_products product_0 = vector_multiply(stream, 0, word[0]);
            const struct vector_products product_1 = vector_multiply(stream, 1, word[2]);
            word[0] = vector_upper_words(product_1) ^ (word[1] ^ stream->key[round][0]);
            word[1] = vector_lower_words(product_1);
            word[2] = vector_upper_words(product_0) ^ (word[3] ^ stream->key[round][1]);
            word[3] = vector_lower_words(product_0);
        }
    }
}

/* The last round, with the words by turns: words 0 and 2 of each block to `even`, words 1 and 3 to `odd`. */
VECTOR void vector_last_round_packed(const struct vector_stream *stream, const struct vector_cell *cell, vector_words *even,
                                     vector_words *odd)
{
    const struct vector_products product_0 = vector_multiply(stream, 0, cell->word[0]);
    const struct vector_products product_1 = vector_multiply(stream, 1, cell->word[2]);
    const uint32x4_t low = vzip1q_u32(cell->word[1], cell->word[3]) ^ stream->last_key;
    const uint32x4_t high = vzip2q_u32(cell->word[1], cell->word[3]) ^ stream->last_key;
    even->low = vtrn2q_u32(product_1.first, product_0.first) ^ low;
    even->high = vtrn2q_u32(product_1.last, product_0.last) ^ high;
    odd->low = vtrn1q_u32(product_1.first, product_0.first);
    odd->high = vtrn1q_u32(product_1.last, product_0.last);
}

/* What vector_normal.h's arithmetic is divided into. */
#define VECTOR_STEPS 30

/* All in the first step: here words are not made in between arithmetic. */
VECTOR void vector_words_step(const struct vector_stream *stream, int step, int cells, struct vector_cell *cell,
                              vector_words *even, vector_words *odd)
{
    if (step == 0) {
        vector_rounds(stream, cells, cell);
        for (int c = 0; c < cells; c++) {
            vector_last_round_packed(stream, &cell[c], &even[c], &odd[c]);
        }
    }
}

/* word_0 ^ word_1·2^21 of each block: the 53 bits that a float64 takes. */
VECTOR vector_words vector_join(uint32x4_t word_0, uint32x4_t word_1)
{
    return (vector_words){
        (uint32x4_t)(vmovl_u32(vget_low_u32(word_0)) ^ vshll_n_u32(vget_low_u32(word_1), 21)),
        (uint32x4_t)(vmovl_high_u32(word_0) ^ vshll_high_n_u32(word_1, 21)),
    };
}

/* The last round, with the words joined for float64: words 0 and 1 to `first`, words 2 and 3 to `second`. */
VECTOR void vector_last_round_joined(const struct vector_stream *stream, const struct vector_cell *cell, vector_words *first,
                                     vector_words *second)
{
    const int last = PHILOX_ROUNDS - 1;
    const struct vector_products product_0 = vector_multiply(stream, 0, cell->word[0]);
    const struct vector_products product_1 = vector_multiply(stream, 1, cell->word[2]);
    const uint32x4_t word_0 = vector_upper_words(product_1) ^ (cell->word[1] ^ stream->key[last][0]);
    const uint32x4_t word_2 = vector_upper_words(product_0) ^ (cell->word[3] ^ stream->key[last][1]);
    *first = vector_join(word_0, vector_lower_words(product_1));
    *second = vector_join(word_2, vector_lower_words(product_0));
}

#endif
