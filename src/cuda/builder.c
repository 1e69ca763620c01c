#include "cuda/builder.h"

#include "copy_map.h"
#include "cuda/normal_bounds.h"
#include "stream/round.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* What a row is made from: the axes in the order in which the row has them, the fastest first. Strides are in bytes. */
struct axes {
    int count;
    struct cuda_axis axis[FANIN_MAX_NDIM];
};

static int log2_of_size(enum dtype dtype)
{
    return __builtin_ctz(dtype_table[dtype].size);
}

/* ------------------------------------------------ numbers ----------------------------------------------------------------- */

/* The low bytes again and again, up to 8. */
static uint64_t repeated(uint64_t bits, int size_log2)
{
    for (int log2 = size_log2; log2 < 3; log2++) {
        const int width = 8 << log2;
        bits = (bits & ((UINT64_C(1) << width) - 1)) * (1 + (UINT64_C(1) << width));
    }
    return bits;
}

static uint32_t twice(uint16_t bits)
{
    return (uint32_t)bits << 16 | bits;
}

static void set_uniform(struct cuda_row *row, const struct fill *fill, enum dtype dtype)
{
    if (dtype == DTYPE_FLOAT64) {
        row->number.uniform_double = uniform_double_make(fill->a, fill->b);
        return;
    }
    const struct uniform_float bounds = uniform_float_make(fill->a, fill->b);
    row->number.uniform_float.bounds = bounds;
    float low, high;
    if (dtype == DTYPE_FLOAT16 && float16_inward(bounds.low, bounds.high, &low, &high)) {
        row->number.uniform_float.lows16 = twice(round_to_float16(low));
        row->number.uniform_float.highs16 = twice(round_to_float16(high));
    } else if (dtype == DTYPE_BFLOAT16 && bfloat16_inward(bounds.low, bounds.high, &low, &high)) {
        row->number.uniform_float.lows16 = twice(round_to_bfloat16(low));
        row->number.uniform_float.highs16 = twice(round_to_bfloat16(high));
    }
    row->symmetric = (row->number.uniform_float.lows16 ^ row->number.uniform_float.highs16) == 0x80008000u;
}

static void set_numbers(struct cuda_row *row, const struct fill *fill, enum dtype dtype)
{
    switch (fill->kind) {
    case FILL_CONSTANT:
        row->number.constant[0] = row->number.constant[1] = repeated(copy_bits(dtype, fill->a), row->size_log2);
        break;
    case FILL_UNIFORM:
        set_uniform(row, fill, dtype);
        break;
    case FILL_NORMAL:
        if (dtype == DTYPE_FLOAT64) {
            row->number.normal_double.mean = fill->a;
            row->number.normal_double.sigma = fill->b;
        } else {
            row->number.normal_float.mean = (float)fill->a;
            row->number.normal_float.sigma = (float)fill->b;
            row->number.normal_float.sigma_by_8 = 8.0f * (float)fill->b;
            normal_bounds_of_sigma((float)fill->b, &row->number.normal_float.sigma_low, &row->number.normal_float.sigma_high);
        }
        break;
    case FILL_INTEGER:
        row->number.integer.low = (int64_t)fill->a;
        row->number.integer.high = (int64_t)fill->b;
        break;
    default: /* BILINEAR */
        row->number.bilinear.height = fill->domain[2];
        row->number.bilinear.width = fill->domain[3];
        row->number.bilinear.centred = fill->a != 0.0;
    }
}

/* ------------------------------------------------ axes -------------------------------------------------------------------- */

static void sort_by_stride(struct axes *axes)
{
    for (int i = 1; i < axes->count; i++) {
        const struct cuda_axis axis = axes->axis[i];
        int j = i;
        for (; j > 0 && axes->axis[j - 1].stride > axis.stride; j--) {
            axes->axis[j] = axes->axis[j - 1];
        }
        axes->axis[j] = axis;
    }
}

/* A constant's domain does not matter: its axes go through memory upwards, merged where there is no gap, and the index of an
 * element is its address in elements, so that groups lie as 16 bytes do. */
static void take_memory_order(const struct item *item, struct cuda_row *row, struct axes *axes)
{
    const int64_t size = dtype_table[item->dtype].size;
    for (int d = 0; d < item->ndim; d++) {
        struct cuda_axis axis = {item->extent[d], item->stride[d] * size, 0};
        if (axis.stride < 0) {
            row->data += (uint64_t)((axis.extent - 1) * axis.stride);
            axis.stride = -axis.stride;
        }
        axes->axis[axes->count++] = axis;
    }
    sort_by_stride(axes);
    int merged = 0;
    for (int i = 1; i < axes->count; i++) {
        if (axes->axis[i].stride == axes->axis[merged].stride * axes->axis[merged].extent) {
            axes->axis[merged].extent *= axes->axis[i].extent;
        } else {
            axes->axis[++merged] = axes->axis[i];
        }
    }
    axes->count = axes->count > 0 ? merged + 1 : 0;
    for (int i = 0; i < axes->count; i++) {
        axes->axis[i].step = axes->axis[i].stride / size;
    }
    row->start = (int64_t)(row->data / (uint64_t)size);
}

