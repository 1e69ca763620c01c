/* An orthogonal fill, as far as both kinds of backends agree on it. The domain is a matrix of shape[0] rows; its `shorter` kept
 * vectors, the rows of a wide matrix and the columns of a tall or square one, are orthonormal, times the scale.
 *
 * SVD (MXNet's): of a random matrix of the same shape, U where it has that shape, else Vᵀ. The sign of each kept vector is that
 * which makes its largest-magnitude element (the first on ties) positive, then flipped by a random bit.
 *
 * HAAR (Stewart, "The efficient generation of random orthogonal matrices with an application to condition estimators", SIAM
 * Journal on Numerical Analysis 17, 1980): G is a normal matrix, `longer` × `shorter`. Reflector k maps the last longer - k
 * elements of G's column k to a multiple beta of the first unit vector, as LAPACK's larfg; Q = H(0)·H(1)⋯, its first `shorter`
 * columns, column k times the sign of beta. A wide result is Qᵀ. The last column of a square G has a reflector of one element:
 * H is 1, beta that element.
 *
 * float16, bfloat16 and float32 are computed in float32 and rounded once, float64 in float64. Valid C11 and C++. */
#ifndef FANIN_SRC_ORTHOGONAL_H
#define FANIN_SRC_ORTHOGONAL_H

#include "fill.h"
#include "stream/name.h"
#include "stream/philox.h"

struct orthogonal {
    int64_t rows, columns;   /* > 0; of the result, row-major */
    int64_t longer, shorter; /* the same, ordered */
    bool wide;               /* fewer rows than columns: the kept vectors are the rows */
    fanin_orthogonal_method method;
    enum dtype dtype; /* FLOAT64 or FLOAT32: what it is computed in */
    double scale;
    uint64_t sign_stream;    /* SVD: that of "NAME/sign"; vector k takes word k */
    struct fill random;      /* the random matrix: UNIFORM or NORMAL; of rows × columns for SVD, of longer × shorter for HAAR.
                              * Its elements are those of a parameter of this domain, the fill's name and `dtype` */
    int64_t random_shape[2]; /* which its domain points to: not so in a copy of this struct */
};

/* `fill` is ORTHOGONAL, without an extent of 0; its elements are within int64. */
static inline void orthogonal_describe(const struct fill *fill, enum dtype dtype, struct orthogonal *out)
{
    out->rows = fill->domain[0];
    out->columns = 1;
    for (int d = 1; d < fill->ndim; d++) {
        out->columns *= fill->domain[d];
    }
    out->wide = out->rows < out->columns;
    out->longer = out->wide ? out->columns : out->rows;
    out->shorter = out->wide ? out->rows : out->columns;
    out->method = fill->orthogonal.method;
    out->dtype = dtype == DTYPE_FLOAT64 ? DTYPE_FLOAT64 : DTYPE_FLOAT32;
    out->scale = dtype == DTYPE_FLOAT64 ? fill->a : (double)(float)fill->a;
    out->sign_stream = stream_continue(fill->stream, "/sign");
    out->random = *fill; /* its stream is the name's */
    out->random.kind = fill->orthogonal.random == FANIN_DISTRIBUTION_UNIFORM ? FILL_UNIFORM : FILL_NORMAL;
    out->random.a = fill->orthogonal.random == FANIN_DISTRIBUTION_UNIFORM ? -1.0 : 0.0;
    out->random.b = 1.0;
    out->random.ndim = 2;
    out->random.domain = out->random_shape;
    out->random_shape[0] = fill->orthogonal.method == FANIN_ORTHOGONAL_SVD ? out->rows : out->longer;
    out->random_shape[1] = fill->orthogonal.method == FANIN_ORTHOGONAL_SVD ? out->columns : out->shorter;
}

static inline int orthogonal_order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* 0 where two ORTHOGONAL fills, each with the dtype of its tensor, are of one matrix; else an order of matrices. */
static inline int orthogonal_compare(const struct fill *a, enum dtype a_dtype, const struct fill *b, enum dtype b_dtype)
{
    int order = orthogonal_order(a->stream, b->stream);
    order = order != 0 ? order : orthogonal_order(double_bits(a->a), double_bits(b->a));
    order = order != 0 ? order : orthogonal_order((uint64_t)a->orthogonal.method, (uint64_t)b->orthogonal.method);
    order = order != 0 ? order : orthogonal_order((uint64_t)a->orthogonal.random, (uint64_t)b->orthogonal.random);
    order = order != 0 ? order : orthogonal_order((uint64_t)a_dtype, (uint64_t)b_dtype);
    order = order != 0 ? order : orthogonal_order((uint64_t)a->ndim, (uint64_t)b->ndim);
    for (int d = 0; d < a->ndim && order == 0; d++) {
        order = orthogonal_order((uint64_t)a->domain[d], (uint64_t)b->domain[d]);
    }
    return order;
}

/* Whether SVD's kept vector `vector`, made canonical, changes its sign: bit 31 of the stream's word of that number. */
STREAM_FUNCTION bool orthogonal_flips(uint64_t seed, uint64_t sign_stream, int64_t vector)
{
    uint32_t words[4];
    philox_block(seed, sign_stream, (uint64_t)vector / 4, words);
    return words[vector % 4] >> 31 != 0;
}

/* H = 1 - tau·v·vᵀ, where v = (1, scale·x[1], scale·x[2], …) and H·x = (beta, 0, 0, …). */
struct orthogonal_reflector {
    double beta, tau, scale;
};

/* As LAPACK's larfg; `tail` is the sum of the squares of x[1], x[2], …. All in float64, whatever the matrix is in. Elements of
 * a normal matrix are 0 or within [2^-90, 9], so nothing overflows, and no sum of squares is 0 but of zeros alone. */
STREAM_FUNCTION struct orthogonal_reflector orthogonal_reflect(double first, double tail)
{
    struct orthogonal_reflector out = {first, 0.0, 0.0};
    if (tail > 0.0) {
        const double norm = double_square_root(double_add(double_multiply(first, first), tail));
        out.beta = first < 0.0 ? norm : -norm;
        out.tau = (out.beta - first) / out.beta;
        out.scale = 1.0 / (first - out.beta);
    }
    return out;
}

/* Column k of Q takes the sign of beta: 0 counts as positive. */
STREAM_FUNCTION double orthogonal_reflector_sign(double beta)
{
    return beta < 0.0 ? -1.0 : 1.0;
}

/* The sum of squares of a column's tail is taken in float64 over tiles of so many rows of G (row k + 1 of column k need not
 * begin one): within a tile in the order of the rows, then over the tiles in their order; each square rounded, then added. */
#define ORTHOGONAL_TILE 256

/* Adds `count` elements of `size` bytes to a number of bytes; false, with nothing changed, where 64 bits do not hold it. */
static inline bool orthogonal_add_bytes(uint64_t *bytes, int64_t count, int64_t size)
{
    uint64_t more, sum;
    if (__builtin_mul_overflow((uint64_t)count, (uint64_t)size, &more) || __builtin_add_overflow(*bytes, more, &sum)) {
        return false;
    }
    *bytes = sum;
    return true;
}

#endif
