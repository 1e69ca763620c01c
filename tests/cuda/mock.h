/* A stand-in for the CUDA runtime and driver: devices whose memory is the host's, launches that run on the host, copies that
 * are done when someone waits for them, and errors when a test asks for them. So what the module does around its kernels is
 * tested where there is no GPU. Streams are independent of each other, the default one too, but for events that they wait
 * for. */
#ifndef FANIN_TESTS_CUDA_MOCK_H
#define FANIN_TESTS_CUDA_MOCK_H

#include "cuda/table.h"

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCK_REGIONS 16
#define MOCK_NOTES   64

struct mock_region {
    const void *base;
    size_t bytes;
    enum cudaMemoryType type;
    int device;
    void *context; /* that made it: device memory is only its kernels'; NULL: it belongs to none, and all can access it */
};

struct mock {
    /* What is there. */
    int devices, driver_version;
    cudaError_t count_error; /* of cudaGetDeviceCount */
    struct mock_region regions[MOCK_REGIONS];
    size_t region_count;
    bool capturing;
    bool capturing_beside; /* a stream that the legacy default stream would have to wait for */
    struct {
        const void *stream;
        void *context;
    } known_stream;       /* and its context; all others are of whichever is current */
    bool no_numbers;      /* the driver does not tell contexts apart */
    bool no_pointers;     /* nor how kernels can access memory */
    bool managed_is_host; /* it says of managed memory that the host has it */

    /* The error that the caller's or our calls left, and a lost context, which every call returns. */
    cudaError_t last, lost;

    /* All launches, loading of kernels, allocations from pools and questions about captures fail so; so does what is asked of
     * the driver about memory, but for the first questions. */
    cudaError_t launch_error, load_error, pool_error, capture_error;
    CUresult pointer_error;
    int pointer_error_after;

    /* Allocation, release, launch, copy, memset, scatter, reading on the host, wait for an event or a stream, record of an
     * event (with record_error), or switch to a device number so and so (1: the next) fails. What is released is gone even so. */
    int fail_allocation, fail_release, fail_launch, fail_copy, fail_set, fail_scatter, fail_read, fail_wait, fail_record,
        fail_set_device;
    cudaError_t record_error; /* cudaSuccess: an unknown one */

    void (*when_waited)(void); /* called by each wait for a stream; NULL: nothing is */

    /* What happened. Foreign rows are of memory that is out of reach. */
    enum cuda_variant variant; /* of the last fill */
    int launches[2], foreign_rows, pointer_questions, loads, set_devices, frees_left, events_left, streams_left,
        synchronizations;
    uint64_t strays; /* of elements cut from matrices */
    int copies, sets, scatters, reads, reads_beside_copies, freed_in_use;
    int captures_ended;
    int calls_not_relaxed; /* that allocate, free, wait, or make a device's context */
    int switches;          /* to another context, by the driver */
    bool loaded_relaxed;
    cudaStream_t last_stream;
    void *current; /* context: &mock.primary[d], &mock.other[d], &mock.green[d], which is a part of the primary one, or NULL */
    char primary[2], other[2], green[2];
    void *below[4]; /* the thread's stack of contexts under that, the lowest first */
    int depth;
    CUstreamCaptureMode mode;

    /* The order of what happened, as text: A allocation in a stream's pool, F fill, R reflectors, H small matrices, S signs,
     * C cut, W wait for a stream, E release to the pool, and what else is noted. The last are left out. */
    char order[MOCK_NOTES + 1];
};

extern struct mock mock;

/* Two devices, nothing current, nothing wrong. */
void mock_reset(void);

/* Adds to the order. */
void mock_note(char what);

/* Does all that is in a stream, and notes a launch in it; false where it fails, with the error, the last one then. */
bool mock_launches(char what, cudaStream_t stream, cudaError_t *error);

/* Memory that pointers may point to. Memory of the device that the module allocates is such while it lives. */
void mock_add_region(const void *base, size_t bytes, enum cudaMemoryType type, int device);

/* ------------------------------------------------ between the stand-in's files -------------------------------------------- */

struct cuda_view;

/* What a call returns: the error, or that of a lost context; a failure is the last error too. */
cudaError_t mock_result(cudaError_t error);

int mock_current_device(void);

/* As cuCtxPushCurrent. */
void mock_push(void *context);

/* Whether kernels of the current context can access it. */
bool mock_is_in_reach(const void *memory);

/* Counts a number down; true when it gets to 0. */
bool mock_fails(int *number);

/* Copies and scattered elements are done when someone waits for them: all of a stream that are under way; whether any are; none
 * any more. */
void mock_finish(cudaStream_t stream);
bool mock_is_busy(void);
void mock_forget(void);

void mock_scatter(const struct cuda_view *view, int size_log2, const void *from, cudaStream_t stream);

#endif
