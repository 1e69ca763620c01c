/* The stream contract, version 1, written once more: plain, slow and from the papers, sharing no line with the library.
 * docs/contract.md says what it is. Words and uniform numbers are exact; normal numbers come from libm in long double. */
#ifndef FANIN_TESTS_API_REFERENCE_H
#define FANIN_TESTS_API_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/* FNV-1a, 64 bits (Fowler, Noll & Vo). */
uint64_t reference_stream(const char *name);

/* Word `word` of block `block` of Philox4x32-10 (Salmon et al. 2011). */
uint32_t reference_word(uint64_t seed, uint64_t stream, uint64_t block, int word);

float reference_uniform(uint64_t seed, uint64_t stream, uint64_t index, float low, float high);
double reference_uniform_double(uint64_t seed, uint64_t stream, uint64_t index, double low, double high);

/* Box–Muller's z of the contract's u: mean 0, sigma 1. */
double reference_normal(uint64_t seed, uint64_t stream, uint64_t index);
long double reference_normal_double(uint64_t seed, uint64_t stream, uint64_t index);

int64_t reference_integer(uint64_t seed, uint64_t stream, uint64_t index, int64_t low, int64_t high);

/* A 16-bit format: how many bits of fraction, and the least exponent of a normal number. */
struct reference_format {
    int fraction, least, greatest;
};
extern const struct reference_format reference_float16, reference_bfloat16;

/* Rounded to nearest, ties to even, as a number; infinite where it overflows. */
double reference_round(const struct reference_format *format, double value);
/* The least number of the format that is not below a lower bound, or the greatest that is not above an upper one, found by
 * looking at all of them. One that is 0 has the bound's sign. */
double reference_inward(const struct reference_format *format, double bound, bool is_lower);
/* The bits of a number that the format holds, and the number of finite bits. */
uint16_t reference_encode(const struct reference_format *format, double value);
double reference_decode(const struct reference_format *format, uint16_t bits);

#endif
