/* Four workers each fill their part of one matrix, two rows of two tiles, without talking to one another; the parts put
 * together are the matrix that one worker would have filled, bit for bit. */
#include <fanin/fanin.h>

#include <stdio.h>
#include <string.h>

enum { ROWS = 6, COLUMNS = 10, TILE_ROWS = 3, TILE_COLUMNS = 5 };

static fanin_status fill(const fanin_initializer *initializer, void *data, int64_t rows, int64_t columns, const int64_t *offset)
{
    int64_t shape[2] = {rows, columns};
    const int64_t global_shape[2] = {ROWS, COLUMNS};
    DLTensor tensor = {data, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "decoder.proj.weight";
    desc.rule = FANIN_RULE_WEIGHT; /* this engine's names need not end as MXNet's do */
    desc.global_shape = global_shape;
    desc.offset = offset;
    return fanin_init(initializer, &desc, &tensor, NULL);
}

int main(void)
{
    float whole[ROWS][COLUMNS], joined[ROWS][COLUMNS], tile[TILE_ROWS][TILE_COLUMNS];
    fanin_initializer *normal = NULL;
    if (fanin_normal(0.02, &normal) || fill(normal, whole, ROWS, COLUMNS, (int64_t[]){0, 0})) {
        fprintf(stderr, "%s\n", fanin_last_error());
        return 1;
    }
    for (int worker = 0; worker < 4; worker++) {
        const int64_t offset[2] = {worker / 2 * TILE_ROWS, worker % 2 * TILE_COLUMNS};
        if (fill(normal, tile, TILE_ROWS, TILE_COLUMNS, offset)) {
            fprintf(stderr, "%s\n", fanin_last_error());
            return 1;
        }
        for (int r = 0; r < TILE_ROWS; r++)
            memcpy(&joined[offset[0] + r][offset[1]], tile[r], sizeof tile[r]);
    }
    fanin_release(normal);

    const int equal = memcmp(whole, joined, sizeof whole) == 0;
    printf("four shards %s the whole\n", equal ? "equal" : "differ from");
    return !equal;
}
