/* The table of a launch: the items of a plan in the form in which they travel to the device, as the kernel's parameter. A
 * row is an item; axes beyond the first lie in slots of their own, at the end of the table. Valid C11 and C++. */
#ifndef FANIN_SRC_CUDA_TABLE_H
#define FANIN_SRC_CUDA_TABLE_H

#include "fill.h"
#include "stream/philox.h"
#include "stream/uniform.h"

/* Threads of a block of threads, and blocks that a multiprocessor runs at once: 64 registers for each thread. */
#define CUDA_THREADS 128
#define CUDA_BLOCKS  8

/* A group is what a thread makes at once: the elements of a Philox block (4; 2 of float64), one of a bilinear fill, 16 bytes of
 * a constant. Four groups a thread, in straight-line code, are a pass of a block of threads. */
#define CUDA_PASS_LOG2 9

/* Passes of a tile, the work of a block of threads: 16 at most, as many as leave every multiprocessor its share, and fewer
 * where memory is slower than the numbers are made: it is fastest where the writes in flight lie close together. */
#define CUDA_PASSES_LOG2_MAX 4

/* Two ways to make the same numbers. Mixed gives work of the units that have most to do to those that are idle in passes:
 * products of the generator to the float64 units (generator.h), radiuses to those for special functions (normal_bounds.h). The
 * former only helps where float64 runs at half of float32's rate. */
enum cuda_variant { CUDA_VARIANT_PLAIN, CUDA_VARIANT_MIXED };

/* One more axis of an item. */
struct cuda_axis {
    int64_t extent;
    int64_t stride; /* bytes */
    int64_t step;
};

#define CUDA_AXES_OF_SLOT 3

/* An item. Its first axis is walked fastest: element i of it is at data + i·stride and has the domain index start + i·step.
 * With step 1 and no other axis, its groups are the domain's, cut where a Philox block begins. */
struct cuda_row {
    uint64_t data; /* address of the element at coordinates 0 */
    int64_t start;
    int64_t extent;
    int64_t stride; /* bytes */
    int64_t step;
    uint64_t stream;
    union {
        uint64_t constant[2]; /* 16 bytes of it */
        struct {
            struct uniform_float bounds;
            uint32_t lows16, highs16; /* 16-bit floats are kept in these: each twice, in both halves */
        } uniform_float;
        struct uniform_double uniform_double;
        struct {
            float mean, sigma;
            float sigma_by_8;            /* what passes take */
            float sigma_low, sigma_high; /* and what they take of the mixed variant: normal_bounds.h */
        } normal_float;
        struct {
            double mean, sigma;
        } normal_double;
        struct {
            int64_t low, high;
        } integer;
        struct {
            int64_t height, width;
            int64_t centred;
        } bilinear;
    } number;
    uint32_t first_tile;    /* number of the row's first tile in the launch */
    uint8_t kind, dtype;    /* enum fill_kind, enum dtype */
    uint8_t size_log2 : 4;  /* of an element, bytes */
    uint8_t group_log2 : 4; /* elements of a group */
    uint8_t tile_log2;      /* groups of a tile */
    uint8_t dense : 1;      /* 1: passes can do it: of a kind that has them, and a group, or for 16-bit floats two, are 16 bytes
                               aligned to 16, one after another */
    uint8_t symmetric : 1;  /* 1: the 16-bit bounds are ±the same */
    uint8_t full_first : 1; /* a line: number of its first tile that passes can do, being nothing but whole groups */
    uint8_t outer;          /* axes beyond the first */
    uint16_t axes; /* number of the slot with the first three of them, the fastest first; the next slots have the others */
    union {
        uint32_t slack; /* with step 1 and other axes: elements by which a row of the first axis may miss a group's start */
        uint32_t full_tiles; /* a line: how many such tiles follow one another */
    };
};

union cuda_slot {
    struct cuda_row row;
    struct cuda_axis axis[CUDA_AXES_OF_SLOT];
};

/* The axes beyond the first, from 0 on. */
STREAM_FUNCTION const struct cuda_axis *cuda_outer_axis(const union cuda_slot *slots, const struct cuda_row *row, int number)
{
    return &slots[row->axes + number / CUDA_AXES_OF_SLOT].axis[number % CUDA_AXES_OF_SLOT];
}

/* Groups of a line of the first axis of a row that is not one line of step 1. With step 1 they are the domain's, and the
 * line may begin within one; otherwise each element has its own. */
STREAM_FUNCTION uint64_t cuda_groups_of_line(const struct cuda_row *row)
{
    if (row->step != 1) {
        return (uint64_t)row->extent;
    }
    return ((uint64_t)row->extent + row->slack + ((uint64_t)1 << row->group_log2) - 1) >> row->group_log2;
}

/* Groups of all lines of such a row, from those of one. */
STREAM_FUNCTION uint64_t cuda_groups_of_box(const union cuda_slot *slots, const struct cuda_row *row, uint64_t groups)
{
    for (int i = 0; i < row->outer; i++) {
        groups *= (uint64_t)cuda_outer_axis(slots, row, i)->extent;
    }
    return groups;
}

struct cuda_header {
    uint32_t key[PHILOX_ROUNDS][2]; /* of the rounds, made once for the launch */
    uint32_t rows;
};

/* What a kernel may take as parameters since CUDA 12.1, on sm_70 and newer. */
#define CUDA_PARAMETER_BYTES 32764
#define CUDA_SLOTS           ((CUDA_PARAMETER_BYTES - sizeof(struct cuda_header)) / sizeof(union cuda_slot))

struct cuda_table {
    struct cuda_header header;
    union cuda_slot slot[CUDA_SLOTS];
};

/* The first slots of a table, for a second kernel: what a launch costs the host grows with its parameters. */
#define CUDA_SLOTS_SMALL 12

struct cuda_small_table {
    struct cuda_header header;
    union cuda_slot slot[CUDA_SLOTS_SMALL];
};

#endif
