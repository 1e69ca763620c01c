/* Items that are read on the host and go to the device: how they are cut, what a scattering thread does, and the two buffers
 * with copies that are done late. Against the CPU backend, bit for bit. */
#include "../assert_between.h"
#include "compare.h"
#include "copy.h"
#include "grid.h"
#include "mock_items.h"

#include "cuda/pieces.h"
#include "cuda/upload.h"

#include <fenv.h>

#define BYTES (1 << 20)

static const enum dtype dtypes[] = {DTYPE_UINT8, DTYPE_BFLOAT16, DTYPE_FLOAT16, DTYPE_INT32, DTYPE_FLOAT32, DTYPE_FLOAT64};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

/* ------------------------------------------------ arrays to copy --------------------------------------------------------- */

/* The fill of an array of `count` small integers, which every dtype has, along a domain of one axis. */
static struct fill fill_of(int64_t count)
{
    struct copy_array *const array = copy_array_new(1, &count);
    assert_non_null(array);
    for (int64_t i = 0; i < count; i++) {
        array->values[i] = (double)((i * 7 + i / 97) % 101);
    }
    copy_array_measure(array);
    static int64_t domains[8];
    static int next;
    int64_t *const domain = &domains[next++];
    *domain = count;
    struct fill fill = {.kind = FILL_COPY, .ndim = 1, .domain = domain};
    assert_int_equal(copy_new("weight", array, 1, &count, &fill.copy), FANIN_OK);
    copy_array_release(array);
    return fill;
}

/* ------------------------------------------------ pieces ----------------------------------------------------------------- */

/* Element after element, the pieces are the item. */
static void check_pieces(const struct item *item, int64_t most)
{
    struct pieces pieces;
    struct piece made;
    int64_t coordinate[FANIN_MAX_NDIM] = {0}, seen = 0;
    pieces_start(&pieces, item, most);
    while (!pieces.is_done) {
        pieces_next(&pieces, &made);
        const struct item piece = made.item;
        assert_between(piece.size, 1, most);
        int64_t inside[FANIN_MAX_NDIM] = {0}, product = 1;
        for (int d = 0; d < piece.ndim; d++) {
            assert_true(piece.extent[d] > 1);
            product *= piece.extent[d];
        }
        assert_int_equal(product, piece.size);
        for (int64_t i = 0; i < piece.size; i++, seen++) {
            int64_t address = 0, index = item->start, found_address = 0, found_index = piece.start;
            for (int d = 0; d < item->ndim; d++) {
                address += coordinate[d] * item->stride[d];
                index += coordinate[d] * item->step[d];
            }
            for (int d = 0; d < piece.ndim; d++) {
                found_address += inside[d] * piece.stride[d];
                found_index += inside[d] * piece.step[d];
            }
            assert_ptr_equal(piece.data + found_address * 4, item->data + address * 4);
            assert_int_equal(found_index, index);
            for (int d = item->ndim - 1; d >= 0 && ++coordinate[d] == item->extent[d]; d--) {
                coordinate[d] = 0;
            }
            for (int d = piece.ndim - 1; d >= 0 && ++inside[d] == piece.extent[d]; d--) {
                inside[d] = 0;
            }
        }
    }
    assert_int_equal(seen, item->size);
}

static void test_pieces(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (int i = 0; i < 2000; i++) {
        const struct item item = compare_box(&random, &normal, DTYPE_FLOAT32, (int)compare_below(&random, 6), 400, 1 << 20);
        check_pieces(&item, 1 + compare_below(&random, compare_below(&random, 2) ? 20 : 500));
        check_pieces(&item, 1);
        check_pieces(&item, item.size);
    }
}

/* ------------------------------------------------ what a thread does ----------------------------------------------------- */

