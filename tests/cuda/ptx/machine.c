/* Launches and memory: see machine.h. Threads of a kernel that waits are coroutines, which run in turn from one vote or barrier
 * to the next. */
#include "machine.h"

#include "grid_memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define MOST_THREADS 1024
#define WARP         32
#define STACK_BYTES  ((size_t)1 << 18)
#define LOCAL_BYTES  64
#define SHARED_BYTES 49152 /* of a block of threads, where nothing else is asked for */

enum coroutine_state { RUNS, VOTES, WAITS, ENDED };

struct coroutine {
    ucontext_t context;
    enum coroutine_state state;
    bool vote; /* its own, then the warp's */
};

/* The launch, its block and its thread: one at a time. */
static struct {
    const struct ptx_kernel *kernel;
    const unsigned char *parameters;
    const struct ptx_memory *memory;
    struct ptx_thread thread;
    ucontext_t scheduler;
} now;

static struct coroutine coroutines[MOST_THREADS];
static _Alignas(16) unsigned char shared[SHARED_BYTES], local[MOST_THREADS][LOCAL_BYTES];

static _Noreturn __attribute__((format(printf, 1, 2))) void refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s, thread %u of block %u: ", now.kernel->name, now.thread.tid, now.thread.ctaid);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

u64 ptx_divisor(u64 value)
{
    if (value == 0) {
        refuse("a division by 0");
    }
    return value;
}

/* ------------------------------------------------ memory ----------------------------------------------------------------- */

static bool within(u64 address, u32 bytes, u64 base, u64 size)
{
    return address - base < size && size - (address - base) >= bytes;
}

/* The offset in a space. */
static u64 offset_in(const char *space, u64 base, u64 size, u64 address, u32 bytes)
{
    if (address % bytes != 0 || !within(address, bytes, base, size)) {
        refuse("%u bytes at %#llx of %s, which has %llu at %#llx", bytes, (unsigned long long)address, space,
               (unsigned long long)size, (unsigned long long)base);
    }
    return address - base;
}

const unsigned char *ptx_load_param(u64 address, u32 bytes)
{
    return now.parameters + offset_in("parameters", PTX_PARAMETERS, now.kernel->parameters, address, bytes);
}

const unsigned char *ptx_load_shared(u64 address, u32 bytes)
{
    return ptx_store_shared(address, bytes);
}

unsigned char *ptx_store_shared(u64 address, u32 bytes)
{
    return shared + offset_in("shared memory", PTX_SHARED, now.kernel->shared, address, bytes);
}

const unsigned char *ptx_load_local(u64 address, u32 bytes)
{
    return ptx_store_local(address, bytes);
}

unsigned char *ptx_store_local(u64 address, u32 bytes)
{
    return local[now.thread.tid] + offset_in("local memory", PTX_LOCAL, now.kernel->local, address, bytes);
}

const unsigned char *ptx_load_global(u64 address, u32 bytes)
{
    (void)offset_in("what may be read", now.memory->base, now.memory->bytes, address, bytes);
    return (const unsigned char *)(uintptr_t)address;
}

unsigned char *ptx_store_global(u64 address, u32 bytes)
{
    if (now.memory->written == NULL) {
        (void)offset_in("what may be written", 0, now.memory->bytes == SIZE_MAX ? SIZE_MAX : 0, address, bytes);
    } else if (!grid_memory_see(now.memory->written, address, bytes)) {
        return NULL;
    }
    return (unsigned char *)(uintptr_t)address;
}

/* ------------------------------------------------ waiting ---------------------------------------------------------------- */

static void wait_as(enum coroutine_state state)
{
    struct coroutine *const coroutine = &coroutines[now.thread.tid];
    coroutine->state = state;
    (void)swapcontext(&coroutine->context, &now.scheduler);
}

void ptx_barrier(void)
{
    wait_as(WAITS);
}

