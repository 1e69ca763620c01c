/* Fills inside a CUDA graph: a plan's fills are captured once and replayed as often as wanted, with whatever else the graph
 * does. Nothing in them allocates or waits. Exit code 77: there is no GPU here. */
#include <cuda_runtime_api.h>
#include <fanin/fanin.h>

#include <stdio.h>

enum { LAYERS = 24, WIDTH = 512, ELEMENTS = WIDTH * WIDTH };

static int64_t shape[] = {WIDTH, WIDTH};

/* All layers' weights, one after another in `memory`. */
static int add_layers(fanin_plan *plan, const fanin_initializer *normal, float *memory)
{
    for (int i = 0; i < LAYERS; i++) {
        char name[32];
        DLTensor tensor = {memory + (size_t)i * ELEMENTS, {kDLCUDA, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
        fanin_desc desc = FANIN_DESC_INIT;
        snprintf(name, sizeof name, "layer%d_weight", i);
        desc.name = name;
        if (fanin_plan_add(plan, normal, &desc, &tensor) != FANIN_OK)
            return 0;
    }
    return 1;
}

static int say(int worked, const char *what)
{
    if (!worked)
        fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(cudaGetLastError()));
    return worked;
}

int main(void)
{
    float *memory = NULL, first[2] = {0.0f, 0.0f};
    cudaStream_t stream = NULL;
    cudaGraph_t graph = NULL;
    cudaGraphExec_t replay = NULL;
    fanin_initializer *normal = NULL;
    fanin_plan *plan = NULL;
    fanin_options options = FANIN_OPTIONS_INIT;
    int failed = 1;

    if (cudaMalloc((void **)&memory, sizeof(float) * LAYERS * ELEMENTS) != cudaSuccess) {
        printf("skipped: %s\n", cudaGetErrorString(cudaGetLastError()));
        return 77;
    }
    if (!say(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess, "cudaStreamCreate"))
        goto done;
    if (fanin_create("[\"normal\", {\"sigma\": 0.02}]", &normal) || fanin_plan_create(&plan) ||
        !add_layers(plan, normal, memory)) {
        fprintf(stderr, "%s\n", fanin_last_error());
        goto done;
    }

    options.seed = 42;
    options.cuda_stream = stream;
    if (!say(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal) == cudaSuccess, "cudaStreamBeginCapture"))
        goto done;
    const fanin_status status = fanin_plan_run(plan, &options);
    const int ended = cudaStreamEndCapture(stream, &graph) == cudaSuccess;
    if (status != FANIN_OK) {
        fprintf(stderr, "%s\n", fanin_last_error());
        goto done;
    }
    if (!say(ended && cudaGraphInstantiateWithFlags(&replay, graph, 0) == cudaSuccess, "cudaGraphInstantiate"))
        goto done;

    /* Each replay fills all layers anew, with the same numbers. */
    for (int i = 0; i < 2; i++) {
        if (!say(cudaMemsetAsync(memory, 0, sizeof(float) * LAYERS * ELEMENTS, stream) == cudaSuccess &&
                     cudaGraphLaunch(replay, stream) == cudaSuccess &&
                     cudaMemcpyAsync(&first[i], memory, sizeof(float), cudaMemcpyDeviceToHost, stream) == cudaSuccess &&
                     cudaStreamSynchronize(stream) == cudaSuccess,
                 "replay"))
            goto done;
    }
    failed = first[0] != first[1] || first[0] == 0.0f;
    printf("%d weights, captured and replayed twice: the first number is %.9g, then %.9g\n", LAYERS, (double)first[0],
           (double)first[1]);

done:
    fanin_plan_free(plan);
    fanin_release(normal);
    if (replay)
        cudaGraphExecDestroy(replay);
    if (graph)
        cudaGraphDestroy(graph);
    if (stream)
        cudaStreamDestroy(stream);
    cudaFree(memory);
    return failed;
}