/* Every element goes to its place, once, and nothing beside. */
static void test_scatter(void **state)
{
    (void)state;
    static _Alignas(64) unsigned char from[8 * 500], to[BYTES], writes[BYTES];
    uint64_t random = 12;
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (unsigned char)compare_random(&random);
    }
    for (int i = 0; i < 3000; i++) {
        const enum dtype dtype = dtypes[compare_below(&random, DTYPES)];
        const int64_t size = dtype_table[dtype].size;
        const struct item item = compare_box(&random, &normal, dtype, (int)compare_below(&random, 6), 400, 64);
        struct cuda_view view = {.data = (uint64_t)(uintptr_t)(to + (int64_t)item.data), .size = item.size, .ndim = item.ndim};
        for (int d = 0; d < item.ndim; d++) {
            view.extent[d] = item.extent[d];
            view.stride[d] = item.stride[d] * size;
        }
        memset(to, 0xA5, 1 << 16);
        memset(writes, 0, 1 << 16);
        struct grid_memory memory = {(uintptr_t)to, sizeof to, writes, 0, 0};
        grid_scatter(&view, __builtin_ctzll((unsigned long long)size), (uintptr_t)from, &memory);
        assert_int_equal(memory.strays + memory.misaligned, 0);
        int64_t coordinate[FANIN_MAX_NDIM] = {0}, written = 0;
        for (int64_t n = 0; n < item.size; n++) {
            int64_t offset = (int64_t)item.data;
            for (int d = 0; d < item.ndim; d++) {
                offset += coordinate[d] * item.stride[d] * size;
            }
            assert_memory_equal(to + offset, from + n * size, (size_t)size);
            assert_int_equal(writes[offset], 1);
            for (int d = item.ndim - 1; d >= 0 && ++coordinate[d] == item.extent[d]; d--) {
                coordinate[d] = 0;
            }
        }
        for (size_t k = 0; k < 1 << 16; k++) {
            written += writes[k];
        }
        assert_int_equal(written, item.size * size);
    }
}

/* ------------------------------------------------ runs ------------------------------------------------------------------- */

static _Alignas(64) char there[BYTES], here[BYTES];

static int setup_memory(void **state)
{
    if (setup(state) != 0) {
        return 1;
    }
    mock_add_region(there, sizeof there, cudaMemoryTypeDevice, 0);
    memset(there, 0xA5, sizeof there);
    memset(here, 0xA5, sizeof here);
    return 0;
}

