/* A fill of one's own for the CPU and for CUDA: the identity matrix, as recurrent weights may start from (Le et al. 2015, arXiv
 * 1504.00941). Exit code 77: there is no GPU here. */
#include <cuda_runtime_api.h>
#include <fanin/fanin.h>

#include <stdio.h>
#include <string.h>

enum { N = 256 };

/* The view is what is to be written: here a whole matrix, which comes as one line of N·N elements. */
static fanin_status check_whole(const fanin_custom_call *call)
{
    const DLTensor *const view = call->view;
    if (view->ndim == 1 && view->shape[0] == N * N && view->strides[0] == 1)
        return FANIN_OK;
    return fanin_fail(FANIN_ERROR_SHAPE, "identity fills whole %d x %d matrices without gaps", N, N);
}

static fanin_status identity_on_cpu(const fanin_custom_call *call)
{
    float *const data = call->view->data;
    const fanin_status status = check_whole(call);
    for (int64_t i = 0; i < N * N && status == FANIN_OK; i++)
        data[i] = i % (N + 1) == 0;
    return status;
}

/* The device is current; work is only put into the stream. */
static fanin_status identity_on_cuda(const fanin_custom_call *call)
{
    static float ones[N];
    float *const data = call->view->data;
    const fanin_status status = check_whole(call);
    if (status != FANIN_OK)
        return status;
    for (int i = 0; i < N; i++)
        ones[i] = 1;
    cudaError_t error = cudaMemsetAsync(data, 0, N * N * sizeof *data, call->cuda_stream);
    if (error == cudaSuccess) /* the diagonal is a column of rows that are N + 1 elements apart */
        error = cudaMemcpy2DAsync(data, (N + 1) * sizeof *data, ones, sizeof *ones, sizeof *ones, N, cudaMemcpyHostToDevice,
                                  call->cuda_stream);
    return error == cudaSuccess ? FANIN_OK : fanin_fail(FANIN_ERROR_DEVICE, "%s", cudaGetErrorString(error));
}

static fanin_status lower_identity(const fanin_args *args, fanin_emitter *emitter)
{
    fanin_custom custom = FANIN_CUSTOM_INIT;
    (void)args;
    custom.kind = "identity";
    custom.cpu = identity_on_cpu;
    custom.cuda = identity_on_cuda;
    return fanin_emit_custom(emitter, FANIN_ALL_ROWS, &custom);
}

static int fill(void *memory, DLDeviceType where)
{
    DLTensor tensor = {memory, {where, 0}, 2, {kDLFloat, 32, 1}, (int64_t[]){N, N}, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_initializer *identity = NULL;
    desc.name = "rnn.weight";
    fanin_status status = fanin_create("identity", &identity);
    if (status == FANIN_OK)
        status = fanin_init(identity, &desc, &tensor, NULL);
    fanin_release(identity);
    if (status != FANIN_OK)
        fprintf(stderr, "%s\n", fanin_last_error());
    return status == FANIN_OK;
}

int main(void)
{
    static float host[N * N], copy[N * N];
    void *device = NULL;
    fanin_row row = FANIN_ROW_INIT;
    row.name = "identity";
    row.help = "The identity matrix.";
    row.lower = lower_identity;
    if (fanin_register(&row, 0) != FANIN_OK || !fill(host, kDLCPU))
        return 1;
    if (cudaMalloc(&device, sizeof host) != cudaSuccess) {
        printf("skipped: %s\n", cudaGetErrorString(cudaGetLastError()));
        return 77;
    }
    int failed = !fill(device, kDLCUDA) || cudaMemcpy(copy, device, sizeof copy, cudaMemcpyDeviceToHost) != cudaSuccess;
    failed = failed || memcmp(host, copy, sizeof copy) != 0;
    printf("%d x %d identity on the GPU, on the CPU: %s\n", N, N, failed ? "they differ" : "the same");
    cudaFree(device);
    return failed;
}
