/* stream/normal.h in vectors, operation by operation: there stand the reasons. Each step is done for `count` vectors, a constant
 * number, before the next: one chain of fmas alone leaves the processor waiting for its results.
 *
 * Constants are read from tables whose address is hidden from the compiler: it would keep them in registers all through the loop
 * over cells, and Philox's words in memory instead. */
#ifndef FANIN_SRC_CPU_VECTOR_NORMAL_H
#define FANIN_SRC_CPU_VECTOR_NORMAL_H

VECTOR const void *vector_hidden(const void *table)
{
    __asm__("" : "+r"(table) : : "memory");
    return table;
}

/* Coefficients from the highest on. */
struct vector_table_float {
    float unit_scale, unit_offset, half;
    uint32_t base, exponent_mask, scale;
    float minus_one, exponent_scale, log[8];
    uint32_t quarter, sign;
    float angle_scale, sine[5], cosine[6];
};

static const struct vector_table_float vector_table_float = {
    .unit_scale = 0x1p-32f,
    .unit_offset = 0x1p-33f,
    .half = 0.5f,
    .base = 0x3f2aaaabu,
    .exponent_mask = 0xff800000u,
    .scale = 32u << 23,
    .minus_one = -1.0f,
    .exponent_scale = -0x1.62e43p-23f,
    .log = {-0x1.1f1bb8p-2f, 0x1.3b0c36p-2f, -0x1.1eaacap-2f, 0x1.5038e4p-2f, -0x1.99d398p-2f, 0x1.00144ep-1f, -0x1.5554fcp-1f,
            0x1.ffffd6p-1f},
    .quarter = 0x40000000u,
    .sign = 0x80000000u,
    .angle_scale = 0x1p-32f,
    .sine = {0x1.3b5414p-4f, -0x1.321fb6p-1f, 0x1.466662p+1f, -0x1.4abbaap+2f, 0x1.921fb4p+1f},
    .cosine = {-0x1.8c0b5p-6f, 0x1.e0dbdep-3f, -0x1.55ce5cp+0f, 0x1.03c1d8p+2f, -0x1.3bd3ccp+2f, 1.0f},
};

struct vector_table_double {
    double unit_scale, unit_offset, half;
    uint64_t offset, base;
    double minus_one;
    uint64_t magic_bits;
    double exponent_offset, exponent_scale, log[20];
    uint64_t quarter, fraction_mask, sign;
    double fraction_offset, angle_scale, angle_offset, sine[9], cosine[8], minus_four, one;
};

static const struct vector_table_double vector_table_double = {
    .unit_scale = 0x1p-53,
    .unit_offset = 0x1p-54,
    .half = 0.5,
    .offset = (64ull - 53) << 52,
    .base = ((64ull - 53) << 52) - 0x3fe5555555555555u,
    .minus_one = -1.0,
    .magic_bits = 0x4330000000000000u,
    .exponent_offset = -0x1.000000000004p52,
    .exponent_scale = -0x1.62e42fefa39efp+0,
    .log = {-0x1.5d67dc523ac87p-3, 0x1.5b5185fa0a302p-3,  -0x1.551cf1d3c7c47p-4, 0x1.7ccd2a55820bfp-4,  -0x1.efdca1c4f208dp-4,
            0x1.051c036a9554cp-3,  -0x1.1069b46501cb7p-3, 0x1.2427943d41587p-3,  -0x1.3b1d8294344c5p-3, 0x1.555aacd6aa6c5p-3,
            -0x1.745cbb08e4231p-3, 0x1.99997014ac084p-3,  -0x1.c71c73d06f186p-3, 0x1.0000005ca777fp-2,  -0x1.2492492166899p-2,
            0x1.5555555482598p-2,  -0x1.999999999e244p-2, 0x1.00000000005efp-1,  -0x1.5555555555546p-1, 0x1.fffffffffffffp-1},
    .quarter = 1ull << 51,
    .fraction_mask = 0x000fffffffffffffu,
    .sign = 0x8000000000000000u,
    .fraction_offset = -0x1.8p52,
    .angle_scale = 0x1p-52,
    .angle_offset = 0x1p-53,
    .sine = {0x1.8f9e5a085a082p-21, -0x1.6f0536efc7098p-16, 0x1.e8f023f73b57bp-12, -0x1.e30741a6ba9a8p-8, 0x1.5078346ab756fp-4,
             -0x1.32d2cce5e66ebp-1, 0x1.466bc67759fccp+1, -0x1.4abbce625be39p+2, 0x1.921fb54442d18p+1},
    .cosine = {-0x1.155bae7ecffcdp-20, 0x1.b22dc1be1b31ep-16, -0x1.f30923365487p-12, 0x1.9f05c993882d4p-8,
               -0x1.d4fcd82e4069cp-5, 0x1.472be12240995p-2, -0x1.de9e64df22ebbp-1, 1.0},
    .minus_four = -4.0,
    .one = 1.0,
};

