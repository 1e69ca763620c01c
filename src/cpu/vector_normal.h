/* stream/normal.h in vectors: there stand the reasons. Float32 goes in steps, which stand between those of vector_philox.h; of
 * float64 each operation is done for `count` vectors, a constant number, before the next: one chain of fmas alone leaves the
 * processor waiting for its results.
 *
 * Constants are read from tables whose address is hidden from the compiler: it would keep them in registers all through the loop
 * over cells, and Philox's words in memory instead. They are whole vectors, which cost nothing as operands of an instruction; to
 * spread one number over 512 bits takes a unit that computes. */
#ifndef FANIN_SRC_CPU_VECTOR_NORMAL_H
#define FANIN_SRC_CPU_VECTOR_NORMAL_H

VECTOR const void *vector_hidden(const void *table)
{
    __asm__("" : "+r"(table) : : "memory");
    return table;
}

/* A number in both halves of each 64-bit lane. */
#define VECTOR_WORDS32(a) VECTOR_WORDS64((a)*UINT64_C(0x100000001))

/* Coefficients from the highest on. */
struct vector_table_float {
    vector_floats unit_scale, unit_offset; /* of uniform numbers */
    vector_floats twice_scale, twice_offset;
    vector_words base, exponent_mask;
    vector_floats minus_two, exponent_scale, log[8];
    vector_words quarter, sign;
    vector_floats angle_scale, sine[5], cosine[6];
};

/* The logarithm's variable is 2f here, which comes with no more operations than f and is needed too: the coefficient of f^k is
 * divided by 2^k and, as its polynomial is multiplied by (2f)^2, all by 4. Powers of two round nothing. */
#define LOG_COEFFICIENT(a, k) VECTOR_FLOATS((a) / (float)(4 << (k)))

static const struct vector_table_float vector_table_float = {
    .unit_scale = VECTOR_FLOATS(0x1p-32f),
    .unit_offset = VECTOR_FLOATS(0x1p-33f),
    .twice_scale = VECTOR_FLOATS(0x1p-31f),
    .twice_offset = VECTOR_FLOATS(0x1p-32f),
    .base = VECTOR_WORDS32(0x3faaaaabu), /* 4/3 */
    .exponent_mask = VECTOR_WORDS32(0xff800000u),
    .minus_two = VECTOR_FLOATS(-2.0f),
    .exponent_scale = VECTOR_FLOATS(-0x1.62e43p-23f),
    .log = {LOG_COEFFICIENT(-0x1.1f1bb8p-2f, 7), LOG_COEFFICIENT(0x1.3b0c36p-2f, 6), LOG_COEFFICIENT(-0x1.1eaacap-2f, 5),
            LOG_COEFFICIENT(0x1.5038e4p-2f, 4), LOG_COEFFICIENT(-0x1.99d398p-2f, 3), LOG_COEFFICIENT(0x1.00144ep-1f, 2),
            LOG_COEFFICIENT(-0x1.5554fcp-1f, 1), LOG_COEFFICIENT(0x1.ffffd6p-1f, 0)},
    .quarter = VECTOR_WORDS32(0x40000000u),
    .sign = VECTOR_WORDS32(0x80000000u),
    .angle_scale = VECTOR_FLOATS(0x1p-32f),
    .sine = {VECTOR_FLOATS(0x1.3b5414p-4f), VECTOR_FLOATS(-0x1.321fb6p-1f), VECTOR_FLOATS(0x1.466662p+1f),
             VECTOR_FLOATS(-0x1.4abbaap+2f), VECTOR_FLOATS(0x1.921fb4p+1f)},
    .cosine = {VECTOR_FLOATS(-0x1.8c0b5p-6f), VECTOR_FLOATS(0x1.e0dbdep-3f), VECTOR_FLOATS(-0x1.55ce5cp+0f),
               VECTOR_FLOATS(0x1.03c1d8p+2f), VECTOR_FLOATS(-0x1.3bd3ccp+2f), VECTOR_FLOATS(1.0f)},
};

struct vector_table_double {
    vector_doubles unit_scale, unit_offset, half;
    vector_words offset, base;
    vector_doubles minus_one;
    vector_words magic_bits;
    vector_doubles exponent_offset, exponent_scale, log[20];
    vector_words quarter, fraction_mask, sign;
    vector_doubles fraction_offset, angle_scale, angle_offset, sine[9], cosine[8], minus_four, one;
};

