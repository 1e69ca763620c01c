#include "compare.h"

#include "grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A byte that neither memory has where nothing was written; the memories have room before and after the items. */
#define POISON 0xA5
#define MARGIN 4096
#define MEMORY (COMPARE_BYTES + 2 * MARGIN)

static unsigned char *expected, *actual, *writes, *wanted;

int compare_setup(void **state)
{
    (void)state;
    unsigned char **memories[] = {&expected, &actual, &writes, &wanted};
    for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++) {
        *memories[i] = aligned_alloc(MARGIN, MEMORY);
        assert_non_null(*memories[i]);
    }
    return 0;
}

int compare_teardown(void **state)
{
    (void)state;
    free(expected);
    free(actual);
    free(writes);
    free(wanted);
    return 0;
}

struct item compare_line(const struct fill *fill, enum dtype dtype, int64_t start, int64_t count, int64_t offset)
{
    struct item item = {.fill = fill, .name = "line", .data = (char *)offset, .dtype = dtype, .start = start, .size = count};
    if (count > 1) {
        item.ndim = 1;
        item_numbers(&item, 2); /* a test may add an axis */
        item.extent[0] = count;
        item.stride[0] = item.step[0] = 1;
    }
    return item;
}

/* The bytes from an item's data on that it may touch: the lowest, and one past the highest. */
static void bounds_of(const struct item *item, int64_t *low, int64_t *high)
{
    const int64_t size = dtype_table[item->dtype].size;
    *low = 0;
    *high = size;
    for (int d = 0; d < item->ndim; d++) {
        const int64_t reach = (item->extent[d] - 1) * item->stride[d] * size;
        *(reach < 0 ? low : high) += reach;
    }
}

/* Marks each byte of each element. */
static void mark_wanted(const struct item *item)
{
    int64_t coordinate[FANIN_MAX_NDIM] = {0};
    const int64_t size = dtype_table[item->dtype].size;
    int64_t offset = MARGIN + (int64_t)item->data;
    for (int64_t n = 0; n < item->size; n++) {
        memset(wanted + offset, 1, (size_t)size);
        for (int d = item->ndim - 1; d >= 0; d--) {
            offset += item->stride[d] * size;
            if (++coordinate[d] < item->extent[d]) {
                break;
            }
            offset -= item->extent[d] * item->stride[d] * size;
            coordinate[d] = 0;
        }
    }
}

static int launch_all(enum cuda_variant variant, struct item *items, size_t count, uint64_t seed, int passes_log2,
                      struct grid_memory *memory)
{
    static struct cuda_builder builder;
    int launches = 0;
    size_t next = 0;
    while (next < count) {
        cuda_builder_start(&builder, seed);
        const size_t first = next;
        while (next < count && cuda_builder_add(&builder, &items[next])) {
            next++;
        }
        assert_true(next > first);
        uint32_t tiles;
        size_t slots;
        assert_true(passes_log2 < 0 ? cuda_builder_finish(&builder, 132, &tiles, &slots)
                                    : cuda_builder_finish_with(&builder, passes_log2, &tiles, &slots));
        assert_true(slots <= CUDA_SLOTS);
        if (slots <= CUDA_SLOTS_SMALL) {
            /* The smaller kernel sees no more. */
            memset(&builder.table.slot[slots], 0xFF, (CUDA_SLOTS - slots) * sizeof builder.table.slot[0]);
        }
        grid_fill(variant, &builder.table, 0, tiles, memory);
        launches++;
    }
    return launches;
}

/* Whether there are kinds and dtypes that are made otherwise by the mixed variant. */
static bool variants_differ(const struct item *items, size_t count)
{
    size_t i = 0;
    while (i < count &&
           ((items[i].fill->kind != FILL_UNIFORM && items[i].fill->kind != FILL_NORMAL) || items[i].dtype == DTYPE_FLOAT64)) {
        i++;
    }
    return i < count;
}

