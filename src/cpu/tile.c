#include "tile.h"

#include "scatter.h"

#include <stdlib.h>

/* Bytes of a tile: they stay in the first two levels of the cache, and on the stack. */
#define TILE_BYTES 49152

/* Bytes that a tile has across, where the item is that wide: each run of memory may be in a page of its own, which costs as
 * much as some lines of it. Where the runs of the domain are short there is room for more. */
#define ACROSS      256
#define MOST_ACROSS 1024

/* Bytes between the rows of a tile beyond what they hold, so that they do not all fall into the same few sets of the cache. */
#define PADDING 64

/* Columns of a tile at most; where they begin are places that are kept. */
#define MOST_COLUMNS 512

/* The axes from the one with the smallest step to the largest. */
static void order_by_step(const struct item *item, int order[FANIN_MAX_NDIM])
{
    for (int d = 0; d < item->ndim; d++) {
        int at = d;
        for (; at > 0 && item->step[order[at - 1]] > item->step[d]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = d;
    }
}

static struct walk_axis axis_of(const struct item *item, int d, int64_t size)
{
    return (struct walk_axis){item->extent[d], item->stride[d] * size, item->step[d], 0};
}

static int densest_axis(const struct item *item)
{
    int densest = 0;
    for (int d = 1; d < item->ndim; d++) {
        densest = llabs(item->stride[d]) < llabs(item->stride[densest]) ? d : densest;
    }
    return densest;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool tiling_make(const struct item *item, struct tiling *out)
{
    if (item->ndim < 2 || item->fill->kind == FILL_CONSTANT) {
        return false;
    }
    const int64_t size = dtype_table[item->dtype].size;
    const int across = densest_axis(item);
    int order[FANIN_MAX_NDIM];
    order_by_step(item, order);
    if (order[0] == across || llabs(item->stride[order[0]]) == llabs(item->stride[across])) {
        return false;
    }
    if (item->step[order[0]] > PART_MOST_STEP) {
        return false;
    }
    out->size = size;
    out->across = axis_of(item, across, size);
    out->step = item->step[order[0]];
    out->columns = 1;
    int next = 0;
    while (next < item->ndim && order[next] != across && item->step[order[next]] == out->step * out->columns) {
        out->columns *= item->extent[order[next]];
        next++;
    }
    out->run_ndim = next;
    for (int k = 0; k < next; k++) {
        out->run[next - 1 - k] = axis_of(item, order[k], size);
    }
    out->outer_ndim = 0;
    for (int d = 0; d < item->ndim; d++) {
        bool in_run = d == across;
        for (int k = 0; k < next; k++) {
            in_run = in_run || order[k] == d;
        }
        if (!in_run) {
            out->outer[out->outer_ndim++] = axis_of(item, d, size);
        }
    }
    const bool short_run = out->columns * out->step <= TILE_BYTES / MOST_ACROSS - PADDING / size;
    out->rows = least((short_run ? MOST_ACROSS : ACROSS) / size, out->across.extent);
    return true;
}

/* A band of `rows` rows: where its first element is. */
struct band {
    char *data;
    int64_t index, rows;
};

/* The band that begins with row `row` of the outer coordinates numbered `outer`. */
static struct band band_at(const struct tiling *tiling, const struct item *item, int64_t outer, int64_t row)
{
    struct band band = {item->data + row * tiling->across.stride, item->start + row * tiling->across.step,
                        least(tiling->rows, tiling->across.extent - row)};
    for (int d = tiling->outer_ndim - 1; d >= 0; d--) {
        const struct walk_axis *const axis = &tiling->outer[d];
        const int64_t coordinate = outer % axis->extent;
        band.data += coordinate * axis->stride;
        band.index += coordinate * axis->step;
        outer /= axis->extent;
    }
    return band;
}

/* Where the columns from `first` on lie, in bytes from the band's first element. */
static void place_columns(const struct tiling *tiling, int64_t first, int64_t count, int64_t *places)
{
    int64_t coordinate[FANIN_MAX_NDIM], place = 0;
    for (int d = tiling->run_ndim - 1; d >= 0; d--) {
        coordinate[d] = first % tiling->run[d].extent;
        place += coordinate[d] * tiling->run[d].stride;
        first /= tiling->run[d].extent;
    }
    for (int64_t i = 0; i < count; i++) {
        places[i] = place;
        for (int d = tiling->run_ndim - 1; d >= 0; d--) {
            const struct walk_axis *const axis = &tiling->run[d];
            place += axis->stride;
            if (++coordinate[d] < axis->extent) {
                break;
            }
            place -= axis->extent * axis->stride;
            coordinate[d] = 0;
        }
    }
}

/* Makes the band's columns [first, first + count) in a buffer, and returns how many elements its rows are apart there. */
static int64_t make_tile(const struct tiling *tiling, const struct job *job, const struct band *band, int64_t first,
                         int64_t count, char *buffer)
{
    const int64_t step = tiling->step, run = tiling->columns * step, index = band->index + first * step;
    if (count == tiling->columns && tiling->across.step == run &&
        (band->rows * count - 1) * step < TILE_BYTES / tiling->size) {
        /* Whole rows that follow on each other, and fit with the gaps between them, which rows by themselves do not have. */
        job->kernel(&job->fill, index, (band->rows * count - 1) * step + 1, buffer);
        return run;
    }
    const int64_t made = (count - 1) * step + 1;
    const int64_t pitch = made + (made * tiling->size % 256 == 0 ? PADDING / tiling->size : 0);
    for (int64_t r = 0; r < band->rows; r++) {
        job->kernel(&job->fill, index + r * tiling->across.step, made, buffer + r * pitch * tiling->size);
    }
    return pitch;
}

/* Columns that are turned at a time. A processor has few stores under way, which should not be those of single elements to
 * memory that is in no cache. */
#define GROUP 16

static void write_tile(const struct tiling *tiling, const struct band *band, const char *tile, int64_t pitch, int64_t count,
                       const int64_t *places)
{
    const int64_t size = tiling->size, column = tiling->step * size;
    if (tiling->across.stride != size) {
        for (int64_t c = 0; c < count; c++) {
            scatter((size_t)size, tile + c * column, pitch, band->data + places[c], tiling->across.stride, band->rows);
        }
        return;
    }
    _Alignas(64) char turned[GROUP * MOST_ACROSS];
    const int64_t bytes = band->rows * size;
    for (int64_t first = 0; first < count; first += GROUP) {
        const int64_t taken = least(GROUP, count - first);
        for (int64_t c = 0; c < taken; c++) {
            scatter((size_t)size, tile + (first + c) * column, pitch, turned + c * bytes, size, band->rows);
        }
        for (int64_t c = 0; c < taken; c++) {
            memcpy(band->data + places[first + c], turned + c * bytes, (size_t)bytes);
        }
    }
}

/* Fills the band's columns [first, end). */
static void fill_band(const struct tiling *tiling, const struct job *job, const struct band *band, int64_t first, int64_t end)
{
    _Alignas(64) char buffer[TILE_BYTES];
    int64_t places[MOST_COLUMNS];
    const int64_t most_made = (TILE_BYTES / band->rows - PADDING) / tiling->size;
    const int64_t most = least((most_made - 1) / tiling->step + 1, MOST_COLUMNS);
    while (first < end) {
        const int64_t count = least(most, end - first);
        const int64_t pitch = make_tile(tiling, job, band, first, count, buffer);
        place_columns(tiling, first, count, places);
        write_tile(tiling, band, buffer, pitch, count, places);
        first += count;
    }
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

void tiling_fill(const struct tiling *tiling, const struct job *job, int64_t first, int64_t count)
{
    const int64_t band_size = tiling->rows * tiling->columns, outer_size = tiling->across.extent * tiling->columns;
    while (count > 0) {
        const int64_t skipped = first % outer_size % band_size;
        const struct band band = band_at(tiling, job->item, first / outer_size, first % outer_size / band_size * tiling->rows);
        const int64_t taken = least(band.rows * tiling->columns - skipped, count);
        fill_band(tiling, job, &band, divide_up(skipped, band.rows), divide_up(skipped + taken, band.rows));
        first += taken;
        count -= taken;
    }
}
