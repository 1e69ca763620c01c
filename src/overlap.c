#include "overlap.h"

/* Steps of the search for all of one question; each takes some tens of nanoseconds. Layouts that come from slicing and
 * transposing need a handful. */
#define MOST_STEPS 50000

/* The dimensions of two tensors, and the bytes of an element of each. */
#define MOST_TERMS (2 * FANIN_MAX_NDIM + 2)

/* A number of the form coefficient·v, 0 ≤ v ≤ bound; both > 0. */
struct term {
    uint64_t coefficient, bound;
};

/* Σ terms = target. Sums stay below 2^64: a layout spans less than 2^63 bytes, and no sum holds more than two. */
struct equation {
    struct term term[MOST_TERMS]; /* from the smallest coefficient to the largest */
    int count;
    uint64_t reach[MOST_TERMS + 1];   /* [k]: the largest sum of the first k terms */
    uint64_t divisor[MOST_TERMS + 1]; /* [k]: the greatest common divisor of their coefficients; [0] = 0 */
    uint64_t inverse[MOST_TERMS];     /* [k]: of coefficient[k]/divisor[k + 1], modulo divisor[k]/divisor[k + 1] */
    int steps;
};

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t modulus)
{
    return (uint64_t)((unsigned __int128)a * b % modulus);
}

/* The inverse of a number modulo another one that it has no divisor with; below 2^63. Euclid's extended algorithm. */
static uint64_t inverse_modulo(uint64_t a, uint64_t modulus)
{
    int64_t rest = (int64_t)modulus, next_rest = (int64_t)(a % modulus), factor = 0, next_factor = 1;
    while (next_rest != 0) {
        const int64_t quotient = rest / next_rest;
        const int64_t new_rest = rest - quotient * next_rest, new_factor = factor - quotient * next_factor;
        rest = next_rest;
        next_rest = new_rest;
        factor = next_factor;
        next_factor = new_factor;
    }
    return factor < 0 ? (uint64_t)(factor + (int64_t)modulus) : (uint64_t)factor;
}

/* Keeps the terms in order; one that cannot be but 0 is left out. */
static void add_term(struct equation *equation, uint64_t coefficient, uint64_t bound)
{
    if (coefficient == 0 || bound == 0) {
        return;
    }
    int at = equation->count++;
    for (; at > 0 && equation->term[at - 1].coefficient > coefficient; at--) {
        equation->term[at] = equation->term[at - 1];
    }
    equation->term[at] = (struct term){coefficient, bound};
}

/* Joins terms whose sums leave no gap: c·v + (m·c)·w takes every multiple of c if m ≤ bound of v + 1. What is dense in memory,
 * or was sliced from it, becomes one or two terms. */
static void join_terms(struct equation *equation)
{
    int last = 0;
    for (int k = 1; k < equation->count; k++) {
        struct term *const low = &equation->term[last];
        const struct term high = equation->term[k];
        const uint64_t times = high.coefficient / low->coefficient;
        if (high.coefficient % low->coefficient == 0 && times <= low->bound + 1) {
            low->bound += times * high.bound;
        } else {
            equation->term[++last] = high;
        }
    }
    equation->count = equation->count > 0 ? last + 1 : 0;
}

/* Solves for the first `count` terms, the largest of them first: only few of its values leave a rest that the others can reach
 * and divide. */
static enum overlap search(struct equation *equation, int count, uint64_t target)
{
    if (target == 0) {
        return OVERLAP_FOUND;
    }
    if (count == 0 || target > equation->reach[count] || target % equation->divisor[count] != 0) {
        return OVERLAP_NONE;
    }
    if (count == 1) {
        return OVERLAP_FOUND;
    }
    const struct term term = equation->term[count - 1];
    const uint64_t rest = equation->reach[count - 1], divisor = equation->divisor[count];
    const uint64_t modulus = equation->divisor[count - 1] / divisor;
    const uint64_t least = target > rest ? (target - rest - 1) / term.coefficient + 1 : 0;
    const uint64_t most = target / term.coefficient < term.bound ? target / term.coefficient : term.bound;
    /* coefficient·v must leave the rest that the others' divisor divides. */
    const uint64_t residue = multiply_modulo(target / divisor, equation->inverse[count - 1], modulus);
    uint64_t v = least + (residue + modulus - least % modulus) % modulus;
    while (v <= most) {
        if (++equation->steps > MOST_STEPS) {
            return OVERLAP_UNDECIDED;
        }
        const enum overlap found = search(equation, count - 1, target - v * term.coefficient);
        if (found != OVERLAP_NONE) {
            return found;
        }
        v += modulus;
    }
    return OVERLAP_NONE;
}

