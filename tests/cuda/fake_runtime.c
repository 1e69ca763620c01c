/* libcudart.so.99: a CUDA runtime of the caller's, as far as the module looks at it, with a last error that tests set. */
#include <cuda_runtime_api.h>

cudaError_t fake_last = cudaSuccess;

cudaError_t cudaPeekAtLastError(void)
{
    return fake_last;
}

cudaError_t cudaGetLastError(void)
{
    const cudaError_t error = fake_last;
    fake_last = cudaSuccess;
    return error;
}
