/* How fast the device is filled, beside a kernel that does nothing but store, in the same run. Prints a table. Needs a GPU.
 *     bench_cuda_fill [BYTES]     of each tensor; 2^32 by default, or what a quarter of the free memory allows
 * Each answer is compared with the host's before it is timed; times are medians. */
#include <cuda_runtime_api.h>
#include <fanin/fanin.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace
{

constexpr int repeats = 15;
constexpr int64_t window = 1 << 16; // elements that are compared

struct kind {
    const char *name, *spec;
};
constexpr kind kinds[] = {{"constant", "one"}, {"uniform", "uniform"}, {"normal", "normal"}};

struct type {
    const char *name;
    DLDataType dtype;
};
constexpr type types[] = {{"float32", {kDLFloat, 32, 1}}, {"bfloat16", {kDLBfloat, 16, 1}}, {"float16", {kDLFloat, 16, 1}}};

[[noreturn]] void stop(const char *what, const char *why)
{
    std::fprintf(stderr, "bench_cuda_fill: %s: %s\n", what, why);
    std::exit(1);
}

void check(cudaError_t error, const char *what)
{
    if (error != cudaSuccess) {
        stop(what, cudaGetErrorString(error));
    }
}

void check(fanin_status status, const char *what)
{
    if (status != FANIN_OK) {
        stop(what, fanin_last_error());
    }
}

/* Four stores of 16 bytes a thread, as a pass of a fill, and nothing else. */
__global__ void __launch_bounds__(256) store_only(uint4 *out, uint32_t value)
{
    uint4 *const mine = out + (size_t)blockIdx.x * 1024 + threadIdx.x;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        mine[i * 256] = make_uint4(value, value, value, value);
    }
}

struct parameter {
    std::string name;
    std::vector<int64_t> shape;
};

/* The median time of some work on a stream, in seconds. */
template <class Work> double device_time(cudaStream_t stream, Work work)
{
    cudaEvent_t begin, end;
    check(cudaEventCreate(&begin), "cudaEventCreate");
    check(cudaEventCreate(&end), "cudaEventCreate");
    std::vector<float> times;
    for (int i = 0; i < repeats + 2; i++) {
        float milliseconds = 0.0f;
        check(cudaEventRecord(begin, stream), "cudaEventRecord");
        work();
        check(cudaEventRecord(end, stream), "cudaEventRecord");
        check(cudaEventSynchronize(end), "cudaEventSynchronize");
        check(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
        if (i >= 2) {
            times.push_back(milliseconds);
        }
    }
    check(cudaEventDestroy(begin), "cudaEventDestroy");
    check(cudaEventDestroy(end), "cudaEventDestroy");
    std::sort(times.begin(), times.end());
    return times[times.size() / 2] / 1e3;
}

fanin_status fill(DLDeviceType where, void *memory, const char *spec, const type &type, int64_t count, int64_t global,
                  int64_t offset, cudaStream_t stream)
{
    DLTensor tensor = {memory, {where, 0}, 1, type.dtype, &count, nullptr, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    fanin_initializer *initializer = nullptr;
    desc.name = "bench_weight";
    desc.global_shape = &global;
    desc.offset = &offset;
    options.seed = 1;
    options.cuda_stream = stream;
    check(fanin_create(spec, &initializer), spec);
    const fanin_status status = fanin_init(initializer, &desc, &tensor, &options);
    fanin_release(initializer);
    return status;
}

/* The last elements against the host's. */
void compare(const void *device, const kind &kind, const type &type, int64_t count)
{
    const int64_t some = std::min(count, window), size = type.dtype.bits / 8;
    std::vector<char> found((size_t)(some * size)), expected((size_t)(some * size));
    check(cudaMemcpy(found.data(), (const char *)device + (count - some) * size, found.size(), cudaMemcpyDeviceToHost), "copy");
    check(fill(kDLCPU, expected.data(), kind.spec, type, some, count, count - some, nullptr), "fill of the host");
    if (std::memcmp(found.data(), expected.data(), found.size()) != 0) {
        stop(kind.name, "the device's numbers are not the host's");
    }
}

/* Llama 3 8B: 291 tensors, 8,030,261,248 elements. */
std::vector<parameter> llama()
{
    std::vector<parameter> all = {
        {"model.embed_tokens.weight", {128256, 4096}}, {"model.norm.weight", {4096}}, {"lm_head.weight", {128256, 4096}}};
    for (int i = 0; i < 32; i++) {
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        for (const char *name : {"self_attn.q_proj.weight", "self_attn.o_proj.weight"}) {
            all.push_back({layer + name, {4096, 4096}});
        }
        for (const char *name : {"self_attn.k_proj.weight", "self_attn.v_proj.weight"}) {
            all.push_back({layer + name, {1024, 4096}});
        }
        for (const char *name : {"mlp.gate_proj.weight", "mlp.up_proj.weight"}) {
            all.push_back({layer + name, {14336, 4096}});
        }
        all.push_back({layer + "mlp.down_proj.weight", {4096, 14336}});
        for (const char *name : {"input_layernorm.weight", "post_attention_layernorm.weight"}) {
            all.push_back({layer + name, {4096}});
        }
    }
    return all;
}

void time_llama(cudaStream_t stream)
{
    char *memory = nullptr;
    int64_t elements = 0;
    std::vector<parameter> all = llama();
    for (const parameter &parameter : all) {
        elements += parameter.shape[0] * (parameter.shape.size() > 1 ? parameter.shape[1] : 1);
    }
    if (cudaMalloc((void **)&memory, (size_t)elements * 2) != cudaSuccess) {
        std::printf("\nLlama 3 8B: skipped, %lld bytes of device memory are not free\n", (long long)elements * 2);
        (void)cudaGetLastError();
        return;
    }
    fanin_plan *plan = nullptr;
    fanin_initializer *normal = nullptr, *one = nullptr;
    check(fanin_plan_create(&plan), "plan");
    check(fanin_create("[\"normal\", {\"sigma\": 0.02}]", &normal), "normal");
    check(fanin_create("one", &one), "one");
    size_t offset = 0;
    for (parameter &parameter : all) {
        const bool matrix = parameter.shape.size() > 1;
        DLTensor tensor = {
            memory + offset, {kDLCUDA, 0}, (int)parameter.shape.size(), types[1].dtype, parameter.shape.data(), nullptr, 0};
        fanin_desc desc = FANIN_DESC_INIT;
        desc.name = parameter.name.c_str();
        check(fanin_plan_add(plan, matrix ? normal : one, &desc, &tensor), parameter.name.c_str());
        offset += (size_t)(parameter.shape[0] * (matrix ? parameter.shape[1] : 1)) * 2;
    }
    fanin_options options = FANIN_OPTIONS_INIT;
    options.cuda_stream = stream;
    const double seconds = device_time(stream, [&] { check(fanin_plan_run(plan, &options), "run"); });
    std::printf("\nLlama 3 8B in bfloat16, %zu tensors, one call: %.2f ms, %.0f GB/s\n", all.size(), seconds * 1e3,
                (double)elements * 2 / seconds / 1e9);
    fanin_plan_free(plan);
    fanin_release(normal);
    fanin_release(one);
    check(cudaFree(memory), "cudaFree");
}

/* What the calling thread spends on a tensor of 1,000 elements. */
void time_host(void *memory, cudaStream_t stream)
{
    constexpr int calls = 2000;
    int64_t count = 1000;
    DLTensor tensor = {memory, {kDLCUDA, 0}, 1, types[0].dtype, &count, nullptr, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    fanin_options options = FANIN_OPTIONS_INIT;
    fanin_initializer *normal = nullptr;
    desc.name = "bench_weight";
    options.cuda_stream = stream;
    check(fanin_create("normal", &normal), "normal");
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; i++) {
            check(fanin_init(normal, &desc, &tensor, &options), "fill");
        }
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
        best = std::min(best, spent.count() / calls);
    }
    fanin_release(normal);
    std::printf("\nHost time of a tensor of 1,000 elements: %.1f us\n", best * 1e6);
}

} // namespace

