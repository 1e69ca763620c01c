/* Fills memory of a GPU where it lies, on a stream of the caller's: no copy, no synchronisation inside. The numbers are
 * those that a tensor on the CPU gets, bit for bit; this program checks it. Exit code 77: there is no GPU here. */
#include <cuda_runtime_api.h>
#include <fanin/fanin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4096, COLUMNS = 1024 };

static int64_t shape[] = {ROWS, COLUMNS};

/* The same call for every device: the tensor says where it lies. */
static int fill(void *memory, DLDeviceType where, cudaStream_t stream)
{
    DLTensor tensor = {memory, {where, 0}, 2, {kDLBfloat, 16, 1}, shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    fanin_initializer *xavier = NULL;
    desc.name = "decoder.fc1_weight";
    options.seed = 42;
    options.cuda_stream = stream;
    fanin_status status = fanin_create("xavier", &xavier);
    if (status == FANIN_OK)
        status = fanin_init(xavier, &desc, &tensor, &options);
    fanin_release(xavier);
    if (status != FANIN_OK)
        fprintf(stderr, "%s\n", fanin_last_error());
    return status == FANIN_OK;
}

int main(void)
{
    const size_t bytes = (size_t)ROWS * COLUMNS * 2;
    void *device = NULL;
    cudaStream_t stream = NULL;
    int failed = 1;

    if (cudaMalloc(&device, bytes) != cudaSuccess) {
        printf("skipped: %s\n", cudaGetErrorString(cudaGetLastError()));
        return 77;
    }
    uint16_t *host = malloc(bytes), *copy = malloc(bytes);
    if (!host || !copy || cudaStreamCreate(&stream) != cudaSuccess)
        goto done;

    /* Both are only put into the stream; the copy comes behind the fill. */
    if (!fill(device, kDLCUDA, stream) || cudaMemcpyAsync(copy, device, bytes, cudaMemcpyDeviceToHost, stream) != cudaSuccess)
        goto done;
    if (!fill(host, kDLCPU, NULL) || cudaStreamSynchronize(stream) != cudaSuccess)
        goto done;
    failed = memcmp(host, copy, bytes) != 0;
    printf("%d x %d bfloat16 on the GPU, on the CPU: %s\n", ROWS, COLUMNS, failed ? "they differ" : "the same bits");

done:
    if (stream)
        cudaStreamDestroy(stream);
    cudaFree(device);
    free(host);
    free(copy);
    return failed;
}