static const struct vector_table_double vector_table_double = {
    .unit_scale = VECTOR_DOUBLES(0x1p-53),
    .unit_offset = VECTOR_DOUBLES(0x1p-54),
    .half = VECTOR_DOUBLES(0.5),
    .offset = VECTOR_WORDS64((64ull - 53) << 52),
    .base = VECTOR_WORDS64(((64ull - 53) << 52) - 0x3fe5555555555555u),
    .minus_one = VECTOR_DOUBLES(-1.0),
    .magic_bits = VECTOR_WORDS64(0x4330000000000000u),
    .exponent_offset = VECTOR_DOUBLES(-0x1.000000000004p52),
    .exponent_scale = VECTOR_DOUBLES(-0x1.62e42fefa39efp+0),
    .log = {VECTOR_DOUBLES(-0x1.5d67dc523ac87p-3), VECTOR_DOUBLES(0x1.5b5185fa0a302p-3),  VECTOR_DOUBLES(-0x1.551cf1d3c7c47p-4),
            VECTOR_DOUBLES(0x1.7ccd2a55820bfp-4),  VECTOR_DOUBLES(-0x1.efdca1c4f208dp-4), VECTOR_DOUBLES(0x1.051c036a9554cp-3),
            VECTOR_DOUBLES(-0x1.1069b46501cb7p-3), VECTOR_DOUBLES(0x1.2427943d41587p-3),  VECTOR_DOUBLES(-0x1.3b1d8294344c5p-3),
            VECTOR_DOUBLES(0x1.555aacd6aa6c5p-3),  VECTOR_DOUBLES(-0x1.745cbb08e4231p-3), VECTOR_DOUBLES(0x1.99997014ac084p-3),
            VECTOR_DOUBLES(-0x1.c71c73d06f186p-3), VECTOR_DOUBLES(0x1.0000005ca777fp-2),  VECTOR_DOUBLES(-0x1.2492492166899p-2),
            VECTOR_DOUBLES(0x1.5555555482598p-2),  VECTOR_DOUBLES(-0x1.999999999e244p-2), VECTOR_DOUBLES(0x1.00000000005efp-1),
            VECTOR_DOUBLES(-0x1.5555555555546p-1), VECTOR_DOUBLES(0x1.fffffffffffffp-1)},
    .quarter = VECTOR_WORDS64(1ull << 51),
    .fraction_mask = VECTOR_WORDS64(0x000fffffffffffffu),
    .sign = VECTOR_WORDS64(0x8000000000000000u),
    .fraction_offset = VECTOR_DOUBLES(-0x1.8p52),
    .angle_scale = VECTOR_DOUBLES(0x1p-52),
    .angle_offset = VECTOR_DOUBLES(0x1p-53),
    .sine = {VECTOR_DOUBLES(0x1.8f9e5a085a082p-21), VECTOR_DOUBLES(-0x1.6f0536efc7098p-16),
             VECTOR_DOUBLES(0x1.e8f023f73b57bp-12), VECTOR_DOUBLES(-0x1.e30741a6ba9a8p-8), VECTOR_DOUBLES(0x1.5078346ab756fp-4),
             VECTOR_DOUBLES(-0x1.32d2cce5e66ebp-1), VECTOR_DOUBLES(0x1.466bc67759fccp+1), VECTOR_DOUBLES(-0x1.4abbce625be39p+2),
             VECTOR_DOUBLES(0x1.921fb54442d18p+1)},
    .cosine = {VECTOR_DOUBLES(-0x1.155bae7ecffcdp-20), VECTOR_DOUBLES(0x1.b22dc1be1b31ep-16),
               VECTOR_DOUBLES(-0x1.f30923365487p-12), VECTOR_DOUBLES(0x1.9f05c993882d4p-8),
               VECTOR_DOUBLES(-0x1.d4fcd82e4069cp-5), VECTOR_DOUBLES(0x1.472be12240995p-2),
               VECTOR_DOUBLES(-0x1.de9e64df22ebbp-1), VECTOR_DOUBLES(1.0)},
    .minus_four = VECTOR_DOUBLES(-4.0),
    .one = VECTOR_DOUBLES(1.0),
};

