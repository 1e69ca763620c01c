/* Fill kernels as loops over arrays: all of the portable variant's, and those that the variants with vectors leave to
 * compilers. A variant's source file includes its own words_make first and is compiled for its CPU. The order of all arithmetic
 * stands in src/stream, so every variant gives the same bits. */
#ifndef FANIN_SRC_CPU_FILL_BODY_H
#define FANIN_SRC_CPU_FILL_BODY_H

#include "kernel.h"
#include "stream/integer.h"
#include "stream/normal.h"
#include "stream/round.h"
#include "words.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Kind and dtype are constants wherever a function with this mark is called, and the compiler makes a loop for each. */
#define BODY static inline __attribute__((always_inline))

/* Elements of a batch. */
#define BATCH (4 * WORDS_BLOCKS)

/* ------------------------------------------------ from float32 to the dtype ----------------------------------------------- */

BODY void store_floats(enum dtype dtype, const struct cpu_fill *fill, const float *values, int count, void *out)
{
    const float low16 = fill->low16, high16 = fill->high16;
    if (dtype == DTYPE_FLOAT16) {
        uint16_t *halves = out;
        for (int i = 0; i < count; i++) {
            halves[i] = round_to_float16(float_clamp(values[i], low16, high16));
        }
    } else if (dtype == DTYPE_BFLOAT16) {
        uint16_t *halves = out;
        for (int i = 0; i < count; i++) {
            halves[i] = round_to_bfloat16(float_clamp(values[i], low16, high16));
        }
    } else if (dtype == DTYPE_FLOAT32) {
        memcpy(out, values, (size_t)count * sizeof *values);
    } else {
        double *doubles = out;
        for (int i = 0; i < count; i++) {
            doubles[i] = (double)values[i];
        }
    }
}

/* ------------------------------------------------ a batch's words to values ----------------------------------------------- */

/* One array for each of a block's elements, put into memory order at the end: compilers vectorize each of the two steps well,
 * and both together hardly. */
struct float_lanes {
    _Alignas(64) float lane[4][WORDS_BLOCKS];
};

struct double_lanes {
    _Alignas(64) double lane[2][WORDS_BLOCKS];
};

BODY void uniform_floats(const struct cpu_fill *fill, const struct words *words, int blocks, struct float_lanes *out)
{
    const struct uniform_float bounds = fill->uniform_float;
    for (int k = 0; k < 4; k++) {
        for (int j = 0; j < blocks; j++) {
            out->lane[k][j] = uniform_float(words->word[k][j], &bounds);
        }
    }
}

BODY void normal_floats(const struct cpu_fill *fill, const struct words *words, int blocks, struct float_lanes *out)
{
    const float mean = fill->normal_float.mean, sigma = fill->normal_float.sigma;
    for (int k = 0; k < 4; k += 2) {
        for (int j = 0; j < blocks; j++) {
            float pair[2];
            normal_pair_float(words->word[k][j], words->word[k + 1][j], mean, sigma, pair);
            out->lane[k][j] = pair[0];
            out->lane[k + 1][j] = pair[1];
        }
    }
}

BODY void order_floats(const struct float_lanes *lanes, int blocks, float *restrict out)
{
    for (int j = 0; j < blocks; j++) {
        for (int k = 0; k < 4; k++) {
            out[4 * j + k] = lanes->lane[k][j];
        }
    }
}

BODY void uniform_doubles(const struct cpu_fill *fill, const struct words *words, int blocks, struct double_lanes *out)
{
    const struct uniform_double bounds = fill->uniform_double;
    for (int k = 0; k < 2; k++) {
        for (int j = 0; j < blocks; j++) {
            out->lane[k][j] = uniform_double(words->word[2 * k][j], words->word[2 * k + 1][j], &bounds);
        }
    }
}

BODY void normal_doubles(const struct cpu_fill *fill, const struct words *words, int blocks, struct double_lanes *out)
{
    const double mean = fill->normal_double.mean, sigma = fill->normal_double.sigma;
    for (int j = 0; j < blocks; j++) {
        double pair[2];
        normal_pair_double(words->word[0][j], words->word[1][j], words->word[2][j], words->word[3][j], mean, sigma, pair);
        out->lane[0][j] = pair[0];
        out->lane[1][j] = pair[1];
    }
}

BODY void order_doubles(const struct double_lanes *lanes, int blocks, double *restrict out)
{
    for (int j = 0; j < blocks; j++) {
        for (int k = 0; k < 2; k++) {
            out[2 * j + k] = lanes->lane[k][j];
        }
    }
}

/* The integers as int64, then converted by store_integers. float64 has two words an element and takes the first. */
BODY void integers(enum dtype dtype, const struct cpu_fill *fill, const struct words *words, int blocks, int64_t *restrict out)
{
    const int per_block = dtype == DTYPE_FLOAT64 ? 2 : 4;
    const int64_t low = fill->integer.low, high = fill->integer.high;
    for (int j = 0; j < blocks; j++) {
        for (int k = 0; k < per_block; k++) {
            out[per_block * j + k] = uniform_integer(words->word[4 / per_block * k][j], low, high);
        }
    }
}

