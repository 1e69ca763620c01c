/* A fill: plain data that defines every element of an array (its domain) from the element's row-major index. */
#ifndef FANIN_SRC_FILL_H
#define FANIN_SRC_FILL_H

#include "dtype.h"

enum fill_kind {
    FILL_CONSTANT, /* a */
    FILL_UNIFORM,  /* U[a, b] */
    FILL_NORMAL,   /* mean a, standard deviation b */
    FILL_INTEGER,  /* uniform integers in [a, b], both integral and within ±2^31 */
    FILL_BILINEAR, /* a = 0: MXNet's formula, 1: centred; the domain has four dimensions */
    /* The kinds above are their numbers; these have more to them. */
    FILL_CUSTOM,
    FILL_COPY,       /* of an array, broadcast to the domain */
    FILL_ORTHOGONAL, /* a times orthonormal rows or columns; the domain has two dimensions or more; orthogonal.h */
    FILL_LOAD,       /* of a stored tensor, which has the domain's shape */
    FILL_KIND_COUNT
};

struct fill_orthogonal {
    fanin_orthogonal_method method;
    fanin_distribution random; /* of the random matrix: U[-1, 1] or N(0, 1); GAUSSIAN with HAAR */
};

struct copy;
struct store;
struct stored;

struct fill {
    enum fill_kind kind;
    double a, b;                       /* finite */
    uint64_t stream;                   /* FNV-1a 64 of the name that is the random stream */
    int ndim;                          /* the domain */
    const int64_t *domain;             /* outlives the fill */
    fanin_custom custom;               /* kind CUSTOM only */
    struct copy *copy;                 /* kind COPY only, else NULL; the lowering's */
    struct fill_orthogonal orthogonal; /* kind ORTHOGONAL only */
    struct store *store;               /* kind LOAD only, else NULL; retained by the lowering */
    const struct stored *stored;       /* kind LOAD only: of `store` */
};

/* The kind's name and its numbers' names as a plan's dump shows them; NULL where the kind has no such number. */
struct fill_kind_info {
    const char *name, *a, *b;
};
extern const struct fill_kind_info fill_kind_table[FILL_KIND_COUNT];

/* The texts of an orthogonal fill's method and random matrix, by their values; NULL behind the last. */
extern const char *const fill_orthogonal_methods[];
extern const char *const fill_orthogonal_rand_types[];

/* Checks that the fill's numbers and kind fit the dtype (VALUE, DTYPE). The message names the parameter. */
fanin_status fill_check(const char *name, const struct fill *fill, enum dtype dtype);

#endif
