#include "item.h"

/* The rows of axis 0 that the tensor has of the parameter's [first, first + count); a parameter without dimensions is one
 * row. */
struct rows {
    int64_t first, count;
};

static struct rows rows_in_box(const struct tensor *tensor, int64_t first, int64_t count)
{
    if (tensor->ndim == 0) {
        return (struct rows){first, count};
    }
    const int64_t box_first = tensor->offset[0], box_end = box_first + tensor->shape[0];
    const int64_t begin = first > box_first ? first : box_first;
    const int64_t end = first + count < box_end ? first + count : box_end;
    return (struct rows){begin, end - begin};
}

/* Adds a dimension outside of those that the item has, which stand from the innermost to the outermost. It becomes part of the
 * last one where it goes on as that does. */
static void add_outer(struct item *item, int64_t extent, int64_t stride, int64_t step)
{
    if (extent == 1) {
        return;
    }
    const int last = item->ndim - 1;
    int64_t next_stride;
    if (last >= 0 && step == item->step[last] * item->extent[last] &&
        !__builtin_mul_overflow(item->stride[last], item->extent[last], &next_stride) && stride == next_stride) {
        item->extent[last] *= extent;
        return;
    }
    item->extent[item->ndim] = extent;
    item->stride[item->ndim] = stride;
    item->step[item->ndim] = step;
    item->ndim++;
}

static void swap(int64_t *a, int64_t *b)
{
    const int64_t kept = *a;
    *a = *b;
    *b = kept;
}

/* To the order of the parameter's axes: steps fall, and the innermost dimension has step 1 if one has. */
static void reverse_dimensions(struct item *item)
{
    for (int low = 0, high = item->ndim - 1; low < high; low++, high--) {
        swap(&item->extent[low], &item->extent[high]);
        swap(&item->stride[low], &item->stride[high]);
        swap(&item->step[low], &item->step[high]);
    }
}

bool item_make(const struct tensor *tensor, const struct fill *fill, const char *name, int64_t begin, int64_t count,
               int64_t first, int64_t *numbers, struct item *out)
{
    if (tensor->size == 0 || count == 0) {
        return false;
    }
    const int64_t row_size = tensor->ndim == 0 ? 1 : tensor->global_size / tensor->global[0];
    const struct rows rows = rows_in_box(tensor, begin / row_size, count / row_size);
    if (rows.count <= 0) {
        return false;
    }
    out->fill = fill;
    out->name = name;
    out->source = NULL;
    out->device = tensor->device;
    out->dtype = tensor->dtype;
    out->ndim = 0;
    out->extent = numbers;
    out->stride = numbers + tensor->ndim;
    out->step = numbers + 2 * tensor->ndim;
    out->size = 1;
    out->start = first - begin;
    out->data = tensor->data;
    int64_t step = 1;
    for (int d = tensor->ndim - 1; d >= 0; d--) {
        const int64_t extent = d == 0 ? rows.count : tensor->shape[d];
        out->start += (d == 0 ? rows.first : tensor->offset[d]) * step;
        out->size *= extent;
        add_outer(out, extent, tensor->stride[d], step);
        step *= tensor->global[d];
    }
    if (tensor->data && tensor->ndim > 0) {
        out->data += (rows.first - tensor->offset[0]) * tensor->stride[0] * dtype_table[tensor->dtype].size;
    }
    reverse_dimensions(out);
    return true;
}