/* The values fit the dtype; floats are rounded. The signed and the unsigned type of a size have the same bits then. */
BODY void store_integers(enum dtype dtype, const int64_t *values, int count, void *out)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        for (int i = 0; i < count; i++) {
            ((uint16_t *)out)[i] = round_to_float16((float)values[i]);
        }
        break;
    case DTYPE_BFLOAT16:
        for (int i = 0; i < count; i++) {
            ((uint16_t *)out)[i] = round_to_bfloat16((float)values[i]);
        }
        break;
    case DTYPE_FLOAT32:
        for (int i = 0; i < count; i++) {
            ((float *)out)[i] = (float)values[i];
        }
        break;
    case DTYPE_FLOAT64:
        for (int i = 0; i < count; i++) {
            ((double *)out)[i] = (double)values[i];
        }
        break;
    case DTYPE_INT8:
    case DTYPE_UINT8:
    case DTYPE_BOOL:
        for (int i = 0; i < count; i++) {
            ((uint8_t *)out)[i] = (uint8_t)values[i];
        }
        break;
    case DTYPE_INT16:
    case DTYPE_UINT16:
        for (int i = 0; i < count; i++) {
            ((uint16_t *)out)[i] = (uint16_t)values[i];
        }
        break;
    case DTYPE_INT32:
    case DTYPE_UINT32:
        for (int i = 0; i < count; i++) {
            ((uint32_t *)out)[i] = (uint32_t)values[i];
        }
        break;
    default:
        memcpy(out, values, (size_t)count * sizeof *values);
    }
}

BODY void store_batch(enum fill_kind kind, enum dtype dtype, const struct cpu_fill *fill, const struct words *words, int blocks,
                      void *out)
{
    if (kind == FILL_INTEGER) {
        int64_t values[BATCH];
        integers(dtype, fill, words, blocks, values);
        store_integers(dtype, values, blocks * (dtype == DTYPE_FLOAT64 ? 2 : 4), out);
        return;
    }
    if (dtype == DTYPE_FLOAT64) {
        struct double_lanes lanes;
        if (kind == FILL_UNIFORM) {
            uniform_doubles(fill, words, blocks, &lanes);
        } else {
            normal_doubles(fill, words, blocks, &lanes);
        }
        order_doubles(&lanes, blocks, out);
        return;
    }
    struct float_lanes lanes;
    if (kind == FILL_UNIFORM) {
        uniform_floats(fill, words, blocks, &lanes);
    } else {
        normal_floats(fill, words, blocks, &lanes);
    }
    if (dtype == DTYPE_FLOAT32) {
        order_floats(&lanes, blocks, out);
        return;
    }
    float values[BATCH];
    order_floats(&lanes, blocks, values);
    store_floats(dtype, fill, values, 4 * blocks, out);
}

/* ------------------------------------------------ kernels ----------------------------------------------------------------- */

/* Batches of whole blocks are made in place; what begins or ends within a block is made beside and copied. */
BODY void fill_random(enum fill_kind kind, enum dtype dtype, size_t size, const struct cpu_fill *fill, int64_t index,
                      int64_t count, void *out)
{
    const int per_block = dtype == DTYPE_FLOAT64 ? 2 : 4;
    char *target = out;
    while (count > 0) {
        const int skip = (int)(index % per_block);
        const int64_t left = skip + count;
        const bool last = left <= WORDS_BLOCKS * per_block;
        const int blocks = last ? ((int)left + per_block - 1) / per_block : WORDS_BLOCKS;
        const int taken = last ? (int)count : blocks * per_block - skip;
        struct words words;
        words_make(fill->seed, fill->stream, (uint64_t)(index / per_block), blocks, &words);
        if (taken == blocks * per_block) {
            store_batch(kind, dtype, fill, &words, blocks, target);
        } else {
            _Alignas(64) char values[BATCH * 8];
            store_batch(kind, dtype, fill, &words, words_padded(blocks), values);
            memcpy(target, values + (size_t)skip * size, (size_t)taken * size);
        }
        target += (size_t)taken * size;
        index += taken;
        count -= taken;
    }
}

/* The x axis' tents are kept for so wide a filter. */
#define BILINEAR_TENTS 512

