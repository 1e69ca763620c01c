/* A matrix on a mesh of processes: each fills its tile, as it would on the machine that it runs on, without a word to the
 * others. Then the first process gathers the tiles, and compares them with the matrix that it fills alone: not a bit differs,
 * with any number of processes.
 *
 *     mpicc shards_mpi.c -o shards_mpi $(pkg-config --cflags --libs fanin)
 *     mpirun -n 6 ./shards_mpi */
#include <fanin/fanin.h>

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1000, COLUMNS = 700, SEED = 42 };

struct tile {
    int offset[2], shape[2];
};

/* The tile of a process: rows and columns are cut as evenly as they can be. */
static struct tile tile_of(int rank, const int mesh[2])
{
    const int place[2] = {rank / mesh[1], rank % mesh[1]}, global[2] = {ROWS, COLUMNS};
    struct tile tile;
    for (int d = 0; d < 2; d++) {
        tile.offset[d] = global[d] * place[d] / mesh[d];
        tile.shape[d] = global[d] * (place[d] + 1) / mesh[d] - tile.offset[d];
    }
    return tile;
}

/* Every process gives the same seed, the parameter's name and the shape of the whole. */
static void fill(float *data, const struct tile *tile)
{
    int64_t shape[2] = {tile->shape[0], tile->shape[1]};
    const int64_t global_shape[2] = {ROWS, COLUMNS}, offset[2] = {tile->offset[0], tile->offset[1]};
    DLTensor tensor = {data, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "decoder.proj.weight";
    desc.global_shape = global_shape;
    desc.offset = offset;
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = SEED;
    options.threads = 1; /* the other cores have processes of their own */
    fanin_initializer *xavier = NULL;
    if (fanin_create("xavier", &xavier) != FANIN_OK || fanin_init(xavier, &desc, &tensor, &options) != FANIN_OK) {
        fprintf(stderr, "%s\n", fanin_last_error());
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    fanin_release(xavier);
}

/* Puts the tiles where they belong in the matrix. */
static void gather(float *matrix, const float *own, int processes, const int mesh[2])
{
    MPI_Request sent;
    const struct tile first = tile_of(0, mesh);
    MPI_Isend(own, first.shape[0] * first.shape[1], MPI_FLOAT, 0, 0, MPI_COMM_WORLD, &sent);
    for (int rank = 0; rank < processes; rank++) {
        const struct tile tile = tile_of(rank, mesh);
        MPI_Datatype part;
        MPI_Type_create_subarray(2, (int[]){ROWS, COLUMNS}, tile.shape, tile.offset, MPI_ORDER_C, MPI_FLOAT, &part);
        MPI_Type_commit(&part);
        MPI_Recv(matrix, 1, part, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Type_free(&part);
    }
    MPI_Wait(&sent, MPI_STATUS_IGNORE);
}

int main(int argc, char **argv)
{
    int rank, processes, mesh[2] = {0, 0}, equal = 1;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &processes);
    MPI_Dims_create(processes, 2, mesh);

    const struct tile tile = tile_of(rank, mesh);
    const int count = tile.shape[0] * tile.shape[1];
    float *const own = malloc((size_t)count * sizeof *own);
    fill(own, &tile);

    if (rank == 0) {
        static float joined[ROWS * COLUMNS], whole[ROWS * COLUMNS];
        gather(joined, own, processes, mesh);
        fill(whole, &(struct tile){{0, 0}, {ROWS, COLUMNS}});
        equal = memcmp(joined, whole, sizeof whole) == 0;
        printf("the tiles of %d processes, %d × %d, %s the whole\n", processes, mesh[0], mesh[1],
               equal ? "equal" : "differ from");
    } else {
        MPI_Send(own, count, MPI_FLOAT, 0, 0, MPI_COMM_WORLD);
    }
    free(own);
    MPI_Finalize();
    return !equal;
}
