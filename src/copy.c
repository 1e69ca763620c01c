#include "copy.h"
#include "shape.h"

#include <math.h>
#include <stdlib.h>

struct copy_array *copy_array_new(int ndim, const int64_t *shape)
{
    int64_t count;
    size_t bytes;
    if (!shape_elements(ndim, shape, &count) || __builtin_mul_overflow((size_t)count, sizeof(double), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct copy_array), &bytes)) {
        return NULL;
    }
    struct copy_array *const array = malloc(bytes);
    if (!array) {
        return NULL;
    }
    *array = (struct copy_array){.printed = DTYPE_FLOAT64, .ndim = ndim, .count = count};
    atomic_init(&array->references, 1);
    for (int d = 0; d < ndim; d++) {
        array->shape[d] = shape[d];
    }
    return array;
}

void copy_array_measure(struct copy_array *array)
{
    array->low = array->high = array->count > 0 ? array->values[0] : 0.0;
    array->integral = true;
    for (int64_t i = 0; i < array->count; i++) {
        const double value = array->values[i];
        array->low = value < array->low ? value : array->low;
        array->high = value > array->high ? value : array->high;
        if (array->integral && trunc(value) != value) {
            array->integral = false;
            array->fraction = value;
        }
    }
}

static struct copy_array *retain(const struct copy_array *array)
{
    /* Only the count changes, which no one sees. */
    struct copy_array *const counted = (struct copy_array *)array;
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return counted;
}

void copy_array_release(struct copy_array *array)
{
    if (array && atomic_fetch_sub_explicit(&array->references, 1, memory_order_acq_rel) == 1) {
        free(array);
    }
}

static bool fits(const struct copy_array *array, int ndim, const int64_t *domain)
{
    /* From the last axis on. Of those that the domain lacks, MXNet takes 1, as NumPy does. */
    bool fit = true;
    for (int d = 1; d <= array->ndim && fit; d++) {
        const int64_t extent = array->shape[array->ndim - d];
        fit = extent == 1 || (d <= ndim && extent == domain[ndim - d]);
    }
    return fit;
}

/* Adds an axis inside of those that the map has; it becomes part of the last one where that goes on as it does. */
static void add_inner(struct copy_map *map, int64_t extent, int64_t stride)
{
    if (extent == 1) {
        return;
    }
    const int last = map->ndim - 1;
    if (last >= 0 && map->stride[last] == stride * extent) {
        map->extent[last] *= extent;
        map->stride[last] = stride;
        return;
    }
    map->extent[map->ndim] = extent;
    map->stride[map->ndim] = stride;
    map->ndim++;
}

static void make_map(const struct copy_array *array, int ndim, const int64_t *domain, struct copy_map *map)
{
    map->values = array->values;
    map->ndim = 0;
    int64_t stride = array->count, elements = 0;
    if (!shape_elements(ndim, domain, &elements) || elements == 0) {
        return; /* no element asks */
    }
    for (int d = 0; d < ndim; d++) {
        const int own = d - (ndim - array->ndim);
        const int64_t extent = own >= 0 ? array->shape[own] : 1;
        stride /= extent;
        add_inner(map, domain[d], extent == 1 ? 0 : stride);
    }
}

fanin_status copy_new(const char *name, struct copy_array *array, int ndim, const int64_t *domain, struct copy **out)
{
    if (!fits(array, ndim, domain)) {
        char found[SHAPE_TEXT_SIZE], expected[SHAPE_TEXT_SIZE];
        return fanin_fail(
            FANIN_ERROR_SHAPE,
            "parameter '%s': found a constant of shape %s, expected one that is broadcast to %s: each axis, from the "
            "last on, of the same extent, 1 or missing",
            name, shape_text(array->ndim, array->shape, found), shape_text(ndim, domain, expected));
    }
    struct copy *const copy = malloc(sizeof *copy);
    if (!copy) {
        return fanin_fail(FANIN_ERROR_MEMORY, "parameter '%s': out of memory for its fills", name);
    }
    copy->array = retain(array);
    make_map(array, ndim, domain, &copy->map);
    *out = copy;
    return FANIN_OK;
}

void copy_free(struct copy *copy)
{
    if (copy) {
        copy_array_release(copy->array);
        free(copy);
    }
}

bool copy_same(const struct copy *a, const struct copy *b)
{
    const struct copy_array *const first = a->array, *const second = b->array;
    bool same = first == second || (first->ndim == second->ndim && first->count == second->count);
    for (int d = 0; d < first->ndim && same; d++) {
        same = first->shape[d] == second->shape[d];
    }
    for (int64_t i = 0; first != second && i < first->count && same; i++) {
        same = first->values[i] == second->values[i];
    }
    return same;
}