/* Horner. */
VECTOR void vector_float_polynomial(int count, const vector_floats *x, int coefficients, const float *coefficient,
                                    vector_floats *out)
{
    for (int i = 0; i < count; i++) {
        out[i] = vector_set_float(coefficient[0]);
    }
    for (int k = 1; k < coefficients; k++) {
        for (int i = 0; i < count; i++) {
            out[i] = vector_float_fma(out[i], x[i], vector_set_float(coefficient[k]));
        }
    }
}

VECTOR void vector_double_polynomial(int count, const vector_doubles *x, int coefficients, const double *coefficient,
                                     vector_doubles *out)
{
    for (int i = 0; i < count; i++) {
        out[i] = vector_set_double(coefficient[0]);
    }
    for (int k = 1; k < coefficients; k++) {
        for (int i = 0; i < count; i++) {
            out[i] = vector_double_fma(out[i], x[i], vector_set_double(coefficient[k]));
        }
    }
}

/* uniform_unit_float */
VECTOR vector_floats vector_unit_floats(const struct vector_table_float *table, vector_words word)
{
    return vector_float_fma(vector_float_from_words(word), vector_set_float(table->unit_scale),
                            vector_set_float(table->unit_offset));
}

/* uniform_unit_double, of joined words. */
VECTOR vector_doubles vector_unit_doubles(const struct vector_table_double *table, vector_words joined)
{
    return vector_double_fma(vector_double_from_words(joined), vector_set_double(table->unit_scale),
                             vector_set_double(table->unit_offset));
}

/* The root of normal_log_float. */
VECTOR void vector_radius_floats(const struct vector_table_float *table, int count, const vector_words *word,
                                 vector_floats *out)
{
    vector_floats f[VECTOR_CELLS], q[VECTOR_CELLS], p[VECTOR_CELLS];
    for (int i = 0; i < count; i++) {
        /* 2^32·u, which rounds as u does. */
        const vector_floats scaled = vector_float_add(vector_float_from_words(word[i]), vector_set_float(table->half));
        const vector_words bits = vector_float_bits(scaled);
        const vector_words exponent =
            vector_and(vector_subtract32(bits, vector_set32(table->base)), vector_set32(table->exponent_mask));
        const vector_words of_u = vector_subtract32(exponent, vector_set32(table->scale));
        f[i] = vector_float_add(vector_float_from_bits(vector_subtract32(bits, exponent)), vector_set_float(table->minus_one));
        q[i] = vector_float_fma_subtract(vector_float_from_integers(of_u), vector_set_float(table->exponent_scale),
                                         vector_float_add(f[i], f[i]));
    }
    vector_float_polynomial(count, f, 8, table->log, p);
    for (int i = 0; i < count; i++) {
        out[i] = vector_float_square_root(vector_float_fma(p[i], vector_float_multiply(f[i], f[i]), q[i]));
    }
}

