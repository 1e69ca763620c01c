/* What one thread of a fill does: cuda_fill_thread, a function of the table, the number of the block of threads and that of the
 * thread in it. The kernels only call it, and a test on the host calls it for the same grid. Valid C11 and C++.
 *
 * A block of threads does one tile, which belongs to one row. All its threads look the row up and find where the tile lies in
 * it; from there on, offsets have 32 bits. Tiles of a row that is dense in its domain are cut at multiples of their size of the
 * domain's groups, so that all blocks of Philox in a tile have the same high counter word. */
#ifndef FANIN_SRC_CUDA_THREAD_H
#define FANIN_SRC_CUDA_THREAD_H

#include "cuda/normal_bounds.h"
#include "cuda/store.h"
#include "cuda/values.h"

#define CUDA_PASS (1u << CUDA_PASS_LOG2)

/* ------------------------------------------------ whole passes of a dense row -------------------------------------------- */

/* Groups of a pass that a thread makes, in straight-line code. */
#define PASS_GROUPS ((int)(CUDA_PASS / CUDA_THREADS))

/* Each function below writes the groups [first, first + groups), a whole number of passes, of which the first lies at
 * `address`. Kind and dtype are constants where they are called: the compiler makes a loop for each. */

STREAM_FUNCTION void fill_constant_passes(const struct cuda_row *row, uint64_t address, uint32_t groups, uint32_t thread)
{
    const uint64_t low = row->number.constant[0], high = row->number.constant[1];
    address += (uint64_t)thread * 16;
    for (uint32_t done = 0; done < groups; done += CUDA_PASS) {
        CUDA_UNROLL
        for (uint32_t j = 0; j < PASS_GROUPS; j++) {
            store_16(address + j * CUDA_THREADS * 16, (uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high,
                     (uint32_t)(high >> 32));
        }
        address += CUDA_PASS * 16;
    }
}

STREAM_FUNCTION bool pass_is_16_bit(enum dtype dtype)
{
    return dtype == DTYPE_FLOAT16 || dtype == DTYPE_BFLOAT16;
}

/* How far a thread's group j is from its group 0. Two of 16-bit floats, which are 16 bytes, lie side by side. */
STREAM_FUNCTION uint32_t pass_distance(enum dtype dtype, uint32_t j)
{
    return pass_is_16_bit(dtype) ? j / 2 * CUDA_THREADS * 2 + j % 2 : j * CUDA_THREADS;
}

/* The 16-bit floats of a group. */
STREAM_FUNCTION void pass_pack(enum cuda_variant variant, enum fill_kind kind, enum dtype dtype, bool symmetric,
                               const struct cuda_row *row, const uint32_t words[4], uint32_t packed[2])
{
    float values[4];
    if (variant == CUDA_VARIANT_MIXED && kind == FILL_NORMAL && dtype == DTYPE_BFLOAT16) {
        normal_bfloat16_by_bounds(row, words, packed);
        return;
    }
    values_floats(kind, true, row, words, values);
    packed[0] = values_pack(kind, dtype, symmetric, row, values[0], values[1]);
    packed[1] = values_pack(kind, dtype, symmetric, row, values[2], values[3]);
}

STREAM_FUNCTION void pass_store(enum cuda_variant variant, enum fill_kind kind, enum dtype dtype, bool symmetric,
                                const struct cuda_row *row, const uint32_t words[PASS_GROUPS][4], uint64_t address)
{
    uint32_t packed[4];
    CUDA_UNROLL
    for (uint32_t j = 0; j < PASS_GROUPS; j++) {
        const uint64_t place = address + j * CUDA_THREADS * 16;
        if (dtype == DTYPE_FLOAT64) {
            uint64_t pair[2];
            values_doubles(kind, row, words[j], pair);
            store_16(place, (uint32_t)pair[0], (uint32_t)(pair[0] >> 32), (uint32_t)pair[1], (uint32_t)(pair[1] >> 32));
            continue;
        }
        if (dtype == DTYPE_FLOAT32) {
            float values[4];
            values_floats(kind, true, row, words[j], values);
            values_bound(kind, row, values);
            store_16(place, float_bits(values[0]), float_bits(values[1]), float_bits(values[2]), float_bits(values[3]));
            continue;
        }
        pass_pack(variant, kind, dtype, symmetric, row, words[j], packed + 2 * (j % 2));
        if (j % 2 == 1) {
            store_16(address + j / 2 * CUDA_THREADS * 16, packed[0], packed[1], packed[2], packed[3]);
        }
    }
}

/* The numbers that are made more slowly than memory takes them, and not in float64 units. */
STREAM_FUNCTION bool pass_may_mix(enum fill_kind kind, enum dtype dtype)
{
    return pass_is_16_bit(dtype) || (kind == FILL_NORMAL && dtype == DTYPE_FLOAT32);
}

STREAM_FUNCTION void fill_mixed_passes(enum fill_kind kind, enum dtype dtype, bool symmetric, const struct cuda_header *header,
                                       const struct cuda_row *row, uint64_t first, uint64_t address, uint32_t groups,
                                       uint32_t thread)
{
    const uint32_t low = (uint32_t)first + (pass_is_16_bit(dtype) ? 2 * thread : thread), high = (uint32_t)(first >> 32);
    double wide = generator_wide(low);
    uint32_t product = low * PHILOX_MULTIPLIER_0;
    address += (uint64_t)thread * 16;
    for (uint32_t done = 0; done < groups; done += CUDA_PASS) {
        uint32_t words[PASS_GROUPS][4];
        CUDA_UNROLL
        for (uint32_t j = 0; j < PASS_GROUPS; j++) {
            const uint32_t distance = pass_distance(dtype, j);
            generator_words_mixed(header->key, row->stream, j == 0 ? wide : generator_advance(wide, distance),
                                  product + distance * PHILOX_MULTIPLIER_0, high, words[j]);
        }
        pass_store(CUDA_VARIANT_MIXED, kind, dtype, symmetric, row, words, address);
        wide = generator_advance(wide, CUDA_PASS);
        product += CUDA_PASS * PHILOX_MULTIPLIER_0;
        address += CUDA_PASS * (pass_is_16_bit(dtype) ? 8 : 16);
    }
}

STREAM_FUNCTION void fill_random_passes(enum fill_kind kind, enum dtype dtype, bool symmetric, enum cuda_variant variant,
                                        const struct cuda_header *header, const struct cuda_row *row, uint64_t first,
                                        uint64_t address, uint32_t groups, uint32_t thread)
{
    if (variant == CUDA_VARIANT_MIXED && pass_may_mix(kind, dtype)) {
        fill_mixed_passes(kind, dtype, symmetric, header, row, first, address, groups, thread);
        return;
    }
    const uint32_t high = (uint32_t)(first >> 32);
    uint64_t product = generator_product((uint32_t)first + (pass_is_16_bit(dtype) ? 2 * thread : thread));
    address += (uint64_t)thread * 16;
    for (uint32_t done = 0; done < groups; done += CUDA_PASS) {
        uint32_t words[PASS_GROUPS][4];
        CUDA_UNROLL
        for (uint32_t j = 0; j < PASS_GROUPS; j++) {
            generator_words(header->key, row->stream, product + generator_product(pass_distance(dtype, j)), high, words[j]);
        }
        pass_store(CUDA_VARIANT_PLAIN, kind, dtype, symmetric, row, words, address);
        product += generator_product(CUDA_PASS);
        address += CUDA_PASS * (pass_is_16_bit(dtype) ? 8 : 16);
    }
}

/* Kind, dtype and whether 16-bit bounds are symmetric in one number. */
#define FILL_OF(kind, dtype, symmetric) (((kind)*DTYPE_COUNT + (dtype)) * 2 + (symmetric))

/* Whole passes of the row, if its kind and dtype have such a loop; else none. Returns how many groups it did. */
STREAM_FUNCTION uint32_t fill_passes(enum cuda_variant variant, const struct cuda_header *header, const struct cuda_row *row,
                                     uint64_t first, uint64_t address, uint32_t groups, uint32_t thread)
{
#define FILL_PASSES(kind, dtype, symmetric)                                                                                    \
    case FILL_OF(kind, dtype, symmetric):                                                                                      \
        fill_random_passes(kind, dtype, symmetric, variant, header, row, first, address, groups, thread);                      \
        break;
    switch (FILL_OF(row->kind, row->dtype, row->symmetric)) {
        FILL_PASSES(FILL_UNIFORM, DTYPE_FLOAT32, 0)
        FILL_PASSES(FILL_NORMAL, DTYPE_FLOAT32, 0)
        FILL_PASSES(FILL_UNIFORM, DTYPE_BFLOAT16, 0)
        FILL_PASSES(FILL_UNIFORM, DTYPE_BFLOAT16, 1)
        FILL_PASSES(FILL_NORMAL, DTYPE_BFLOAT16, 0)
        FILL_PASSES(FILL_UNIFORM, DTYPE_FLOAT16, 0)
        FILL_PASSES(FILL_UNIFORM, DTYPE_FLOAT16, 1)
        FILL_PASSES(FILL_NORMAL, DTYPE_FLOAT16, 0)
        FILL_PASSES(FILL_UNIFORM, DTYPE_FLOAT64, 0)
        FILL_PASSES(FILL_NORMAL, DTYPE_FLOAT64, 0)
    default:
        if (row->kind != FILL_CONSTANT) {
            return 0;
        }
        fill_constant_passes(row, address, groups, thread);
    }
#undef FILL_PASSES
    return groups;
}

/* ------------------------------------------------ where the groups of a tile lie ----------------------------------------- */

/* A group: the elements [from, to) of the one that begins at domain index `index`; element 0 is or would be at `address`.
 * What lies before the row, or before a box's line, wraps around, and so does all that is computed from it, back again. */
struct fill_group {
    uint64_t index, address;
    int from, to;
};

/* The part of [begin, end) of the domain that is in the group that begins at `index`. */
STREAM_FUNCTION void fill_cut_group(struct fill_group *group, uint64_t index, uint64_t elements, uint64_t begin, uint64_t end)
{
    group->index = index;
    group->from = index < begin ? (int)(begin - index) : 0;
    group->to = end - index < elements ? (int)(end - index) : (int)elements;
}

/* A tile of a row with one axis and step 1. Groups are counted from `first`, the tile's first one; `begin` is the row's
 * first in it, and [whole, whole_end) are those that are whole, of 16-bit floats from 16 bytes of them on. */
struct fill_line {
    uint64_t first, origin, pitch; /* group number in the domain, its address, bytes from one to the next */
    uint32_t begin, end, whole, whole_end;
};

/* The first group of a tile of a line, counted in the domain. */
STREAM_FUNCTION uint64_t fill_first_of_tile(const struct cuda_row *row, uint32_t tile)
{
    return (((uint64_t)row->start >> (row->group_log2 + row->tile_log2)) + tile) << row->tile_log2;
}

STREAM_FUNCTION struct fill_line fill_line_of_tile(const struct cuda_row *row, uint32_t tile)
{
    const uint32_t group_log2 = row->group_log2;
    const uint64_t start = (uint64_t)row->start, end = start + (uint64_t)row->extent;
    const uint64_t row_begin = start >> group_log2, row_end = ((end - 1) >> group_log2) + 1;
    struct fill_line line;
    line.first = fill_first_of_tile(row, tile);
    const uint64_t last = line.first + ((uint64_t)1 << row->tile_log2);
    line.begin = row_begin > line.first ? (uint32_t)(row_begin - line.first) : 0;
    line.end = (uint32_t)((row_end < last ? row_end : last) - line.first);
    const bool cut_begin = (line.first + line.begin) << group_log2 < start;
    const bool cut_end = (line.first + line.end) << group_log2 > end;
    line.whole = line.begin + (cut_begin ? 1 : 0);
    if (row->size_log2 == 1 && row->kind != FILL_CONSTANT) {
        line.whole += line.whole & 1;
    }
    line.whole_end = line.end - (cut_end ? 1 : 0);
    line.origin = row->data + ((line.first << group_log2) - start) * (uint64_t)row->stride;
    line.pitch = (uint64_t)row->stride << group_log2;
    return line;
}

STREAM_FUNCTION void fill_line_group(const struct cuda_row *row, const struct fill_line *line, uint32_t number,
                                     struct fill_group *out)
{
    const uint64_t start = (uint64_t)row->start, elements = (uint64_t)1 << row->group_log2;
    fill_cut_group(out, (line->first + number) << row->group_log2, elements, start, start + (uint64_t)row->extent);
    out->address = line->origin + number * line->pitch;
}

/* A tile of any other row, which is lines of its first axis: where its first group lies. */
struct fill_box {
    uint64_t groups; /* of a line */
    uint64_t line, group;
    uint32_t count; /* groups of the tile */
};

STREAM_FUNCTION struct fill_box fill_box_of_tile(const union cuda_slot *slots, const struct cuda_row *row, uint32_t tile)
{
    struct fill_box box;
    box.groups = cuda_groups_of_line(row);
    const uint64_t total = cuda_groups_of_box(slots, row, box.groups);
    const uint64_t first = (uint64_t)tile << row->tile_log2, left = total - first;
    box.count = left >> row->tile_log2 == 0 ? (uint32_t)left : 1u << row->tile_log2;
    box.group = divide(first, box.groups, &box.line);
    return box;
}

STREAM_FUNCTION void fill_box_group(const union cuda_slot *slots, const struct cuda_row *row, const struct fill_box *box,
                                    uint32_t number, struct fill_group *out)
{
    uint64_t group = box->group + number, line = box->line;
    if (group >= box->groups) {
        const uint32_t beyond = number - (uint32_t)(box->groups - box->group);
        const uint32_t groups = box->groups >> 32 == 0 ? (uint32_t)box->groups : UINT32_MAX;
        line += 1 + beyond / groups;
        group = beyond % groups;
    }
    uint64_t index = (uint64_t)row->start;
    out->address = row->data;
    for (int d = 0; d < row->outer; d++) {
        const struct cuda_axis *axis = cuda_outer_axis(slots, row, d);
        uint64_t coordinate = line;
        if (d + 1 < row->outer) {
            coordinate = divide(line, (uint64_t)axis->extent, &line);
        }
        index += coordinate * (uint64_t)axis->step;
        out->address += coordinate * (uint64_t)axis->stride;
    }
    const uint64_t elements = (uint64_t)1 << row->group_log2;
    if (row->step == 1) {
        /* A line may end before its last group does, or before that begins: then from > to. */
        const uint64_t end = index + (uint64_t)row->extent, begin = ((index >> row->group_log2) + group) << row->group_log2;
        out->address += (begin - index) * (uint64_t)row->stride;
        if (begin < end) {
            fill_cut_group(out, begin, elements, index, end);
        } else {
            out->index = begin;
            out->from = out->to = 0;
        }
        return;
    }
    /* One element of a Philox block. */
    index += group * (uint64_t)row->step;
    out->from = row->kind == FILL_CONSTANT ? 0 : (int)(index & (elements - 1));
    out->to = out->from + 1;
    out->index = index - (uint64_t)out->from;
    out->address += (group - (uint64_t)out->from) * (uint64_t)row->stride;
}

/* ------------------------------------------------ one group -------------------------------------------------------------- */

/* A group that is whole, of elements one after another, aligned to its size or to 16. */
STREAM_FUNCTION void fill_store_group(uint64_t address, int bytes, int size_log2, const uint64_t bits[4])
{
    if (size_log2 == 1) {
        store_8(address, (uint16_t)bits[0] | (uint32_t)bits[1] << 16, (uint16_t)bits[2] | (uint32_t)bits[3] << 16);
    } else if (size_log2 == 2) {
        store_16(address, (uint32_t)bits[0], (uint32_t)bits[1], (uint32_t)bits[2], (uint32_t)bits[3]);
    } else {
        store_16(address, (uint32_t)bits[0], (uint32_t)(bits[0] >> 32), (uint32_t)bits[1], (uint32_t)(bits[1] >> 32));
        if (bytes == 32) {
            store_16(address + 16, (uint32_t)bits[2], (uint32_t)(bits[2] >> 32), (uint32_t)bits[3], (uint32_t)(bits[3] >> 32));
        }
    }
}

/* Any group. */
STREAM_FUNCTION void fill_write_group(const struct cuda_header *header, const struct cuda_row *row,
                                      const struct fill_group *group)
{
    const int size_log2 = row->size_log2, elements = 1 << row->group_log2, bytes = elements << size_log2;
    const bool whole = group->from == 0 && group->to == elements && row->stride == 1 << size_log2;
    const bool aligned = bytes >= 8 && elements > 1 && (group->address & (bytes < 16 ? 7u : 15u)) == 0;
    if (row->kind == FILL_CONSTANT) {
        if (whole && aligned) {
            fill_store_group(group->address, 16, 3, row->number.constant);
            return;
        }
        for (int k = group->from; k < group->to; k++) {
            store_element(group->address + (uint64_t)(k * row->stride), size_log2, row->number.constant[0]);
        }
        return;
    }
    uint64_t bits[4];
    values_group(header, row, group->index, bits);
    if (whole && aligned) {
        fill_store_group(group->address, bytes, size_log2, bits);
        return;
    }
    CUDA_UNROLL
    for (int k = 0; k < 4; k++) {
        if (k >= group->from && k < group->to) {
            store_element(group->address + (uint64_t)(k * row->stride), size_log2, bits[k]);
        }
    }
}

/* ------------------------------------------------ a thread --------------------------------------------------------------- */

/* The row that a tile belongs to: the last one whose first tile is not after it. */
STREAM_FUNCTION const struct cuda_row *fill_find_row(const struct cuda_header *header, const union cuda_slot *slots,
                                                     uint32_t tile)
{
    uint32_t low = 0, high = header->rows;
    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        if (slots[middle].row.first_tile <= tile) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &slots[low].row;
}

/* What passes left of a tile, group by group: `done` groups from the first whole one on are written. */
STREAM_FUNCTION void fill_rest(const struct cuda_header *header, const union cuda_slot *slots, const struct cuda_row *row,
                               bool is_line, uint32_t tile, uint32_t done, uint32_t thread)
{
    struct fill_line line;
    struct fill_box box;
    uint32_t count, before = 0;
    CUDA_FORGET(tile);
    if (is_line) {
        line = fill_line_of_tile(row, tile);
        before = done > 0 ? line.whole - line.begin : 0;
        count = line.end - line.begin - done;
    } else {
        box = fill_box_of_tile(slots, row, tile);
        count = box.count;
    }
    CUDA_KEEP_ROLLED
    for (uint32_t i = thread; i < count; i += CUDA_THREADS) {
        struct fill_group group;
        if (is_line) {
            /* What lies before the passes, then what lies after them. */
            fill_line_group(row, &line, line.begin + i + (i < before ? 0 : done), &group);
        } else {
            fill_box_group(slots, row, &box, i, &group);
        }
        fill_write_group(header, row, &group);
    }
}

STREAM_FUNCTION void cuda_fill_thread(enum cuda_variant variant, const struct cuda_header *header, const union cuda_slot *slots,
                                      uint32_t tile, uint32_t thread)
{
    const struct cuda_row *const row = fill_find_row(header, slots, tile);
    const uint32_t tile_of_row = tile - row->first_tile;
    const bool is_line = row->outer == 0 && row->step == 1,
               is_full = is_line && tile_of_row - row->full_first < row->full_tiles;
    uint64_t first = 0, address = 0;
    uint32_t groups = 0;
    if (is_full) {
        first = fill_first_of_tile(row, tile_of_row);
        address = row->data + (((first << row->group_log2) - (uint64_t)row->start) << row->size_log2);
        groups = 1u << row->tile_log2;
    } else if (is_line && row->dense) {
        const struct fill_line line = fill_line_of_tile(row, tile_of_row);
        if (line.whole_end > line.whole) {
            first = line.first + line.whole;
            address = line.origin + line.whole * line.pitch;
            groups = (line.whole_end - line.whole) & ~(CUDA_PASS - 1);
        }
    }
    if (groups > 0) {
        groups = fill_passes(variant, header, row, first, address, groups, thread);
    }
    if (!is_full) {
        fill_rest(header, slots, row, is_line, tile_of_row, groups, thread);
    }
}

#endif