static enum overlap solve(struct equation *equation, uint64_t target)
{
    join_terms(equation);
    equation->reach[0] = equation->divisor[0] = 0;
    for (int k = 0; k < equation->count; k++) {
        const struct term *const term = &equation->term[k];
        equation->reach[k + 1] = equation->reach[k] + term->coefficient * term->bound;
        equation->divisor[k + 1] = greatest_divisor(term->coefficient, equation->divisor[k]);
        if (k > 0) {
            equation->inverse[k] =
                inverse_modulo(term->coefficient / equation->divisor[k + 1], equation->divisor[k] / equation->divisor[k + 1]);
        }
    }
    return search(equation, equation->count, target);
}

/* Two elements share memory if Σ stride·e = 0 with |e| < extent, not all e being 0. Of those that are not 0 let axis k have the
 * largest stride, and e[k] > 0 (else turn all signs): stride[k]·(1 + w) = Σ over the smaller strides, 0 ≤ w ≤ extent[k] - 2. */
enum overlap overlap_within(int ndim, const int64_t *shape, const int64_t *stride)
{
    struct equation axes; /* of thousands of bytes, of which few are used */
    axes.count = 0;
    for (int d = 0; d < ndim; d++) {
        if (shape[d] > 1 && stride[d] == 0) {
            return OVERLAP_FOUND;
        }
        add_term(&axes, magnitude(stride[d]), (uint64_t)shape[d] - 1);
    }
    uint64_t below = 0;
    struct equation equation;
    equation.steps = 0;
    for (int k = 0; k < axes.count; k++) {
        const struct term axis = axes.term[k];
        if (axis.coefficient <= below) {
            equation.count = 0;
            for (int j = 0; j < k; j++) {
                add_term(&equation, axes.term[j].coefficient, 2 * axes.term[j].bound);
            }
            add_term(&equation, axis.coefficient, axis.bound - 1);
            const enum overlap found = solve(&equation, below - axis.coefficient);
            if (found != OVERLAP_NONE) {
                return found;
            }
        }
        below += axis.coefficient * axis.bound;
    }
    return OVERLAP_NONE;
}

static void add_layout(struct equation *equation, const struct tensor *tensor)
{
    const uint64_t size = dtype_table[tensor->dtype].size;
    for (int d = 0; d < tensor->ndim; d++) {
        add_term(equation, magnitude(tensor->stride[d]) * size, (uint64_t)tensor->shape[d] - 1);
    }
    add_term(equation, 1, size - 1);
}

/* Every byte of `a` is its lowest one plus a sum, every byte of `b` its highest one less a sum. */
enum overlap overlap_between(const struct tensor *a, const struct tensor *b)
{
    const uintptr_t a_low = (uintptr_t)a->data + (uintptr_t)a->low, a_high = (uintptr_t)a->data + (uintptr_t)a->high;
    const uintptr_t b_low = (uintptr_t)b->data + (uintptr_t)b->low, b_high = (uintptr_t)b->data + (uintptr_t)b->high;
    if (a_low == a_high || b_low == b_high || a_high <= b_low || b_high <= a_low) {
        return OVERLAP_NONE;
    }
    struct equation equation;
    equation.count = 0;
    equation.steps = 0;
    add_layout(&equation, a);
    add_layout(&equation, b);
    return solve(&equation, b_high - 1 - a_low);
}