static void assert_nothing_left(void)
{
    assert_int_equal(mock.frees_left, 0);
    assert_int_equal(mock.events_left, 0);
    assert_int_equal(mock.freed_in_use, 0);
    /* Captures elsewhere go on. */
    assert_int_equal(mock.calls_not_relaxed, 0);
    assert_int_equal(mock.mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
    assert_int_equal(mock.foreign_rows, 0);
    assert_null(mock.current);
}

/* Items whose data are offsets into both memories. */
static void compare_runs(struct item *items, size_t count)
{
    static struct item placed[200];
    char stream;
    const fanin_options options = options_of(&stream);
    assert_true(count <= 200);
    for (size_t i = 0; i < count; i++) {
        placed[i] = items[i];
        placed[i].data = here + (int64_t)items[i].data;
    }
    assert_int_equal(backend_run(&cpu_backend, placed, count, &options), FANIN_OK);
    for (size_t i = 0; i < count; i++) {
        placed[i].device = (DLDevice){kDLCUDA, 0};
        placed[i].data = there + (int64_t)items[i].data;
    }
    mock.last_stream = NULL;
    assert_int_equal(run_items(placed, count, &options), FANIN_OK);
    assert_ptr_equal(mock.last_stream, &stream);
    assert_memory_equal(there, here, sizeof there);
    assert_nothing_left();
}

/* One item of every dtype, of any layout. */
static void test_layouts(void **state)
{
    uint64_t random = 13;
    struct fill fill = fill_of(1 << 20);
    for (int i = 0; i < 400; i++) {
        assert_int_equal(setup_memory(state), 0);
        struct item item = compare_box(&random, &fill, dtypes[i % DTYPES], (int)compare_below(&random, 6), 700, 64);
        item.start = compare_below(&random, 1000);
        compare_runs(&item, 1);
        assert_true(mock.synchronizations > 0);
        assert_int_equal(mock.launches[0], 0);
    }
    copy_free(fill.copy);
}

/* Items of all kinds: one launch for what is computed, and batches for what is read. The buffers are used again and again, each
 * only when its copies are done, and the host reads while copies are under way. */
static void test_many(void **state)
{
    (void)state;
    uint64_t random = 14;
    struct fill fill = fill_of(1 << 16);
    static struct item items[200];
    int64_t offset = 64;
    int read = 0;
    for (int i = 0; i < 200; i++) {
        const bool is_read = i % 5 != 0;
        const enum dtype dtype = is_read ? dtypes[compare_below(&random, DTYPES)] : DTYPE_FLOAT32;
        const int most = 800 / (dtype_table[dtype].size < 4 ? 4 : dtype_table[dtype].size);
        items[i] = compare_box(&random, is_read ? &fill : &normal, dtype, (int)compare_below(&random, 3), most, offset);
        items[i].start = compare_below(&random, 5000);
        items[i].name = "weight";
        offset += 5000;
        read += is_read;
    }
    compare_runs(items, 200);
    assert_int_equal(mock.launches[0], 1);
    assert_int_equal(mock.reads, (read + 63) / 64);
    assert_int_equal(mock.copies, read);
    assert_int_equal(mock.reads_beside_copies, mock.reads - 1);
    copy_free(fill.copy);
}

/* More than both buffers hold, in one line, with gaps, and with rows longer than a buffer. */
static void test_large(void **state)
{
    (void)state;
    const int64_t count = (5 << 20) + 77;
    struct fill fill = fill_of(count);
    const size_t bytes = (size_t)count * 12;
    char *const device = malloc(bytes), *const host = malloc(bytes);
    assert_true(device != NULL && host != NULL);
    mock_add_region(device, bytes, cudaMemoryTypeDevice, 0);
    const fanin_options options = options_of(NULL);
    for (int64_t stride = 1; stride <= 3; stride += 2) {
        memset(device, 0xA5, bytes);
        memset(host, 0xA5, bytes);
        struct item item = item_of((float *)(void *)device, 0, count), same = item_of((float *)(void *)host, 0, count);
        item.fill = same.fill = &fill;
        item.stride[0] = same.stride[0] = stride;
        mock.reads = mock.reads_beside_copies = 0;
        assert_int_equal(backend_run(&cpu_backend, &same, 1, &options), FANIN_OK);
        assert_int_equal(run_items(&item, 1, &options), FANIN_OK);
        assert_memory_equal(device, host, bytes);
        assert_int_equal(mock.reads, 3);
        assert_int_equal(mock.reads_beside_copies, 2);
    }
    assert_nothing_left();
    copy_free(fill.copy);
    free(device);
    free(host);
}

/* ------------------------------------------------ what goes wrong -------------------------------------------------------- */

static struct fill short_fill;

/* On both devices: two items that are read on the first, with and without gaps, one on the second, and one that is computed. */
static fanin_status run_strided(void)
{
    char stream;
    void *const streams[2] = {&stream, NULL};
    struct item items[4] = {item_of(on_device[0], 0, COUNT / 2 - 50), item_of(on_device[1], 1, 100),
                            item_of(on_device[0] + COUNT - 100, 0, 100), item_of(on_device[1] + 200, 1, 100)};
    items[0].fill = items[2].fill = items[3].fill = &short_fill;
    items[0].stride[0] = 2;
    items[1].name = "computed";
    items[2].name = "second";
    items[3].name = "elsewhere";
    fanin_options options = options_of(NULL);
    options.cuda_streams = streams;
    options.n_cuda_streams = 2;
    return run_items(items, 4, &options);
}

static void assert_read(void)
{
    static float here_too[COUNT];
    struct item item = item_of(here_too, 0, COUNT / 2 - 50);
    item.fill = &short_fill;
    const fanin_options options = options_of(NULL);
    assert_int_equal(backend_run(&cpu_backend, &item, 1, &options), FANIN_OK);
    for (int i = 0; i < COUNT / 2 - 50; i++) {
        assert_true(on_device[0][2 * i] == here_too[i] && on_device[0][2 * i + 1] == 0.0f);
    }
    assert_memory_equal(on_device[0] + COUNT - 100, here_too, 100 * sizeof(float));
    assert_memory_equal(on_device[1] + 200, here_too, 100 * sizeof(float));
    assert_memory_equal(on_device[1], expected, 100 * sizeof(float));
}

/* Refused before anything is enqueued, on any device of the run. */
static void test_capture(void **state)
{
    (void)state;
    mock.capturing = true;
    assert_failure(run_strided(), FANIN_ERROR_CAPTURE, "'weight': found a stream that is being captured");
    assert_int_equal(mock.copies + mock.reads, 0);
    assert_nothing_left();
    mock.capturing = false;
    assert_works();
}

static void test_wrong_memory(void **state)
{
    (void)state;
    struct item item = item_of(pageable, 0, COUNT);
    item.fill = &short_fill;
    const fanin_options options = options_of(NULL);
    assert_failure(run_items(&item, 1, &options), FANIN_ERROR_DEVICE, "'weight': found host memory");
    assert_int_equal(mock.copies + mock.reads, 0);
    assert_nothing_left();
}

/* Each allocation may be the one that there is no memory for; nothing was written then. */
static void test_no_memory(void **state)
{
    (void)state;
    for (int number = 1; number <= 9; number++) {
        mock.fail_allocation = number;
        assert_failure(run_strided(), FANIN_ERROR_MEMORY, number <= 5 ? "'weight': CUDA says" : "'elsewhere': CUDA says");
        assert_int_equal(mock.copies + mock.reads, 0);
        assert_nothing_left();
    }
    mock.fail_allocation = 0;
    mock.pool_error = cudaErrorNotSupported;
    assert_int_equal(run_strided(), FANIN_OK);
    assert_nothing_left();
    assert_read();
}

static void test_errors_on_the_way(void **state)
{
    (void)state;
    int *const numbers[] = {&mock.fail_copy, &mock.fail_scatter, &mock.fail_read, &mock.fail_wait, &mock.fail_record};
    static const char *const words[] = {"'weight': CUDA says", "'weight': CUDA says", "was cut off", "'weight': CUDA says",
                                        "'second': CUDA says"};
    for (size_t i = 0; i < 5; i++) {
        *numbers[i] = 1;
        mock.launches[0] = mock.launches[1] = 0;
        const fanin_status status = run_strided();
        assert_int_equal(status, i == 2 ? FANIN_ERROR_FILE : FANIN_ERROR_DEVICE);
        assert_non_null(strstr(fanin_last_error(), words[i]));
        assert_nothing_left();
        assert_int_equal(mock.last, cudaSuccess);
    }
    assert_int_equal(run_strided(), FANIN_OK);
    assert_read();
}

/* Where the primary context's events cannot be put into a green one's stream, the stream itself is waited for. */
static void test_events_of_another_context(void **state)
{
    (void)state;
    mock.record_error = cudaErrorInvalidResourceHandle;
    for (int number = 1; number <= 2; number++) {
        mock.fail_record = number;
        assert_int_equal(run_strided(), FANIN_OK);
        assert_read();
        assert_nothing_left();
        assert_int_equal(mock.last, cudaSuccess);
    }
    mock.fail_record = 1;
    mock.fail_wait = 1;
    assert_int_equal(run_strided(), FANIN_ERROR_DEVICE);
    assert_non_null(strstr(fanin_last_error(), "'second': CUDA says"));
    assert_nothing_left();
    assert_int_equal(run_strided(), FANIN_OK);
    assert_read();
}

/* The second copy is another parameter's; and what is under way then is waited for, though that fails too. */
static void test_errors_of_the_second(void **state)
{
    (void)state;
    mock.fail_copy = 2;
    assert_int_equal(run_strided(), FANIN_ERROR_DEVICE);
    assert_non_null(strstr(fanin_last_error(), "'second': CUDA says"));
    assert_nothing_left();
    mock.fail_copy = 2;
    mock.fail_wait = 1;
    assert_int_equal(run_strided(), FANIN_ERROR_DEVICE);
    assert_non_null(strstr(fanin_last_error(), "'second': CUDA says"));
    assert_int_equal(mock.last, cudaSuccess);
    assert_nothing_left();
    /* Nothing is read after a launch that failed. */
    mock.reads = mock.launches[0] = mock.launches[1] = 0;
    mock.fail_launch = 1;
    assert_failure(run_strided(), FANIN_ERROR_DEVICE, "'computed': CUDA says");
    assert_int_equal(mock.reads, 0);
    assert_nothing_left();
}

/* A device that cannot be made current, at whichever step: what was acquired is given back. */
static void test_errors_of_devices(void **state)
{
    (void)state;
    int failures = 0;
    for (int number = 1; mock.fail_set_device == 0; number++) {
        mock.fail_set_device = number;
        const fanin_status status = run_strided();
        failures += status != FANIN_OK;
        if (status != FANIN_OK) {
            assert_int_equal(status, FANIN_ERROR_DEVICE);
            assert_non_null(strstr(fanin_last_error(), "CUDA says"));
        }
        assert_nothing_left();
        assert_int_equal(mock.last, cudaSuccess);
    }
    assert_int_equal(failures, 8); /* checks, memory, launches, copies, each of both devices; not to give back */
    mock.fail_set_device = 0;
    memset(on_device, 0, sizeof on_device);
    assert_int_equal(run_strided(), FANIN_OK);
    assert_read();
}

/* Where another backend's error comes between, what was acquired is given back, and that error's message stays. */
static void test_acquired_in_vain(void **state)
{
    (void)state;
    struct item item = item_of(on_device[0], 0, COUNT / 2);
    item.fill = &short_fill;
    item.stride[0] = 2;
    const fanin_options options = options_of(NULL);
    void *acquired = NULL;
    assert_int_equal(cuda_backend.check(&item, 1, false, &options), FANIN_OK);
    assert_int_equal(fesetround(FE_UPWARD), 0);
    assert_int_equal(cuda_backend.acquire(&item, 1, &options, &acquired), FANIN_OK);
    assert_true(rounds_up());
    assert_non_null(acquired);
    assert_true(mock.frees_left > 0);
    (void)fanin_fail(FANIN_ERROR_FILE, "the tape is torn");
    cuda_backend.release(acquired);
    assert_true(rounds_up());
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_string_equal(fanin_last_error(), "the tape is torn");
    assert_int_equal(mock.copies + mock.reads, 0);
    assert_nothing_left();
}

/* What has no gap in memory goes there at once, though it has in the domain: no other memory is needed. */
static void test_without_gaps(void **state)
{
    (void)state;
    struct item item = item_of(on_device[0], 0, 200);
    item.fill = &short_fill;
    item_numbers(&item, 2);
    item.ndim = 2;
    item.extent[0] = 20;
    item.extent[1] = 10;
    item.stride[0] = 10;
    item.step[0] = 30;
    item.stride[1] = item.step[1] = 1;
    const fanin_options options = options_of(NULL);
    assert_int_equal(run_items(&item, 1, &options), FANIN_OK);
    assert_int_equal(mock.copies, 1);
    assert_int_equal(mock.scatters, 0);
    assert_string_equal(mock.order, "");
    assert_nothing_left();
    struct item same = item;
    same.data = (char *)managed;
    assert_int_equal(backend_run(&cpu_backend, &same, 1, &options), FANIN_OK);
    assert_memory_equal(on_device[0], managed, 200 * sizeof(float));
}

static int setup_group(void **state)
{
    short_fill = fill_of(COUNT);
    return compare_setup(state);
}

static int teardown_group(void **state)
{
    copy_free(short_fill.copy);
    return compare_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_scatter),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test_setup(test_many, setup_memory),
        cmocka_unit_test_setup(test_large, setup),
        cmocka_unit_test_setup(test_capture, setup),
        cmocka_unit_test_setup(test_wrong_memory, setup),
        cmocka_unit_test_setup(test_no_memory, setup),
        cmocka_unit_test_setup(test_errors_on_the_way, setup),
        cmocka_unit_test_setup(test_events_of_another_context, setup),
        cmocka_unit_test_setup(test_errors_of_the_second, setup),
        cmocka_unit_test_setup(test_errors_of_devices, setup),
        cmocka_unit_test_setup(test_acquired_in_vain, setup),
        cmocka_unit_test_setup(test_without_gaps, setup),
    };
    return open_driver() ? cmocka_run_group_tests(tests, setup_group, teardown_group) : 1;
}