/* Part of a filter's rows. */
BODY void fill_bilinear_rows(enum dtype dtype, size_t size, const struct cpu_fill *fill, int64_t index, int64_t count,
                             char *out)
{
    const struct bilinear filter = fill->bilinear;
    const bool kept = filter.x.extent <= BILINEAR_TENTS && count > filter.x.extent;
    double tents[BILINEAR_TENTS];
    for (int i = 0; kept && i < filter.x.extent; i++) {
        tents[i] = bilinear_tent(&filter.x, filter.centred, i);
    }
    int64_t x = index % filter.x.extent;
    int64_t y = index / filter.x.extent % filter.y.extent;
    while (count > 0) {
        float values[BATCH];
        const int64_t row = filter.x.extent - x < count ? filter.x.extent - x : count;
        const int taken = row < BATCH ? (int)row : BATCH;
        const double weight = bilinear_tent(&filter.y, filter.centred, y);
        for (int i = 0; i < taken; i++) {
            values[i] = (float)((kept ? tents[x + i] : bilinear_tent(&filter.x, filter.centred, x + i)) * weight);
        }
        store_floats(dtype, fill, values, taken, out);
        out += (size_t)taken * size;
        count -= taken;
        x += taken;
        if (x == filter.x.extent) {
            x = 0;
            y = y + 1 < filter.y.extent ? y + 1 : 0;
        }
    }
}

/* Of an item that no cache holds, so many bytes at least that they are not those of a buffer on their way to elsewhere. */
#define STREAMED_BYTES 65536

/* Copies past the caches, which would first read what is written over. */
BODY void copy_streamed(char *restrict out, const char *restrict from, size_t bytes)
{
    size_t done = 0;
#ifdef __SSE2__
    const size_t unaligned = (size_t)(-(uintptr_t)out % sizeof(__m128i));
    done = unaligned < bytes ? unaligned : bytes;
    memcpy(out, from, done);
    for (; done + 4 * sizeof(__m128i) <= bytes; done += 4 * sizeof(__m128i)) {
        for (size_t i = 0; i < 4; i++) {
            _mm_stream_si128((__m128i *)(out + done) + i, _mm_loadu_si128((const __m128i *)(from + done) + i));
        }
    }
#endif
    memcpy(out + done, from + done, bytes - done);
}

/* Repeats the first `period` bytes up to `bytes`, in pieces that stay in the first-level cache. */
BODY void repeat_bytes(char *out, size_t period, size_t bytes)
{
    size_t done = period, piece = period;
    while (done < bytes) {
        const size_t taken = bytes - done < piece ? bytes - done : piece;
        memcpy(out + done, out, taken);
        done += taken;
        piece = piece < 4096 ? done : piece;
    }
}

/* What is repeated past the caches. */
struct streamed {
    _Alignas(64) char bytes[4096];
};

/* Repeats the first `period` bytes of `piece`, at most half of it, in `out`, past the caches. */
BODY void repeat_streamed(struct streamed *piece, size_t period, size_t bytes, char *out)
{
    const size_t whole = sizeof piece->bytes / period * period;
    repeat_bytes(piece->bytes, period, whole);
    for (size_t done = 0; done < bytes; done += whole) {
        copy_streamed(out + done, piece->bytes, bytes - done < whole ? bytes - done : whole);
    }
#ifdef __SSE2__
    _mm_sfence(); /* before other threads are told */
#endif
}

/* The domain is one filter again and again. */
BODY void fill_bilinear(enum dtype dtype, size_t size, const struct cpu_fill *fill, int64_t index, int64_t count, void *out)
{
    const int64_t filter = fill->bilinear.x.extent * fill->bilinear.y.extent;
    const int64_t first = count < filter ? count : filter;
    const size_t bytes = (size_t)count * size;
    /* Compared as elements: a filter of a shard's domain may have more bytes than there are. */
    if (fill->streamed && bytes >= STREAMED_BYTES && filter <= (int64_t)(sizeof(struct streamed) / 2 / size)) {
        struct streamed piece;
        fill_bilinear_rows(dtype, size, fill, index, filter, piece.bytes);
        repeat_streamed(&piece, (size_t)filter * size, bytes, out);
        return;
    }
    fill_bilinear_rows(dtype, size, fill, index, first, out);
    if (first > 0) {
        repeat_bytes(out, (size_t)first * size, bytes);
    }
}

/* 32 bytes in as few registers as the variant has, at any address. (Vectors wider than a register are taken apart too far.) */
typedef uint64_t wide __attribute__((vector_size(32), aligned(1), may_alias));

/* Constants: `size` is that of the element. */
BODY void fill_constant(size_t size, const struct cpu_fill *fill, int64_t count, void *out)
{
    char pattern[sizeof(wide)];
    for (size_t i = 0; i < sizeof pattern; i += size) {
        memcpy(pattern + i, fill->constant, size);
    }
    const wide value = *(const wide *)pattern;
    char *target = out;
    size_t bytes = (size_t)count * size;
    if (fill->streamed && bytes >= STREAMED_BYTES) {
        struct streamed piece;
        memcpy(piece.bytes, pattern, sizeof pattern);
        repeat_streamed(&piece, sizeof pattern, bytes, target);
        return;
    }
    for (; bytes >= sizeof pattern; bytes -= sizeof pattern) {
        *(wide *)target = value;
        target += sizeof pattern;
    }
    memcpy(target, pattern, bytes);
}

#endif