bool ptx_vote_any(bool mine, u32 mask)
{
    if (mask != 0xffffffffu) {
        refuse("a vote of the lanes %#x", mask);
    }
    coroutines[now.thread.tid].vote = mine;
    wait_as(VOTES);
    return coroutines[now.thread.tid].vote;
}

static void run_coroutine(void)
{
    now.kernel->run(&now.thread);
    coroutines[now.thread.tid].state = ENDED;
}

/* How many of them are in a state. */
static u32 threads_that(u32 first, u32 threads, enum coroutine_state state)
{
    u32 found = 0;
    for (u32 t = first; t < first + threads; t++) {
        found += coroutines[t].state == state;
    }
    return found;
}

static void release(u32 first, u32 threads)
{
    for (u32 t = first; t < first + threads; t++) {
        coroutines[t].state = RUNS;
    }
}

/* Ends the vote of a warp of which all threads wait for it; whether there was one. */
static bool end_vote(u32 first)
{
    bool any = false;
    if (threads_that(first, WARP, VOTES) != WARP) {
        return false;
    }
    for (u32 t = first; t < first + WARP; t++) {
        any |= coroutines[t].vote;
    }
    for (u32 t = first; t < first + WARP; t++) {
        coroutines[t].vote = any;
    }
    release(first, WARP);
    return true;
}

/* The threads of a block, the last one first. */
static void run_waiting_block(u32 threads)
{
    static unsigned char *stacks;
    if (stacks == NULL) {
        stacks =
            mmap(NULL, MOST_THREADS * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (stacks == MAP_FAILED) {
            refuse("no memory for stacks");
        }
    }
    if (threads > MOST_THREADS || threads % WARP != 0) {
        refuse("%u threads of a block", threads);
    }
    for (u32 t = 0; t < threads; t++) {
        (void)getcontext(&coroutines[t].context);
        coroutines[t].context.uc_stack.ss_sp = stacks + t * STACK_BYTES;
        coroutines[t].context.uc_stack.ss_size = STACK_BYTES;
        coroutines[t].context.uc_link = &now.scheduler;
        makecontext(&coroutines[t].context, run_coroutine, 0);
    }
    release(0, threads);
    while (threads_that(0, threads, ENDED) < threads) {
        for (u32 t = threads; t-- > 0;) {
            if (coroutines[t].state == RUNS) {
                now.thread.tid = t;
                (void)swapcontext(&now.scheduler, &coroutines[t].context);
            }
        }
        bool moves = threads_that(0, threads, ENDED) == threads;
        for (u32 first = 0; first < threads; first += WARP) {
            moves |= end_vote(first);
        }
        if (!moves && threads_that(0, threads, WAITS) == threads) {
            release(0, threads);
            moves = true;
        }
        if (!moves) {
            refuse("of %u threads %u wait at a barrier, %u for a vote, and %u have ended", threads,
                   threads_that(0, threads, WAITS), threads_that(0, threads, VOTES), threads_that(0, threads, ENDED));
        }
    }
}

/* ------------------------------------------------ launches --------------------------------------------------------------- */

void ptx_launch(const struct ptx_kernel *kernel, const void *parameters, u32 first, u32 count, u32 blocks, u32 threads,
                const struct ptx_memory *memory)
{
    if (kernel->unknown != NULL) {
        printf("skipped: %s has an instruction of PTX that translate.py does not know: %s\n", kernel->name, kernel->unknown);
        exit(77);
    }
    now.kernel = kernel;
    now.parameters = parameters;
    now.memory = memory;
    now.thread = (struct ptx_thread){0, threads, first, blocks};
    if (kernel->shared > sizeof shared || kernel->local > LOCAL_BYTES) {
        refuse("%u bytes of shared and %u of local memory", kernel->shared, kernel->local);
    }
    for (u32 block = first; block < first + count; block++) {
        now.thread.ctaid = block;
        memset(shared, 0xa5, kernel->shared);
        if (kernel->waits) {
            run_waiting_block(threads);
            continue;
        }
        for (u32 t = threads; t-- > 0;) {
            now.thread.tid = t;
            kernel->run(&now.thread);
        }
    }
}
