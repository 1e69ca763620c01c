/* C11 and C++: see grid.h. Nothing is put where it is called, which would take the compiler half a minute with a sanitizer. */
#ifdef __CUDACC__
#define STREAM_FUNCTION static inline __host__ __device__
#else
#define STREAM_FUNCTION static inline
#endif
#include "grid.h"

static struct grid_memory *seen;

#define CUDA_STORE_SEEN(address, bytes) grid_memory_see(seen, address, bytes)
#include "cuda/orthogonal_thread.h"
#include "cuda/scatter.h"
#include "cuda/thread.h"

void grid_fill(enum cuda_variant variant, const struct cuda_table *table, uint32_t first, uint32_t count,
               struct grid_memory *memory)
{
    seen = memory;
    for (uint32_t tile = first; tile < first + count; tile++) {
        for (uint32_t thread = 0; thread < CUDA_THREADS; thread++) {
            cuda_fill_thread(variant, &table->header, table->slot, tile, thread);
        }
    }
}

void grid_norm(const struct cuda_view *view, struct norm_partial *out)
{
    for (int64_t tile = 0; tile * NORM_TILE < view->size; tile++) {
        out[tile] = norm_tile(view, tile);
    }
}

void grid_scatter(const struct cuda_view *view, int size_log2, uintptr_t from, struct grid_memory *memory)
{
    seen = memory;
    for (int64_t number = 0; number < view->size; number++) {
        scatter_element(view, size_log2, from, number);
    }
}

/* As reflector_kernel: the tiles of a column are added up in their order. */
void grid_reflectors(const struct columns *columns)
{
    for (int64_t column = 0; column < columns->shorter; column++) {
        double tail = 0.0;
        for (int64_t tile = column / ORTHOGONAL_TILE; tile < reflector_tiles(columns); tile++) {
            tail = double_add(tail, reflector_tile(columns, column, tile));
        }
        const struct orthogonal_reflector reflector = reflector_make(columns, column, tail);
        for (int64_t thread = COLUMN_THREADS - 1; thread >= 0; thread--) {
            reflector_scale(columns, column, &reflector, thread, COLUMN_THREADS);
        }
    }
}

/* As small_kernel, between its barriers. */
void grid_small(const struct columns *columns)
{
    struct orthogonal_reflector reflectors[SMALL_SHORTER];
    double products[SMALL_SHORTER][SMALL_LANES];
    for (int64_t i = 0; i < columns->shorter; i++) {
        reflectors[i] = small_reflector(columns, i);
    }
    for (int64_t i = 0; i < columns->shorter; i++) {
        for (int64_t thread = SMALL_THREADS - 1; thread >= 0; thread--) {
            reflector_scale(columns, i, &reflectors[i], thread, SMALL_THREADS);
        }
    }
    for (int64_t i = columns->shorter - 1; i >= 0; i--) {
        for (int thread = 0; thread < SMALL_THREADS; thread++) {
            const int lane = thread % SMALL_LANES, place = thread / SMALL_LANES;
            if (i + 1 + place < columns->shorter) {
                products[place][lane] = small_product(columns, i, i + 1 + place, lane);
            }
        }
        for (int thread = SMALL_THREADS - 1; thread >= 0; thread--) {
            const int lane = thread % SMALL_LANES, place = thread / SMALL_LANES;
            if (i + 1 + place < columns->shorter) {
                small_apply(columns, i, i + 1 + place, lane, products[place]);
            }
        }
        for (int64_t thread = SMALL_THREADS - 1; thread >= 0; thread--) {
            small_begin(columns, i, thread, SMALL_THREADS);
        }
    }
}

/* As sign_kernel. */
void grid_signs(const struct columns *columns)
{
    struct candidate candidates[COLUMN_THREADS];
    for (int64_t column = 0; column < columns->shorter; column++) {
        for (int64_t thread = 0; thread < COLUMN_THREADS; thread++) {
            candidates[thread] = sign_candidate(columns, column, thread, COLUMN_THREADS);
        }
        for (int half = COLUMN_THREADS / 2; half > 0; half /= 2) {
            for (int thread = 0; thread < half; thread++) {
                candidates[thread] = sign_better(candidates[thread], candidates[thread + half]);
            }
        }
        sign_make(columns, column, candidates[0]);
    }
}

void grid_cut(const struct cut *cut, struct grid_memory *memory)
{
    seen = memory;
    for (int64_t element = 0; element < cut->size; element++) {
        cut_element(cut, element);
    }
}

void grid_words(enum cuda_variant variant, uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4])
{
    const uint32_t low = (uint32_t)block, high = (uint32_t)(block >> 32);
    uint32_t key[PHILOX_ROUNDS][2];
    philox_keys(seed, key);
    if (variant == CUDA_VARIANT_MIXED) {
        generator_words_mixed(key, stream, generator_wide(low), low * PHILOX_MULTIPLIER_0, high, out);
    } else {
        generator_block(key, stream, low, high, out);
    }
}

bool grid_words_of_curand(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4])
{
#ifdef __CUDACC__
    const uint4 counter = make_uint4((uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32));
    const uint4 words = curand_Philox4x32_10(counter, make_uint2((uint32_t)seed, (uint32_t)(seed >> 32)));
    out[0] = words.x;
    out[1] = words.y;
    out[2] = words.z;
    out[3] = words.w;
    return true;
#else
    (void)seed, (void)stream, (void)block, (void)out;
    return false;
#endif
}