/* normal_pair_float */
VECTOR void vector_normal_floats(const struct vector_table_float *table, int count, const vector_words *radius_word,
                                 const vector_words *angle_word, vector_floats mean, vector_floats sigma, vector_floats *first,
                                 vector_floats *second)
{
    vector_floats radius[VECTOR_CELLS], h[VECTOR_CELLS], y[VECTOR_CELLS], s[VECTOR_CELLS], c[VECTOR_CELLS];
    vector_radius_floats(table, count, radius_word, radius);
    for (int i = 0; i < count; i++) {
        const vector_words turned = vector_add32(angle_word[i], vector_set32(table->quarter));
        radius[i] = vector_float_from_bits(vector_and_or(turned, vector_set32(table->sign), vector_float_bits(radius[i])));
        h[i] = vector_float_multiply(vector_float_from_integers(vector_shift_left32(angle_word[i], 1)),
                                     vector_set_float(table->angle_scale));
        y[i] = vector_float_multiply(h[i], h[i]);
    }
    vector_float_polynomial(count, y, 5, table->sine, s);
    vector_float_polynomial(count, y, 6, table->cosine, c);
    for (int i = 0; i < count; i++) {
        const vector_floats sine_of_angle = vector_float_multiply(s[i], h[i]);
        first[i] = vector_float_fma(vector_float_multiply(radius[i], sine_of_angle), sigma, mean);
        second[i] = vector_float_fma(vector_float_multiply(radius[i], c[i]), sigma, mean);
    }
}

/* The root of normal_log_double. */
VECTOR void vector_radius_doubles(const struct vector_table_double *table, int count, const vector_words *joined,
                                  vector_doubles *out)
{
    vector_doubles f[VECTOR_CELLS], q[VECTOR_CELLS], p[VECTOR_CELLS];
    for (int i = 0; i < count; i++) {
        /* 2^53·u, which rounds as u does. */
        const vector_doubles scaled = vector_double_add(vector_double_from_words(joined[i]), vector_set_double(table->half));
        const vector_words bits = vector_double_bits(scaled), offset = vector_set64(table->offset);
        const vector_words biased = vector_shift_right64(vector_add64(bits, vector_set64(table->base)), 52);
        const vector_words mantissa = vector_subtract64(vector_add64(bits, offset), vector_shift_left64(biased, 52));
        const vector_words magic = vector_or(biased, vector_set64(table->magic_bits));
        const vector_doubles k = vector_double_add(vector_double_from_bits(magic), vector_set_double(table->exponent_offset));
        f[i] = vector_double_add(vector_double_from_bits(mantissa), vector_set_double(table->minus_one));
        q[i] = vector_double_fma_subtract(k, vector_set_double(table->exponent_scale), vector_double_add(f[i], f[i]));
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
        const vector_words shifted = vector_add64(angle_bits[i], vector_set64(table->quarter));
        const vector_words fraction =
            vector_and_or(shifted, vector_set64(table->fraction_mask), vector_set64(table->magic_bits));
        const vector_doubles remainder =
            vector_double_add(vector_double_from_bits(fraction), vector_set_double(table->fraction_offset));
        radius[i] = vector_double_from_bits(
            vector_and_or(vector_shift_left64(shifted, 11), vector_set64(table->sign), vector_double_bits(radius[i])));
        h[i] = vector_double_fma(remainder, vector_set_double(table->angle_scale), vector_set_double(table->angle_offset));
        y[i] = vector_double_multiply(h[i], h[i]);
    }
    vector_double_polynomial(count, y, 9, table->sine, s);
    vector_double_polynomial(count, y, 8, table->cosine, c);
    for (int i = 0; i < count; i++) {
        const vector_doubles zeros = vector_double_fma(vector_double_multiply(h[i], vector_set_double(table->minus_four)), h[i],
                                                       vector_set_double(table->one));
        const vector_doubles sine_of_angle = vector_double_multiply(s[i], h[i]);
        const vector_doubles cosine_of_angle = vector_double_multiply(c[i], zeros);
        first[i] = vector_double_fma(vector_double_multiply(radius[i], sine_of_angle), sigma, mean);
        second[i] = vector_double_fma(vector_double_multiply(radius[i], cosine_of_angle), sigma, mean);
    }
}

#endif