/* All others walk fastest where the domain is densest: there elements share Philox blocks. */
static void take_domain_order(const struct item *item, struct cuda_row *row, struct axes *axes)
{
    const int64_t size = dtype_table[item->dtype].size;
    int inner = item->ndim - 1;
    for (int d = item->ndim - 1; d >= 0; d--) {
        inner = item->step[d] < item->step[inner] ? d : inner;
    }
    for (int d = item->ndim - 1; d >= 0; d--) {
        axes->axis[axes->count++] = (struct cuda_axis){item->extent[d], item->stride[d] * size, item->step[d]};
    }
    if (inner >= 0) {
        const int place = item->ndim - 1 - inner;
        const struct cuda_axis axis = axes->axis[place];
        memmove(&axes->axis[1], &axes->axis[0], (size_t)place * sizeof axis);
        axes->axis[0] = axis;
    }
    row->start = item->start;
}

/* The elements by which a line of the first axis may miss the start of a group. */
static uint32_t slack_of(const struct cuda_row *row, const struct axes *axes)
{
    const int64_t mask = (1 << row->group_log2) - 1;
    int64_t misses = row->start & mask;
    for (int i = 1; i < axes->count; i++) {
        misses |= axes->axis[i].step & mask;
    }
    return misses != 0 ? (uint32_t)mask : 0;
}

static int group_log2_of(const struct item *item)
{
    switch (item->fill->kind) {
    case FILL_CONSTANT:
        return 4 - log2_of_size(item->dtype);
    case FILL_BILINEAR:
        return 0;
    default:
        return item->dtype == DTYPE_FLOAT64 ? 1 : 2;
    }
}

/* Whether fill_passes has a loop for such numbers. Normal ones of less than 64 bits need a finite eightfold sigma. */
static bool has_passes(const struct cuda_row *row)
{
    if (row->kind == FILL_NORMAL) {
        return row->dtype == DTYPE_FLOAT64 || isfinite(row->number.normal_float.sigma_by_8);
    }
    return row->kind == FILL_CONSTANT || row->kind == FILL_UNIFORM;
}

static void make_row(const struct item *item, struct cuda_row *row, struct axes *axes)
{
    memset(row, 0, sizeof *row);
    axes->count = 0;
    row->data = (uint64_t)(uintptr_t)item->data;
    row->stream = item->fill->stream;
    row->kind = (uint8_t)item->fill->kind;
    row->dtype = (uint8_t)item->dtype;
    row->size_log2 = (uint8_t)log2_of_size(item->dtype);
    row->group_log2 = (uint8_t)group_log2_of(item);
    set_numbers(row, item->fill, item->dtype);
    if (item->fill->kind == FILL_CONSTANT) {
        take_memory_order(item, row, axes);
    } else {
        take_domain_order(item, row, axes);
    }
    const int64_t size = INT64_C(1) << row->size_log2;
    if (axes->count == 0) {
        axes->axis[axes->count++] = (struct cuda_axis){1, size, 1};
    }
    row->extent = axes->axis[0].extent;
    row->stride = axes->axis[0].stride;
    row->step = axes->axis[0].step;
    row->outer = (uint8_t)(axes->count - 1);
    if (row->outer > 0) {
        row->slack = slack_of(row, axes);
    }
    row->dense = has_passes(row) && row->outer == 0 && row->step == 1 && row->stride == size &&
                 (row->data - (uint64_t)row->start * (uint64_t)size) % 16 == 0;
}

/* ------------------------------------------------ the table --------------------------------------------------------------- */

static bool is_line(const struct cuda_row *row)
{
    return row->outer == 0 && row->step == 1;
}

/* Groups of a row. They are no more than its elements, and one for each of its lines. */
static uint64_t groups_of(const struct cuda_builder *builder, const struct cuda_row *row)
{
    if (is_line(row)) {
        const uint64_t start = (uint64_t)row->start;
        return ((start + (uint64_t)row->extent - 1) >> row->group_log2) - (start >> row->group_log2) + 1;
    }
    return cuda_groups_of_box(builder->table.slot, row, cuda_groups_of_line(row));
}