/* Horner. */
VECTOR void vector_double_polynomial(int count, const vector_doubles *x, int coefficients, const vector_doubles *coefficient,
                                     vector_doubles *out)
{
    for (int i = 0; i < count; i++) {
        out[i] = coefficient[0];
    }
    for (int k = 1; k < coefficients; k++) {
        for (int i = 0; i < count; i++) {
            out[i] = vector_double_fma(out[i], x[i], coefficient[k]);
        }
    }
}

/* uniform_unit_float */
VECTOR vector_floats vector_unit_floats(const struct vector_table_float *table, vector_words word)
{
    return vector_float_fma(vector_float_from_words(word), table->unit_scale, table->unit_offset);
}

/* uniform_unit_double, of joined words. */
VECTOR vector_doubles vector_unit_doubles(const struct vector_table_double *table, vector_words joined)
{
    return vector_double_fma(vector_double_from_words(joined), table->unit_scale, table->unit_offset);
}

/* A pair of numbers on its way. */
struct vector_normal {
    vector_words bits, exponent;
    vector_floats f, q, p; /* of the logarithm; at last q is the radius */
    vector_floats h, y, s, c;
};

/* normal_pair_float in VECTOR_STEPS; `step` is a constant. The steps spread the operations over the time that Philox takes, and
 * leave between the root and what needs it the time that it takes. */
VECTOR void vector_normal_step(const struct vector_table_float *table, int step, vector_words radius_word,
                               vector_words angle_word, const vector_floats *mean, const vector_floats *sigma,
                               struct vector_normal *n, vector_floats *first, vector_floats *second)
{
    switch (step) {
    case 0:
        n->f = vector_float_from_words(radius_word);
        break;
    case 2: /* 2u */
        n->f = vector_float_fma(n->f, table->twice_scale, table->twice_offset);
        break;
    case 3:
        n->bits = vector_subtract32(vector_float_bits(n->f), table->base);
        break;
    case 5:
        n->exponent = vector_and(n->bits, table->exponent_mask);
        break;
    case 6:
        n->f = vector_float_from_bits(vector_subtract32(vector_float_bits(n->f), n->exponent));
        n->bits = vector_add32(angle_word, angle_word);
        break;
    case 7:
        n->q = vector_float_from_integers(n->exponent);
        n->h = vector_float_from_integers(n->bits);
        break;
    case 8: /* 2f */
        n->f = vector_float_add(n->f, table->minus_two);
        break;
    case 9:
        n->h = vector_float_multiply(n->h, table->angle_scale);
        break;
    case 10:
        n->q = vector_float_fma_subtract(n->q, table->exponent_scale, n->f);
        break;
    case 11:
        n->y = vector_float_multiply(n->h, n->h);
        n->p = vector_float_fma(table->log[0], n->f, table->log[1]);
        break;
    case 12:
        n->s = vector_float_fma(table->sine[0], n->y, table->sine[1]);
        break;
    case 13:
        n->p = vector_float_fma(n->p, n->f, table->log[2]);
        break;
    case 14:
        n->s = vector_float_fma(n->s, n->y, table->sine[2]);
        n->p = vector_float_fma(n->p, n->f, table->log[3]);
        break;
    case 16:
        n->p = vector_float_fma(n->p, n->f, table->log[4]);
        n->s = vector_float_fma(n->s, n->y, table->sine[3]);
        break;
    case 17:
        n->p = vector_float_fma(n->p, n->f, table->log[5]);
        break;
    case 18:
        n->p = vector_float_fma(n->p, n->f, table->log[6]);
        n->s = vector_float_fma(n->s, n->y, table->sine[4]);
        break;
    case 19:
        n->s = vector_float_multiply(n->s, n->h);
        break;
    case 20:
        n->p = vector_float_fma(n->p, n->f, table->log[7]);
        n->f = vector_float_multiply(n->f, n->f);
        n->c = vector_float_fma(table->cosine[0], n->y, table->cosine[1]);
        break;
    case 21:
        n->q = vector_float_fma(n->p, n->f, n->q);
        break;
    case 22:
        n->q = vector_float_square_root(n->q);
        n->c = vector_float_fma(n->c, n->y, table->cosine[2]);
        break;
    case 23:
        n->c = vector_float_fma(n->c, n->y, table->cosine[3]);
        break;
    case 24:
        n->c = vector_float_fma(n->c, n->y, table->cosine[4]);
        break;
    case 25:
        n->c = vector_float_fma(n->c, n->y, table->cosine[5]);
        break;
    case 27:
        n->bits = vector_add32(angle_word, table->quarter);
        break;
    case 28:
        n->q = vector_float_from_bits(vector_and_or(n->bits, table->sign, vector_float_bits(n->q)));
        break;
    case 29:
        *first = vector_float_fma(vector_float_multiply(n->q, n->s), *sigma, *mean);
        *second = vector_float_fma(vector_float_multiply(n->q, n->c), *sigma, *mean);
        break;
    default:
        break;
    }
}