int main(int argc, char **argv)
{
    cudaDeviceProp device;
    int driver = 0, devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("skipped: this benchmark needs a GPU\n");
        return 77;
    }
    check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
    size_t available = 0, total = 0;
    check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
    size_t bytes = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : std::min(size_t{1} << 32, available / 4);
    bytes = std::max(bytes >> 20, size_t{1}) << 20;
    void *memory = nullptr;
    cudaStream_t stream;
    check(cudaMalloc(&memory, bytes), "cudaMalloc");
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");

    const unsigned blocks = (unsigned)(bytes / (4 * 256 * 16));
    const double limit = device_time(stream, [&] {
        store_only<<<blocks, 256, 0, stream>>>((uint4 *)memory, 1);
        check(cudaGetLastError(), "store_only");
    });
    std::printf("%s, driver for CUDA %d.%d, fanin %s, %zu MiB a tensor\n\n", device.name, driver / 1000, driver % 1000 / 10,
                fanin_version(), bytes >> 20);
    std::printf("| fill | dtype | GB/s | of a kernel that only stores |\n|---|---|---|---|\n");
    std::printf("| (stores alone) | | %.0f | 100 %% |\n", (double)bytes / limit / 1e9);
    for (const type &type : types) {
        const int64_t count = (int64_t)bytes * 8 / type.dtype.bits;
        for (const kind &kind : kinds) {
            check(fill(kDLCUDA, memory, kind.spec, type, count, count, 0, stream), kind.name);
            check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
            compare(memory, kind, type, count);
            const double seconds =
                device_time(stream, [&] { check(fill(kDLCUDA, memory, kind.spec, type, count, count, 0, stream), kind.name); });
            std::printf("| %s | %s | %.0f | %.0f %% |\n", kind.name, type.name, (double)bytes / seconds / 1e9,
                        100.0 * limit / seconds);
        }
    }
    time_host(memory, stream);
    check(cudaFree(memory), "cudaFree");
    time_llama(stream);
    check(cudaStreamDestroy(stream), "cudaStreamDestroy");
    return 0;
}