/* Passes that a tile of the row has at most. Measured on an H200: constants are fastest in tiles of one pass, numbers that are
 * made as fast as memory takes them in four, all others in sixteen, for each tile costs what an eighth of a pass does. */
static int most_passes_log2(const struct cuda_row *row)
{
    if (row->kind == FILL_CONSTANT) {
        return 0;
    }
    const bool is_fast = row->kind == FILL_UNIFORM && row->size_log2 >= 2;
    return row->dense && !is_fast ? CUDA_PASSES_LOG2_MAX : 2;
}

/* Tiles of a row: a line's are cut at multiples of their size, so it may begin and end within one. */
static uint64_t tiles_of(const struct cuda_builder *builder, const struct cuda_row *row)
{
    if (is_line(row)) {
        const uint64_t start = (uint64_t)row->start;
        const int shift = row->group_log2 + row->tile_log2;
        return ((start + (uint64_t)row->extent - 1) >> shift) - (start >> shift) + 1;
    }
    return ((groups_of(builder, row) - 1) >> row->tile_log2) + 1;
}

/* The tiles of a line that are nothing but whole groups, where passes can do them. */
static void set_full_tiles(struct cuda_row *row)
{
    const int shift = row->group_log2 + row->tile_log2;
    const uint64_t start = (uint64_t)row->start, end = start + (uint64_t)row->extent, first = start >> shift;
    const uint64_t begin = first << shift == start ? first : first + 1, full_end = end >> shift;
    row->full_first = begin != first;
    row->full_tiles = row->dense && full_end > begin ? (uint32_t)(full_end - begin) : 0;
}

void cuda_builder_start(struct cuda_builder *builder, uint64_t seed)
{
    builder->rows = 0;
    builder->axes = 0;
    builder->groups = 0;
    philox_keys(seed, builder->table.header.key);
}

bool cuda_builder_add(struct cuda_builder *builder, const struct item *item)
{
    struct cuda_row row;
    struct axes axes;
    make_row(item, &row, &axes);
    const size_t more = ((size_t)row.outer + CUDA_AXES_OF_SLOT - 1) / CUDA_AXES_OF_SLOT;
    if (builder->rows + 1 + builder->axes + more > CUDA_SLOTS) {
        return false;
    }
    builder->axes += more;
    row.axes = (uint16_t)(CUDA_SLOTS - builder->axes);
    for (int i = 0; i < row.outer; i++) {
        builder->table.slot[row.axes + i / CUDA_AXES_OF_SLOT].axis[i % CUDA_AXES_OF_SLOT] = axes.axis[i + 1];
    }
    builder->table.slot[builder->rows++].row = row;
    builder->groups += groups_of(builder, &row);
    return true;
}

bool cuda_builder_finish_with(struct cuda_builder *builder, int passes_log2, uint32_t *tiles, size_t *slots)
{
    const size_t distance = CUDA_SLOTS - builder->axes - builder->rows;
    uint64_t next = 0;
    for (size_t i = 0; i < builder->rows; i++) {
        struct cuda_row *row = &builder->table.slot[i].row;
        const int most_log2 = most_passes_log2(row);
        row->tile_log2 = (uint8_t)(CUDA_PASS_LOG2 + (passes_log2 < most_log2 ? passes_log2 : most_log2));
        const uint64_t count = tiles_of(builder, row);
        if (next + count > INT_MAX) {
            return false;
        }
        row->first_tile = (uint32_t)next;
        if (is_line(row)) {
            set_full_tiles(row);
        }
        next += count;
    }
    for (size_t i = 0; i < builder->rows; i++) {
        builder->table.slot[i].row.axes = (uint16_t)(builder->table.slot[i].row.axes - distance);
    }
    memmove(&builder->table.slot[builder->rows], &builder->table.slot[CUDA_SLOTS - builder->axes],
            builder->axes * sizeof builder->table.slot[0]);
    builder->table.header.rows = (uint32_t)builder->rows;
    *tiles = (uint32_t)next;
    *slots = builder->rows + builder->axes;
    return true;
}

/* A tile has no more passes than there are rounds of blocks: more would save less than the last round, which leaves some
 * multiprocessors without work, costs. */
bool cuda_builder_finish(struct cuda_builder *builder, int multiprocessors, uint32_t *tiles, size_t *slots)
{
    const uint64_t passes = builder->groups >> CUDA_PASS_LOG2, blocks = (uint64_t)CUDA_BLOCKS * (uint64_t)multiprocessors;
    int passes_log2 = CUDA_PASSES_LOG2_MAX;
    while (passes_log2 > 0 && passes >> (2 * passes_log2) < blocks) {
        passes_log2--;
    }
    return cuda_builder_finish_with(builder, passes_log2, tiles, slots);
}