/* The root of normal_log_double. */
VECTOR void vector_radius_doubles(const struct vector_table_double *table, int count, const vector_words *joined,
                                  vector_doubles *out)
{
    vector_doubles f[VECTOR_CELLS], q[VECTOR_CELLS], p[VECTOR_CELLS];
    for (int i = 0; i < count; i++) {
        /* 2^53·u, which rounds as u does. */
        const vector_doubles scaled = vector_double_add(vector_double_from_words(joined[i]), table->half);
        const vector_words bits = vector_double_bits(scaled), offset = table->offset;
        const vector_words biased = vector_shift_right64(vector_add64(bits, table->base), 52);
        const vector_words mantissa = vector_subtract64(vector_add64(bits, offset), vector_shift_left64(biased, 52));
        const vector_words magic = vector_or(biased, table->magic_bits);
        const vector_doubles k = vector_double_add(vector_double_from_bits(magic), table->exponent_offset);
        f[i] = vector_double_add(vector_double_from_bits(mantissa), table->minus_one);
        q[i] = vector_double_fma_subtract(k, table->exponent_scale, vector_double_add(f[i], f[i]));
    }
    vector_double_polynomial(count, f, 20, table->log, p);
    for (int i = 0; i < count; i++) {
        out[i] = vector_double_square_root(vector_double_fma(p[i], vector_double_multiply(f[i], f[i]), q[i]));
    }
}

/* normal_pair_double */
VECTOR void vector_normal_doubles(const struct vector_table_double *table, int count, const vector_words *radius_bits,
                                  const vector_words *angle_bits, vector_doubles mean, vector_doubles sigma,
                                  vector_doubles *first, vector_doubles *second)
{
    vector_doubles radius[VECTOR_CELLS], h[VECTOR_CELLS], y[VECTOR_CELLS], s[VECTOR_CELLS], c[VECTOR_CELLS];
    vector_radius_doubles(table, count, radius_bits, radius);
    for (int i = 0; i < count; i++) {
        const vector_words shifted = vector_add64(angle_bits[i], table->quarter);
        const vector_words fraction = vector_and_or(shifted, table->fraction_mask, table->magic_bits);
        const vector_doubles remainder = vector_double_add(vector_double_from_bits(fraction), table->fraction_offset);
        radius[i] = vector_double_from_bits(
            vector_and_or(vector_shift_left64(shifted, 11), table->sign, vector_double_bits(radius[i])));
        h[i] = vector_double_fma(remainder, table->angle_scale, table->angle_offset);
        y[i] = vector_double_multiply(h[i], h[i]);
    }
    vector_double_polynomial(count, y, 9, table->sine, s);
    vector_double_polynomial(count, y, 8, table->cosine, c);
    for (int i = 0; i < count; i++) {
        const vector_doubles zeros = vector_double_fma(vector_double_multiply(h[i], table->minus_four), h[i], table->one);
        const vector_doubles sine_of_angle = vector_double_multiply(s[i], h[i]);
        const vector_doubles cosine_of_angle = vector_double_multiply(c[i], zeros);
        first[i] = vector_double_fma(vector_double_multiply(radius[i], sine_of_angle), sigma, mean);
        second[i] = vector_double_fma(vector_double_multiply(radius[i], cosine_of_angle), sigma, mean);
    }
}

#endif
