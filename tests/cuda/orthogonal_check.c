#include "orthogonal_check.h"

#include "stream/round.h"

#include <math.h>
#include <stdlib.h>

double reference_get(enum dtype dtype, const void *array, int64_t i)
{
    switch (dtype) {
    case DTYPE_FLOAT16:
        return (double)float16_to_float(((const uint16_t *)array)[i]);
    case DTYPE_BFLOAT16:
        return (double)bfloat16_to_float(((const uint16_t *)array)[i]);
    case DTYPE_FLOAT32:
        return (double)((const float *)array)[i];
    default:
        return ((const double *)array)[i];
    }
}

/* Element `i` of kept vector `k`. */
static double kept(const struct orthogonal *shape, enum dtype dtype, const void *result, int64_t k, int64_t i)
{
    return reference_get(dtype, result, shape->wide ? k * shape->columns + i : i * shape->columns + k);
}

double reference_error(const struct orthogonal *shape, enum dtype dtype, const void *result)
{
    double worst = 0.0;
    for (int64_t a = 0; a < shape->shorter; a++) {
        for (int64_t b = 0; b <= a; b++) {
            double sum = 0.0;
            for (int64_t i = 0; i < shape->longer; i++) {
                sum += kept(shape, dtype, result, a, i) * kept(shape, dtype, result, b, i);
            }
            worst = fmax(worst, fabs(sum / (shape->scale * shape->scale) - (a == b)));
        }
    }
    return worst;
}

double reference_residual(const struct orthogonal *shape, enum dtype dtype, const double *random, const void *result)
{
    const int64_t m = shape->longer, n = shape->shorter;
    double *const image = calloc((size_t)(n * n), sizeof *image);
    for (int64_t k = 0; k < n; k++) {
        for (int64_t j = 0; j < n; j++) {
            for (int64_t i = 0; i < m; i++) {
                image[k * n + j] += random[shape->wide ? j * m + i : i * n + j] * kept(shape, dtype, result, k, i);
            }
        }
    }
    double worst = 0.0, largest = 0.0, before = INFINITY;
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = 0; b <= a; b++) {
            double sum = 0.0;
            for (int64_t j = 0; j < n; j++) {
                sum += image[a * n + j] * image[b * n + j];
            }
            if (a == b) {
                largest = a == 0 ? sum : largest;
                worst = sum > before * (1.0 + 1e-4) ? 2.0 : worst;
                before = sum;
            } else {
                worst = fmax(worst, fabs(sum) / largest);
            }
        }
    }
    free(image);
    return worst;
}

int reference_wrong_signs(const struct orthogonal *shape, enum dtype dtype, const void *result, uint64_t seed)
{
    int wrong = 0;
    for (int64_t k = 0; k < shape->shorter; k++) {
        int64_t best = 0;
        for (int64_t i = 1; i < shape->longer; i++) {
            if (fabs(kept(shape, dtype, result, k, i)) > fabs(kept(shape, dtype, result, k, best))) {
                best = i;
            }
        }
        uint32_t words[4];
        philox_block(seed, shape->sign_stream, (uint64_t)k / 4, words);
        wrong += (kept(shape, dtype, result, k, best) < 0.0) != (words[k % 4] >> 31 == 1);
    }
    return wrong;
}

double reference_difference(const struct orthogonal *shape, enum dtype dtype, const void *a, const void *b, bool up_to_signs)
{
    double worst = 0.0;
    for (int64_t k = 0; k < shape->shorter; k++) {
        double same = 0.0, opposite = 0.0;
        for (int64_t i = 0; i < shape->longer; i++) {
            const double x = kept(shape, dtype, a, k, i), y = kept(shape, dtype, b, k, i);
            same = fmax(same, fabs(x - y));
            opposite = fmax(opposite, fabs(x + y));
        }
        worst = fmax(worst, up_to_signs ? fmin(same, opposite) : same);
    }
    return worst;
}
