/* stream/normal.h in vectors: there stand the reasons. Float32 goes in steps, which stand between those of vector_philox.h; of
 * float64 each operation is done for `count` vectors, a constant number, before the next: one chain of fmas alone leaves the
 * processor waiting for its results.
 *
 * Constants are read from tables whose address is hidden from the compiler: it would keep them in registers all through the
 * loop over cells, and Philox's words in memory instead. They are whole vectors, which cost nothing as operands of an
 * instruction; to spread one number over 512 bits takes a unit that computes. */
#ifndef FANIN_SRC_CPU_VECTOR_NORMAL_H
#define FANIN_SRC_CPU_VECTOR_NORMAL_H

VECTOR const void *vector_hidden(const void *table)
{
    __asm__("" : "+r"(table) : : "memory");
    return table;
}

/* Coefficients from the highest on. */
struct vector_table_float {
    vector_floats half, one, minus_one;
    vector_floats exponent_scale, exponent_offset, log[3];
    vector_floats angle_scale, sine[5], cosine[5];
};

/* The unit number comes as 2^32·u, so that an addition does what the definition's fma does, in another unit of the processor.
 * Its exponent is 32 more then, which the offset takes off again before the fma rounds. */
static const struct vector_table_float vector_table_float = {
    .half = VECTOR_FLOATS(0.5f),
    .one = VECTOR_FLOATS(1.0f),
    .minus_one = VECTOR_FLOATS(-1.0f),
    .exponent_scale = VECTOR_FLOATS(-0x1.62e43p-23f),
    .exponent_offset = VECTOR_FLOATS(0x1.62e43p5f),
    .log = {VECTOR_FLOATS(0x1.ac6ff4p-1f), VECTOR_FLOATS(0x1.552fb2p+0f), VECTOR_FLOATS(0x1.000004p+2f)},
    .angle_scale = VECTOR_FLOATS(0x1p-32f),
    .sine = {VECTOR_FLOATS(0x1.c4578p-4f), VECTOR_FLOATS(-0x1.b1367ap-1f), VECTOR_FLOATS(0x1.cd9682p+1f),
             VECTOR_FLOATS(-0x1.d3b9d6p+2f), VECTOR_FLOATS(0x1.1c582cp+2f)},
    .cosine = {VECTOR_FLOATS(0x1.3e472p-2f), VECTOR_FLOATS(-0x1.e23d18p+0f), VECTOR_FLOATS(0x1.6f5432p+2f),
               VECTOR_FLOATS(-0x1.bea58ep+2f), VECTOR_FLOATS(0x1.6a09e6p+0f)},
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

/* 2^32 times uniform_unit_float, which rounds as that does. */
VECTOR vector_floats vector_unit_floats(const struct vector_table_float *table, vector_words word)
{
    return vector_float_add(vector_float_from_words(word), table->half);
}

/* uniform_unit_double, of joined words. */
VECTOR vector_doubles vector_unit_doubles(const struct vector_table_double *table, vector_words joined)
{
    return vector_double_fma(vector_double_from_words(joined), table->unit_scale, table->unit_offset);
}

/* A pair of numbers on its way; names as in normal.h. */
struct vector_normal {
    vector_floats u, m, a, b, p, x; /* a is s at last, b its square, and x the radius times sigma */
    vector_words exponent;
    vector_floats h, y, s, c; /* s and c are the pair at last */
};

/* normal_pair_float in VECTOR_STEPS; `step` is a constant. The steps spread the operations over the time that Philox takes, and
 * leave between the quotient, the root and what needs them the time that they take. Found by search, on a Zen 4: of orders that
 * look alike, the best takes 5 % less than the worst. */
VECTOR void vector_normal_step(const struct vector_table_float *table, int step, vector_words radius_word,
                               vector_words angle_word, const vector_floats *mean, const vector_floats *sigma,
                               struct vector_normal *n)
{
    switch (step) {
    case 2:
        n->u = vector_float_from_words(radius_word);
        n->h = vector_float_from_integers(angle_word);
        n->u = vector_float_add(n->u, table->half);
        break;
    case 7:
        n->h = vector_float_multiply(n->h, table->angle_scale);
        n->m = vector_float_mantissa(n->u);
        n->y = vector_float_multiply(n->h, n->h);
        n->exponent = vector_subtract32(vector_float_bits(n->u), vector_float_bits(n->m));
        n->a = vector_float_subtract(table->one, n->m);
        n->s = vector_float_fma(table->sine[0], n->y, table->sine[1]);
        n->s = vector_float_fma(n->s, n->y, table->sine[2]);
        break;
    case 9:
        n->b = vector_float_add(table->one, n->m);
        n->c = vector_float_fma(table->cosine[0], n->y, table->cosine[1]);
        n->c = vector_float_fma(n->c, n->y, table->cosine[2]);
        break;
    case 11:
        n->x = vector_float_from_integers(n->exponent);
        break;
    case 12:
        n->x = vector_float_fma(n->x, table->exponent_scale, table->exponent_offset);
        n->s = vector_float_fma(n->s, n->y, table->sine[3]);
        n->a = vector_float_divide(n->a, n->b);
        n->b = vector_float_multiply(n->a, n->a);
        break;
    case 13:
        n->p = vector_float_fma(table->log[0], n->b, table->log[1]);
        break;
    case 16:
        n->s = vector_float_fma(n->s, n->y, table->sine[4]);
        n->c = vector_float_fma(n->c, n->y, table->cosine[3]);
        n->c = vector_float_fma(n->c, n->y, table->cosine[4]);
        break;
    case 17:
        n->p = vector_float_fma(n->p, n->b, table->log[2]);
        break;
    case 19:
        n->x = vector_float_fma(n->p, n->a, n->x);
        break;
    case 20:
        n->x = vector_float_square_root(n->x);
        break;
    case 24:
        n->s = vector_float_multiply(n->s, n->h);
        break;
    case 25:
        n->s = vector_float_multiply(n->s, n->c);
        n->c = vector_float_fma(n->c, n->c, table->minus_one);
        break;
    case 29:
        n->x = vector_float_multiply(n->x, *sigma);
        n->s = vector_float_fma(n->x, n->s, *mean);
        n->c = vector_float_fma(n->x, n->c, *mean);
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