int compare_items(const struct item *items, size_t count, uint64_t seed, int passes_log2)
{
    int64_t from = MEMORY, to = 0;
    struct item *placed = malloc(count * sizeof *placed);
    assert_non_null(placed);
    for (size_t i = 0; i < count; i++) {
        int64_t low, high;
        bounds_of(&items[i], &low, &high);
        low += (int64_t)items[i].data;
        high += (int64_t)items[i].data;
        assert_true(low >= 0 && high <= COMPARE_BYTES);
        from = low < from ? low : from;
        to = high > to ? high : to;
    }
    /* Only the part in use is set and compared, with a margin at both ends. */
    const size_t begin = (size_t)from, bytes = to > from ? (size_t)(to - from) + 2 * MARGIN : 0;
    memset(expected + begin, POISON, bytes);
    memset(wanted + begin, 0, bytes);

    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = seed;
    options.contract = FANIN_CONTRACT;
    options.threads = 1;
    for (size_t i = 0; i < count; i++) {
        placed[i] = items[i];
        placed[i].data = (char *)expected + MARGIN + (int64_t)items[i].data;
        mark_wanted(&items[i]);
    }
    assert_int_equal(backend_run(&cpu_backend, placed, count, &options), FANIN_OK);
    for (size_t i = 0; i < count; i++) {
        placed[i].data = (char *)actual + MARGIN + (int64_t)items[i].data;
    }
    int launches = 0;
    for (int variant = CUDA_VARIANT_PLAIN; variant <= (variants_differ(items, count) ? CUDA_VARIANT_MIXED : 0); variant++) {
        memset(actual + begin, POISON, bytes);
        memset(writes + begin, 0, bytes);
        struct grid_memory memory = {(uintptr_t)(actual + begin), bytes, writes + begin, 0, 0};
        launches = launch_all((enum cuda_variant)variant, placed, count, seed, passes_log2, &memory);
        if (memory.strays != 0 || memory.misaligned != 0 || memcmp(writes + begin, wanted + begin, bytes) != 0 ||
            memcmp(actual + begin, expected + begin, bytes) != 0) {
            const struct item *const item = &items[0];
            print_message("%zu items, the first: %s %s, %d axes, %" PRId64 " elements from %" PRId64
                          ", tiles of 2^%d passes, %s\n",
                          count, fill_kind_table[item->fill->kind].name, dtype_table[item->dtype].name, item->ndim, item->size,
                          item->start, passes_log2, variant == CUDA_VARIANT_MIXED ? "mixed" : "plain");
        }
        assert_int_equal(memory.strays, 0);
        assert_int_equal(memory.misaligned, 0);
        assert_memory_equal(writes + begin, wanted + begin, bytes);
        assert_memory_equal(actual + begin, expected + begin, bytes);
    }
    free(placed);
    return launches;
}

bool compare_fill(enum fill_kind kind, enum dtype dtype, struct fill *out)
{
    static const int64_t domain[] = {1 << 20, 1 << 20, 5, 7};
    *out = (struct fill){.kind = kind, .stream = 0x0123456789abcdefu, .ndim = 4, .domain = domain};
    const bool is_signed = dtype_table[dtype].code == kDLInt || dtype_table[dtype].is_float;
    switch (kind) {
    case FILL_CONSTANT:
        out->a = dtype == DTYPE_BOOL ? 1.0 : is_signed ? -7.0 : 200.0;
        return true;
    case FILL_UNIFORM:
        /* Between 16-bit floats: some numbers would round past it. */
        out->a = -0.1;
        out->b = 0.1;
        return dtype_table[dtype].is_float;
    case FILL_NORMAL:
        out->a = 0.3;
        out->b = 1.7;
        return dtype_table[dtype].is_float;
    case FILL_INTEGER:
        out->a = is_signed ? -127.0 : 0.0;
        out->b = dtype == DTYPE_BOOL ? 1.0 : 126.0;
        return true;
    case FILL_BILINEAR:
        return dtype_table[dtype].is_float;
    default:
        return false;
    }
}

uint64_t compare_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int64_t compare_below(uint64_t *state, int64_t below)
{
    return (int64_t)(compare_random(state) % (uint64_t)below);
}

struct item compare_box(uint64_t *random, const struct fill *fill, enum dtype dtype, int ndim, int64_t most, int64_t offset)
{
    struct item item = {.fill = fill, .name = "box", .dtype = dtype, .ndim = ndim, .size = 1};
    item_numbers(&item, ndim);
    int order[FANIN_MAX_NDIM];
    int64_t left = most;
    for (int d = 0; d < ndim; d++) {
        order[d] = d;
        const int64_t widest = left >> (ndim - 1 - d);
        item.extent[d] = 2 + (widest > 2 ? compare_below(random, widest - 1) : 0);
        left /= item.extent[d];
        item.size *= item.extent[d];
    }
    /* In memory the axes lie in any order; in the domain in theirs, with step 1 in half of the cases. */
    for (int d = ndim - 1; d > 0; d--) {
        const int other = (int)compare_below(random, d + 1), kept = order[d];
        order[d] = order[other];
        order[other] = kept;
    }
    const bool aligned = compare_below(random, 3) == 0;
    int64_t stride = compare_below(random, 2) ? 1 : 1 + compare_below(random, 3);
    int64_t first = 0;
    for (int i = ndim - 1; i >= 0; i--) {
        const int d = order[i];
        item.stride[d] = compare_below(random, 3) == 0 ? -stride : stride;
        first += item.stride[d] < 0 ? (item.extent[d] - 1) * stride : 0;
        stride *= item.extent[d];
        stride += compare_below(random, 2) ? compare_below(random, 4) : 0;
        stride = aligned ? (stride + 15) / 16 * 16 : stride;
    }
    int64_t step = compare_below(random, 2) ? 1 : 1 + compare_below(random, 6);
    for (int d = ndim - 1; d >= 0; d--) {
        item.step[d] = step;
        step *= item.extent[d];
        step += compare_below(random, 2) ? compare_below(random, 7) : 0;
        step = aligned ? (step + 3) / 4 * 4 : step;
    }
    item.start = compare_below(random, 2) ? compare_below(random, 100) : (INT64_C(1) << 34) - compare_below(random, 9);
    item.data = (char *)(offset + first * dtype_table[dtype].size);
    return item;
}
